"""The training with JAX, an epoch as one scan: `python jax_script.py DATA SETTINGS SEED`."""

import itertools
import json
import sys
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

folder, settings, seed = sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3])
X, y, X_test, y_test = (np.load(f"{folder}/{name}.npy") for name in ("X", "y", "X_test", "y_test"))
X, X_test = (jnp.asarray(pixels, jnp.float32) / 127.5 - 1 for pixels in (X, X_test))
rate, batch, dropout = settings["rate"], settings["batch"], settings["dropout"]
sizes = [784, *settings["hidden"], 10]
per_epoch = len(X) // batch  # whole batches, so that the epoch is one scan
num_steps = settings["epochs"] * per_epoch

rng = np.random.default_rng(seed)
parameters = [
    {"W": rng.normal(0, np.sqrt(2 / d), (d, k)).astype("f"), "b": np.zeros(k, "f")}
    | ({"scale": np.ones(k, "f")} if n < len(sizes) - 2 else {})
    for n, (d, k) in enumerate(itertools.pairwise(sizes))
]
running = [(jnp.zeros(k), jnp.ones(k)) for k in sizes[1:-1]]


def forward(parameters: Any, running: Any, x: Any, key: Any = None) -> Any:
    """Return the logits and the running statistics; `key` is given in training."""
    new = []
    for layer, (mean, variance) in zip(parameters, running, strict=False):
        z = x @ layer["W"]
        m, v = mean, variance
        if key is not None:
            m, v = z.mean(0), z.var(0)
            new.append((0.9 * mean + 0.1 * m, 0.9 * variance + 0.1 * v))
        z = (z - m) * jax.lax.rsqrt(v + 1e-5) * layer["scale"] + layer["b"]
        x = jnp.maximum(z, 0)
        if key is not None and dropout:
            key, part = jax.random.split(key)
            x *= jax.random.bernoulli(part, 1 - dropout, x.shape) / (1 - dropout)
    return x @ parameters[-1]["W"] + parameters[-1]["b"], new


def loss_of(parameters: Any, running: Any, x: Any, labels: Any, key: Any) -> Any:
    """Return the cross-entropy and the running statistics."""
    logits, new = forward(parameters, running, x, key)
    rows = jnp.arange(len(labels))
    return (jax.nn.logsumexp(logits, 1) - logits[rows, labels]).mean(), new


def step(X: Any, y: Any, state: Any, rows: Any) -> Any:
    """Take one step of Adam at the learning rate of one cycle."""
    parameters, running, m, v, t, key = state
    key, part = jax.random.split(key)
    gradient = jax.grad(loss_of, has_aux=True)
    gradients, running = gradient(parameters, running, X[rows], y[rows], part)
    done = t / num_steps
    rise = 0.04 + 0.96 * (1 - jnp.cos(jnp.pi * done / 0.3)) / 2
    lr = rate * jnp.where(done < 0.3, rise, (1 - jnp.cos(jnp.pi * (1 - done) / 0.7)) / 2)
    m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, gradients)
    v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, gradients)
    c_m, c_v = 1 - 0.9 ** (t + 1), 1 - 0.999 ** (t + 1)
    parameters = jax.tree.map(
        lambda w, m, v: w - lr * (m / c_m) / (jnp.sqrt(v / c_v) + 1e-8), parameters, m, v
    )
    return (parameters, running, m, v, t + 1, key), None


@partial(jax.jit, donate_argnums=2)
def epoch(X: Any, y: Any, state: Any, order: Any) -> Any:
    """Take one step for each row of `order`, shape (steps, batch)."""
    return jax.lax.scan(partial(step, X, y), state, order)[0]


parameters = jax.tree.map(jnp.asarray, parameters)
zeros = jax.tree.map(jnp.zeros_like, parameters)
y = jnp.asarray(y)
state = (parameters, running, zeros, jax.tree.map(jnp.copy, zeros), 0.0, jax.random.key(seed))
for _ in range(settings["epochs"]):
    order = rng.permutation(len(X))[: per_epoch * batch].reshape(per_epoch, batch)
    state = epoch(X, y, state, order)
logits = forward(state[0], state[1], X_test)[0]
print(float((np.asarray(logits).argmax(1) == y_test).mean()))
