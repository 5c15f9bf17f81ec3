"""PyTorch on the CPU, eager or compiled. Compilation requires a C++ compiler."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F  # noqa: N812 - the customary name

from benchmarks.peers import base
from benchmarks.workloads import Array, Network


class Model:
    """Layers of the network, which compute the logits."""

    def __init__(self, network: Network) -> None:
        self.layers = [torch.nn.Linear(d, k) for d, k in network.pairs]
        self.parameters = [p for layer in self.layers for p in layer.parameters()]
        self.hidden = {"sigmoid": torch.sigmoid, "relu": torch.relu}[network.hidden]

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Return the logits."""
        *hidden_layers, last = self.layers
        for layer in hidden_layers:
            x = self.hidden(layer(x))
        logits: torch.Tensor = last(x)
        return logits

    def load(self, weights: list[Array]) -> None:
        """Copy the weights; PyTorch stores them as (outputs, inputs)."""
        with torch.no_grad():
            for layer, W, b in zip(self.layers, weights[::2], weights[1::2], strict=True):
                layer.weight.copy_(torch.from_numpy(np.ascontiguousarray(W.T)))
                layer.bias.copy_(torch.from_numpy(b))


def _loss_of(network: Network) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
    """Return the loss from logits: the mean over the examples of the sum over the outputs."""

    def loss(z: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        if network.loss == "cross_entropy":
            return F.cross_entropy(z, targets)
        return F.mse_loss(torch.sigmoid(z), targets, reduction="sum") / len(z)

    return loss


def _optimizer_of(network: Network, model: Model) -> torch.optim.Optimizer:
    """Return the optimizer in its fastest implementation; Adam's epsilon is placed as in ours."""
    if network.optimizer == "sgd":
        # foreach was slightly faster than the fused kernel for four small arrays.
        return torch.optim.SGD(model.parameters, lr=network.learning_rate, foreach=True)
    return torch.optim.Adam(model.parameters, lr=network.learning_rate, fused=True)


class Trainer(base.Trainer):
    """Plain training loop that gathers the batches with `index_select`."""

    def __init__(self, job: base.Job, *, threads: int, compiled: bool) -> None:
        torch.set_num_threads(threads)
        self.job = job
        self.X = torch.from_numpy(base.scaled(job.images()))
        labels = job.labels()
        cross_entropy = job.network.loss == "cross_entropy"
        self.targets = torch.from_numpy(labels if cross_entropy else base.one_hot(labels))
        self.model = Model(job.network)
        loss_of = _loss_of(job.network)

        def loss(x: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
            return loss_of(self.model(x), targets)

        # The last batch is shorter. Two graphs with fixed shapes are faster than a dynamic one.
        self.loss: Any = torch.compile(loss, dynamic=False) if compiled else loss

    def train(self, order: base.Order) -> float:
        """Train for an epoch; return the time in seconds."""
        self.model.load(self.job.network.start(order.seed))
        optimizer = _optimizer_of(self.job.network, self.model)
        rows = torch.from_numpy(order.rows(self.job))
        losses: list[torch.Tensor] = []
        began = time.perf_counter()
        for batch in rows.split(self.job.network.batch_size):
            x, targets = self.X.index_select(0, batch), self.targets.index_select(0, batch)
            optimizer.zero_grad(set_to_none=True)
            loss = self.loss(x, targets)
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
        seconds = time.perf_counter() - began
        self.mean_loss = float(torch.stack(losses).mean())
        return seconds

    def weights(self) -> list[Array]:
        """Return the weights as (inputs, outputs)."""
        arrays = []
        for layer in self.model.layers:
            arrays += [layer.weight.detach().numpy().T, layer.bias.detach().numpy()]
        return arrays


class Predictor(base.Predictor):
    """Forward pass in inference mode."""

    def __init__(self, job: base.Job, *, threads: int, compiled: bool) -> None:
        torch.set_num_threads(threads)
        self.x = torch.from_numpy(base.scaled(job.test_images()))
        model = Model(job.network)
        model.load(job.network.start(seed=0))

        def probabilities(x: torch.Tensor) -> torch.Tensor:
            z = model(x)
            if job.network.output == "softmax":
                return torch.softmax(z, dim=1)
            a = torch.sigmoid(z)
            return a / a.sum(dim=1, keepdim=True)

        self.run: Any = torch.compile(probabilities, dynamic=False) if compiled else probabilities

    def predict(self) -> Array:
        """Return the class probabilities."""
        with torch.inference_mode():
            probabilities: Array = self.run(self.x).numpy()
        return probabilities
