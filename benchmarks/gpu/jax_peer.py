"""JAX, with all data on the device and a whole epoch compiled as one scan."""

from __future__ import annotations

import time
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.gpu.jobs import Data, Job
from benchmarks.peers.base import scaled
from benchmarks.workloads import Array

# JAX would multiply float32 matrices in TF32, with 10 bits of mantissa, where a GPU has it.
jax.config.update("jax_default_matmul_precision", "float32")

EPSILON = 1e-5  # of batch normalization
BETA1, BETA2, ADAM_EPSILON = 0.9, 0.999, 1e-8


def initial(job: Job) -> list[dict[str, jax.Array]]:
    """Return the parameters of each layer."""
    layers = []
    for arrays in job.start():
        layer = {"W": jnp.asarray(arrays[0])}
        if len(arrays) == 2:
            layer["b"] = jnp.asarray(arrays[1])
        else:
            layer["scale"] = jnp.ones(arrays[0].shape[1])
            layer["shift"] = jnp.zeros(arrays[0].shape[1])
        layers.append(layer)
    return layers


def logits(job: Job, layers: Any, x: jax.Array, key: jax.Array) -> jax.Array:
    """Return the logits of a training step."""
    hidden = {"sigmoid": jax.nn.sigmoid, "relu": jax.nn.relu}[job.network.hidden]
    for layer in layers[:-1]:
        x = x @ layer["W"]
        if job.batch_norm:
            mean, variance = x.mean(axis=0), x.var(axis=0)
            x = (x - mean) / jnp.sqrt(variance + EPSILON) * layer["scale"] + layer["shift"]
        else:
            x = x + layer["b"]
        x = hidden(x)
        if job.dropout:
            key, used = jax.random.split(key)
            kept = jax.random.bernoulli(used, 1 - job.dropout, x.shape)
            x = jnp.where(kept, x / (1 - job.dropout), 0)
    return x @ layers[-1]["W"] + layers[-1]["b"]


def loss_of(job: Job, layers: Any, x: jax.Array, y: jax.Array, key: jax.Array) -> jax.Array:
    """Return the mean over the examples of the sum over the outputs."""
    z = logits(job, layers, x, key)
    num_classes = z.shape[1]
    targets = jax.nn.one_hot(y, num_classes)
    if job.network.loss == "cross_entropy":
        targets = targets * (1 - job.label_smoothing) + job.label_smoothing / num_classes
        return -jnp.mean(jnp.sum(targets * jax.nn.log_softmax(z), axis=1))
    return jnp.mean(jnp.sum((jax.nn.sigmoid(z) - targets) ** 2, axis=1))


class Trainer:
    """Training with donated buffers."""

    def __init__(self, job: Job, data: Data, device: str) -> None:
        self.job, self.device = job, device
        self.X, self.y = jnp.asarray(scaled(data.X)), jnp.asarray(data.y.astype(np.int32))
        network = job.network

        def step(state: Any, rows: jax.Array, X: jax.Array, y: jax.Array) -> tuple[Any, jax.Array]:
            layers, m, v, count, key = state
            key, used = jax.random.split(key)
            x, labels = jnp.take(X, rows, axis=0, mode="clip"), y[rows]
            loss, g = jax.value_and_grad(lambda p: loss_of(job, p, x, labels, used))(layers)
            lr, count = network.learning_rate, count + 1
            if network.optimizer == "sgd":
                layers = jax.tree.map(lambda w, g: w - lr * g, layers, g)
                return (layers, m, v, count, key), loss
            m = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, m, g)
            v = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, v, g)
            c_m, c_v = 1 - BETA1**count, 1 - BETA2**count

            def update(w: jax.Array, m: jax.Array, v: jax.Array) -> jax.Array:
                decayed = w * (1 - lr * job.weight_decay) if w.ndim == 2 else w
                return decayed - lr * (m / c_m) / (jnp.sqrt(v / c_v) + ADAM_EPSILON)

            return (jax.tree.map(update, layers, m, v), m, v, count, key), loss

        def epoch(state: Any, batches: jax.Array, rest: jax.Array, X: Any, y: Any) -> Any:
            state, losses = jax.lax.scan(lambda s, rows: step(s, rows, X, y), state, batches)
            return step(state, rest, X, y) if len(rest) else (state, losses[-1])

        self.epoch = jax.jit(epoch, donate_argnums=0)

    def train(self) -> float:
        """Train from the initial weights for an epoch; return the seconds."""
        size = self.job.network.batch_size
        rows = np.random.default_rng(0).permutation(len(self.X)).astype(np.int32)
        num_full = len(rows) // size
        batches = jnp.asarray(rows[: num_full * size].reshape(num_full, size))
        rest = jnp.asarray(rows[num_full * size :])
        layers = initial(self.job)
        zeros = [jax.tree.map(jnp.zeros_like, layers) for _ in range(2)]
        state = (layers, *zeros, jnp.zeros(()), jax.random.key(0))
        jax.block_until_ready((state, batches, rest))
        began = time.perf_counter()
        state, _ = self.epoch(state, batches, rest, self.X, self.y)
        self.state = jax.block_until_ready(state)
        return time.perf_counter() - began

    def weights(self) -> list[Array]:
        """Return the weights and biases of each layer."""
        return [
            np.asarray(layer[name])
            for layer in self.state[0]
            for name in ("W", "b", "scale", "shift")
            if name in layer
        ]
