"""Conversion of scikit-learn's parameters to arguments of the network and its training."""

from __future__ import annotations

import math
import warnings
from numbers import Real
from typing import Any, cast

import numpy as np
from sklearn.utils.metaestimators import available_if

from neuralnet.checks import InputError, check_flag, check_integer, check_name, check_number, echo
from neuralnet.checks.settings import is_sequence
from neuralnet.interop.base import BaseNeuralNet, Method
from neuralnet.nn.activations import HIDDEN_ACTIVATIONS, Activation, Sigmoid
from neuralnet.nn.layers import Dense
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.nn.optimizers import SGD, Adam, Optimizer
from neuralnet.training.lbfgs import LBFGS, optimizer_for
from neuralnet.training.schedules import Constant, schedule_for

# MLPClassifier's names of hidden activations, where they differ from the package's.
_ACTIVATION_NAMES = {"logistic": "sigmoid"}
_FLAGS = ("shuffle", "warm_start", "nesterovs_momentum", "early_stopping", "batch_norm")


def check_parameters(estimator: BaseNeuralNet) -> None:
    """Check the parameters that nothing else checks.

    Raises
    ------
    InputError
        If a parameter is invalid, or two parameters contradict each other.
    """
    check_name(estimator.solver, ("adam", "sgd", "lbfgs"), "solver")
    check_name(estimator.learning_rate, ("constant", "invscaling", "adaptive"), "learning_rate")
    check_name(estimator.device, ("cpu", "cuda"), "device")
    layer_sizes(estimator.hidden_layer_sizes)
    check_number(estimator.alpha, "alpha", minimum=0)
    check_number(estimator.learning_rate_init, "learning_rate_init", above=0)
    check_number(estimator.power_t, "power_t", minimum=0)
    check_number(estimator.tol, "tol", minimum=0)
    check_number(estimator.validation_fraction, "validation_fraction", minimum=0, below=1)
    check_integer(estimator.max_iter, "max_iter", minimum=1)
    check_integer(estimator.max_fun, "max_fun", minimum=1)
    patience = estimator.n_iter_no_change
    if not (isinstance(patience, Real) and patience == math.inf):
        check_integer(patience, "n_iter_no_change", minimum=1)
    if not _is_auto(estimator.batch_size):
        check_integer(estimator.batch_size, "batch_size", minimum=1)
    if not isinstance(estimator.verbose, int | np.integer | np.bool_):
        raise InputError(f"verbose is {echo(estimator.verbose)}; it must be a bool or an integer.")
    for name in _FLAGS:
        check_flag(getattr(estimator, name), name)
    schedule = schedule_for(estimator.schedule)
    if uses_lbfgs(estimator) and not isinstance(schedule, Constant):
        raise InputError(
            f"schedule is {echo(estimator.schedule)}, but lbfgs has no learning rate; use "
            f"schedule='constant', or solver='adam' or 'sgd'."
        )
    if estimator.learning_rate != "constant" and not isinstance(schedule, Constant):
        raise InputError(
            f"learning_rate is {echo(estimator.learning_rate)} and schedule is "
            f"{echo(estimator.schedule)}; only one of them can change the learning rate. Set the "
            f"other to 'constant'."
        )


def _is_auto(choice: object) -> bool:
    return isinstance(choice, str) and choice == "auto"


def layer_sizes(sizes: Any) -> list[int]:
    """Check `hidden_layer_sizes`, whose name the network does not know, and return it as a list."""
    several = is_sequence(sizes)
    if several and not len(sizes):
        raise InputError(
            "hidden_layer_sizes is empty; give one size per hidden layer, at least one. A model "
            "without hidden layers is sklearn.linear_model.LogisticRegression or Ridge."
        )
    if not several:
        return [check_integer(sizes, "hidden_layer_sizes", minimum=1)]
    return [
        check_integer(size, f"hidden_layer_sizes[{i}]", minimum=1) for i, size in enumerate(sizes)
    ]


def resolve_activation(choice: Any) -> Any:
    """Return the hidden activation for `NeuralNetMLP`, or a list with one per layer."""
    if isinstance(choice, Activation):
        return choice
    if isinstance(choice, list | tuple):
        return [_resolve_one(one) for one in choice]
    return _resolve_one(choice)


