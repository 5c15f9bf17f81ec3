"""Train the small network that tells digits from what is none, and that the reader doubts with.

    python tools/train_doubt.py --data FOLDER

makes src/neuralnet/reading/digit_detector.safetensors from MNIST's training digits and the typefaces that
Matplotlib brings. Digits are MNIST's, some ones with an upstroke, turned, stretched, thinned and
thickened, and those of the typefaces; the others are their letters, scribbles, blotches, bars,
digits lying down or mirrored, two digits in one, and halves. All of them go through the reader's
own preparation.
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

from neuralnet import NeuralNetMLP, load_mnist, save, train
from neuralnet.data.ink import draw_flags
from neuralnet.reading.preparation import prepare

Ink = NDArray[np.float32]
Picture = NDArray[np.uint8]

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz&@#%?!+=<>*"
# Digits that lie down or look into a mirror and are none then; 0, 1 and 8 stay what they are.
ONE_WAY = (2, 3, 4, 5, 7)
OUTPUT = Path(__file__).parents[1] / "src/neuralnet/reading/digit_detector.safetensors"


class Maker:
    """Makes examples of digits and of what is none.

    Parameters
    ----------
    images, labels : ndarray of uint8
        MNIST's training digits.
    seed : int
        Decides every choice.
    """

    def __init__(self, images: Picture, labels: Picture, seed: int) -> None:
        self.images, self.labels = images.reshape(-1, 28, 28), labels
        self.generator = np.random.default_rng(seed)
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
        """Take one of MNIST's digits; some of its ones get an upstroke, which they lack."""
        index = int(self.generator.integers(len(self.images)))
        ink = self.images[index].astype(np.float32)
        if self.labels[index] == 1 and self.generator.random() < 0.4:
            low, high = [[0.2], [np.deg2rad(38)], [0.6]], [[0.75], [np.deg2rad(65)], [1.05]]
            length, angle, width = self.generator.uniform(low, high).astype(np.float32)
            draw_flags(ink[np.newaxis], length, angle, width)
        return ink / 255

    def typeface(self, characters: str) -> Ink:
        """Draw a character of a typeface."""
        font = self.fonts[int(self.generator.integers(len(self.fonts)))]
        image = Image.new("L", (110, 110))
        character = str(self.generator.choice(list(characters)))
        ImageDraw.Draw(image).text((20, 12), character, fill=255, font=font)
        return np.asarray(image, np.float32) / 255

    def lying(self) -> Ink:
        """Lay a digit down, or mirror it."""
        index = int(self.generator.choice(self.one_way))
        ink = self.images[index].astype(np.float32) / 255
        way = int(self.generator.integers(3))
        if way == 2 and self.labels[index] != 5:
            return ink[:, ::-1]
        return np.rot90(ink, 1 + 2 * (way % 2))

    def pair(self) -> Ink:
        """Put two digits together so that they touch."""
        one, other = self.digit(), self.digit()
        one = one[:, : np.flatnonzero(one.any(axis=0))[-1] + 1]
        other = other[:, np.flatnonzero(other.any(axis=0))[0] :]
        lap = int(self.generator.integers(0, 4))
        both = np.zeros((28, one.shape[1] + other.shape[1] - lap), np.float32)
        both[:, : one.shape[1]] = one
        right = both[:, one.shape[1] - lap :]
        np.maximum(right, other, out=right)
        return both

    def half(self) -> Ink:
        """Cut a part of a digit off, on any side."""
        ink = np.rot90(self.digit(), int(self.generator.integers(4)))
        mass = np.cumsum(ink.sum(axis=1))
        cut = int(np.searchsorted(mass, mass[-1] * self.generator.uniform(0.35, 0.65)))
        turn = np.zeros_like(ink)
        turn[: max(cut, 3)] = ink[: max(cut, 3)]
        return np.rot90(turn, int(self.generator.integers(4)))

    def scribble(self) -> Ink:
        """Let a pen wander."""
        image = Image.new("L", (128, 128))
        draw = ImageDraw.Draw(image)
        for _ in range(int(self.generator.integers(1, 4))):
            count = int(self.generator.integers(3, 14))
            points = self.generator.uniform(10, 118, (count, 2))
            if self.generator.random() < 0.5:  # rounder
                points = ndimage.zoom(points, (6, 1), order=3, mode="nearest")
            draw.line(
                [tuple(p) for p in points.tolist()],
                fill=255,
                width=int(self.generator.integers(4, 20)),
            )
        return np.asarray(image, np.float32) / 255

    def blotch(self) -> Ink:
        """Cut a connected piece out of thresholded noise."""
        noise = self.generator.standard_normal((64, 64)).astype(np.float32)
        smooth = ndimage.gaussian_filter(noise, self.generator.uniform(0.6, 7, 2))
        smooth = np.abs(smooth) if self.generator.random() < 0.5 else smooth
        mask = smooth > np.quantile(smooth, self.generator.uniform(0.55, 0.9))
        labels, _ = ndimage.label(mask)
        sizes = np.bincount(labels.ravel())[1:]
        choice = int(self.generator.choice(np.argsort(-sizes)[:4])) + 1
        return np.asarray(labels == choice, np.float32)

    def bars(self) -> Ink:
        """Draw bars, one of which lies: an upright one alone would be a 1."""
        image = Image.new("L", (128, 128))
        draw = ImageDraw.Draw(image)
        wide = int(self.generator.integers(4, 24))
        for _ in range(int(self.generator.integers(1, 5))):
            at = float(self.generator.uniform(20, 108))
            ends = sorted(self.generator.uniform(8, 120, 2))
            lying = self.generator.random() < 0.6
            line = [(ends[0], at), (ends[1], at)] if lying else [(at, ends[0]), (at, ends[1])]
            draw.line(line, fill=255, width=wide)
        draw.line([(10, 64), (118, 64)], fill=255, width=wide)
        return np.asarray(image, np.float32) / 255

    def varied(self, ink: Ink, turn: float) -> Ink:
        """Turn, slant, stretch, thin or thicken ink somewhat."""
        ink = np.pad(ink, max(ink.shape) // 4)
        angle = np.deg2rad(self.generator.uniform(-turn, turn))
        stretch = self.generator.uniform(0.8, 1.2, 2)
        matrix = (
            np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) * stretch
        )
        matrix[1, 0] += self.generator.uniform(-0.25, 0.25)
        middle = (np.array(ink.shape) - 1) / 2
        ink = ndimage.affine_transform(ink, matrix, middle - matrix @ middle, order=1)
        size = max(2, round(max(ink.shape) / 40))
        change = self.generator.random()
        if change < 0.2:
            ink = ndimage.grey_dilation(ink, size=(size, size))
        elif change < 0.35:
            thinner = ndimage.grey_erosion(ink, size=(size, size))
            ink = thinner if thinner.max() > 0.7 else ink
        return np.asarray(ink, np.float32)

    def prepared(self, make: Callable[[], Ink], count: int, turn: float = 12) -> Picture:
        """Make and prepare some examples, shape (count, 784)."""
        pictures = np.zeros((count, 784), np.uint8)
        done = 0
        while done < count:
            ink = self.varied(make(), turn) if self.generator.random() < 0.8 else make()
            if (ink > 0.5).sum() > 8:
                pictures[done] = prepare(np.clip(ink, 0, 1)).ravel()
                done += 1
        return pictures


