"""Sample data for the plot tests, and queries on the figures."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from neuralnet.nn.network import NeuralNetMLP
from neuralnet.training.history import History

DIGITS = range(10)
Predictions = tuple[Any, Any, Any, Any]


def make_history(num_epochs: int, *, validated: bool = True, stopped: str | None = None) -> History:
    loss = [2.0 / (epoch + 1) for epoch in range(num_epochs)]
    rising = [1 - 0.5 / (epoch + 1) for epoch in range(num_epochs)]
    ones = [1.0] * num_epochs
    valid = (rising, loss) if validated else ([], [])
    return History(loss, rising, *valid, learning_rate=ones, seconds=ones, stopped=stopped)


def make_predictions(num_wrong: int, num_images: int = 40, num_classes: int = 10) -> Predictions:
    """Return images, labels, predictions and probabilities; the confidence rises with the index."""
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (num_images, 64), dtype=np.uint8)
    labels = np.arange(num_images) % num_classes
    predictions = np.where(np.arange(num_images) < num_wrong, (labels + 1) % num_classes, labels)
    confidence = np.linspace(0.5, 0.95, num_images)
    probabilities = np.tile(((1 - confidence) / (num_classes - 1))[:, None], (1, num_classes))
    probabilities[np.arange(num_images), predictions] = confidence
    return images, labels, predictions, probabilities


def make_model(**settings: Any) -> NeuralNetMLP:
    """Return a small network for the images of `make_predictions`, with random weights."""
    return NeuralNetMLP(64, 5, 10, **{"output_activation": "softmax", **settings})


class Classifier:
    """Classifier of scikit-learn's kind, which predicts a letter from the first pixel."""

    def __init__(self) -> None:
        self.classes_ = np.array(["a", "b", "c"])
        self.coefs_ = [np.ones((64, 3)), np.ones((3, 3))]

    def predict(self, X: Any) -> Any:
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def predict_proba(self, X: Any) -> Any:
        probabilities = np.full((len(X), 3), 0.1)
        probabilities[np.arange(len(X)), X[:, 0].astype(int) % 3] = 0.8
        return probabilities


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def image_axes(figure: Figure) -> list[Axes]:
    return [axes for axes in figure.axes if axes.images]


def assert_nothing_overlaps(figure: Figure) -> None:
    """Assert that panels, texts and legends lie inside the figure and do not overlap."""
    renderer: Any = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]
    shown = [*figure.axes, *figure.texts, *figure.legends]
    boxes = [artist.get_tightbbox(renderer) for artist in shown]
    for place, box in enumerate(boxes):
        assert box is not None
        assert min(box.x0, box.y0) >= 0, shown[place]
        assert box.x1 <= figure.bbox.x1, shown[place]
        assert box.y1 <= figure.bbox.y1, shown[place]
        for other, before in enumerate(boxes[:place]):
            assert before is not None
            assert not box.overlaps(before), (shown[place], shown[other])
