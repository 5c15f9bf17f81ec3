"""PyTorch, eager, with all data on the device and its fused optimizers."""

from __future__ import annotations

import time

import numpy as np
import torch
from torch.nn import functional as F  # noqa: N812 - the customary name

from benchmarks.gpu.jobs import Data, Job
from benchmarks.peers.base import scaled
from benchmarks.workloads import Array


def build(job: Job, device: str) -> torch.nn.Sequential:
    """Build the network with the initial weights that all peers use."""
    network, layers = job.network, list[torch.nn.Module]()
    hidden = {"sigmoid": torch.nn.Sigmoid, "relu": torch.nn.ReLU}[network.hidden]
    for number, (arrays, (d, k)) in enumerate(zip(job.start(), network.pairs, strict=True)):
        layer = torch.nn.Linear(d, k, bias=len(arrays) == 2)
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(np.ascontiguousarray(arrays[0].T)))
            if layer.bias is not None:
                layer.bias.zero_()
        layers.append(layer)
        if number < len(network.pairs) - 1:
            layers += [torch.nn.BatchNorm1d(k)] if job.batch_norm else []
            layers.append(hidden())
            layers += [torch.nn.Dropout(job.dropout)] if job.dropout else []
    return torch.nn.Sequential(*layers).to(device)


def make_optimizer(job: Job, model: torch.nn.Module) -> torch.optim.Optimizer:
    """Return the optimizer; AdamW decays the weights of dense layers alone, as ours does."""
    lr = job.network.learning_rate
    if job.network.optimizer == "sgd":
        return torch.optim.SGD(model.parameters(), lr=lr, fused=True)
    parameters = list(model.parameters())
    groups = [
        {"params": [p for p in parameters if p.ndim == 2], "weight_decay": job.weight_decay},
        {"params": [p for p in parameters if p.ndim == 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=lr, fused=True)


class Trainer:
    """Plain training loop that gathers the batches on the device."""

    def __init__(self, job: Job, data: Data, device: str) -> None:
        self.job, self.device = job, device
        self.X = torch.from_numpy(scaled(data.X)).to(device)
        self.y = torch.from_numpy(data.y).to(device)

    def train(self) -> float:
        """Train from the initial weights for an epoch; return the seconds."""
        job = self.job
        model = build(job, self.device).train()
        optimizer = make_optimizer(job, model)
        rows = torch.from_numpy(np.random.default_rng(0).permutation(len(self.X)))
        rows = rows.to(self.device)
        one_hot = torch.eye(job.network.sizes[-1], device=self.device)
        total = torch.zeros((), device=self.device)
        self._synchronize()
        began = time.perf_counter()
        for batch in rows.split(job.network.batch_size):
            x, labels = self.X.index_select(0, batch), self.y.index_select(0, batch)
            optimizer.zero_grad(set_to_none=True)
            z = model(x)
            if job.network.loss == "cross_entropy":
                loss = F.cross_entropy(z, labels, label_smoothing=job.label_smoothing)
            else:
                targets = one_hot.index_select(0, labels)
                loss = F.mse_loss(torch.sigmoid(z), targets, reduction="sum") / len(z)
            loss.backward()
            optimizer.step()
            total += loss.detach()
        self._synchronize()
        self.model = model
        return time.perf_counter() - began

    def _synchronize(self) -> None:
        if self.device == "cuda":
            torch.cuda.synchronize()

    def weights(self) -> list[Array]:
        """Return the weights of the dense layers, and their biases, as (inputs, outputs)."""
        return [parameter.detach().cpu().numpy().T for parameter in self.model.parameters()]
