"""Settings of a run, each default with its reason; script, command line and page read them here.

Nothing heavy is imported, so that a `--help` that shows these defaults answers at once.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NetworkSettings:
    """What the network is built from; the names are those of `NeuralNetMLP`'s arguments."""

    # The classic network: small enough to train in seconds and to look at every hidden unit.
    num_hidden: tuple[int, ...] = (50,)
    hidden_activation: str = "sigmoid"
    # One sigmoid a class against one-hot labels, as the textbook has it; softmax with
    # cross-entropy learns faster.
    output_activation: str = "sigmoid"
    loss: str = "mean_squared_error"
    # The classic network does not overfit in 50 epochs, so nothing holds its weights down.
    l2: float = 0.0
    # None: what suits each layer's activation.
    initial_weights: str | None = None
    # Half the memory and twice the speed of float64, and no less accurate here.
    dtype: str = "float32"


@dataclass(frozen=True)
class TrainingSettings:
    """How the network is trained; the names are those of `train`'s arguments."""

    num_epochs: int = 50
    # Goes with a loss that is the mean over examples of the sum over outputs.
    learning_rate: float = 0.1
    # Large enough for fast matrix products, small enough for 550 steps an epoch.
    minibatch_size: int = 100
    optimizer: str = "sgd"
    schedule: str = "constant"
    # None: gradients are taken as they are; a network this shallow needs no clipping.
    clip_norm: float | None = None
    # Fixed, so that two runs of the same command give the same network.
    seed: int = 0
