"""Read many pages and report, by condition, the digits found, invented and read correctly.

    python -m tests.reading.evaluation [--pages 60] [--model PATH] [--data FOLDER]

Given a folder with the MNIST files, the report also covers pages with digits pasted from the test
set. The digits of other writers are those bundled with scikit-learn: 8x8 pixels, by 13 writers
(Alpaydin and Kaynak 1998, "Optical recognition of handwritten digits", UCI Machine Learning
Repository).
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Iterator

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

from neuralnet import Dataset, NeuralNetMLP, load_mnist, read_digits
from neuralnet.reading.reader import load_model
from tests.reading.non_digits import KINDS, non_digits
from tests.reading.pages import CONDITIONS, Style, pages, pasted
from tests.reading.scores import Score, total

# Conditions for pages with pasted MNIST digits.
PASTED = (
    "plain", "20 to 32 pixels", "light from one side", "noise", "ruled paper", "JPEG", "photograph",
)  # fmt: skip


def score(name: str, style: Style, count: int, model: NeuralNetMLP) -> Score:
    """Read pages in one style and return their score."""
    result = Score()
    for page in pages(name, style, count):
        digits = read_digits(page.picture, model=model).digits
        result.add(page, [digit.box for digit in digits], [digit.label for digit in digits])
    return result


def drawn_scores(count: int, model: NeuralNetMLP) -> Iterator[tuple[str, Score]]:
    """Yield the name and the score of each condition, for drawn digits."""
    for name, style in CONDITIONS.items():
        yield name, score(name, style, count, model)


def pasted_scores(count: int, model: NeuralNetMLP, dataset: Dataset) -> Iterator[tuple[str, Score]]:
    """Yield the name and the score of each condition, for digits of the MNIST test set."""
    images = np.asarray(dataset.images[dataset.num_train :]).reshape(-1, 28, 28)
    labels = np.asarray(dataset.labels[dataset.num_train :])
    take = pasted(images, [np.flatnonzero(labels == digit) for digit in range(10)])
    for name in PASTED:
        style = dataclasses.replace(CONDITIONS[name], digits=take, turn=0.0)
        yield f"MNIST, {name}", score(f"MNIST, {name}", style, count, model)


def other_writers(model: NeuralNetMLP, every: int = 1) -> tuple[int, int]:
    """Read each digit by another writer on a page of its own; count all and the correct ones."""
    digits = load_digits()
    correct = 0
    chosen = range(0, len(digits.images), every)
    for index in chosen:
        ink = Image.fromarray(np.uint8(digits.images[index] * 255 / 16))
        page = Image.new("L", (104, 104), 255)
        page.paste(0, (20, 20), ink.resize((64, 64), Image.Resampling.BICUBIC))
        correct += str(read_digits(page, model=model)) == str(digits.target[index])
    return len(chosen), correct


def confident_blobs(kind: str, count: int, model: NeuralNetMLP) -> tuple[int, int]:
    """Return the number of blobs in images without digits, and how many have confidence 0.9."""
    digits = [
        d for picture in non_digits(kind, count) for d in read_digits(picture, model=model).digits
    ]
    return len(digits), sum(digit.confidence >= 0.9 for digit in digits)


def main() -> None:
    """Report on the bundled network or on a saved one."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--pages", type=int, default=60, help="number of pages per condition")
    parser.add_argument("--model", help="saved network to use instead of the bundled one")
    parser.add_argument("--data", help="folder with the four MNIST files")
    arguments = parser.parse_args()
    model = load_model(arguments.model)
    report("drawn", drawn_scores(arguments.pages, model))
    if arguments.data:
        report("MNIST", pasted_scores(arguments.pages, model, load_mnist(arguments.data)))
    read, correct = other_writers(model)
    print(f"{'other writers, all':24} {read:5} digits  {100 * correct / read:6.2f} % correct")  # noqa: T201
    counts = {kind: confident_blobs(kind, arguments.pages // 4 + 1, model) for kind in KINDS}
    for kind, (blobs, confident) in counts.items():
        print(f"{kind:24} {blobs:5} blobs  {confident:5} with confidence 0.9 or more")  # noqa: T201
    blobs, confident = (sum(pair) for pair in zip(*counts.values(), strict=True))
    share = 100 * confident / max(1, blobs)
    print(f"{'no digits, all':24} {blobs:5} blobs  {share:5.1f} % with confidence 0.9 or more")  # noqa: T201


def report(what: str, scores: Iterator[tuple[str, Score]]) -> None:
    """Print the score of each condition and their total."""
    every = []
    for name, result in scores:
        every.append(result)
        print(f"{name:24} {result}", flush=True)  # noqa: T201
    print(f"{what + ', all':24} {total(every)}")  # noqa: T201


if __name__ == "__main__":
    main()
