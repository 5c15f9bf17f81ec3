"""Settings of a run, each default with its reason; script, command line and page read them here.

Nothing heavy is imported, so that a `--help` that shows these defaults answers at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


def _setting(default: Any, meaning: str) -> Any:
    """Declare a setting: its default, and what it means in a few words."""
    return field(default=default, metadata={"meaning": meaning})


@dataclass(frozen=True)
class NetworkSettings:
    """What the network is built from; the names are those of `NeuralNetMLP`'s arguments."""

    # The classic network: small enough to train in seconds and to look at every hidden unit.
    num_hidden: tuple[int, ...] = _setting((50,), "Units of each hidden layer, as in 256,128.")
    hidden_activation: str = _setting(
        "sigmoid", "Between the layers: sigmoid, tanh, relu, leaky_relu or gelu."
    )
    # One sigmoid a class against one-hot labels, as the textbook has it.
    output_activation: str = _setting("sigmoid", "At the end: sigmoid, softmax or identity.")
    loss: str = _setting(
        "mean_squared_error",
        "What is made small: mean_squared_error, cross_entropy or binary_cross_entropy.",
    )
    # The classic network of 50 units hardly overfits (docs/measurements.md).
    l2: float = _setting(0.0, "Strength of the L2 penalty on the weights.")
    # The classic network has none of these three; the recipes show what they are good for.
    batch_norm: bool = _setting(False, "Whether hidden layers are batch-normalized.")
    dropout: float = _setting(0.0, "Share of hidden units left out at a time in training.")
    label_smoothing: float = _setting(0.0, "Share of each target spread over all classes.")
    # What suits each layer's activation.
    initial_weights: str | None = _setting(
        None, "glorot_, lecun_ or he_, each with normal or uniform; else as suits the activation."
    )
    # Half the memory of float64.
    dtype: str = _setting("float32", "What to compute in: float32 or float64.")


@dataclass(frozen=True)
class TrainingSettings:
    """How the network is trained; the names are those of `train`'s arguments."""

    num_epochs: int = _setting(50, "Times through the training set.")
    # Goes with a loss that is the mean over examples of the sum over outputs.
    learning_rate: float = _setting(0.1, "How far a step goes against the gradient.")
    # Large enough for fast matrix products, small enough for 550 steps an epoch.
    minibatch_size: int = _setting(100, "Examples a step.")
    optimizer: str = _setting("sgd", "How a step is made of gradients: sgd, adam or adamw.")
    schedule: str = _setting(
        "constant", "The learning rate over time: constant, step, cosine, one_cycle or warmup."
    )
    # Gradients are taken as they are; a network this shallow needs no clipping.
    clip_norm: float | None = _setting(None, "Largest gradient norm that is left as it is.")
    # Each epoch gives a point of the curve; long trainings evaluate more rarely.
    evaluate_every: int = _setting(1, "Epochs from one evaluation to the next.")
    # The figures are those of the network that is left, not of the ones before it.
    running_loss: bool = _setting(False, "Whether the training loss is the mean of its batches.")
    # A fixed order repeats the same batches each epoch, and learns worse from them.
    shuffle: bool = _setting(True, "Whether each epoch has an order of its own.")
    # Pays where BLAS leaves a core free, and costs where it does not (docs/results.md).
    overlapped: bool = _setting(False, "Whether images are deformed in a thread of their own.")
    # Fixed, so that two runs of the same command give the same network.
    seed: int = _setting(0, "Decides initial weights, split and order of examples.")
