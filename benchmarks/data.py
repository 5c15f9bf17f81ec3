"""The data of a run, in a temporary folder that the processes read."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from benchmarks.workloads import NUM_CLASSES, NUM_PIXELS, NUM_TEST, NUM_TRAINING, Array
from neuralnet.data.cache import store_in_cache
from neuralnet.data.dataset import CACHE_VARIABLE, FOLDER_VARIABLE, DataNotFoundError, Dataset
from neuralnet.data.mnist import as_dataset
from neuralnet.data.sources import load_mnist

NUM_MNIST = 70_000


def prepare(folder: Path, data: Path | None) -> str:
    """Write the data to `folder` and return a description for the report.

    MNIST is read from `data`, or from where the package finds it. If it is not available, it is
    replaced by synthetic images of the same shape: the times depend on the number of pixels, not on
    their values.
    """
    try:
        dataset = load_mnist(data, source="auto" if data else "mnist")
        description = dataset.name  # not its folder, which is nobody else's
    except DataNotFoundError:
        dataset = synthetic()
        description = "synthetic images in the shape of MNIST, which was not found"
    if len(dataset.images) < NUM_TRAINING + NUM_TEST or dataset.images.shape[1] != NUM_PIXELS:
        dataset = synthetic()
        description = f"synthetic images in the shape of MNIST, which differs from {description}"
    np.save(folder / "images.npy", dataset.images[:NUM_TRAINING])
    np.save(folder / "labels.npy", dataset.labels[:NUM_TRAINING].astype(np.int64))
    np.save(folder / "test_images.npy", dataset.images[-NUM_TEST:])
    (folder / "cache").mkdir()
    store_in_cache(folder / "cache", dataset)
    return description


def cached(folder: Path) -> dict[str, str]:
    """Return an environment in which the package finds the data of this run in its cache."""
    others = {k: v for k, v in os.environ.items() if k != FOLDER_VARIABLE}
    return others | {CACHE_VARIABLE: str(folder / "cache")}


def synthetic() -> Dataset:
    """Return noisy copies of ten random patterns, mostly background like digits."""
    generator = np.random.default_rng(0)
    shapes = 255 * (generator.random((NUM_CLASSES, NUM_PIXELS)) > 0.8)
    labels = generator.integers(0, NUM_CLASSES, NUM_MNIST, dtype=np.uint8)
    images = np.empty((NUM_MNIST, 28, 28), np.uint8)
    for rows in np.array_split(np.arange(NUM_MNIST), 70):
        ink = generator.random((len(rows), NUM_PIXELS))
        images[rows] = (shapes[labels[rows]] * ink).reshape(-1, 28, 28)
    return as_dataset(images, labels, "random numbers")


def tile(folder: Path, num_examples: int) -> None:
    """Write a large data set for memory mapping by repeating the training images.

    Raises
    ------
    OSError
        If there is not enough free disk space.
    """
    images: Array = np.load(folder / "images.npy")
    labels: Array = np.load(folder / "labels.npy")
    space = os.statvfs(folder)
    needed, free = num_examples * NUM_PIXELS, space.f_bavail * space.f_frsize
    if free < 1.2 * needed:
        raise OSError(
            f"{folder} has {free / 1e9:.1f} GB of free space; {needed / 1e9:.1f} GB are needed"
        )
    with (folder / "mapped.bin").open("wb") as file:
        for start in range(0, num_examples, len(images)):
            file.write(images[: num_examples - start].data)
    np.save(folder / "mapped_labels.npy", np.resize(labels, num_examples).astype(np.uint8))
