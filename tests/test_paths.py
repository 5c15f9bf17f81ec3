"""Every function that takes a path refuses one that cannot be used, with an own error."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neuralnet import (
    Checkpoint,
    FileError,
    InputError,
    NeuralNetError,
    NeuralNetMLP,
    load,
    load_data,
    load_mnist,
    load_pictures,
    read_digits,
    save,
    train,
)
from neuralnet.data.folder import load_folder
from neuralnet.data.idx import read_idx, write_idx
from neuralnet.data.pictures import expand_folders, read_pictures
from neuralnet.interop.pytorch import load_pytorch, save_pytorch
from neuralnet.plots import plot_history, save_figure
from neuralnet.training.history import History
from neuralnet.training.recipes import load_recipe

MODEL = NeuralNetMLP(2, 2, 2)
HISTORY = History([1.0], [0.5], learning_rate=[0.1], seconds=[1.0])


def resume(path: Any) -> None:
    train(NeuralNetMLP(2, 2, 2), np.eye(2), np.arange(2), num_epochs=1, resume=path)


def checkpoint(path: Any) -> None:
    train(
        NeuralNetMLP(2, 2, 2), np.eye(2), np.arange(2), num_epochs=1, callbacks=[Checkpoint(path)]
    )


def ending(function: Callable[[Any], object], suffix: str) -> Callable[[Any], object]:
    """Return the function of a path with this suffix, which chooses what is done."""

    def call(path: Any) -> None:
        function(os.fspath(path) + suffix)

    return call


READERS: dict[str, Callable[[Any], object]] = {
    "load": load,
    "resume": resume,
    "read_idx": lambda path: read_idx(path, "images"),
    "memory_map": lambda path: read_idx(path, "labels", memory_map=True),
    "read_pictures": lambda path: read_pictures([path]),
    "read_digits": read_digits,
    "load_pytorch": lambda path: load_pytorch(path, hidden_activation="relu"),
    "load_recipe": ending(load_recipe, ".toml"),
}
FOLDERS: dict[str, Callable[[Any], object]] = {
    "load_data": load_data,
    "load_folder": load_folder,
    "load_mnist": load_mnist,
    "load_pictures": load_pictures,
    "expand_folders": lambda path: read_pictures(expand_folders([path])),
}
WRITERS: dict[str, Callable[[Any], object]] = {
    "save": lambda path: save(MODEL, path),
    "checkpoint": checkpoint,
    "write_idx": lambda path: write_idx(path, np.zeros(3, np.uint8)),
    "save_pytorch": lambda path: save_pytorch(MODEL, path),
    "save_figure": ending(lambda path: save_figure(plot_history(HISTORY), path), ".png"),
}
ALL = {**READERS, **FOLDERS, **WRITERS}


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("path", ["a\0b", "\ud800", "n" * 300, "/".join(["folder"] * 1000)])
def test_impossible_paths_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, path: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises((InputError, FileError)) as caught:
        ALL[name](path)
    assert len(str(caught.value)) < 12_000
    assert not [one for one in tmp_path.rglob("*") if one.is_file()]


@pytest.mark.parametrize("name", [*READERS, *WRITERS])
def test_pipes_are_neither_waited_for_nor_replaced(tmp_path: Path, name: str) -> None:
    function = {**READERS, **WRITERS}[name]
    for suffix in ("", ".toml", ".png"):
        os.mkfifo(tmp_path / f"pipe{suffix}")
    errors: list[BaseException] = []

    def call() -> None:
        try:
            function(tmp_path / "pipe")
        except NeuralNetError as error:
            errors.append(error)

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join(timeout=20)
    assert not thread.is_alive(), "it waits for the pipe"
    assert len(errors) == 1
    assert "pipe" in str(errors[0])
    assert all(path.is_fifo() for path in tmp_path.iterdir())
    assert len(list(tmp_path.iterdir())) == 3
