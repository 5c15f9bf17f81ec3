"""Follow a recipe: build its network, and train it."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterable, Mapping, Sequence
from types import ModuleType
from typing import Any, TypeVar

import numpy as np

from neuralnet.checks import Array, InputError, check_name
from neuralnet.data.augmentation import Augmentation
from neuralnet.nn.activations import HIDDEN_ACTIVATIONS
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.nn.optimizers import OPTIMIZERS
from neuralnet.nn.schedules import SCHEDULES
from neuralnet.training.callbacks import Callback, WeightAverage
from neuralnet.training.history import History
from neuralnet.training.loop import check_settings, train
from neuralnet.training.receptive_fields import LocalAdamW, ReceptiveFields
from neuralnet.training.recipes import Recipe

Built = TypeVar("Built")

DEVICES = ("cpu", "cuda")


def array_module(device: str) -> ModuleType:
    """Return what computes on a device: NumPy on "cpu", CuPy on "cuda".

    Raises
    ------
    InputError
        If the device is neither, or cannot be used here.
    """
    if check_name(device, DEVICES, "device") == "cpu":
        return np
    try:
        cupy = importlib.import_module("cupy")
        cupy.zeros(1)
    except ImportError as error:
        raise InputError(
            "device is 'cuda', which needs CuPy, and that is not installed: pip install "
            "'neuralnet-numpy[gpu]', or use the device 'cpu'."
        ) from error
    except Exception as error:  # CUDA's errors have no class in common with anything
        raise InputError(
            f"device is 'cuda', but CuPy finds no GPU that it can use ({error}); use the device "
            f"'cpu'."
        ) from error
    return cupy


def build_network(
    recipe: Recipe, num_features: int, classes: Sequence[str | int], seed: int, device: str = "cpu"
) -> NeuralNetMLP:
    """Build the network of a recipe, for so many features and these classes.

    Raises
    ------
    InputError
        If a setting cannot be used.
    """
    settings = dict(vars(recipe.network))
    if recipe.receptive_fields is not None:
        fields = _built(ReceptiveFields, recipe.receptive_fields, "receptive_fields")
        sizes = [num_features, *settings["num_hidden"], len(classes)]
        chosen = settings["initial_weights"]
        named = check_name(settings["hidden_activation"], HIDDEN_ACTIVATIONS, "hidden_activation")
        suited = HIDDEN_ACTIVATIONS[named].initialization
        local = fields.initializers(sizes, chosen or suited)
        settings["initial_weights"] = [chosen if one is None else one for one in local]
    return NeuralNetMLP(
        num_features,
        num_classes=len(classes),
        classes=classes,
        seed=seed,
        xp=array_module(device),
        **settings,
    )


def training_arguments(
    recipe: Recipe, image_shape: tuple[int, int] | None = None
) -> dict[str, Any]:
    """Return what a recipe gives to `train`, its own callbacks included, its seed left out.

    Raises
    ------
    InputError
        If a setting cannot be used; the sentence names its table.
    """
    settings = dict(vars(recipe.training))
    del settings["seed"]
    optimizer = OPTIMIZERS[check_name(settings["optimizer"], OPTIMIZERS, "optimizer")]
    schedule = SCHEDULES[check_name(settings["schedule"], SCHEDULES, "schedule")]
    if recipe.receptive_fields is not None:
        if settings["optimizer"] != "adamw":
            raise InputError(
                f"optimizer is {settings['optimizer']!r} in a recipe with [receptive_fields], "
                f"which need weight decay per weight; set optimizer to 'adamw'."
            )
        _built(ReceptiveFields, recipe.receptive_fields, "receptive_fields")
        optimizer = LocalAdamW
    settings["optimizer"] = _built(optimizer, recipe.optimizer, "optimizer")
    settings["schedule"] = _built(schedule, recipe.schedule, "schedule")
    if recipe.augmentation is not None:
        shape = {} if image_shape is None else {"image_shape": image_shape}
        settings["augmentation"] = _built(
            Augmentation, {**shape, **recipe.augmentation}, "augmentation"
        )
    check_settings(**{k: v for k, v in settings.items() if k != "augmentation"}, seed=0)
    average = recipe.weight_average
    averages = [] if average is None else [_built(WeightAverage, average, "weight_average")]
    return settings | {"callbacks": averages}


def follow(
    recipe: Recipe,
    model: NeuralNetMLP,
    training_set: tuple[Array, Array],
    validation_set: tuple[Array, Array] | None,
    *,
    seed: int,
    image_shape: tuple[int, int] | None = None,
    callbacks: Iterable[Callback] = (),
    resume: str | os.PathLike[str] | None = None,
) -> History:
    """Train a network as a recipe says.

    Parameters
    ----------
    recipe : Recipe
        The settings.
    model : NeuralNetMLP
        From `build_network`.
    training_set, validation_set : (X, y)
        As for `train`; the second may be None.
    seed : int
        What the training's randomness is drawn from.
    image_shape : (int, int), optional
        Rows and columns of the images, for augmentation.
    callbacks : iterable of Callback
        Besides the recipe's own.
    resume : path, optional
        The checkpoint to go on from.

    Returns
    -------
    History

    Raises
    ------
    InputError
        If a setting cannot be used.
    """
    arguments = training_arguments(recipe, image_shape)
    own: list[Callback] = arguments.pop("callbacks")
    if recipe.receptive_fields is not None:
        fields = _built(ReceptiveFields, recipe.receptive_fields, "receptive_fields")
        sizes = [model.num_features, *model.num_hidden, model.num_classes]
        arguments["optimizer"].decay_factors = model.xp.asarray(
            fields.decay_factors(sizes), dtype=model.dtype
        )
    return train(
        model,
        *training_set,
        *(validation_set or (None, None)),
        seed=seed,
        callbacks=[*callbacks, *own],
        resume=resume,
        **arguments,
    )


def _built(kind: type[Built], arguments: Mapping[str, Any], table: str) -> Built:
    """Build an object from a recipe's table; an unknown or wrong setting is said with its table."""
    import inspect

    known = list(inspect.signature(kind).parameters)
    for name in arguments:
        check_name(name, known, f"A setting of [{table}], {kind.__name__},")
    try:
        return kind(**arguments)
    except InputError as error:
        raise InputError(f"In [{table}], {error}") from error
