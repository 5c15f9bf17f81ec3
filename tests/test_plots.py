"""What the pictures show: panels, texts, order and colour ranges, never single pixels."""

import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.style
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from neuralnet.checks import InputError
from neuralnet.files import FileError
from neuralnet.plots import (
    plot_confusion_matrix,
    plot_hidden_units,
    plot_history,
    plot_misclassified,
    save_figure,
)
from neuralnet.training.history import History

DIGITS = range(10)
Mistakes = tuple[Any, Any, Any, Any]


def make_history(num_epochs: int, *, validated: bool = True, stopped: str | None = None) -> History:
    loss = [2.0 / (epoch + 1) for epoch in range(num_epochs)]
    rising = [1 - 0.5 / (epoch + 1) for epoch in range(num_epochs)]
    ones = [1.0] * num_epochs
    valid = (rising, loss) if validated else ([], [])
    return History(loss, rising, *valid, learning_rate=ones, seconds=ones, stopped=stopped)


def make_mistakes(num_wrong: int, num_images: int = 40, num_classes: int = 10) -> Mistakes:
    """Return images, labels, predictions and probabilities; later mistakes are surer ones."""
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (num_images, 64), dtype=np.uint8)
    labels = np.arange(num_images) % num_classes
    predictions = np.where(np.arange(num_images) < num_wrong, (labels + 1) % num_classes, labels)
    share = np.linspace(0.5, 0.95, num_images)
    probabilities = np.tile(((1 - share) / (num_classes - 1))[:, None], (1, num_classes))
    probabilities[np.arange(num_images), predictions] = share
    return images, labels, predictions, probabilities


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def pictures(figure: Figure) -> list[Axes]:
    return [axes for axes in figure.axes if axes.images]


def assert_all_fits(figure: Figure) -> None:
    """Nothing reaches out of the figure, and no panel, text or legend over another."""
    renderer: Any = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]
    shown = [*figure.axes, *figure.texts, *figure.legends]
    boxes = [artist.get_tightbbox(renderer) for artist in shown]
    for place, box in enumerate(boxes):
        assert box is not None
        assert min(box.x0, box.y0) >= 0, shown[place]
        assert box.x1 <= figure.bbox.x1, shown[place]
        assert box.y1 <= figure.bbox.y1, shown[place]
        for other, before in enumerate(boxes[:place]):
            assert before is not None
            assert not box.overlaps(before), (shown[place], shown[other])


class TestHistory:
    @pytest.mark.parametrize("num_epochs", [1, 2, 8, 50, 200])
    @pytest.mark.parametrize("validated", [True, False])
    def test_two_panels_with_whole_epochs(self, num_epochs: int, validated: bool) -> None:
        figure = plot_history(make_history(num_epochs, validated=validated), "5,000-digit sample")
        assert_all_fits(figure)
        loss, accuracy = figure.axes
        for axes in (loss, accuracy):
            assert len(axes.lines) == 2 + validated  # the curves, and the best epoch
            low, high = axes.get_xlim()
            ticks = [tick for tick in axes.get_xticks() if low <= tick <= high]
            assert ticks
            assert all(tick == round(tick) for tick in ticks)
        assert loss.get_ylim()[0] == 0
        assert accuracy.get_ylim()[1] <= 100
        assert "5,000-digit sample" in texts(figure)

    def test_accuracy_is_in_percent(self) -> None:
        _, accuracy = plot_history(make_history(3)).axes
        assert list(np.asarray(accuracy.lines[0].get_ydata())) == pytest.approx([50, 75, 250 / 3])

    def test_the_best_epoch_is_marked_in_both_panels_and_named(self) -> None:
        history = make_history(5)
        history.valid_accuracy[2] = 0.97
        figure = plot_history(history)
        for axes in figure.axes:
            assert list(np.asarray(axes.lines[-1].get_xdata())) == [3, 3]
        assert any("Epoch 3" in text and "97.00 %" in text for text in texts(figure))

    def test_why_it_stopped_is_said(self) -> None:
        figure = plot_history(make_history(2, stopped="no better for 10 epochs"))
        assert "Stopped early: no better for 10 epochs" in texts(figure)

    def test_a_run_that_diverged_or_is_perfect_is_drawn(self) -> None:
        diverged = make_history(3, validated=False)
        diverged.train_loss = [2.0, math.inf, math.nan]
        assert_all_fits(plot_history(diverged))
        perfect = make_history(2)
        perfect.train_loss = perfect.valid_loss = [0.0, 0.0]
        perfect.train_accuracy = perfect.valid_accuracy = [1.0, 1.0]
        assert_all_fits(plot_history(perfect))

    @pytest.mark.parametrize("history", [History(), History([1.0]), ([1.0], [0.5], []), None])
    def test_what_is_no_history_is_refused(self, history: Any) -> None:
        with pytest.raises(InputError, match="history"):
            plot_history(history)


