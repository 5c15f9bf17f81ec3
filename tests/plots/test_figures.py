"""Tests of what all plots share: saving, style and late imports."""

import pickle
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

import matplotlib as mpl
import matplotlib.style
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from neuralnet.checks import InputError
from neuralnet.files import FileError
from neuralnet.plots import digits, plot_history, save_figure
from tests.plots.helpers import make_history, texts


class TestSaving:
    def test_equal_figures_give_identical_bytes(self, tmp_path: Path) -> None:
        figure = plot_history(make_history(3), "A sample")
        save_figure(figure, tmp_path / "one.png")
        save_figure(figure, tmp_path / "new folder" / "two.png")
        save_figure(plot_history(make_history(3), "A sample"), tmp_path / "three.PNG")
        first = (tmp_path / "one.png").read_bytes()
        assert first.startswith(b"\x89PNG")
        assert b"Software" not in first
        assert (tmp_path / "new folder" / "two.png").read_bytes() == first
        assert (tmp_path / "three.PNG").read_bytes() == first

    @pytest.mark.parametrize(
        ("ending", "start"), [("png", b"\x89PNG"), ("SVG", b"<?xml"), ("pdf", b"%PDF")]
    )
    def test_ending_chooses_the_format(self, ending: str, start: bytes, tmp_path: Path) -> None:
        for name in ("one", "two"):
            save_figure(digits(np.eye(16), title="A sample"), tmp_path / f"{name}.{ending}")
        content = (tmp_path / f"one.{ending}").read_bytes()
        assert content.startswith(start)
        assert mpl.__version__.encode() not in content
        assert (tmp_path / f"two.{ending}").read_bytes() == content

    @pytest.mark.parametrize("name", ["figure.gif", "figure", "figure.png.part", ".png"])
    def test_other_endings_raise(self, name: str, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=rf"{name}.*\.png, \.svg or \.pdf"):
            save_figure(plot_history(make_history(1)), tmp_path / name)
        assert not list(tmp_path.iterdir())

    def test_only_figures_are_saved_and_only_to_a_path(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="figure is NoneType"):
            save_figure(None, tmp_path / "figure.png")  # type: ignore[arg-type]
        with pytest.raises(InputError, match="path is int 5"):
            save_figure(plot_history(make_history(1)), 5)  # type: ignore[arg-type]
        assert not list(tmp_path.iterdir())

    @pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
    def test_failure_leaves_the_old_file(
        self, ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(figure: Figure, file: IO[bytes], **options: Any) -> None:
            file.write(b"half")
            raise RuntimeError("interrupted")

        path = tmp_path / f"figure.{ending}"
        path.write_bytes(b"old")
        monkeypatch.setattr(Figure, "savefig", fail)
        with pytest.raises(RuntimeError, match="interrupted"):
            save_figure(plot_history(make_history(1)), path)
        assert path.read_bytes() == b"old"
        assert list(tmp_path.iterdir()) == [path]

    def test_folder_that_is_a_file_raises_file_error(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(FileError, match="file"):
            save_figure(plot_history(make_history(1)), tmp_path / "file" / "figure.png")

    def test_figure_is_legible_in_a_dark_style(self) -> None:
        with mpl.rc_context(dict(matplotlib.style.library["dark_background"])):
            figure = plot_history(make_history(3), "A sample")
            for axes in figure.axes:
                assert mpl.colors.to_rgb(axes.get_facecolor()) == (1, 1, 1)
            for text in figure.findobj(Text):
                colour = text.get_color()
                assert max(mpl.colors.to_rgb(colour)) < 0.5 or not text.get_text()


class TestNotebook:
    def test_figure_is_displayed_as_a_png_of_its_size(self) -> None:
        figure = plot_history(make_history(3))
        assert isinstance(figure, Figure)
        content = figure._repr_png_()  # type: ignore[attr-defined]
        assert content.startswith(b"\x89PNG")
        size = tuple(int.from_bytes(content[at : at + 4], "big") for at in (16, 20))
        assert size == figure.canvas.get_width_height()

    def test_ipython_displays_it_once(self) -> None:
        formatters = pytest.importorskip("IPython.core.formatters")
        content, _ = formatters.DisplayFormatter().format(plot_history(make_history(3)))
        assert set(content) == {"text/plain", "image/png"}

    def test_figure_is_unknown_to_pyplot(self) -> None:
        code = """
import matplotlib
matplotlib.use("agg")
from matplotlib import pyplot
import neuralnet.plots
from neuralnet.training.history import History
neuralnet.plots.history(History([1.0], [0.5], [], [], [0.1], [1.0]))._repr_png_()
assert not pyplot.get_fignums()
"""
        subprocess.run([sys.executable, "-c", code], check=True)

    def test_figure_can_be_pickled(self) -> None:
        figure = pickle.loads(pickle.dumps(plot_history(make_history(3), "A sample")))  # noqa: S301
        assert "A sample" in texts(figure)


def test_matplotlib_is_imported_late_and_pyplot_never(tmp_path: Path) -> None:
    code = """
import sys
import neuralnet.plots
from neuralnet.training.history import History
assert "matplotlib" not in sys.modules
figure = neuralnet.plots.history(History([1.0], [0.5], [], [], [0.1], [1.0]))
assert "matplotlib.figure" in sys.modules
figure._repr_png_()
for ending in ("png", "svg", "pdf"):
    neuralnet.plots.save_figure(figure, f"{sys.argv[1]}/figure.{ending}")
assert not {"matplotlib.pyplot", "IPython"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)


def test_lone_surrogates_are_drawn_escaped(tmp_path: Path) -> None:
    figure = digits(np.zeros((2, 64)), [0, 1], classes=["\ud800", "b"], title="\ud800")
    save_figure(figure, tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 1000
