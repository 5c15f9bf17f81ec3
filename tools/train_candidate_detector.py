"""Train the two networks that find digits: the prefilter and the digit detector.

    python tools/train_candidate_detector.py --data FOLDER [--pages 650] [--output FOLDER]

The command draws pages (training_pages.py), proposes candidates on them as the reader does, and
labels each candidate by its overlap with the drawn digits. The prefilter learns from the features
of all candidates on pages of its own; the detector learns from the pixels and the features of those
that the prefilter leaves. The last tenth of the pages is for validation: it selects nothing, but
calibrates the detector. Both networks have the scaling of the features folded into their first
layer. The command prints the figures for the model card.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from page_sheet import Page
from training_pages import PageGenerator

from neuralnet import NeuralNetMLP, OneCycle, load_mnist, save, train
from neuralnet.reading import scoring
from neuralnet.reading.choice import choose
from neuralnet.reading.features import intersection_over_union, own_features
from neuralnet.reading.ink import find_ink
from neuralnet.reading.proposals import propose

OUTPUT = Path(__file__).parents[1] / "src/neuralnet/reading"
Floats = NDArray[np.float32]
# Intersection over union with a drawn digit above which a candidate is that digit, and below which
# it is none; those in between teach nothing.
DIGIT_OVERLAP, OTHER_OVERLAP = 0.72, 0.55
# Layouts on which the detector is not calibrated, because few pages that are read look like them.
UNUSUAL = {"grid", "marks", "texture"}
# Fraction of the longer side to which the shorter side is widened for that comparison.
NARROWEST = 0.4
# Pages from which the prefilter learns, as a fraction of the pages of the detector.
PREFILTER_PAGES = 0.14


def best_overlap(
    boxes: Floats, drawn: list[tuple[int, int, int, int]]
) -> tuple[Floats, NDArray[np.intp]]:
    """Return the largest intersection over union of each box with drawn boxes, and which one."""
    if not drawn or not len(boxes):
        return np.zeros(len(boxes), np.float32), np.zeros(len(boxes), np.intp)
    share = intersection_over_union(widened(boxes), widened(np.array(drawn, np.float32)))
    return share.max(axis=1), share.argmax(axis=1)


def widened(boxes: Floats) -> Floats:
    """Widen upright and flat boxes, so that a 1 two pixels too wide still matches."""
    sizes = np.stack([boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]], axis=1)
    grow = np.maximum(NARROWEST * sizes.max(axis=1, keepdims=True) - sizes, 0) / 2
    return np.asarray(np.concatenate([boxes[:, :2] - grow, boxes[:, 2:] + grow], axis=1))


def labelled(page: Page, boxes: Floats) -> NDArray[np.int8]:
    """Return 1 for the candidates that are digits, 0 for the others, and -1 for doubtful ones."""
    share, _ = best_overlap(boxes, page.boxes)
    label = np.where(share > DIGIT_OVERLAP, 1, np.where(share < OTHER_OVERLAP, 0, -1)).astype(
        np.int8
    )
    ambiguous, _ = best_overlap(boxes, page.ambiguous)
    label[(ambiguous > 0.4) & (label == 0)] = -1
    return label


def harvest(page: Page) -> tuple[list, Floats, NDArray[np.int8]]:
    """Return the candidates of a page, their own features and their labels."""
    candidates, _ = propose(find_ink(page.levels))
    boxes = np.array([c.box for c in candidates], np.float32).reshape(-1, 4)
    return candidates, own_features(candidates, page.levels.shape), labelled(page, boxes)


def fit(
    X: Floats, y: NDArray[np.int64], hidden: tuple[int, ...], epochs: int, scaled_from: int
) -> NeuralNetMLP:
    """Train a network on features, which are scaled from a column on; fold the scaling in."""
    mean, scale = np.zeros(X.shape[1], np.float32), np.ones(X.shape[1], np.float32)
    mean[scaled_from:] = X[:, scaled_from:].mean(axis=0)
    scale[scaled_from:] = X[:, scaled_from:].std(axis=0) + 1e-3
    model = NeuralNetMLP(
        X.shape[1], hidden, 2, hidden_activation="relu", output_activation="softmax",
        loss="cross_entropy", l2=1e-5, classes=["other", "digit"], seed=0,
    )  # fmt: skip
    X -= mean
    X /= scale
    train(
        model, X, y, num_epochs=epochs, minibatch_size=256, optimizer="adam",
        learning_rate=OneCycle(0.002), seed=0,
    )  # fmt: skip
    names = sorted(model.parameters)
    weights = next(
        model.parameters[n] for n in names if model.parameters[n].shape == (X.shape[1], hidden[0])
    )
    bias = next(model.parameters[n] for n in names if model.parameters[n].shape == (hidden[0],))
    bias -= (mean / scale) @ weights
    weights /= scale[:, None]
    return model


def calibrate(model: NeuralNetMLP, X: Floats, y: NDArray[np.int64]) -> tuple[float, float]:
    """Scale and shift the log-odds of a network to fit labels (Platt 1999), by Newton's method."""
    p = np.clip(model.predict_proba(X)[:, 1].astype(np.float64), 1e-7, 1 - 1e-7)
    z = np.stack([np.log(p / (1 - p)), np.ones(len(p))], axis=1)
    w = np.array([1.0, 0.0])
    for _ in range(30):
        q = 1 / (1 + np.exp(-np.clip(z @ w, -30, 30)))
        hessian = (z * (q * (1 - q))[:, None]).T @ z + np.eye(2) * 1e-3
        w -= np.linalg.solve(hessian, z.T @ (q - y))
    return float(w[0]), float(w[1])


