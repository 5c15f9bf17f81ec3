"""Animations of a training: hidden units, and the path over the loss surface."""

from __future__ import annotations

import copy
import os
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from neuralnet.checks import InputError, check_integer, check_name, describe, echo
from neuralnet.files import atomic_write
from neuralnet.plots._figures import INK, LEFT, ORANGE, WHITE, add_panel, new_figure
from neuralnet.plots._hidden_units import MIN_PIXELS
from neuralnet.plots._images import check_shape
from neuralnet.training.run import Callback

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

    from neuralnet.nn.network import NeuralNetMLP
    from neuralnet.training.run import TrainingRun

VIEWS = ("hidden_units", "loss_surface")
_DPI = 100
_GRID = 25  # points along each axis of the loss surface
_HELD = 1.5  # seconds for which the last frame stays


class Snapshots(Callback):
    """Keeps copies of the weights during a training, for `animate`.

    The first copy is that of the initial weights, the last that of the last epoch. A copy takes 4
    bytes per parameter of a float32 network.

    Parameters
    ----------
    every : int
        Number of epochs between two copies, at least 1.

    Attributes
    ----------
    epochs : list of int
        Epoch after which each copy was taken; 0 for the initial weights.
    states : list of ndarray
        Copies of `model.parameters.state`, one for each entry of `epochs`.
    model : NeuralNetMLP or None
        The network; None before a training.

    Raises
    ------
    InputError
        If `every` is not a whole number of at least 1.
    """

    def __init__(self, every: int = 1) -> None:
        self.every = check_integer(every, "every", minimum=1)
        self.epochs: list[int] = []
        self.states: list[NDArray[Any]] = []
        self.model: NeuralNetMLP | None = None

    def on_train_begin(self, run: TrainingRun) -> None:
        """Forget earlier copies, and copy the initial weights."""
        self.model, self.epochs, self.states = run.model, [], []
        self._take(run)

    def on_epoch_end(self, run: TrainingRun) -> None:
        """Copy the weights if it is their turn."""
        if run.epoch % self.every == 0:
            self._take(run)

    def on_train_end(self, run: TrainingRun) -> None:
        """Copy the weights after the last epoch, unless that has been done."""
        if self.epochs[-1] != run.epoch:
            self._take(run)

    def _take(self, run: TrainingRun) -> None:
        self.epochs.append(run.epoch)
        self.states.append(run.model.to_numpy(run.model.parameters.state).copy())


class _View(Protocol):
    """A figure that shows one snapshot at a time."""

    figure: Figure

    def show(self, frame: int) -> None:
        """Change the figure to the snapshot with this number."""


def animate(
    snapshots: Snapshots,
    path: str | os.PathLike[str],
    *,
    view: str = "hidden_units",
    X: ArrayLike | None = None,
    y: ArrayLike | None = None,
    frames_per_second: int = 8,
    max_frames: int = 60,
    num_units: int = 50,
    image_shape: tuple[int, int] | None = None,
    title: str | None = None,
) -> None:
    """Write an animation of a training to a GIF or MP4 file.

    With view "hidden_units", each frame shows the weights of the first hidden layer as images, as
    `hidden_units` does. With view "loss_surface", the path of the weights moves over the loss in
    the plane that contains most of the path: its directions are the first two principal components
    of the snapshots, and its origin is the last snapshot (Li, Xu, Taylor, Studer and Goldstein
    2018, arXiv 1712.09913, section 7).

    Parameters
    ----------
    snapshots : Snapshots
        Callback of a training that has ended.
    path : path
        File to write. Its ending, `.gif` or `.mp4`, chooses the format. MP4 needs the program
        ffmpeg.
    view : {"hidden_units", "loss_surface"}
        What to draw.
    X, y : array_like, optional
        Examples and labels (or targets) that the loss is computed on; required for "loss_surface",
        which evaluates the network 625 times. Some hundred examples are enough.
    frames_per_second : int
        Speed, at least 1. The last frame stays for 1.5 seconds.
    max_frames : int
        Maximum number of snapshots to show, at least 2. They are spaced evenly; the first and the
        last are always shown.
    num_units : int
        Maximum number of hidden units to draw. The first units are drawn.
    image_shape : (int, int), optional
        Height and width of the images in pixels; required only if they are not square.
    title : str, optional
        Title of the figure, usually the name of the data set.

    Raises
    ------
    InputError
        If an argument cannot be used, there are too few snapshots, or ffmpeg is missing or fails.
    FileError
        If the file cannot be written.
    """
    model = _check_snapshots(snapshots)
    check_name(view, VIEWS, "view")
    writer, ending = _writer_for(path, frames_per_second)
    limit = check_integer(max_frames, "max_frames", minimum=2)
    count = len(snapshots.states)
    shown = np.unique(np.linspace(0, count - 1, min(limit, count)).round().astype(int))
    states = np.stack([snapshots.states[place] for place in shown])
    epochs = [snapshots.epochs[place] for place in shown]
    drawn: _View
    if view == "hidden_units":
        if X is not None or y is not None:
            raise InputError("X and y are for view='loss_surface'; leave them out.")
        units = check_integer(num_units, "num_units", minimum=1)
        drawn = _HiddenUnits(model, states, epochs, units, image_shape, title)
    else:
        if X is None or y is None:
            raise InputError("view is 'loss_surface', which needs examples: pass X and y.")
        drawn = _LossSurface(model, states, epochs, X, y, title)
    frames = [*range(len(states)), *[len(states) - 1] * round(_HELD * frames_per_second)]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"animation{ending}"
        try:
            with writer.saving(drawn.figure, str(file), _DPI):
                for frame in frames:
                    drawn.show(frame)
                    writer.grab_frame()
        except (subprocess.CalledProcessError, BrokenPipeError):
            raise InputError(
                f"ffmpeg, which writes {echo(os.fspath(path))}, failed; it may lack the encoder "
                f"for H.264. Choose a name that ends in .gif, or install another ffmpeg."
            ) from None
        with atomic_write(path) as target:
            target.write(file.read_bytes())


