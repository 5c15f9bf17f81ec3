"""The settings of a training in the lab, and the limits that keep a request within this machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from neuralnet.checks import InputError, check_integer, check_name, check_number, describe
from neuralnet.checks.conversion import Array
from neuralnet.nn.activations import HIDDEN_ACTIVATIONS
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.nn.optimizers import OPTIMIZERS

# Largest values of a request. The largest network has 4.2 million parameters, so training takes
# about 100 MB with Adam.
MAX_LAYERS = 4
MAX_UNITS = 1024
MAX_BATCH = 1000
MAX_EPOCHS = 1000
MAX_EXAMPLES = 60_000
MAX_RATE = 10.0
MAX_SEED = 2**31 - 1
NUM_VALID = 1000  # validation digits: a standard error of 0.5 % at 97 %, evaluated in 20 ms

DATA = {"mnist": "MNIST", "sample": "5,000 digits"}
# Each loss with the output activation that it is paired with.
OUTPUTS = {
    "cross_entropy": "softmax",
    "binary_cross_entropy": "sigmoid",
    "mean_squared_error": "sigmoid",
}


@dataclass(frozen=True)
class LabSettings:
    """Settings of one training, as they stand in the page's address.

    Attributes
    ----------
    data : {"sample", "mnist"}
        Data set.
    examples : int
        Number of training digits; at most as many as the data set has.
    hidden : tuple of int
        Units of each hidden layer.
    activation, loss, optimizer : str
        Names, as for `NeuralNetMLP` and `train`.
    rate : float
        Learning rate.
    batch : int
        Examples per step.
    l2, dropout : float
        L2 penalty and dropout rate.
    seed : int
        Seed of the split, the initial weights and the order of the examples.
    epochs : int
        Number of passes over the training set.
    """

    data: str = "sample"
    examples: int = 3000
    hidden: tuple[int, ...] = (50,)
    # Softmax with cross-entropy and ReLU learn visibly within the first seconds.
    activation: str = "relu"
    loss: str = "cross_entropy"
    optimizer: str = "sgd"
    rate: float = 0.05
    batch: int = 50
    l2: float = 0.0
    dropout: float = 0.0
    seed: int = 0
    epochs: int = 30

    @classmethod
    def from_request(cls, given: object) -> Self:
        """Return the settings in a request, with defaults for those that it leaves out.

        Raises
        ------
        InputError
            If a setting is unknown, has the wrong type or is beyond a limit.
        """
        if not isinstance(given, Mapping):
            raise InputError(f"The settings are {describe(given)}; send a JSON object.")
        known = [field.name for field in fields(cls)]
        for name in given:
            check_name(name, known, "setting")
        values = asdict(cls()) | dict(given)
        return cls(
            data=check_name(values["data"], DATA, "data"),
            examples=_integer(values, "examples", 100, MAX_EXAMPLES),
            hidden=_hidden(values["hidden"]),
            activation=check_name(values["activation"], HIDDEN_ACTIVATIONS, "activation"),
            loss=check_name(values["loss"], OUTPUTS, "loss"),
            optimizer=check_name(values["optimizer"], OPTIMIZERS, "optimizer"),
            rate=check_rate(values["rate"]),
            batch=_integer(values, "batch", 1, MAX_BATCH),
            l2=check_number(values["l2"], "l2", minimum=0, maximum=1),
            dropout=check_number(values["dropout"], "dropout", minimum=0, maximum=0.9),
            seed=_integer(values, "seed", 0, MAX_SEED),
            epochs=_integer(values, "epochs", 1, MAX_EPOCHS),
        )

    def network(self) -> NeuralNetMLP:
        """Build the network, with the initial weights that belong to the seed."""
        return NeuralNetMLP(
            784,
            self.hidden,
            10,
            hidden_activation=self.activation,
            output_activation=OUTPUTS[self.loss],
            loss=self.loss,
            l2=self.l2,
            dropout=self.dropout,
            seed=self.seed,
        )


def choices() -> dict[str, Any]:
    """Return the defaults, the names to choose from and the limits, for the page."""
    return {
        "defaults": asdict(LabSettings()),
        "activation": list(HIDDEN_ACTIVATIONS),
        "loss": list(OUTPUTS),
        "optimizer": list(OPTIMIZERS),
        "limits": {
            "layers": MAX_LAYERS,
            "units": MAX_UNITS,
            "batch": MAX_BATCH,
            "epochs": MAX_EPOCHS,
            "examples": MAX_EXAMPLES,
            "rate": MAX_RATE,
            "seed": MAX_SEED,
        },
    }


def check_rate(value: object) -> float:
    """Return a learning rate; raise `InputError` if it is not in (0, `MAX_RATE`]."""
    return check_number(value, "rate", above=0, maximum=MAX_RATE)


def check_label(value: object) -> int:
    """Return a label from the address of a request; raise `InputError` if it is not a digit."""
    text = str(value)
    if len(text) != 1 or text not in "0123456789":
        raise InputError(f"label is {text!r:.40}; it must be a digit from 0 to 9.")
    return int(text)


def check_picture(content: bytes) -> Array:
    """Return a prepared picture as uint8, shape (784,); raise `InputError` on any other size."""
    import numpy as np

    if len(content) != 784:
        raise InputError(
            f"The picture has {len(content):,} bytes; it must have 784, the 28x28 pixels of a "
            f"prepared digit."
        )
    return np.frombuffer(content, np.uint8)


def _integer(values: Mapping[str, Any], name: str, minimum: int, maximum: int) -> int:
    number = check_integer(values[name], name, minimum=minimum)
    if number > maximum:
        raise InputError(f"{name} is {number:,}; the lab accepts at most {maximum:,}.")
    return number


def _hidden(given: object) -> tuple[int, ...]:
    if not isinstance(given, list | tuple) or not 1 <= len(given) <= MAX_LAYERS:
        raise InputError(
            f"hidden is {given!r:.60}; it must list the units of 1 to {MAX_LAYERS} hidden layers."
        )
    return tuple(_integer({"hidden": units}, "hidden", 1, MAX_UNITS) for units in given)
