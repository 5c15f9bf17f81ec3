"""Tests of what all plots share: saving, style and late imports."""

import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import matplotlib.style
import pytest
from matplotlib.text import Text

from neuralnet.checks import InputError
from neuralnet.files import FileError
from neuralnet.plots import plot_history, save_figure
from tests.plots.helpers import make_history


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

    def test_only_figures_are_saved_and_only_as_png(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"\.png"):
            save_figure(plot_history(make_history(1)), tmp_path / "figure.pdf")
        with pytest.raises(InputError, match="figure"):
            save_figure(None, tmp_path / "figure.png")  # type: ignore[arg-type]
        assert not list(tmp_path.iterdir())

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


def test_matplotlib_is_imported_late_and_pyplot_never() -> None:
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
