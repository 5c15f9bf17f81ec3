"""JAX on the CPU, with compiled steps or with a whole epoch as one compiled scan."""

from __future__ import annotations

import math
import time
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.peers import base
from benchmarks.workloads import Array, Network

Weights = list[jax.Array]
# Weights, Adam's two moving averages, and the number of steps.
State = tuple[Weights, Weights, Weights, jax.Array]
# State and loss after one step, or after several steps with one loss per step.
Stepped = tuple[State, jax.Array]
Losses = tuple[State, list[jax.Array]]


def _logits(network: Network, weights: Weights, x: jax.Array) -> jax.Array:
    hidden = {"sigmoid": jax.nn.sigmoid, "relu": jax.nn.relu}[network.hidden]
    for W, b in zip(weights[:-2:2], weights[1:-2:2], strict=True):
        x = hidden(x @ W + b)
    return x @ weights[-2] + weights[-1]


def _loss(network: Network, weights: Weights, x: jax.Array, y: jax.Array) -> jax.Array:
    """Return the loss: the mean over the examples of the sum over the outputs."""
    z = _logits(network, weights, x)
    targets = jax.nn.one_hot(y, network.sizes[-1])
    if network.loss == "cross_entropy":
        return -jnp.mean(jnp.sum(targets * jax.nn.log_softmax(z), axis=1))
    return jnp.mean(jnp.sum((jax.nn.sigmoid(z) - targets) ** 2, axis=1))


def _update(network: Network, state: State, gradients: Weights) -> State:
    """Return the state after a step; Adam adds epsilon outside the square root."""
    weights, ms, vs, step = state
    lr = network.learning_rate
    if network.optimizer == "sgd":
        return [w - lr * g for w, g in zip(weights, gradients, strict=True)], ms, vs, step
    step = step + 1
    ms = [0.9 * m + (1 - 0.9) * g for m, g in zip(ms, gradients, strict=True)]
    vs = [0.999 * v + (1 - 0.999) * g * g for v, g in zip(vs, gradients, strict=True)]
    # 1 - beta^step, by expm1 because the subtraction loses digits in float32.
    m_correction, v_correction = (-jnp.expm1(step * math.log(beta)) for beta in (0.9, 0.999))
    m_scale, v_scale = lr / m_correction, 1 / jnp.sqrt(v_correction)
    weights = [
        w - m_scale * m / (jnp.sqrt(v) * v_scale + 1e-8)
        for w, m, v in zip(weights, ms, vs, strict=True)
    ]
    return weights, ms, vs, step


class Trainer(base.Trainer):
    """Training with all data on the device and with donated buffers for the state."""

    def __init__(self, job: base.Job, *, whole_epoch: bool) -> None:
        network = job.network
        self.job = job
        self.X = jnp.asarray(base.scaled(job.images()))
        self.y = jnp.asarray(job.labels().astype(np.int32))
        self.run = self._epoch if whole_epoch else self._steps

        def step(state: State, X: jax.Array, y: jax.Array, rows: jax.Array) -> Stepped:
            x, labels = jnp.take(X, rows, axis=0, mode="clip"), y[rows]
            loss, gradients = jax.value_and_grad(
                lambda weights: _loss(network, weights, x, labels)
            )(state[0])
            return _update(network, state, gradients), loss

        def epoch(state: State, X: jax.Array, y: jax.Array, batches: jax.Array) -> Stepped:
            stepped: Stepped = jax.lax.scan(lambda s, rows: step(s, X, y, rows), state, batches)
            return stepped

        self.step: Any = jax.jit(step, donate_argnums=0)
        self.epoch: Any = jax.jit(epoch, donate_argnums=0)

    def _fresh(self, seed: int) -> State:
        # Copies, because their buffers are donated.
        weights = [jnp.array(w) for w in self.job.network.start(seed)]
        adam = self.job.network.optimizer == "adam"
        ms, vs = ([jnp.zeros_like(w) for w in weights] if adam else [] for _ in range(2))
        return weights, ms, vs, jnp.zeros((), jnp.float32)

    def train(self, order: base.Order) -> float:
        """Train for an epoch; return the time in seconds."""
        size = self.job.network.batch_size
        rows = order.rows(self.job).astype(np.int32)
        num_full = len(rows) // size
        full = jnp.asarray(rows[: num_full * size].reshape(num_full, size))
        rest = jnp.asarray(rows[num_full * size :])
        batches = list(full)
        state = jax.block_until_ready(self._fresh(order.seed))
        jax.block_until_ready((full, rest, batches))
        began = time.perf_counter()
        state, losses = self.run(state, full, batches)
        if len(rest):
            state, loss = self.step(state, self.X, self.y, rest)
            losses.append(loss)
        self.state: State = jax.block_until_ready(state)
        seconds = time.perf_counter() - began
        self.mean_loss = float(jnp.hstack(losses).mean())
        return seconds

    def _epoch(self, state: State, full: jax.Array, batches: list[jax.Array]) -> Losses:
        state, losses = self.epoch(state, self.X, self.y, full)
        return state, [losses]

    def _steps(self, state: State, full: jax.Array, batches: list[jax.Array]) -> Losses:
        losses = []
        for rows in batches:
            state, loss = self.step(state, self.X, self.y, rows)
            losses.append(loss)
        return state, losses

    def weights(self) -> list[Array]:
        """Return the weights of the last training."""
        return [np.asarray(w) for w in self.state[0]]


class Predictor(base.Predictor):
    """Compiled forward pass with constant weights."""

    def __init__(self, job: base.Job) -> None:
        network = job.network
        weights = [jnp.asarray(w) for w in network.start(seed=0)]
        self.x = jnp.asarray(base.scaled(job.test_images()))

        def probabilities(x: jax.Array) -> jax.Array:
            z = _logits(network, weights, x)
            if network.output == "softmax":
                return jax.nn.softmax(z)
            a = jax.nn.sigmoid(z)
            return a / jnp.sum(a, axis=1, keepdims=True)

        self.run: Any = jax.jit(probabilities)

    def predict(self) -> Array:
        """Return the class probabilities."""
        return np.asarray(self.run(self.x))
