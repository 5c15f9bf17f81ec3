"""Animations: what a frame shows, the files, and arguments that cannot be used."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from neuralnet import InputError, NeuralNetMLP, plots, train
from neuralnet.files import FileError
from neuralnet.plots import _animation
from neuralnet.plots._animation import _HiddenUnits, _LossSurface

RNG = np.random.default_rng(0)
X = RNG.normal(size=(20, 36))
Y = np.arange(20) % 3


def trained(num_epochs: int = 4, every: int = 1, **settings: Any) -> plots.Snapshots:
    snapshots = plots.Snapshots(every)
    model = NeuralNetMLP(36, 7, 3, **settings)
    train(model, X, Y, num_epochs=num_epochs, learning_rate=0.5, callbacks=[snapshots])
    return snapshots


@pytest.fixture(scope="module")
def snapshots() -> plots.Snapshots:
    return trained()


def test_snapshots_begin_with_the_initial_weights_and_end_with_the_last() -> None:
    kept = trained(num_epochs=5, every=2)
    assert kept.epochs == [0, 2, 4, 5]
    start = NeuralNetMLP(36, 7, 3)
    np.testing.assert_array_equal(kept.states[0], start.parameters.state)
    assert kept.model is not None
    np.testing.assert_array_equal(kept.states[-1], kept.model.parameters.state)
    assert not np.array_equal(kept.states[1], kept.states[2])


def test_a_second_training_starts_over(snapshots: plots.Snapshots) -> None:
    kept = plots.Snapshots()
    model = NeuralNetMLP(36, 7, 3)
    for _ in range(2):
        train(model, X, Y, num_epochs=2, callbacks=[kept])
    assert kept.epochs == [0, 1, 2]


def test_a_frame_holds_the_weights_of_its_epoch(snapshots: plots.Snapshots) -> None:
    model, states = snapshots.model, np.stack(snapshots.states)
    assert model is not None
    view = _HiddenUnits(model, states, snapshots.epochs, 50, None, None)
    for frame in (0, 4):
        view.show(frame)
        weights = model.parameters.views(states[frame])["layers.0.weight"]
        shown: Any = view.figure.axes[0].images[0].get_array()
        picture = shown.filled(np.nan)
        assert picture.shape == (2 * 8, 5 * 8)
        np.testing.assert_array_equal(picture[1:7, 9:15], weights[:, 1].reshape(6, 6))
        np.testing.assert_array_equal(picture[9:15, 1:7], weights[:, 5].reshape(6, 6))
        assert np.isnan(picture[8:, 16:]).all(), "there are seven units"
    assert view.figure.axes[0].get_title(loc="left") == "After epoch 4"


def test_the_path_lies_on_the_surface(snapshots: plots.Snapshots) -> None:
    model, states = snapshots.model, np.stack(snapshots.states)
    assert model is not None
    before = model.parameters.state.copy()
    view = _LossSurface(model, states, snapshots.epochs, X, Y, None)
    np.testing.assert_array_equal(model.parameters.state, before)
    view.show(4)
    axes = view.figure.axes[0]
    path = np.array(axes.lines[0].get_data()).T
    assert path.shape == (5, 2)
    np.testing.assert_allclose(path[-1], 0, atol=1e-9)
    assert f"loss {model.evaluate(X, Y).loss:.4g}" in axes.get_title(loc="left")
    lengths = np.linalg.norm(states - states[-1], axis=1)
    distances = np.linalg.norm(path, axis=1)
    assert (distances <= lengths + 1e-6).all(), "a projection is never longer"
    assert distances[0] > 0.95 * lengths[0]


@pytest.mark.parametrize("view", ["hidden_units", "loss_surface"])
def test_a_gif_has_a_frame_per_snapshot(
    view: str, snapshots: plots.Snapshots, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_animation, "_DPI", 30)
    monkeypatch.setattr(_animation, "_GRID", 4)
    data: dict[str, Any] = {"X": X, "y": Y} if view == "loss_surface" else {}
    path = tmp_path / "training.gif"
    plots.animate(snapshots, path, view=view, frames_per_second=10, max_frames=3, **data)
    with Image.open(path) as image:
        durations = []
        for frame in range(image.n_frames):  # type: ignore[attr-defined]
            image.seek(frame)
            durations.append(image.info["duration"])
    assert sum(durations) == pytest.approx(3 * 100 + 1500, abs=110)
    assert len(durations) >= 3
    assert image.info["loop"] == 0


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs ffmpeg")
def test_an_mp4_is_written(
    snapshots: plots.Snapshots, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_animation, "_DPI", 30)
    path = tmp_path / "training.mp4"
    plots.animate(snapshots, path, image_shape=(6, 6), frames_per_second=2, max_frames=2)
    content = path.read_bytes()
    assert content[4:8] == b"ftyp"
    assert b"avc1" in content  # H.264, which every browser plays


def test_a_failing_ffmpeg_says_so(snapshots: plots.Snapshots, tmp_path: Path) -> None:
    import matplotlib as mpl

    program = tmp_path / "ffmpeg"
    program.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    program.chmod(0o755)
    path = tmp_path / "training.mp4"
    with (
        mpl.rc_context({"animation.ffmpeg_path": str(program)}),
        pytest.raises(InputError, match=r"ffmpeg.*training\.mp4.*\.gif"),
    ):
        plots.animate(snapshots, path, image_shape=(6, 6), max_frames=2)
    assert not path.exists()


def test_mp4_without_ffmpeg_says_so(
    snapshots: plots.Snapshots, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("matplotlib.animation.FFMpegWriter.isAvailable", lambda: False)
    with pytest.raises(InputError, match="ffmpeg"):
        plots.animate(snapshots, tmp_path / "training.mp4")


@pytest.mark.parametrize(
    ("changes", "facts"),
    [
        ({"path": "training.avi"}, ["training.avi", ".gif", ".mp4"]),
        ({"path": 3}, ["path", "3"]),
        ({"view": "units"}, ["units", "hidden_units", "loss_surface"]),
        ({"view": "loss_surface"}, ["X", "y"]),
        ({"X": X, "y": Y}, ["loss_surface"]),
        ({"frames_per_second": 0}, ["frames_per_second", "0"]),
        ({"max_frames": 1}, ["max_frames", "1", "2"]),
        ({"num_units": 0}, ["num_units", "0"]),
        ({"image_shape": (5, 7)}, ["36", "(5, 7)"]),
        ({"snapshots": None}, ["None", "Snapshots"]),
        ({"snapshots": plots.Snapshots()}, ["callbacks"]),
        ({"view": "loss_surface", "X": X[:, :3], "y": Y}, ["X", "3"]),
        ({"view": "loss_surface", "X": X, "y": Y, "max_frames": 2}, ["2", "3"]),
    ],
)
def test_what_cannot_be_animated_is_said(
    changes: dict[str, Any], facts: list[str], snapshots: plots.Snapshots, tmp_path: Path
) -> None:
    arguments: dict[str, Any] = {"snapshots": snapshots, "path": tmp_path / "a.gif"} | changes
    with pytest.raises(InputError) as error:
        plots.animate(**arguments)
    for fact in facts:
        assert fact in str(error.value)
    assert not list(tmp_path.iterdir())


def test_networks_that_have_no_such_view_are_refused(tmp_path: Path) -> None:
    small = plots.Snapshots()
    train(NeuralNetMLP(2, 3, 2), X[:, :2], Y % 2, num_epochs=2, callbacks=[small])
    with pytest.raises(InputError, match="2 inputs"):
        plots.animate(small, tmp_path / "a.gif")
    with pytest.raises(InputError, match="batch normalization"):
        plots.animate(trained(batch_norm=True), tmp_path / "a.gif", view="loss_surface", X=X, y=Y)


def test_a_folder_that_does_not_exist_is_a_file_error(
    snapshots: plots.Snapshots, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_animation, "_DPI", 30)
    (tmp_path / "a").write_text("a file, not a folder")
    with pytest.raises(FileError):
        plots.animate(snapshots, tmp_path / "a" / "b.gif", max_frames=2)
