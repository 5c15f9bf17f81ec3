"""Train the digit detector, the small network that distinguishes digits from other marks.

    python tools/train_digit_detector.py --data FOLDER

The command writes src/neuralnet/reading/digit_detector.safetensors. It uses the MNIST training
digits and the typefaces bundled with Matplotlib. The digits are those of MNIST (rotated, stretched,
thinned or thickened, and some ones with an upstroke) and those of the typefaces. The other examples
are letters of the typefaces, scribbles, blotches, bars, digits that lie on their side or are
mirrored, pairs of digits, and halves of digits. All examples are prepared as `read_digits` prepares
them.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from neuralnet import NeuralNetMLP, OneCycle, load_mnist, save, train
from neuralnet.data.ink import draw_flags
from neuralnet.reading.preparation import prepare

Ink = NDArray[np.float32]
Picture = NDArray[np.uint8]

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz&@#%?!+=<>*"
# Digits that are no longer digits when they lie on their side or are mirrored, unlike 0, 1 and 8.
ONE_WAY = (2, 3, 4, 5, 7)
OUTPUT = Path(__file__).parents[1] / "src/neuralnet/reading/digit_detector.safetensors"


class ExampleGenerator:
    """Generator of examples of digits and of other marks.

    Parameters
    ----------
    images, labels : ndarray of uint8
        MNIST training digits, shapes (N, 784) and (N,).
    seed : int
        Seed of the random numbers.
    """

    def __init__(self, images: Picture, labels: Picture, seed: int) -> None:
        self.images, self.labels = images.reshape(-1, 28, 28), labels
        self.rng = np.random.default_rng(seed)
        import matplotlib

        fonts = Path(matplotlib.get_data_path()) / "fonts/ttf"
        chosen = [
            *fonts.glob("DejaVu*.ttf"),
            *fonts.glob("STIXGeneral*.ttf"),
            *fonts.glob("cm[brst]*10.ttf"),
        ]
        self.fonts = [
            ImageFont.truetype(str(f), 60)
            for f in sorted(chosen)
            if "cmbsy" not in f.name and "cmsy" not in f.name
        ]
        self.one_way = np.flatnonzero(np.isin(labels, ONE_WAY))

    def digit(self) -> Ink:
        """Return an MNIST digit; 40 % of the ones get an upstroke, which they lack in MNIST."""
        index = int(self.rng.integers(len(self.images)))
        ink: Ink = self.images[index].astype(np.float32)
        if self.labels[index] == 1 and self.rng.random() < 0.4:
            low, high = [[0.2], [np.deg2rad(38)], [0.6]], [[0.75], [np.deg2rad(65)], [1.05]]
            length, angle, width = self.rng.uniform(low, high).astype(np.float32)
            draw_flags(ink[np.newaxis], length, angle, width)
        return ink / np.float32(255)

    def typeface(self, characters: str) -> Ink:
        """Draw a character of a typeface."""
        font = self.fonts[int(self.rng.integers(len(self.fonts)))]
        image = Image.new("L", (110, 110))
        character = str(self.rng.choice(list(characters)))
        ImageDraw.Draw(image).text((20, 12), character, fill=255, font=font)
        return np.asarray(image, np.float32) / np.float32(255)

    def lying(self) -> Ink:
        """Return an MNIST digit that lies on its side or is mirrored."""
        index = int(self.rng.choice(self.one_way))
        ink: Ink = self.images[index].astype(np.float32) / np.float32(255)
        way = int(self.rng.integers(3))
        if way == 2 and self.labels[index] != 5:
            return ink[:, ::-1]
        return np.rot90(ink, 1 + 2 * (way % 2))

    def pair(self) -> Ink:
        """Return two digits side by side that touch or overlap."""
        one, other = self.digit(), self.digit()
        one = one[:, : np.flatnonzero(one.any(axis=0))[-1] + 1]
        other = other[:, np.flatnonzero(other.any(axis=0))[0] :]
        lap = int(self.rng.integers(0, 4))
        both = np.zeros((28, one.shape[1] + other.shape[1] - lap), np.float32)
        both[:, : one.shape[1]] = one
        right = both[:, one.shape[1] - lap :]
        np.maximum(right, other, out=right)
        return both

    def half(self) -> Ink:
        """Return a digit with a part cut off on one side."""
        ink = np.rot90(self.digit(), int(self.rng.integers(4)))
        mass = np.cumsum(ink.sum(axis=1))
        cut = int(np.searchsorted(mass, mass[-1] * self.rng.uniform(0.35, 0.65)))
        turn = np.zeros_like(ink)
        turn[: max(cut, 3)] = ink[: max(cut, 3)]
        return np.rot90(turn, int(self.rng.integers(4)))

    def scribble(self) -> Ink:
        """Draw up to three random strokes."""
        image = Image.new("L", (128, 128))
        draw = ImageDraw.Draw(image)
        for _ in range(int(self.rng.integers(1, 4))):
            count = int(self.rng.integers(3, 14))
            points = self.rng.uniform(10, 118, (count, 2))
            if self.rng.random() < 0.5:  # smooth curves
                points = ndimage.zoom(points, (6, 1), order=3, mode="nearest")
            draw.line(
                [tuple(p) for p in points.tolist()],
                fill=255,
                width=int(self.rng.integers(4, 20)),
            )
        return np.asarray(image, np.float32) / np.float32(255)

    def blotch(self) -> Ink:
        """Return a connected piece of thresholded noise."""
        noise = self.rng.standard_normal((64, 64)).astype(np.float32)
        smooth = ndimage.gaussian_filter(noise, self.rng.uniform(0.6, 7, 2))
        smooth = np.abs(smooth) if self.rng.random() < 0.5 else smooth
        mask = smooth > np.quantile(smooth, self.rng.uniform(0.55, 0.9))
        labels, _ = ndimage.label(mask)
        sizes = np.bincount(labels.ravel())[1:]
        choice = int(self.rng.choice(np.argsort(-sizes)[:4])) + 1
        return np.asarray(labels == choice, np.float32)

    def bars(self) -> Ink:
        """Draw bars, at least one of them horizontal, since a vertical bar alone could be a 1."""
        image = Image.new("L", (128, 128))
        draw = ImageDraw.Draw(image)
        wide = int(self.rng.integers(4, 24))
        for _ in range(int(self.rng.integers(1, 5))):
            at = float(self.rng.uniform(20, 108))
            ends = sorted(self.rng.uniform(8, 120, 2))
            lying = self.rng.random() < 0.6
            line = [(ends[0], at), (ends[1], at)] if lying else [(at, ends[0]), (at, ends[1])]
            draw.line(line, fill=255, width=wide)
        draw.line([(10, 64), (118, 64)], fill=255, width=wide)
        return np.asarray(image, np.float32) / np.float32(255)

    def varied(self, ink: Ink, turn: float) -> Ink:
        """Rotate by up to `turn` degrees, shear and stretch ink, and thin or thicken some of it."""
        ink = np.pad(ink, max(ink.shape) // 4)
        angle = np.deg2rad(self.rng.uniform(-turn, turn))
        stretch = self.rng.uniform(0.8, 1.2, 2)
        matrix = (
            np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) * stretch
        )
        matrix[1, 0] += self.rng.uniform(-0.25, 0.25)
        middle = (np.array(ink.shape) - 1) / 2
        ink = ndimage.affine_transform(ink, matrix, middle - matrix @ middle, order=1)
        size = max(2, round(max(ink.shape) / 40))
        change = self.rng.random()
        if change < 0.2:
            ink = ndimage.grey_dilation(ink, size=(size, size))
        elif change < 0.35:
            thinner = ndimage.grey_erosion(ink, size=(size, size))
            ink = thinner if thinner.max() > 0.7 else ink
        return np.asarray(ink, np.float32)

    def prepared(self, make: Callable[[], Ink], count: int, turn: float = 12) -> Picture:
        """Generate and prepare examples, shape (count, 784)."""
        pictures = np.zeros((count, 784), np.uint8)
        done = 0
        while done < count:
            ink = self.varied(make(), turn) if self.rng.random() < 0.8 else make()
            if (ink > 0.5).sum() > 8:
                pictures[done] = prepare(np.clip(ink, 0, 1)).ravel()
                done += 1
        return pictures


def examples(generator: ExampleGenerator, scale: float) -> tuple[Picture, NDArray[np.int64]]:
    """Generate all examples; digits have the label 1, others the label 0."""

    def count(thousands: float) -> int:
        return int(1000 * thousands * scale)

    digits = [
        generator.prepared(generator.digit, count(80)),
        generator.prepared(lambda: generator.typeface("0123456789"), count(12)),
    ]
    others: list[Any] = [
        generator.prepared(lambda: generator.typeface(LETTERS), count(45)),
        generator.prepared(generator.lying, count(12)),
        generator.prepared(generator.pair, count(7)),
        generator.prepared(generator.half, count(5)),
        generator.prepared(generator.scribble, count(10), 180),
        generator.prepared(generator.blotch, count(14), 180),
        generator.prepared(generator.bars, count(5), 8),
    ]
    X = np.concatenate(digits + others)
    y = np.repeat([1, 0], [sum(map(len, digits)), sum(map(len, others))])
    return X, y


def main() -> None:
    """Generate the examples, train the network, print its validation scores and save it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--data", required=True, help="folder with the four MNIST files")
    parser.add_argument(
        "--scale", type=float, default=1.0, help="fraction of the examples to generate"
    )
    parser.add_argument("--output", type=Path, default=OUTPUT, help="path of the saved network")
    arguments = parser.parse_args()
    dataset = load_mnist(arguments.data)
    X, y = examples(
        ExampleGenerator(np.asarray(dataset.images[:55_000]), dataset.labels[:55_000], 0),
        arguments.scale,
    )
    held_out = ExampleGenerator(
        np.asarray(dataset.images[55_000:60_000]), dataset.labels[55_000:60_000], 1
    )
    X_valid, y_valid = examples(held_out, 0.1 * arguments.scale)
    model = NeuralNetMLP(
        784, (64, 32), 2, hidden_activation="relu", output_activation="softmax",
        loss="cross_entropy", l2=1e-5, classes=["other", "digit"],
    )  # fmt: skip
    train(
        model, X, y, X_valid, y_valid, num_epochs=14, minibatch_size=128, optimizer="adam",
        learning_rate=OneCycle(0.002),
    )  # fmt: skip
    print(model.evaluate(X_valid, y_valid))  # noqa: T201
    model.notes["data"] = "MNIST's training digits and typefaces; see tools/train_digit_detector.py"
    save(model, arguments.output)


if __name__ == "__main__":
    main()
