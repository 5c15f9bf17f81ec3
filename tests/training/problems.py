"""Small tasks and networks to train, and a plain training loop to compare with."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from neuralnet import (
    SGD,
    Adam,
    AdamW,
    Callback,
    NeuralNetMLP,
    Optimizer,
)
from neuralnet.checks import Array
from neuralnet.training.run import TrainingRun

D, K = 4, 3
N = 23


def a_task(num_examples: int = N) -> tuple[Array, Array]:
    rng = np.random.default_rng(11)
    X = rng.normal(0, 1, (num_examples, D))
    return X, (X @ rng.normal(0, 1, (D, K))).argmax(axis=1)


def a_network(**changes: Any) -> NeuralNetMLP:
    settings: dict[str, Any] = {"num_hidden": 6, "dtype": "float64", "seed": 1}
    return NeuralNetMLP(D, num_classes=K, **(settings | changes))


# ---------------------------------------------------------------- a plain loop, for comparison


def plain_gradients(
    weights: list[Array], X: Array, y: Array, share: Array, kind: str, l2: float
) -> list[Array]:
    """Give the gradients of one hidden layer's W1, b1, W2, b2, as a textbook derives them."""
    W1, b1, W2, b2 = weights
    z1 = X @ W1 + b1
    z2 = (1 / (1 + np.exp(-z1)) if kind == "classic" else np.maximum(z1, 0)) @ W2 + b2
    one_hot = np.eye(K)[y]
    if kind == "classic":  # sigmoids and squared error
        h, out = 1 / (1 + np.exp(-z1)), 1 / (1 + np.exp(-z2))
        d2 = 2 * (out - one_hot) * out * (1 - out) * share[:, None]
        d1 = (d2 @ W2.T) * h * (1 - h)
    else:  # ReLU, softmax and cross-entropy
        h, e = np.maximum(z1, 0), np.exp(z2)
        d2 = (e / e.sum(axis=1, keepdims=True) - one_hot) * share[:, None]
        d1 = (d2 @ W2.T) * (z1 > 0)
    return [X.T @ d1 + l2 * W1, d1.sum(axis=0), h.T @ d2 + l2 * W2, d2.sum(axis=0)]


def plain_training(
    model: NeuralNetMLP,
    X: Array,
    y: Array,
    *,
    kind: str,
    num_epochs: int,
    size: int,
    rate: Callable[[int, int], float],
    optimizer: Optimizer,
    l2: float,
    clip_norm: float,
    sample_weight: Array,
    seed: int,
) -> list[Array]:
    names = ["layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias"]
    weights = [model.parameters[name].copy() for name in names]
    m, v = ([np.zeros_like(w) for w in weights] for _ in range(2))
    generator = np.random.default_rng(seed)
    num_steps, step = num_epochs * math.ceil(len(X) / size), 0
    for _ in range(num_epochs):
        order = generator.permutation(len(X))
        for start in range(0, len(X), size):
            rows = order[start : start + size]
            share = sample_weight[rows] / sample_weight[rows].sum()
            gradients = plain_gradients(weights, X[rows], y[rows], share, kind, l2)
            norm = math.sqrt(sum(np.sum(g * g) for g in gradients))
            lr = rate(step, num_steps)
            step += 1
            for i, g in enumerate(gradients):
                if norm > clip_norm:
                    g *= clip_norm / norm  # noqa: PLW2901
                if isinstance(optimizer, SGD):
                    m[i] = optimizer.momentum * m[i] - lr * g
                    ahead = optimizer.momentum * m[i] - lr * g
                    weights[i] += ahead if optimizer.nesterov else m[i]
                elif isinstance(optimizer, Adam):
                    if isinstance(optimizer, AdamW) and g.ndim == 2:
                        weights[i] *= 1 - lr * optimizer.weight_decay
                    m[i] = optimizer.beta1 * m[i] + (1 - optimizer.beta1) * g
                    v[i] = optimizer.beta2 * v[i] + (1 - optimizer.beta2) * g**2
                    m_hat = m[i] / (1 - optimizer.beta1**step)
                    v_hat = v[i] / (1 - optimizer.beta2**step)
                    weights[i] -= lr * m_hat / (np.sqrt(v_hat) + optimizer.epsilon)
    return weights


class Stop(Callback):
    """Ends the training as Ctrl-C does, in the middle of an epoch."""

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch

    def on_batch_end(self, run: TrainingRun) -> None:
        if (run.epoch, run.batch) == (self.epoch, 2):
            raise KeyboardInterrupt