class _HiddenUnits:
    """The weights of the first hidden layer as images, in one grid."""

    def __init__(
        self,
        model: NeuralNetMLP,
        states: NDArray[Any],
        epochs: list[int],
        num_units: int,
        image_shape: tuple[int, int] | None,
        title: str | None,
    ) -> None:
        values = [state[: model.parameters.values.size] for state in states]
        weights = np.stack([model.parameters.views(v)["layers.0.weight"] for v in values])
        num_inputs, total = weights.shape[1:]
        if image_shape is None and num_inputs < MIN_PIXELS:
            raise InputError(
                f"The network has {num_inputs} inputs, which are hardly the pixels of an image. If "
                f"they are, say so with image_shape=(height, width); view='loss_surface' draws any "
                f"network."
            )
        height, width = check_shape(image_shape, num_inputs, "The network")
        count = min(num_units, total)
        per_row = min(10 if count > 25 else 5, count)
        num_rows = -(-count // per_row)
        # Each unit is surrounded by NaN, which is drawn white.
        cells = np.full(
            (len(states), num_rows * per_row, height + 2, width + 2), np.nan, np.float32
        )
        images = weights[:, :, :count].transpose(0, 2, 1)
        cells[:, :count, 1:-1, 1:-1] = images.reshape(len(states), count, height, width)
        grid = cells.reshape(len(states), num_rows, per_row, height + 2, width + 2)
        self._grids = grid.transpose(0, 1, 3, 2, 4).reshape(
            len(states), num_rows * (height + 2), per_row * (width + 2)
        )
        self._epochs = epochs
        across = 0.7 * per_row if per_row == 10 else 1.1 * per_row
        down = across * self._grids.shape[1] / self._grids.shape[2]
        shown = f"{total}" if count == total else f"the first {count} of {total:,}"
        summary = (
            f"Weights of {shown} hidden units. Red: ink raises the unit's input; blue: lowers it."
        )
        self.figure = new_figure(max(4.5, across + 2 * LEFT), down + 0.5, title, summary)
        axes = add_panel(self.figure, LEFT, 0.1, across, down)
        extent = float(np.nanpercentile(np.abs(self._grids[-1]), 99.5)) or 1.0
        self._picture = axes.imshow(
            self._grids[0], cmap="RdBu_r", vmin=-extent, vmax=extent, interpolation="nearest"
        )
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
        self._caption = axes.set_title("", fontsize=10, color=INK, loc="left")

    def show(self, frame: int) -> None:
        """Draw the weights of a snapshot."""
        self._picture.set_data(self._grids[frame])
        self._caption.set_text(_after(self._epochs[frame]))


class _LossSurface:
    """The loss in the plane of the first two principal components, and the path over it."""

    def __init__(
        self,
        model: NeuralNetMLP,
        states: NDArray[Any],
        epochs: list[int],
        X: ArrayLike,
        y: ArrayLike,
        title: str | None,
    ) -> None:
        if model.parameters.running:
            raise InputError(
                "The network has batch normalization, whose running statistics are not part of the "
                "plane; draw the loss surface of a network without it."
            )
        if len(states) < 3:
            raise InputError(
                f"There are {len(states)} snapshots; a plane needs at least 3. Train for more "
                f"epochs, or take snapshots more often."
            )
        probe = copy.copy(model)
        examples = probe.validated(X, y)
        self._epochs = epochs

        def loss_at(state: NDArray[Any]) -> float:
            probe.parameters.state[...] = probe.xp.asarray(state)
            return float(probe.evaluate_validated(*examples).loss)

        origin = states[-1].astype(np.float64)
        differences = states - origin  # (S, P)
        _, sizes, directions = np.linalg.svd(differences, full_matrices=False)
        if not sizes[0] > 0:
            raise InputError("All snapshots are equal; the training has changed no weight.")
        plane = directions[:2]  # (2, P)
        self._path = differences @ plane.T  # (S, 2)
        contained = float((sizes[:2] ** 2).sum() / (sizes**2).sum())
        self._losses = [loss_at(state) for state in states]
        low, high = self._path.min(axis=0), self._path.max(axis=0)
        margin = 0.25 * max(high - low)
        across, up = (np.linspace(low[i] - margin, high[i] + margin, _GRID) for i in (0, 1))
        points = np.stack(np.meshgrid(across, up), axis=-1)  # (25, 25, 2)
        with np.errstate(over="ignore"):
            losses = np.array([[loss_at(origin + p @ plane) for p in row] for row in points])
        part = "all" if contained > 0.9995 else f"{100 * contained:.1f} %"
        summary = f"Loss in the plane that contains {part} of the variation along the path."
        self.figure = new_figure(6.0, 4.8, title, summary)
        axes = add_panel(self.figure, 0.75, 0.6, 4.2, 3.7)
        filled = axes.contourf(across, up, losses, levels=25, cmap="Blues")
        axes.contour(across, up, losses, levels=25, colors=WHITE, linewidths=0.4)
        axes.set_xlabel("First principal component", color=INK)
        axes.set_ylabel("Second principal component", color=INK)
        (self._line,) = axes.plot([], [], color=ORANGE, linewidth=1.6)
        (self._point,) = axes.plot([], [], "o", color=ORANGE, markeredgecolor=WHITE, markersize=8)
        bar = self.figure.colorbar(
            filled, cax=add_panel(self.figure, 5.1, 0.6, 0.14, 3.7), format="%.3g"
        )
        bar.set_label("Loss", color=INK)
        bar.outline.set_visible(False)
        self._caption = axes.set_title("", fontsize=10, color=INK, loc="left")

    def show(self, frame: int) -> None:
        """Draw the path up to a snapshot."""
        self._line.set_data(*self._path[: frame + 1].T)
        self._point.set_data(*self._path[frame : frame + 1].T)
        self._caption.set_text(f"{_after(self._epochs[frame])}: loss {self._losses[frame]:.4g}")


def _after(epoch: int) -> str:
    return f"After epoch {epoch}" if epoch else "Before the training"


def _check_snapshots(snapshots: object) -> NeuralNetMLP:
    """Return the network of snapshots that can be animated."""
    if not isinstance(snapshots, Snapshots):
        raise InputError(
            f"snapshots is {describe(snapshots)}; pass the plots.Snapshots that was given to train "
            f"in callbacks."
        )
    if snapshots.model is None or len(snapshots.states) < 2:
        raise InputError(
            "snapshots holds no training; pass it to train in callbacks=[snapshots] first."
        )
    return snapshots.model


def _writer_for(path: object, frames_per_second: object) -> tuple[Any, str]:
    """Return the Matplotlib writer for a file, and the file's ending."""
    from matplotlib.animation import FFMpegWriter, PillowWriter

    if not isinstance(path, str | os.PathLike):
        raise InputError(f"path is {describe(path)}; it must be the path of a file.")
    ending = Path(path).suffix.lower()
    if ending not in (".gif", ".mp4"):
        raise InputError(
            f"path is {echo(str(path))}; it must end in .gif or .mp4, which chooses the format."
        )
    speed = check_integer(frames_per_second, "frames_per_second", minimum=1)
    if ending == ".gif":
        return PillowWriter(fps=speed), ending
    if not FFMpegWriter.isAvailable():
        raise InputError(
            f"path is {echo(str(path))}, but MP4 needs the program ffmpeg, which is not installed. "
            f"Install it, or choose a name that ends in .gif."
        )
    return FFMpegWriter(fps=speed), ending
