"""What scikit-learn's parameters mean to the network and to its training."""

from __future__ import annotations

import importlib
import math
import warnings
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralnet.checks import InputError, check_flag, check_integer, check_name, check_number
from neuralnet.nn.activations import HIDDEN_ACTIVATIONS, Activation, Sigmoid
from neuralnet.nn.layers import Dense
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.nn.optimizers import SGD, Adam, Optimizer, optimizer_for
from neuralnet.nn.schedules import Constant, schedule_for

if TYPE_CHECKING:
    from neuralnet.interop.estimator import NeuralNetEstimator

# MLPClassifier's names for what has another one here.
_ACTIVATION_NAMES = {"logistic": "sigmoid"}
_FLAGS = ("shuffle", "warm_start", "nesterovs_momentum", "early_stopping", "batch_norm")


def check_parameters(estimator: NeuralNetEstimator) -> None:
    """Raise unless the parameters that no other check will see can be used.

    Raises
    ------
    InputError
        If one of them cannot.
    """
    if estimator.solver == "lbfgs":
        raise InputError(
            "solver is 'lbfgs', which goes over all examples at each step; this network learns "
            "from mini-batches only. Take solver='adam' (or 'sgd'), and for few examples perhaps "
            "a larger learning_rate_init; for 'lbfgs' itself, scikit-learn's own estimator."
        )
    check_name(estimator.solver, ("adam", "sgd"), "solver")
    check_name(estimator.learning_rate, ("constant", "invscaling", "adaptive"), "learning_rate")
    check_name(estimator.device, ("cpu", "cuda"), "device")
    check_number(estimator.alpha, "alpha", minimum=0)
    check_number(estimator.learning_rate_init, "learning_rate_init", above=0)
    check_number(estimator.power_t, "power_t", minimum=0)
    check_number(estimator.tol, "tol", minimum=0)
    check_number(estimator.validation_fraction, "validation_fraction", minimum=0, below=1)
    check_integer(estimator.max_iter, "max_iter", minimum=1)
    check_integer(estimator.max_fun, "max_fun", minimum=1)
    if estimator.n_iter_no_change != math.inf:
        check_integer(estimator.n_iter_no_change, "n_iter_no_change", minimum=1)
    if estimator.batch_size != "auto":
        check_integer(estimator.batch_size, "batch_size", minimum=1)
    if not isinstance(estimator.verbose, int | np.integer | np.bool_):
        raise InputError(f"verbose is {estimator.verbose!r}; it must be True, False or a number.")
    for name in _FLAGS:
        check_flag(getattr(estimator, name), name)
    schedule = schedule_for(estimator.schedule)
    if estimator.learning_rate != "constant" and not isinstance(schedule, Constant):
        raise InputError(
            f"learning_rate is {estimator.learning_rate!r} and schedule {estimator.schedule!r}: "
            f"both say how the learning rate changes. Leave one of them 'constant'."
        )


def hidden_activation(choice: Any) -> Any:
    """Return what `activation` is or names, as the network takes it: one, or one a layer."""
    if isinstance(choice, Activation):
        return choice
    if isinstance(choice, list | tuple):
        return [hidden_activation(one) for one in choice]
    named = check_name(
        choice, dict.fromkeys((*_ACTIVATION_NAMES, *HIDDEN_ACTIVATIONS)), "activation"
    )
    return _ACTIVATION_NAMES.get(named, named)


def optimizer_of(estimator: NeuralNetEstimator) -> Optimizer:
    """Return the optimizer: `optimizer` if it is set, else what `solver` and its settings mean."""
    if estimator.optimizer is not None and not isinstance(estimator.optimizer, str):
        return optimizer_for(estimator.optimizer)
    momentum = check_number(estimator.momentum, "momentum", minimum=0, below=1)
    beta_1 = check_number(estimator.beta_1, "beta_1", minimum=0, below=1)
    beta_2 = check_number(estimator.beta_2, "beta_2", minimum=0, below=1)
    epsilon = check_number(estimator.epsilon, "epsilon", above=0)
    chosen = optimizer_for(estimator.optimizer or estimator.solver)
    if isinstance(chosen, SGD):
        return SGD(momentum, nesterov=bool(estimator.nesterovs_momentum and momentum))
    if isinstance(chosen, Adam):
        return type(chosen)(beta_1, beta_2, epsilon)
    return chosen


def array_module(device: str) -> ModuleType:
    """Return what the network computes with: NumPy, or CuPy for "cuda".

    Raises
    ------
    InputError
        If CuPy is wanted and cannot be imported.
    """
    if device == "cpu":
        return np
    try:
        return importlib.import_module("cupy")
    except ImportError as error:
        raise InputError(
            f"device is {device!r}, which needs CuPy, and that cannot be imported: {error}. "
            f"Install the cupy package for your CUDA (docs.cupy.dev), or take device='cpu'."
        ) from error


def batch_rows(estimator: NeuralNetEstimator, num_examples: int) -> int:
    """Return how many examples a step takes."""
    size: int = 200 if estimator.batch_size == "auto" else int(estimator.batch_size)
    if size > num_examples and estimator.batch_size != "auto":
        warnings.warn(
            f"batch_size is {size}, more than the {num_examples} examples there are; all of them "
            f"make one batch.",
            stacklevel=5,
        )
    size = min(size, num_examples)
    # Batch normalization has nothing to learn from a last batch of one example.
    while estimator.batch_norm and size > 1 and num_examples % size == 1:
        size += 1
    return size


def initialize(network: NeuralNetMLP, random: np.random.RandomState) -> None:
    """Draw weights and biases as `MLPClassifier` does, number by number.

    Uniform on [-b, b] with b = √(6 / (D + K)) (Glorot and Bengio 2010, equation 16), or √2 in the
    place of √6 where the hidden layers are logistic. On tables of few features this begins with
    smaller outputs than He's initial weights, and was more accurate in the same number of epochs.
    """
    logistic = all(isinstance(function, Sigmoid) for function in network.hidden_activation)
    for layer in network.layers:
        if isinstance(layer, Dense):
            shape = (layer.num_inputs, layer.num_outputs)
            bound = math.sqrt((2 if logistic else 6) / sum(shape))
            layer.W[...] = network.xp.asarray(random.uniform(-bound, bound, shape))
            if layer.b is not None:
                drawn = random.uniform(-bound, bound, layer.num_outputs)
                layer.b[...] = network.xp.asarray(drawn)
