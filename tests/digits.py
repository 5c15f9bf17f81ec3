"""Real digits from the bundled sample, for the tests."""

from __future__ import annotations

import functools
from pathlib import Path

from neuralnet.data.dataset import Dataset
from neuralnet.data.idx import write_idx
from neuralnet.data.sample import load_sample


@functools.cache
def digits() -> Dataset:
    """Return the bundled sample, cached because parsing its text takes a second."""
    sample = load_sample()
    sample.images.flags.writeable = sample.labels.flags.writeable = False
    return sample


def write_digits(folder: Path, *, num_train: int, num_test: int) -> Path:
    """Write digits to a folder as four IDX files with MNIST's names, and return the folder."""
    sample = digits()
    images = sample.images.reshape(-1, *sample.image_shape)
    parts = {"train": slice(num_train), "t10k": slice(num_train, num_train + num_test)}
    for part, rows in parts.items():
        write_idx(folder / f"{part}-images-idx3-ubyte.gz", images[rows])
        write_idx(folder / f"{part}-labels-idx1-ubyte.gz", sample.labels[rows])
    return folder
