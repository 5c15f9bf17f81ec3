"""The same steps as scikit-learn's MLPClassifier, from the same weights, many steps deep."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier

from neuralnet import SGD, Adam, NeuralNetMLP, Optimizer
from neuralnet.checks import Array

NUM_STEPS = 60
NUM_FEATURES, NUM_CLASSES = 6, 4
NUM_EXAMPLES = 50
# Batches of every size from one example on: the size enters scikit-learn's L2 term.
BATCH_SIZES = (20, 7, 1, 13)
ALPHA = 0.5

# float64 rounds at 1e-16, the two order their sums differently, and 60 steps at these rates carry
# a difference on without blowing it up: 1e-15 to 1e-13 is what is seen.
TOLERANCE = 1e-11

OPTIMIZERS: dict[str, tuple[Callable[[], Optimizer], dict[str, Any], float]] = {
    "plain": (SGD, {"solver": "sgd", "momentum": 0.0, "nesterovs_momentum": False}, 0.3),
    "momentum": (
        lambda: SGD(momentum=0.8),
        {"solver": "sgd", "momentum": 0.8, "nesterovs_momentum": False},
        0.1,
    ),
    "nesterov": (
        lambda: SGD(momentum=0.8, nesterov=True),
        {"solver": "sgd", "momentum": 0.8, "nesterovs_momentum": True},
        0.1,
    ),
    "adam": (
        lambda: Adam(beta1=0.85, beta2=0.99, epsilon=1e-3),
        {"solver": "adam", "beta_1": 0.85, "beta_2": 0.99, "epsilon": 1e-3},
        0.01,
    ),
}
HIDDEN = {1: (8,), 2: (7, 5), 3: (6, 5, 4)}


def a_task() -> tuple[Array, Array]:
    rng = np.random.default_rng(7)
    X = rng.normal(0, 1, (NUM_EXAMPLES, NUM_FEATURES))
    y = (X @ rng.normal(0, 1, (NUM_FEATURES, NUM_CLASSES))).argmax(axis=1)
    return X, y


def the_same_start(model: NeuralNetMLP, X: Array, y: Array, **settings: Any) -> MLPClassifier:
    """Return a classifier with the weights of `model`, and no step behind it."""
    reference = MLPClassifier(
        model.num_hidden,
        batch_size=NUM_EXAMPLES,  # more than any batch has: one call, one step
        shuffle=False,
        random_state=0,
        **settings,
    )
    reference.partial_fit(X[:20], y[:20], classes=np.arange(NUM_CLASSES))
    for number, (W, b) in enumerate(zip(reference.coefs_, reference.intercepts_, strict=True)):
        W[...] = model.parameters[f"layers.{number}.weight"]
        b[...] = model.parameters[f"layers.{number}.bias"]
    del reference._optimizer  # what it remembers of the step that only made the arrays
    return reference


@pytest.mark.filterwarnings("ignore:Got `batch_size` less than 1 or larger:UserWarning")
@pytest.mark.parametrize(
    ("activation", "optimizer_name", "depth", "alpha"),
    [  # the whole grid, half of it with L2: each activation, optimizer and depth with and without
        (activation, optimizer, depth, ALPHA if (i + j + k) % 2 else 0.0)
        for i, activation in enumerate(("sigmoid", "tanh", "relu"))
        for j, optimizer in enumerate(OPTIMIZERS)
        for k, depth in enumerate(HIDDEN)
    ],
)
def test_every_step_is_that_of_scikit_learn(
    activation: str, optimizer_name: str, depth: int, alpha: float
) -> None:
    X, y = a_task()
    make_optimizer, settings, learning_rate = OPTIMIZERS[optimizer_name]
    model = NeuralNetMLP(
        NUM_FEATURES,
        HIDDEN[depth],
        NUM_CLASSES,
        hidden_activation=activation,
        output_activation="softmax",
        loss="cross_entropy",
        dtype="float64",
        seed=depth,
    )
    for name, values in model.parameters.items():
        if name.endswith("bias"):  # none may begin at 0, or a mistake in their order would hide
            values[...] = np.linspace(-0.3, 0.4, len(values))
    reference = the_same_start(
        model,
        X,
        y,
        activation="logistic" if activation == "sigmoid" else activation,
        learning_rate_init=learning_rate,
        alpha=alpha,
        **settings,
    )
    optimizer = make_optimizer()
    optimizer.start(model.parameters)
    rng = np.random.default_rng(depth)
    began = model.parameters.values.copy()
    for step in range(1, NUM_STEPS + 1):
        rows = rng.permutation(NUM_EXAMPLES)[: BATCH_SIZES[step % len(BATCH_SIZES)]]
        # scikit-learn divides alpha by the number of examples in the batch.
        model.l2 = alpha / len(rows)
        if isinstance(optimizer, Adam):
            # It adds epsilon to √v, we to the bias-corrected √v̂ = √v / √(1 - beta2^t).
            optimizer.epsilon = settings["epsilon"] / math.sqrt(1 - settings["beta_2"] ** step)
        loss = model.evaluate(X[rows], y[rows]).loss
        model.backward(X[rows], model.forward(X[rows]), y[rows])
        optimizer.step(learning_rate)
        reference.partial_fit(X[rows], y[rows])
        assert loss == pytest.approx(reference.loss_, rel=TOLERANCE)
        for number, (W, b) in enumerate(zip(reference.coefs_, reference.intercepts_, strict=True)):
            for name, theirs in (("weight", W), ("bias", b)):
                np.testing.assert_allclose(
                    model.parameters[f"layers.{number}.{name}"],
                    theirs,
                    rtol=0,
                    atol=TOLERANCE,
                    err_msg=f"layers.{number}.{name} after step {step}",
                )
    assert np.abs(model.parameters.values - began).max() > 0.1  # it went somewhere
    np.testing.assert_allclose(
        model.predict_proba(X), reference.predict_proba(X), rtol=0, atol=TOLERANCE
    )
    np.testing.assert_array_equal(model.predict(X), reference.predict(X))


def test_weights_are_laid_out_as_in_scikit_learn() -> None:
    model = NeuralNetMLP(5, (4, 3), 2)
    sizes = [5, 4, 3, 2]
    for number, shape in enumerate(pairwise(sizes)):
        assert model.parameters[f"layers.{number}.weight"].shape == shape
        assert model.parameters[f"layers.{number}.bias"].shape == shape[1:]
