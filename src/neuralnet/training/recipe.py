"""A recipe: all settings of a training, and what it was measured to reach.

Nothing heavy is imported here, so that `--help` answers at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from neuralnet.training.settings import NetworkSettings, TrainingSettings


@dataclass(frozen=True)
class About:
    """Description of a recipe.

    Attributes
    ----------
    name : str
        Name of the recipe; empty for the name of its file.
    summary : str
        Purpose.
    test_error, duration : str
        Measured error and duration; docs/results.md has the details.
    seeds : tuple of int
        Seeds of the published figures. The first is the default.
    members : str
        Name of the recipe whose networks, one for each of `seeds`, are averaged; empty if the
        recipe trains a network of its own.
    num_valid : int or None
        Number of training examples held out for validation; None for the default of the split.
    """

    name: str = ""
    summary: str = ""
    test_error: str = ""
    duration: str = ""
    seeds: tuple[int, ...] = (0,)
    members: str = ""
    num_valid: int | None = None


@dataclass(frozen=True)
class DataSettings:
    """The data of a training, named as the options of `neuralnet train`.

    Attributes
    ----------
    path : str
        File or folder; empty for MNIST.
    target : str or None
        Target column of a table.
    ignore_columns : tuple of str
        Columns of a table that are not inputs.
    invert : bool
        Whether pictures are inverted.
    num_test : int or None
        Number of examples set aside for the test, where the data have no test part; None for the
        default of the split.
    class_weight : str
        "none", or "balanced": examples are weighted so that each class has the same total weight.
    """

    path: str = ""
    target: str | None = None
    ignore_columns: tuple[str, ...] = ()
    invert: bool = False
    num_test: int | None = None
    class_weight: str = "none"


@dataclass(frozen=True)
class Recipe:
    """The settings of a training.

    Attributes
    ----------
    name : str
        The name in its table `[recipe]`, or else that of its file without the ending.
    about : About
        Its description.
    network : NetworkSettings
        Settings of the network.
    training : TrainingSettings
        Settings of the training.
    optimizer, schedule : dict
        Further arguments of the optimizer and the schedule that `training` names.
    data : DataSettings
        The data, and how they are split and weighted.
    augmentation, receptive_fields, weight_average, early_stopping : dict or None
        Arguments of `Augmentation`, `ReceptiveFields`, `WeightAverage` and `EarlyStopping`; None if
        not used. With early stopping, the weights of the best epoch are kept.
    """

    name: str
    about: About = field(default_factory=About)
    network: NetworkSettings = field(default_factory=NetworkSettings)
    training: TrainingSettings = field(default_factory=TrainingSettings)
    data: DataSettings = field(default_factory=DataSettings)
    optimizer: dict[str, Any] = field(default_factory=dict)
    schedule: dict[str, Any] = field(default_factory=dict)
    augmentation: dict[str, Any] | None = None
    receptive_fields: dict[str, Any] | None = None
    weight_average: dict[str, Any] | None = None
    early_stopping: dict[str, Any] | None = None
