"""Build the network of a recipe, and train it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from neuralnet.checks import Array, InputError, check_name
from neuralnet.data.augmentation import Augmentation
from neuralnet.data.augmented_images import AugmentedImages
from neuralnet.nn.activations import HIDDEN_ACTIVATIONS
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.nn.optimizers import OPTIMIZERS
from neuralnet.training.callbacks import GradientClipping, WeightAverage
from neuralnet.training.device import array_module
from neuralnet.training.early_stopping import StopOnLoss
from neuralnet.training.history import History
from neuralnet.training.loop import train
from neuralnet.training.receptive_fields import LocalAdamW, ReceptiveFields
from neuralnet.training.recipes import CLASS_WEIGHTS, Recipe
from neuralnet.training.run import Callback
from neuralnet.training.schedules import SCHEDULES, schedule_for

Built = TypeVar("Built")


def build_network(
    recipe: Recipe, num_features: int, classes: Sequence[str | int], seed: int, device: str = "cpu"
) -> NeuralNetMLP:
    """Build the network of a recipe for data with `num_features` features and these classes.

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


def training_arguments(recipe: Recipe) -> dict[str, Any]:
    """Return the arguments of `train` that follow from a recipe, seed and data excluded.

    The weight decay of receptive fields depends on the network; `train_recipe` adds it.

    Raises
    ------
    InputError
        If a setting cannot be used; the message names its table.
    """
    settings = recipe.training.checked()
    optimizer = OPTIMIZERS[check_name(settings.optimizer, OPTIMIZERS, "optimizer")]
    schedule = SCHEDULES[check_name(settings.schedule, SCHEDULES, "schedule")]
    if recipe.receptive_fields is not None:
        if settings.optimizer != "adamw":
            raise InputError(
                f"optimizer is {settings.optimizer!r} in a recipe with [receptive_fields], "
                f"which need weight decay per weight; set optimizer to 'adamw'."
            )
        _built(ReceptiveFields, recipe.receptive_fields, "receptive_fields")
    callbacks: list[Callback] = []
    if recipe.weight_average is not None:
        callbacks.append(_built(WeightAverage, recipe.weight_average, "weight_average"))
    if settings.clip_norm is not None:
        callbacks.append(GradientClipping(settings.clip_norm))
    if recipe.early_stopping is not None:
        callbacks.append(_built(StopOnLoss, recipe.early_stopping, "early_stopping"))
    return {
        "num_epochs": settings.num_epochs,
        "learning_rate": schedule_for(
            _built(schedule, recipe.schedule, "schedule"), settings.learning_rate
        ),
        "minibatch_size": settings.minibatch_size,
        "optimizer": _built(optimizer, recipe.optimizer, "optimizer"),
        "running_loss": settings.running_loss,
        "shuffle": settings.shuffle,
        "callbacks": callbacks,
    }


def recipe_augmentation(
    recipe: Recipe, image_shape: tuple[int, int] | None = None
) -> Augmentation | None:
    """Return the augmentation of a recipe for images of this shape, or None if it has none.

    Raises
    ------
    InputError
        If a setting cannot be used.
    """
    if recipe.augmentation is None:
        return None
    shape = {} if image_shape is None else {"image_shape": image_shape}
    return _built(Augmentation, {**shape, **recipe.augmentation}, "augmentation")


def train_recipe(
    recipe: Recipe,
    model: NeuralNetMLP,
    training_set: tuple[Array, Array],
    validation_set: tuple[Array, Array] | None,
    *,
    seed: int,
    class_weight: str = "none",
    image_shape: tuple[int, int] | None = None,
    callbacks: Iterable[Callback] = (),
    resume: str | os.PathLike[str] | None = None,
    comm: Any = None,
) -> History:
    """Train a network with the settings of a recipe.

    Parameters
    ----------
    recipe : Recipe
        The settings.
    model : NeuralNetMLP
        The network, from `build_network`.
    training_set, validation_set : (X, y)
        Data as for `train`; the validation set may be None.
    seed : int
        Seed of the training.
    class_weight : {"none", "balanced"}
        With "balanced", examples are weighted so that each class has the same total weight, in
        training and, for early stopping, in validation.
    image_shape : (int, int), optional
        Rows and columns of an image, for augmentation.
    callbacks : iterable of Callback
        Callbacks in addition to the recipe's.
    resume : path, optional
        Checkpoint to continue from.
    comm : communicator, optional
        As for `train`.

    Returns
    -------
    History

    Raises
    ------
    InputError
        If a setting cannot be used.
    """
    arguments = training_arguments(recipe)
    if recipe.receptive_fields is not None:
        fields = _built(ReceptiveFields, recipe.receptive_fields, "receptive_fields")
        sizes = [model.num_features, *model.num_hidden, model.num_classes]
        factors = model.xp.asarray(fields.decay_factors(sizes), dtype=model.dtype)
        arguments["optimizer"] = LocalAdamW(decay_factors=factors, **recipe.optimizer)
    X, y = training_set
    for callback in arguments["callbacks"]:
        if isinstance(callback, StopOnLoss) and validation_set is not None:
            weights = class_weights(validation_set[1], class_weight)
            callback.validation_set = model.validated(*validation_set, weights, suffix="_valid")
    augmentation = recipe_augmentation(recipe, image_shape)
    return train(
        model,
        X if augmentation is None else AugmentedImages(X, augmentation),
        y,
        *(validation_set or (None, None)),
        seed=seed,
        sample_weight=class_weights(y, class_weight),
        resume=resume,
        comm=comm,
        **{**arguments, "callbacks": [*callbacks, *arguments["callbacks"]]},
    )


def class_weights(labels: Array, class_weight: str) -> Array | None:
    """Return the weight of each example, or None if all have the same.

    Parameters
    ----------
    labels : ndarray of int, shape (N,)
        Classes of the examples.
    class_weight : {"none", "balanced"}
        With "balanced", an example has the weight N / (K n), where K is the number of classes that
        occur, and n the number of examples of its class.

    Raises
    ------
    InputError
        If `class_weight` is unknown.
    """
    if check_name(class_weight, CLASS_WEIGHTS, "class_weight") == "none":
        return None
    counts = np.bincount(labels)
    weights: Array = len(labels) / (np.count_nonzero(counts) * counts[labels])
    return weights.astype(np.float32)


def _built(kind: type[Built], arguments: Mapping[str, Any], table: str) -> Built:
    """Build an object from a table of a recipe; errors name the table."""
    import inspect

    parameters = dict(inspect.signature(kind).parameters)
    parameters.pop("learning_rate", None)
    for name in arguments:
        check_name(name, parameters, f"A setting of [{table}], {kind.__name__},")
    for name, parameter in parameters.items():
        if parameter.default is parameter.empty and name not in arguments:
            raise InputError(f"[{table}] lacks the setting {name}, which has no default.")
    try:
        return kind(**arguments)
    except InputError as error:
        raise InputError(f"In [{table}], {error}") from error