class TestMisclassified:
    def test_worst_first_with_both_classes_and_confidence(self) -> None:
        images, labels, predictions, probabilities = make_mistakes(4)
        figure = plot_misclassified(images, labels, predictions, probabilities, DIGITS)
        titles = [axes.get_title() for axes in figure.axes]
        assert [title.split("\n")[0] for title in titles] == [
            "true 3",
            "true 2",
            "true 1",
            "true 0",
        ]
        assert "predicted 4" in titles[0]
        assert f"{100 * probabilities[3, 4]:.1f} %" in titles[0]
        for axes, index in zip(figure.axes, (3, 2, 1, 0), strict=True):
            shown = np.asarray(axes.images[0].get_array())
            np.testing.assert_array_equal(shown, images[index].reshape(8, 8))
            assert axes.images[0].get_clim() == (0, 255)

    @pytest.mark.parametrize("num_wrong", [1, 3, 7, 25, 40])
    def test_no_empty_panels_and_no_more_than_asked_for(self, num_wrong: int) -> None:
        figure = plot_misclassified(*make_mistakes(num_wrong), DIGITS, title="A sample")
        assert len(figure.axes) == len(pictures(figure)) == min(num_wrong, 25)
        assert any(f"{num_wrong} of 40" in text for text in texts(figure))
        assert_all_fits(figure)
        few = plot_misclassified(*make_mistakes(num_wrong), DIGITS, max_images=2)
        assert len(few.axes) == min(num_wrong, 2)

    def test_without_a_mistake_it_says_so(self) -> None:
        figure = plot_misclassified(*make_mistakes(0), DIGITS, title="A sample")
        assert not figure.axes
        assert texts(figure) == ["A sample", "Misclassified: none of 40 images."]
        assert_all_fits(figure)

    def test_long_names_are_cut_and_fit(self) -> None:
        names = [f"{digit}, a class with $ome long name" for digit in DIGITS]
        figure = plot_misclassified(*make_mistakes(12), names)
        assert figure.axes[-1].get_title().startswith("true 0, a class wi…\npredicted 1, a class")
        assert_all_fits(figure)

    @pytest.mark.parametrize(
        ("share", "text"),
        [(1.0, "100.0 %"), (0.9999, "> 99.9 %"), (0.0001, "< 0.1 %"), (0.0, "0.0 %")],
    )
    def test_confidence_is_not_rounded_to_certainty(self, share: float, text: str) -> None:
        images, labels, predictions, _ = make_mistakes(1, num_classes=2)
        probabilities = np.full((40, 2), [1 - share, share])
        figure = plot_misclassified(images, labels, predictions, probabilities, ["a", "b"])
        assert figure.axes[0].get_title() == f"true a\npredicted b, {text}"

    def test_images_need_not_be_square(self) -> None:
        figure = plot_misclassified(*make_mistakes(1), DIGITS, image_shape=(4, 16))
        shown = figure.axes[0].images[0].get_array()
        assert shown is not None
        assert shown.shape == (4, 16)

    @pytest.mark.parametrize(
        ("place", "value", "fact"),
        [
            (0, np.zeros((40, 64)), "float64"),
            (0, np.zeros((40, 8, 8), np.uint8), r"\(40, 8, 8\)"),
            (0, np.zeros((0, 64), np.uint8), "no rows"),
            (0, np.zeros((40, 63), np.uint8), "63 pixels"),
            (1, [0, 1], "2 labels for 40"),
            (2, [11] * 40, "11"),
            (3, np.zeros((40, 9)), r"\(40, 10\)"),
            (3, np.full((40, 10), 97.0), "97"),
            (3, np.full((40, 10), np.nan), "NaN"),
            (4, [], "empty"),
            (4, "0123456789", "classes"),
        ],
    )
    def test_bad_input_is_refused(self, place: int, value: Any, fact: str) -> None:
        arguments: list[Any] = [*make_mistakes(3), DIGITS]
        arguments[place] = value
        with pytest.raises(InputError, match=fact):
            plot_misclassified(*arguments)
        with pytest.raises(InputError, match="max_images"):
            plot_misclassified(*make_mistakes(3), DIGITS, max_images=0)


