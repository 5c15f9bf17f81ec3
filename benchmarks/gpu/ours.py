"""The package on either device."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.gpu.jobs import Data, Job
from benchmarks.workloads import Array
from neuralnet import Augmentation, AugmentedImages, NeuralNetMLP, train
from neuralnet import Callback as Observer
from neuralnet.nn.optimizers import SGD, Adam, AdamW, Optimizer
from neuralnet.training.device import array_module
from neuralnet.training.run import TrainingRun


def build(job: Job, device: str, dtype: str = "float32") -> NeuralNetMLP:
    """Build the network with the initial weights that all peers use."""
    network = job.network
    model = NeuralNetMLP(
        network.sizes[0],
        network.sizes[1:-1],
        network.sizes[-1],
        hidden_activation=network.hidden,
        output_activation=network.output,
        loss=network.loss,
        batch_norm=job.batch_norm,
        dropout=job.dropout,
        label_smoothing=job.label_smoothing,
        dtype=dtype,
        xp=array_module(device),
    )
    for layer, arrays in enumerate(job.start()):
        for name, array in zip(("weight", "bias"), arrays, strict=False):
            model.parameters[f"layers.{layer}.{name}"] = array
    return model


def optimizer(job: Job) -> Optimizer:
    """Return the optimizer of a network."""
    if job.network.optimizer == "sgd":
        return SGD()
    return AdamW(weight_decay=job.weight_decay) if job.weight_decay else Adam()


class _Watch(Observer):
    """Times the epoch's steps, and ends the training after a number of them."""

    def __init__(self, synchronize: Callable[[], object], steps: int | None = None) -> None:
        self._synchronize, self._steps = synchronize, steps
        self.seconds = 0.0
        self.losses: list[float] = []

    def on_epoch_begin(self, run: TrainingRun) -> None:
        self._began = time.perf_counter()

    def on_batch_end(self, run: TrainingRun) -> None:
        self.losses.append(run.batch_loss)
        if run.batch in (self._steps, run.num_batches):
            self._synchronize()
            self.seconds = time.perf_counter() - self._began
        if self._steps == run.batch:
            run.stop("it has taken the number of steps asked for")


class Trainer:
    """`train` on uint8 pixels in the computer's memory, which are copied batch by batch."""

    def __init__(
        self,
        job: Job,
        data: Data,
        device: str,
        augmentation: Augmentation | None = None,
        dtype: str = "float32",
    ) -> None:
        self.job, self.data, self.dtype, self.device = job, data, dtype, device
        self.X = data.X if augmentation is None else AugmentedImages(data.X, augmentation)
        xp: Any = array_module(device)
        self._synchronize: Callable[[], object] = (
            (lambda: None) if xp is np else xp.cuda.Device().synchronize
        )

    def train(self, steps: int | None = None) -> float:
        """Train from the initial weights for an epoch, or fewer steps; return the seconds."""
        watch = _Watch(self._synchronize, steps)
        self.model = build(self.job, self.device, self.dtype)
        train(
            self.model,
            self.X,
            self.data.y,
            num_epochs=1,
            learning_rate=self.job.network.learning_rate,
            minibatch_size=self.job.network.batch_size,
            optimizer=optimizer(self.job),
            running_loss=True,
            seed=0,
            callbacks=[watch],
        )
        self.losses = watch.losses
        return watch.seconds

    def weights(self) -> list[Array]:
        """Return the parameters."""
        return [self.model.to_numpy(view).copy() for _, view in self.model.parameters.items()]