def rescale(model: NeuralNetMLP, slope: float, offset: float) -> None:
    """Fold a slope and an offset of the log-odds into the last layer."""
    names = list(model.parameters)
    weights, bias = model.parameters[names[-2]], model.parameters[names[-1]]
    weights *= slope
    bias *= slope
    bias[1] += offset


def main() -> None:
    """Draw pages, train both networks, print their scores and save them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--data", required=True, help="folder with the four MNIST files")
    parser.add_argument("--pages", type=int, default=650, help="number of pages to draw")
    parser.add_argument("--seed", type=int, default=0, help="seed of the pages")
    parser.add_argument("--without", nargs="*", default=[], help="layouts that are not drawn")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="folder for the networks")
    arguments = parser.parse_args()
    dataset = load_mnist(arguments.data)
    generator = PageGenerator(
        np.asarray(dataset.images[:55_000]),
        dataset.labels[:55_000],
        arguments.seed,
        tuple(arguments.without),
    )
    arguments.output.mkdir(parents=True, exist_ok=True)
    prefilter = train_prefilter(generator, max(8, int(PREFILTER_PAGES * arguments.pages)))
    save(prefilter, arguments.output / scoring.PREFILTER.name)
    detector = train_detector(generator, arguments.pages, prefilter)
    save(detector, arguments.output / scoring.DETECTOR.name)


def train_prefilter(generator: PageGenerator, pages: int) -> NeuralNetMLP:
    """Train the prefilter on pages of its own, whose numbers the detector does not see."""
    X, y = [], []
    for number in range(pages):
        _, own, label = harvest(generator.page(1_000_000 + number))
        X.append(own[label >= 0])
        y.append(label[label >= 0])
    model = fit(np.concatenate(X), np.concatenate(y).astype(np.int64), (48, 24), 20, 0)
    model.notes["data"] = "candidates of drawn pages; see tools/train_candidate_detector.py"
    return model


def scored_pages(generator: PageGenerator, numbers: range, prefilter: NeuralNetMLP):
    """Yield each page with the candidates that the prefilter leaves, prepared."""
    for number in numbers:
        page = generator.page(number)
        candidates, own, _ = harvest(page)
        likely = prefilter.predict_proba(own)[:, 1] if len(own) else np.zeros(0, np.float32)
        yield page, scoring.prepare_likely(candidates, own, likely.astype(np.float32))


def train_detector(generator: PageGenerator, pages: int, prefilter: NeuralNetMLP) -> NeuralNetMLP:
    """Train the detector, and calibrate it on the digits that are chosen on the last pages."""
    X, y = [], []
    num_train = max(1, int(0.9 * pages))
    for page, scored in scored_pages(generator, range(num_train), prefilter):
        label = labelled(page, scored.boxes)
        X.append(np.float16(scoring.detector_inputs(scored.pictures, scored.features)[label >= 0]))
        y.append(label[label >= 0])
    model = fit(
        np.concatenate(X).astype(np.float32), np.concatenate(y).astype(np.int64), (128, 48), 10, 784
    )
    inputs, right = [], []
    for page, scored in scored_pages(generator, range(num_train, pages), prefilter):
        if page.kind in UNUSUAL:
            continue
        X_page = scoring.detector_inputs(scored.pictures, scored.features)
        digits = model.predict_proba(X_page)[:, 1] if len(X_page) else np.zeros(0)
        chosen = choose(scored.boxes, digits)
        share, _ = best_overlap(scored.boxes[chosen], page.boxes)
        inputs.append(X_page[chosen])
        right.append(share >= 0.5)
    X_valid, found = np.concatenate(inputs), np.concatenate(right)
    slope, offset = calibrate(model, X_valid, found.astype(np.int64))
    rescale(model, slope, offset)
    model.notes["data"] = "candidates of drawn pages; see tools/train_candidate_detector.py"
    line = f"{len(found)} chosen, {found.mean():.2%} digits; slope {slope:.2f}, offset {offset:.2f}"
    print(line)  # noqa: T201
    return model


if __name__ == "__main__":
    main()