class TestConfusionMatrix:
    def make_matrix(self, num_classes: int) -> Any:
        generator = np.random.default_rng(0)
        return generator.integers(0, 4, (num_classes,) * 2) + 90 * np.eye(num_classes, dtype=int)

    @pytest.mark.parametrize("num_classes", [1, 2, 10, 47])
    def test_counts_names_and_recall_are_shown(self, num_classes: int) -> None:
        matrix = self.make_matrix(num_classes)
        figure = plot_confusion_matrix(matrix, range(num_classes), "A sample")
        assert_all_fits(figure)
        axes = figure.axes[0]
        names = [str(number) for number in range(num_classes)]
        assert [label.get_text() for label in axes.get_xticklabels()] == names
        assert [label.get_text() for label in axes.get_yticklabels()] == names
        cells = {text.get_position(): text.get_text() for text in axes.texts}
        for row, column in np.argwhere(matrix):
            assert cells[column, row] == str(matrix[row, column])
        assert f"{100 * matrix[0, 0] / matrix[0].sum():.1f} %" in texts(figure)

    def test_the_scale_ends_at_the_largest_share_of_errors(self) -> None:
        figure = plot_confusion_matrix([[80, 20, 0], [3, 7, 0], [0, 0, 5]], ["a", "b", "c"])
        image = figure.axes[0].images[0]
        shown = image.get_array()
        assert image.get_clim() == (0, 30)
        assert isinstance(shown, np.ma.MaskedArray)
        assert shown.mask.tolist() == np.eye(3, dtype=bool).tolist()
        assert shown[0, 1] == 20

    def test_the_text_contrasts_with_its_cell(self) -> None:
        figure = plot_confusion_matrix([[80, 20, 1], [3, 97, 0], [0, 0, 5]], ["a", "b", "c"])
        colours = {text.get_text(): text.get_color() for text in figure.axes[0].texts}
        assert mpl.colors.to_rgb(colours["20"]) == (1, 1, 1)
        assert max(mpl.colors.to_rgb(colours["3"])) < 0.2
        assert max(mpl.colors.to_rgb(colours["80"])) < 0.2

    def test_no_errors_and_an_empty_class(self) -> None:
        figure = plot_confusion_matrix([[8, 0], [0, 0]], ["a", "b"])
        assert {"100.0 %", "none", "8 of 8 right (100.00 %)."} <= set(texts(figure))

    def test_long_names_are_turned_and_fit(self) -> None:
        names = [f"class {number} of many, $ and _" for number in range(10)]
        figure = plot_confusion_matrix(self.make_matrix(10), names, "A title " * 20)
        assert figure.axes[0].get_xticklabels()[0].get_rotation() == 90
        assert_all_fits(figure)

    @pytest.mark.parametrize(
        ("matrix", "fact"),
        [
            ([[1, 2, 3], [4, 5, 6]], r"\(2, 3\)"),
            ([[0.5, 0.5], [0.0, 1.0]], "float64"),
            ([[1, -1], [0, 1]], "negative"),
            ([[0, 0], [0, 0]], "at least one"),
            ([[1]], "1 classes"),
        ],
    )
    def test_bad_input_is_refused(self, matrix: Any, fact: str) -> None:
        with pytest.raises(InputError, match=fact):
            plot_confusion_matrix(matrix, ["a", "b"])


