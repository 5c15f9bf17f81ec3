"""Accuracy of the bundled network on pages, in total and under each condition."""

from __future__ import annotations

import numpy as np
import pytest

from neuralnet import Dataset, NeuralNetMLP, read_digits
from tests.reading.evaluation import confident_blobs, drawn_scores, other_writers, pasted_scores
from tests.reading.non_digits import KINDS
from tests.reading.scores import Score, total

PAGES = 12


def check(scores: dict[str, Score], least_correct: float) -> None:
    listed = "\n".join(f"{name:24} {score}" for name, score in scores.items())
    every = total(scores.values())
    assert every.correct >= least_correct * every.drawn, listed
    assert every.found >= 0.99 * every.drawn, listed
    assert every.invented <= 0.01 * every.drawn, listed
    for name, score in scores.items():
        assert score.correct >= 0.9 * score.drawn, f"{name}\n{listed}"


def test_drawn_digits_are_read(bundled_model: NeuralNetMLP) -> None:
    check(dict(drawn_scores(PAGES, bundled_model)), 0.97)


@pytest.mark.mnist
def test_pasted_digits_are_read(bundled_model: NeuralNetMLP, mnist: Dataset) -> None:
    check(dict(pasted_scores(PAGES, bundled_model, mnist)), 0.985)


def test_digits_of_other_writers_are_read(bundled_model: NeuralNetMLP) -> None:
    read, correct = other_writers(bundled_model, every=6)
    assert correct >= 0.95 * read, f"{correct} of {read}"


def test_non_digits_have_low_confidence(bundled_model: NeuralNetMLP) -> None:
    counts = np.array([confident_blobs(kind, 5, bundled_model) for kind in KINDS])
    blobs, confident = counts.sum(axis=0)
    assert confident <= 0.05 * blobs, dict(zip(KINDS, counts.tolist(), strict=True))


@pytest.mark.mnist
def test_reading_mnist_images_is_as_accurate_as_the_network(
    bundled_model: NeuralNetMLP, mnist: Dataset
) -> None:
    images = np.asarray(mnist.images[60_000::10]).reshape(-1, 28, 28)
    labels = np.asarray(mnist.labels[60_000::10])
    directly = np.mean(bundled_model.predict(images.reshape(len(images), -1)) == labels)
    single = correct = 0
    for image, label in zip(images, labels, strict=True):
        digits = read_digits(image, model=bundled_model).digits
        single += len(digits) == 1
        largest = max(digits, key=lambda d: d.picture.sum(), default=None)
        correct += largest is not None and largest.label == label
    assert single >= 0.99 * len(images)
    assert correct >= (directly - 0.002) * len(images)