def examples(maker: Maker, scale: float) -> tuple[Picture, NDArray[np.int64]]:
    """Make all examples; the label 1 is a digit."""

    def count(thousands: float) -> int:
        return int(1000 * thousands * scale)

    digits = [
        maker.prepared(maker.digit, count(80)),
        maker.prepared(lambda: maker.typeface("0123456789"), count(12)),
    ]
    others: list[Any] = [
        maker.prepared(lambda: maker.typeface(LETTERS), count(45)),
        maker.prepared(maker.lying, count(12)),
        maker.prepared(maker.pair, count(7)),
        maker.prepared(maker.half, count(5)),
        maker.prepared(maker.scribble, count(10), 180),
        maker.prepared(maker.blotch, count(14), 180),
        maker.prepared(maker.bars, count(5), 8),
    ]
    X = np.concatenate(digits + others)
    y = np.repeat([1, 0], [sum(map(len, digits)), sum(map(len, others))])
    return X, y


def main() -> None:
    """Make the examples, train, say how well it does, and save."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--data", required=True, help="folder of the four MNIST files")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the examples")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="where the network goes")
    arguments = parser.parse_args()
    dataset = load_mnist(arguments.data)
    X, y = examples(
        Maker(np.asarray(dataset.images[:55_000]), dataset.labels[:55_000], 0), arguments.scale
    )
    held_out = Maker(np.asarray(dataset.images[55_000:60_000]), dataset.labels[55_000:60_000], 1)
    X_valid, y_valid = examples(held_out, 0.1 * arguments.scale)
    model = NeuralNetMLP(
        784, (64, 32), 2, hidden_activation="relu", output_activation="softmax",
        loss="cross_entropy", l2=1e-5, classes=["other", "digit"],
    )  # fmt: skip
    train(
        model, X, y, X_valid, y_valid, num_epochs=14, minibatch_size=128, optimizer="adam",
        learning_rate=0.002, schedule="one_cycle",
    )  # fmt: skip
    print(model.evaluate(X_valid, y_valid))  # noqa: T201
    model.notes["data"] = "MNIST's training digits and typefaces; see tools/train_doubt.py"
    save(model, arguments.output)


if __name__ == "__main__":
    main()
