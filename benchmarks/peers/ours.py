"""The package under test, through its public functions."""

from __future__ import annotations

import time

import neuralnet
from benchmarks.peers import base
from benchmarks.workloads import Array, Network
from neuralnet.training.run import TrainingRun


def build(network: Network) -> neuralnet.NeuralNetMLP:
    """Build the network with the initial weights."""
    model = neuralnet.NeuralNetMLP(
        network.sizes[0],
        network.sizes[1:-1],
        network.sizes[-1],
        hidden_activation=network.hidden,
        output_activation=network.output,
        loss=network.loss,
    )
    load(model, network.start(seed=0))
    return model


def load(model: neuralnet.NeuralNetMLP, weights: list[Array]) -> None:
    """Copy W and b of each layer into the network."""
    for layer in range(len(weights) // 2):
        model.parameters[f"layers.{layer}.weight"][...] = weights[2 * layer]
        model.parameters[f"layers.{layer}.bias"][...] = weights[2 * layer + 1]


class Stopwatch(neuralnet.Callback):
    """Training time of each epoch, without the evaluation that follows.

    The time is measured from the beginning of the epoch to the end of its last batch. It includes
    drawing the order of the examples.
    """

    def __init__(self, steps: int | None = None) -> None:
        self.seconds: list[float] = []
        self.losses: list[float] = []
        self._steps = steps

    def on_epoch_begin(self, run: TrainingRun) -> None:  # noqa: D102
        self._began = self._batch_ended = time.perf_counter()

    def on_batch_end(self, run: TrainingRun) -> None:  # noqa: D102
        self._batch_ended = time.perf_counter()
        self.losses.append(run.batch_loss)
        if run.batch == self._steps:
            run.stop("reached the requested number of steps")

    def on_epoch_end(self, run: TrainingRun) -> None:  # noqa: D102
        self.seconds.append(self._batch_ended - self._began)


class Trainer(base.Trainer):
    """`neuralnet.train` on uint8 pixels, which it scales batch by batch."""

    inputs = "uint8"

    def __init__(self, job: base.Job) -> None:
        self.network = job.network
        self.X, self.y = job.images(), job.labels()
        self.model = build(job.network)

    def train(self, order: base.Order) -> float:
        """Train for an epoch; return the time in seconds."""
        load(self.model, self.network.start(order.seed))
        watch = Stopwatch(order.steps)
        neuralnet.train(
            self.model,
            self.X,
            self.y,
            num_epochs=1,
            learning_rate=self.network.learning_rate,
            minibatch_size=self.network.batch_size,
            optimizer=self.network.optimizer,
            seed=order.seed,
            callbacks=[watch],
        )
        self.mean_loss = sum(watch.losses) / len(watch.losses)
        return watch.seconds[0]

    def weights(self) -> list[Array]:
        """Return copies of the parameters after the last training."""
        return [view.copy() for _, view in self.model.parameters.items()]


class Predictor(base.Predictor):
    """`predict_proba`, including its input checks, on the same scaled inputs as the peers."""

    def __init__(self, job: base.Job) -> None:
        self.model = build(job.network)
        self.X = base.scaled(job.test_images())

    def predict(self) -> Array:
        """Return the class probabilities."""
        return self.model.predict_proba(self.X)
