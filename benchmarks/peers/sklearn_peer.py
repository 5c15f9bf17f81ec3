"""scikit-learn's MLPClassifier."""

from __future__ import annotations

import time

from sklearn.neural_network import MLPClassifier

from benchmarks.peers import base
from benchmarks.workloads import NUM_CLASSES, Array, Network


def build(network: Network) -> MLPClassifier:
    """Build the closest network that it supports; outputs are always softmax with log-loss."""
    return MLPClassifier(
        network.sizes[1:-1],
        activation={"sigmoid": "logistic", "relu": "relu"}[network.hidden],
        solver=network.optimizer,
        alpha=0.0,
        batch_size=network.batch_size,
        learning_rate_init=network.learning_rate,
        momentum=0.0,
        nesterovs_momentum=False,
        shuffle=True,
        random_state=0,
    )


class Trainer(base.Trainer):
    """One epoch by `partial_fit`, which continues from the weights of the previous call."""

    def __init__(self, job: base.Job) -> None:
        self.X, self.y = base.scaled(job.images()), job.labels()
        self.model = build(job.network)
        # The first call also initializes the weights, which is not part of an epoch.
        rows = slice(job.network.batch_size)
        self.model.partial_fit(self.X[rows], self.y[rows], classes=range(NUM_CLASSES))

    def train(self, order: base.Order) -> float:
        """Train for an epoch in its own order; return the time in seconds."""
        began = time.perf_counter()
        self.model.partial_fit(self.X, self.y)
        return time.perf_counter() - began

    def weights(self) -> list[Array]:
        """Return the weights."""
        pairs = zip(self.model.coefs_, self.model.intercepts_, strict=True)
        return [array for pair in pairs for array in pair]


class Predictor(base.Predictor):
    """Prediction by `predict_proba`."""

    def __init__(self, job: base.Job) -> None:
        network = job.network
        self.X = base.scaled(job.test_images())
        self.model = build(network)
        examples = self.X[:1].repeat(network.batch_size, axis=0)
        self.model.partial_fit(examples, [0] * network.batch_size, classes=range(NUM_CLASSES))
        start = network.start(seed=0)
        self.model.coefs_, self.model.intercepts_ = start[::2], start[1::2]

    def predict(self) -> Array:
        """Return the class probabilities."""
        probabilities: Array = self.model.predict_proba(self.X)
        return probabilities
