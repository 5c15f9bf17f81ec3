"""What the plots need from a model: class names, true and predicted labels, and weights.

A network predicts labels from 0 to K - 1, which `classes` names. A scikit-learn classifier predicts
the values in `classes_`. Here, both have labels from 0 to K - 1. Any object with the methods and
attributes of a fitted scikit-learn classifier is accepted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from neuralnet.checks import InputError, as_array, check_labels, describe, echo
from neuralnet.nn.network import NeuralNetMLP

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def check_classifier(model: object) -> Any:
    """Return `model` if it is a network or a fitted classifier.

    Raises
    ------
    InputError
        If it is neither; the message says what is missing.
    """
    if isinstance(model, NeuralNetMLP):
        return model
    if isinstance(model, type) or not hasattr(model, "predict"):
        raise InputError(
            f"model is {_kind(model)}; it must be a NeuralNetMLP or a fitted classifier."
        )
    if not hasattr(model, "classes_"):
        raise InputError(
            f"model is {_kind(model)} without classes_; it must be a NeuralNetMLP or a "
            f"fitted classifier. Call fit first if it is a classifier."
        )
    return model


def class_names(classifier: Any) -> Sequence[object]:
    """Return the names of the classes in the order of the labels."""
    if isinstance(classifier, NeuralNetMLP):
        return classifier.classes
    names: list[object] = np.asarray(classifier.classes_).tolist()
    return names


def true_labels(classifier: Any, y: object, num_examples: int) -> NDArray[np.int64]:
    """Return the given labels as labels from 0 to K - 1.

    Raises
    ------
    InputError
        If there is not one label for each of `num_examples` examples, or one is not a class.
    """
    names = class_names(classifier)
    if isinstance(classifier, NeuralNetMLP):
        return check_labels(y, num_examples, len(names))
    values = as_array(y, "y")
    if values.shape != (num_examples,):
        raise InputError(
            f"y has shape {values.shape}; it must have shape ({num_examples},), with one label for "
            f"each row of X."
        )
    return _numbered(values, names, "y")


def predicted_labels(classifier: Any, X: Any) -> NDArray[np.int64]:
    """Return the prediction for each example as a label from 0 to K - 1."""
    predictions = np.asarray(classifier.predict(X))
    if isinstance(classifier, NeuralNetMLP):
        return predictions
    if predictions.ndim != 1:
        raise InputError(
            f"model predicts {predictions.shape[1]} labels per example; it must predict one class."
        )
    return _numbered(predictions, class_names(classifier), "The prediction")


def probabilities_of(classifier: Any, X: Any) -> NDArray[Any]:
    """Return the probability of each class for each example, shape (N, K).

    Raises
    ------
    InputError
        If the model has no probabilities.
    """
    if not hasattr(classifier, "predict_proba"):
        raise InputError(
            f"model is {_kind(classifier)} without predict_proba; it must give the "
            f"probability of each class."
        )
    return np.asarray(classifier.predict_proba(X))


def first_weights(model: Any) -> NDArray[Any]:
    """Return the weights of the first layer, shape (D, H).

    Raises
    ------
    InputError
        If the model is neither a network nor an estimator with its weights in `coefs_`.
    """
    if isinstance(model, NeuralNetMLP):
        return model.to_numpy(model.parameters["layers.0.weight"])
    weights = None if isinstance(model, type) else getattr(model, "coefs_", None)
    if not isinstance(weights, list | tuple) or not weights:
        raise InputError(
            f"model is {_kind(model)}; it must be a NeuralNetMLP or a fitted estimator with "
            f"coefs_. From a pipeline, pass the last step: model[-1]."
        )
    return np.asarray(weights[0])


def _kind(model: object) -> str:
    """Return the type of an object, in words."""
    # The text of an estimator may have many lines.
    return f"the class {model.__name__}" if isinstance(model, type) else f"a {type(model).__name__}"


def _numbered(values: NDArray[Any], names: Sequence[object], name: str) -> NDArray[np.int64]:
    """Return the position of each value among the classes."""
    place = {value: label for label, value in enumerate(names)}
    try:
        known = [place.get(value, -1) for value in values.tolist()]
    except TypeError as error:  # a list, say, is no key
        raise InputError(f"{name} is {describe(values)}; it must be one label each.") from error
    labels = np.array(known, np.int64)
    if -1 in known:
        wrong = values.tolist()[known.index(-1)]
        listed = ", ".join(f"{echo(value, 30)}" for value in names[:10])
        raise InputError(
            f"{name} contains {echo(wrong)}, which is not one of the model's {len(names)} classes: "
            f"{listed}{', ...' if len(names) > 10 else ''}."
        )
    return labels