class TestHiddenUnits:
    @pytest.mark.parametrize("num_units", [1, 7, 50, 100])
    def test_every_unit_on_one_symmetric_scale(self, num_units: int) -> None:
        weights = np.random.default_rng(0).normal(size=(64, num_units)).astype(np.float32)
        figure = plot_hidden_units(weights, title="A sample")
        assert_all_fits(figure)
        *units, legend = figure.axes
        assert legend.get_ylabel() == "Weight"
        extent = np.percentile(np.abs(weights), 99.5)
        for unit, axes in enumerate(units):
            image = axes.images[0]
            np.testing.assert_array_equal(
                np.asarray(image.get_array()), weights[:, unit].reshape(8, 8)
            )
            assert image.get_clim() == pytest.approx((-extent, extent))
        assert len(units) == num_units

    def test_no_more_than_asked_for_and_it_says_so(self) -> None:
        figure = plot_hidden_units(np.ones((64, 300)))
        assert len(pictures(figure)) == 100
        assert any("first 100 of 300" in text for text in texts(figure))
        assert len(pictures(plot_hidden_units(np.ones((64, 9)), max_units=4))) == 4

    def test_one_huge_weight_does_not_fade_the_rest(self) -> None:
        weights = np.full((64, 10), 0.1)
        weights[0, 0] = 1000
        _, high = plot_hidden_units(weights).axes[0].images[0].get_clim()
        assert high == pytest.approx(0.1)

    def test_weights_of_zero_and_other_shapes(self) -> None:
        figure = plot_hidden_units(np.zeros((32, 2)), (4, 8))
        shown = figure.axes[0].images[0].get_array()
        assert shown is not None
        assert shown.shape == (4, 8)
        assert_all_fits(figure)

    @pytest.mark.parametrize(
        ("weights", "shape", "fact"),
        [
            (np.ones(64), None, r"\(64,\)"),
            (np.ones((64, 0)), None, r"\(64, 0\)"),
            (np.ones((64, 2), int), None, "int64"),
            (np.full((64, 2), np.inf), None, "infinite"),
            (np.ones((63, 2)), None, "63 pixels"),
            (np.ones((64, 2)), (8, 9), r"\(8, 9\)"),
            (np.ones((64, 2)), (64,), r"\(64,\)"),
            (np.ones((64, 2)), (-8, -8), r"\(-8, -8\)"),
        ],
    )
    def test_bad_input_is_refused(self, weights: Any, shape: Any, fact: str) -> None:
        with pytest.raises(InputError, match=fact):
            plot_hidden_units(weights, shape)
        with pytest.raises(InputError, match="max_units"):
            plot_hidden_units(np.ones((64, 2)), max_units=0)


class TestSaving:
    def test_the_same_figure_gives_the_same_bytes(self, tmp_path: Path) -> None:
        figure = plot_history(make_history(3), "A sample")
        save_figure(figure, tmp_path / "one.png")
        save_figure(figure, tmp_path / "new folder" / "two.png")
        save_figure(plot_history(make_history(3), "A sample"), tmp_path / "three.PNG")
        first = (tmp_path / "one.png").read_bytes()
        assert first.startswith(b"\x89PNG")
        assert b"Software" not in first
        assert (tmp_path / "new folder" / "two.png").read_bytes() == first
        assert (tmp_path / "three.PNG").read_bytes() == first

    def test_only_png_files_of_figures(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"\.png"):
            save_figure(plot_history(make_history(1)), tmp_path / "figure.pdf")
        with pytest.raises(InputError, match="figure"):
            save_figure(None, tmp_path / "figure.png")  # type: ignore[arg-type]
        assert not list(tmp_path.iterdir())

    def test_a_folder_that_is_a_file_is_a_file_error(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(FileError, match="file"):
            save_figure(plot_history(make_history(1)), tmp_path / "file" / "figure.png")

    def test_a_style_that_is_set_does_not_make_it_illegible(self) -> None:
        with mpl.rc_context(dict(matplotlib.style.library["dark_background"])):
            figure = plot_history(make_history(3), "A sample")
            for axes in figure.axes:
                assert mpl.colors.to_rgb(axes.get_facecolor()) == (1, 1, 1)
            for text in figure.findobj(Text):
                colour = text.get_color()
                assert max(mpl.colors.to_rgb(colour)) < 0.5 or not text.get_text()


def test_matplotlib_is_loaded_late_and_pyplot_never() -> None:
    code = """
import sys
import neuralnet.plots
from neuralnet.training.history import History
assert "matplotlib" not in sys.modules
neuralnet.plots.plot_history(History([1.0], [0.5], [], [], [0.1], [1.0]))
assert "matplotlib.figure" in sys.modules
assert "matplotlib.pyplot" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
