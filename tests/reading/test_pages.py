"""How well pages are read with the bundled network: over all, and under each condition."""

from __future__ import annotations

import numpy as np
import pytest

from neuralnet import Dataset, NeuralNetMLP, read_digits
from tests.reading.evaluation import confident_blobs, drawn_scores, pasted_scores, other_writers
from tests.reading.non_digits import KINDS
from tests.reading.scores import Score, total

PAGES = 12


def check(scores: dict[str, Score], least_right: float) -> None:
    listed = "\n".join(f"{name:24} {score}" for name, score in scores.items())
    every = total(scores.values())
    assert every.right >= least_right * every.drawn, listed
    assert every.found >= 0.99 * every.drawn, listed
    assert every.invented <= 0.01 * every.drawn, listed
    for name, score in scores.items():
        assert score.right >= 0.9 * score.drawn, f"{name}\n{listed}"


def test_drawn_digits_are_read(bundled_model: NeuralNetMLP) -> None:
    check(dict(drawn_scores(PAGES, bundled_model)), 0.97)


@pytest.mark.mnist
def test_pasted_digits_are_read(bundled_model: NeuralNetMLP, mnist: Dataset) -> None:
    check(dict(pasted_scores(PAGES, bundled_model, mnist)), 0.985)


def test_digits_of_strangers_are_read(bundled_model: NeuralNetMLP) -> None:
    read, right = other_writers(bundled_model, every=6)
    assert right >= 0.95 * read, f"{right} of {read}"


def test_what_is_no_digit_is_not_claimed(bundled_model: NeuralNetMLP) -> None:
    counts = np.array([confident_blobs(kind, 5, bundled_model) for kind in KINDS])
    blobs, sure = counts.sum(axis=0)
    assert sure <= 0.05 * blobs, dict(zip(KINDS, counts.tolist(), strict=True))


@pytest.mark.mnist
def test_mnist_itself_is_read_as_well_as_before(
    bundled_model: NeuralNetMLP, mnist: Dataset
) -> None:
    images = np.asarray(mnist.images[60_000::10]).reshape(-1, 28, 28)
    labels = np.asarray(mnist.labels[60_000::10])
    directly = np.mean(bundled_model.predict(images.reshape(len(images), -1)) == labels)
    single = right = 0
    for image, label in zip(images, labels, strict=True):
        digits = read_digits(image, model=bundled_model).digits
        single += len(digits) == 1
        largest = max(digits, key=lambda d: d.picture.sum(), default=None)
        right += largest is not None and largest.label == label
    assert single >= 0.99 * len(images)
    assert right >= (directly - 0.002) * len(images)
