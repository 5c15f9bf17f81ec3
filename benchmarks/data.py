"""The data of a run, laid out in a temporary folder for the processes to read."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from benchmarks.works import NUM_CLASSES, NUM_PIXELS, NUM_TEST, NUM_TRAINING, Array
from neuralnet.data.cache import store_in_cache
from neuralnet.data.dataset import CACHE_VARIABLE, FOLDER_VARIABLE, DataNotFoundError, Dataset
from neuralnet.data.mnist import as_dataset
from neuralnet.data.sources import load_mnist

NUM_MNIST = 70_000


def lay_out(folder: Path, data: Path | None) -> str:
    """Write what the processes read into `folder`; return what the report says of it.

    MNIST comes from `data`, or where the package finds it. Where it is not to be had, pixels are
    made up in its shape: what is timed depends on how many they are, not on what they show.
    """
    try:
        dataset = load_mnist(data, source="auto" if data else "mnist")
        said = f"{dataset.name}, from {dataset.source}"
    except DataNotFoundError:
        dataset = made_up()
        said = "made-up pixels in the shape of MNIST, which was not found"
    if len(dataset.images) < NUM_TRAINING + NUM_TEST or dataset.images.shape[1] != NUM_PIXELS:
        dataset, said = made_up(), f"made-up pixels in the shape of MNIST, for {said}, is not"
    np.save(folder / "images.npy", dataset.images[:NUM_TRAINING])
    np.save(folder / "labels.npy", dataset.labels[:NUM_TRAINING].astype(np.int64))
    np.save(folder / "test_images.npy", dataset.images[-NUM_TEST:])
    (folder / "cache").mkdir()
    store_in_cache(folder / "cache", dataset)
    return said


def cached(folder: Path) -> dict[str, str]:
    """Return the environment of a process that finds this run's data in the package's cache."""
    others = {k: v for k, v in os.environ.items() if k != FOLDER_VARIABLE}
    return others | {CACHE_VARIABLE: str(folder / "cache")}


def made_up() -> Dataset:
    """Make up ten shapes and blurred copies of them: mostly background, as digits are."""
    generator = np.random.default_rng(0)
    shapes = 255 * (generator.random((NUM_CLASSES, NUM_PIXELS)) > 0.8)
    labels = generator.integers(0, NUM_CLASSES, NUM_MNIST, dtype=np.uint8)
    images = np.empty((NUM_MNIST, 28, 28), np.uint8)
    for rows in np.array_split(np.arange(NUM_MNIST), 70):
        ink = generator.random((len(rows), NUM_PIXELS))
        images[rows] = (shapes[labels[rows]] * ink).reshape(-1, 28, 28)
    return as_dataset(images, labels, "random numbers")


def tile(folder: Path, num_examples: int) -> None:
    """Write a large set for memory mapping: the training images, again and again.

    Raises
    ------
    OSError
        If the disk has no room for it.
    """
    images: Array = np.load(folder / "images.npy")
    labels: Array = np.load(folder / "labels.npy")
    space = os.statvfs(folder)
    needed, free = num_examples * NUM_PIXELS, space.f_bavail * space.f_frsize
    if free < 1.2 * needed:
        raise OSError(f"{needed / 1e9:.1f} GB are needed in {folder}, {free / 1e9:.1f} are free")
    with (folder / "mapped.bin").open("wb") as file:
        for start in range(0, num_examples, len(images)):
            file.write(images[: num_examples - start].data)
    np.save(folder / "mapped_labels.npy", np.resize(labels, num_examples).astype(np.uint8))
