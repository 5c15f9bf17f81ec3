"""How often the lab's "not sure" is justified: `python -m tests.lab.sureness`.

Digits, scribbles and pairs of digits are drawn with a round pen, prepared, and answered by the
bundled reader and by a network that was trained with the lab's defaults.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

import neuralnet.lab.single_file
from neuralnet.checks import Array
from neuralnet.lab.digits import lab_digits
from neuralnet.lab.settings import LabSettings
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.reading.digit_detector import digit_probabilities, with_prior_odds
from neuralnet.reading.preparation import prepare
from neuralnet.reading.pretrained import load_pretrained
from neuralnet.training.loop import train
from tests.reading.strokes import Points, _curve, round_pen, written

SCRIPT = neuralnet.lab.single_file.PAGE / "engine" / "confidence.js"


def threshold(name: str, script: Path = SCRIPT) -> float:
    """Return a constant of the page's script."""
    found = re.search(rf"const {name} = ([\d.]+);", script.read_text(encoding="utf-8"))
    assert found, name
    return float(found[1])


def drawn(strokes: list[Points], rng: np.random.Generator) -> Array:
    """Return a drawing as the network gets it, shape (784,)."""
    pen = rng.uniform(8, 24)
    ink = round_pen([200 * stroke for stroke in strokes], pen, rng)
    return prepare(np.asarray(ink)).ravel()


def drawings(count: int, seed: int) -> dict[str, Array]:
    """Return `count` pictures of each kind, shape (count, 784); digit i shows i modulo 10."""
    rng = np.random.default_rng(seed)

    def pair() -> list[Points]:
        first, second = (written(int(rng.integers(10)), rng) for _ in range(2))
        return [*first, *[stroke + np.array([1.0, 0]) for stroke in second]]

    def scribble() -> list[Points]:
        return [_curve(rng.uniform(0, 1, (int(rng.integers(4, 10)), 2)))]

    kinds: dict[str, Callable[[int], list[Points]]] = {
        "digits": lambda number: written(number % 10, rng),
        "scribbles": lambda _: scribble(),
        "pairs": lambda _: pair(),
    }
    return {
        kind: np.array([drawn(strokes(number), rng) for number in range(count)])
        for kind, strokes in kinds.items()
    }


def sure(model: NeuralNetMLP, pictures: Array) -> Array:
    """Return for each picture whether the page says what it is, shape (N,)."""
    largest = model.predict_proba(pictures).max(axis=1)
    is_digit = with_prior_odds(digit_probabilities(pictures.reshape(-1, 28, 28)))
    chosen: Array = (largest >= threshold("SURE")) & (is_digit >= threshold("IS_DIGIT"))
    return chosen


def lab_network() -> NeuralNetMLP:
    """Return the network that the lab's defaults train."""
    settings = LabSettings()
    digits = lab_digits(settings.data, settings.examples, settings.seed)
    model = settings.network()
    train(
        model, digits.X_train, digits.y_train, num_epochs=settings.epochs,
        learning_rate=settings.rate, minibatch_size=settings.batch,
        optimizer=settings.optimizer, seed=settings.seed,
    )  # fmt: skip
    return model


def main() -> None:
    """Print the table of docs/lab.md."""
    pictures = drawings(1000, seed=11)
    for name, model in (("bundled reader", load_pretrained()), ("lab's defaults", lab_network())):
        chosen = {kind: sure(model, some) for kind, some in pictures.items()}
        correct = model.predict(pictures["digits"]) == np.arange(1000) % 10
        digits = chosen["digits"]
        print(  # noqa: T201
            f"{name}: sure of {digits.mean():.1%} of the digits, and "
            f"{correct[digits].mean():.1%} of these "
            f"are correct, as are {correct[~digits].mean():.0%} of the others; sure of "
            f"{chosen['scribbles'].mean():.0%} of scribbles, {chosen['pairs'].mean():.0%} of pairs"
        )


if __name__ == "__main__":
    main()