def _resolve_one(choice: Any) -> Any:
    """Return the activation of one layer."""
    if isinstance(choice, Activation):
        return choice
    name = check_name(
        choice, dict.fromkeys((*_ACTIVATION_NAMES, *HIDDEN_ACTIVATIONS)), "activation"
    )
    return _ACTIVATION_NAMES.get(name, name)


def make_optimizer(estimator: BaseNeuralNet) -> Optimizer:
    """Return the optimizer given by `optimizer`, or else by `solver`, with its settings."""
    if estimator.optimizer is not None and not isinstance(estimator.optimizer, str):
        return optimizer_for(estimator.optimizer)
    momentum = check_number(estimator.momentum, "momentum", minimum=0, below=1)
    beta_1 = check_number(estimator.beta_1, "beta_1", minimum=0, below=1)
    beta_2 = check_number(estimator.beta_2, "beta_2", minimum=0, below=1)
    epsilon = check_number(estimator.epsilon, "epsilon", above=0)
    chosen = optimizer_for(_chosen(estimator))
    if isinstance(chosen, SGD):
        return SGD(momentum, nesterov=bool(estimator.nesterovs_momentum and momentum))
    if isinstance(chosen, Adam):
        return type(chosen)(beta_1, beta_2, epsilon)
    if isinstance(chosen, LBFGS):
        # The gradients of scikit-learn's loss are smaller by `loss_factor`.
        return LBFGS(estimator.max_fun, float(estimator.tol) / estimator.loss_factor)
    return chosen


def uses_lbfgs(estimator: BaseNeuralNet) -> bool:
    """Return whether the estimator trains with L-BFGS."""
    chosen = _chosen(estimator)
    return isinstance(chosen, LBFGS) or (isinstance(chosen, str) and chosen == LBFGS.name)


def _chosen(estimator: BaseNeuralNet) -> str | Optimizer:
    return estimator.solver if estimator.optimizer is None else estimator.optimizer


def available_if_stochastic(method: Method) -> Method:
    """Decorate a method that an estimator has only if it trains on mini-batches."""
    return cast(Method, available_if(_is_stochastic)(method))


def _is_stochastic(estimator: BaseNeuralNet) -> bool:
    """Return True, or raise the error that scikit-learn shows for a method that is hidden."""
    if uses_lbfgs(estimator):
        raise AttributeError(
            "partial_fit is only available for stochastic optimizers. lbfgs is not stochastic; use "
            "solver='adam' or 'sgd'."
        )
    return True


def resolve_batch_size(estimator: BaseNeuralNet, num_examples: int) -> int:
    """Return the number of examples per batch."""
    automatic = _is_auto(estimator.batch_size)
    size: int = 200 if automatic else int(estimator.batch_size)
    if size > num_examples and not automatic:
        warnings.warn(
            f"batch_size is {size}, but there are only {num_examples} examples; each epoch has "
            f"one batch with all of them.",
            stacklevel=5,
        )
    size = min(size, num_examples)
    # Batch normalization cannot train on a batch of one example.
    while estimator.batch_norm and size > 1 and num_examples % size == 1:
        size += 1
    return size


def initialize(network: NeuralNetMLP, random: np.random.RandomState) -> None:
    """Draw the same initial weights and biases as `MLPClassifier`.

    They are uniform on [-b, b] with b = √(6 / (D + K)) (Glorot and Bengio 2010, equation 16), or
    b = √(2 / (D + K)) if all hidden layers are logistic. On tables with few features the initial
    outputs are smaller than with He initialization, and the accuracy after the same number of
    epochs was higher.
    """
    logistic = all(isinstance(function, Sigmoid) for function in network.hidden_activation)
    for layer in network.layers:
        if isinstance(layer, Dense):
            shape = (layer.num_inputs, layer.num_outputs)
            bound = math.sqrt((2 if logistic else 6) / sum(shape))
            layer.W[...] = network.xp.asarray(random.uniform(-bound, bound, shape))
            if layer.b is not None:
                bias = random.uniform(-bound, bound, layer.num_outputs)
                layer.b[...] = network.xp.asarray(bias)
