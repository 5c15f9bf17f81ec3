"""Settings of a training, each default with its reason, for the script and the command line.

Nothing heavy is imported here, so that `--help` answers at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Self


def _setting(default: Any, meaning: str) -> Any:
    """Declare a setting: its default, and what it means in a few words."""
    return field(default=default, metadata={"meaning": meaning})


@dataclass(frozen=True)
class NetworkSettings:
    """Settings of the network, named as the arguments of `NeuralNetMLP`."""

    # The classic network trains in seconds, and every hidden unit can be looked at.
    num_hidden: tuple[int, ...] = _setting((50,), "Units per hidden layer, for example 256,128.")
    hidden_activation: str = _setting(
        "sigmoid", "Hidden activation: sigmoid, tanh, relu, leaky_relu, gelu or identity."
    )
    # One sigmoid per class against one-hot labels is the textbook's choice.
    output_activation: str = _setting("sigmoid", "Output activation: sigmoid, softmax or identity.")
    loss: str = _setting(
        "mean_squared_error", "Loss: mean_squared_error, cross_entropy or binary_cross_entropy."
    )
    # The classic network of 50 units hardly overfits (docs/measurements.md).
    l2: float = _setting(0.0, "L2 penalty on the weights.")
    # The classic network uses none of these three; the recipes show what they are good for.
    batch_norm: bool = _setting(False, "Batch normalization of the hidden layers.")
    dropout: float = _setting(0.0, "Dropout rate.")
    label_smoothing: float = _setting(0.0, "Share of each target spread over all classes.")
    # Each layer's default suits its activation.
    initial_weights: str | None = _setting(
        None, "glorot_, lecun_ or he_ with normal or uniform; by default what suits the activation."
    )
    # float32 takes half the memory of float64.
    dtype: str = _setting("float32", "Floating-point type: float32 or float64.")


@dataclass(frozen=True)
class TrainingSettings:
    """Settings of the training, named as the arguments of `train` or as parts of them.

    `schedule` is the class of the learning rate's schedule, and `clip_norm` the argument of
    `GradientClipping`.
    """

    num_epochs: int = _setting(50, "Number of passes over the training set.")
    # With a loss that is summed over the outputs, these suit each optimizer.
    learning_rate: float | None = _setting(
        None, "Learning rate; by default 0.1 for sgd and 0.001 for adam and adamw."
    )
    # Large enough for fast matrix products, small enough for 550 steps per epoch.
    minibatch_size: int = _setting(100, "Examples per step.")
    optimizer: str = _setting("sgd", "Optimizer: sgd, adam or adamw.")
    schedule: str = _setting(
        "constant", "Learning rate schedule: constant, step, cosine or one_cycle."
    )
    # A network this shallow needs no clipping.
    clip_norm: float | None = _setting(None, "Largest gradient norm that is not scaled down.")
    # An evaluation gives the figures of the network as it is after the epoch.
    running_loss: bool = _setting(
        False, "Record the mean loss of the batches instead of evaluating the training set."
    )
    # With a fixed order, every epoch repeats the same batches, and the network learns less.
    shuffle: bool = _setting(True, "Draw a new order of the examples in each epoch.")
    # A fixed default makes two runs of the same command give the same network.
    seed: int = _setting(0, "Seed of the initial weights, the split and the order of examples.")

    def checked(self) -> Self:
        """Return these settings in canonical form, with numbers and flags validated.

        The names of optimizer and schedule are validated where their classes are looked up.

        Raises
        ------
        InputError
            If one of them cannot be used.
        """
        from neuralnet.checks import check_flag, check_integer, check_number, check_rng

        rate, norm = self.learning_rate, self.clip_norm
        check_rng(self.seed)
        return replace(
            self,
            num_epochs=check_integer(self.num_epochs, "num_epochs", minimum=1),
            learning_rate=None if rate is None else check_number(rate, "learning_rate", above=0),
            minibatch_size=check_integer(self.minibatch_size, "minibatch_size", minimum=1),
            clip_norm=None if norm is None else check_number(norm, "clip_norm", above=0),
            running_loss=check_flag(self.running_loss, "running_loss"),
            shuffle=check_flag(self.shuffle, "shuffle"),
        )
