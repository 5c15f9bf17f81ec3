"""Conversion of a fitted scikit-learn `MLPClassifier` to a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from neuralnet.checks import InputError, describe
from neuralnet.data.inputs import input_notes
from neuralnet.interop.two_classes import halves
from neuralnet.nn.activations import Activation, Identity, ReLU, Sigmoid, Tanh
from neuralnet.nn.layers import Dense
from neuralnet.nn.network import NeuralNetMLP

if TYPE_CHECKING:
    from sklearn.neural_network import MLPClassifier

_ACTIVATIONS: dict[str, type[Activation]] = {
    "identity": Identity,
    "logistic": Sigmoid,
    "tanh": Tanh,
    "relu": ReLU,
}


def from_mlp_classifier(classifier: MLPClassifier) -> NeuralNetMLP:
    """Return a network with the weights and the predictions of a fitted `MLPClassifier`.

    The network's labels are indices into its `classes`, which are `classifier.classes_`. For two
    classes scikit-learn has a single logistic output with the logit z; the network has two softmax
    outputs with the logits -z/2 and z/2, which give the same probabilities.

    Parameters
    ----------
    classifier : sklearn.neural_network.MLPClassifier
        A fitted classifier for two or more classes. Several labels per example are not supported.

    Returns
    -------
    NeuralNetMLP
        The network. Its notes state that its inputs are features, with their names if the
        classifier has them.

    Raises
    ------
    InputError
        If `classifier` is not an `MLPClassifier`, is not fitted, or predicts several labels.
    """
    from sklearn.neural_network import MLPClassifier

    if not isinstance(classifier, MLPClassifier):
        raise InputError(f"classifier is {describe(classifier)}; it must be an MLPClassifier.")
    if not hasattr(classifier, "coefs_"):
        raise InputError("The MLPClassifier is not fitted, so it has no weights; fit it first.")
    classes = np.asarray(classifier.classes_)
    weights, biases = list(classifier.coefs_), list(classifier.intercepts_)
    if classifier.out_activation_ == "logistic":
        if len(classes) != 2 or weights[-1].shape[1] != 1:
            raise InputError(
                f"The MLPClassifier predicts several labels per example, out of {len(classes)}; "
                f"only a classifier with one class per example can be converted."
            )
        weights[-1], biases[-1] = halves(weights[-1]), halves(biases[-1])
    model = NeuralNetMLP(
        len(weights[0]),
        [W.shape[1] for W in weights[:-1]],
        len(classes),
        hidden_activation=_ACTIVATIONS[classifier.activation](),
        output_activation="softmax",
        loss="cross_entropy",
        dtype=weights[0].dtype,
        classes=[_class_name(one) for one in classes.tolist()],
    )
    dense = [layer for layer in model.layers if isinstance(layer, Dense)]
    for layer, W, b in zip(dense, weights, biases, strict=True):
        assert layer.b is not None  # noqa: S101
        layer.W[...], layer.b[...] = W, b
    columns = [str(name) for name in getattr(classifier, "feature_names_in_", ())]
    model.notes |= input_notes("features", columns)
    model.notes["source"] = "scikit-learn's MLPClassifier"
    return model


def _class_name(name: Any) -> str | int:
    """Return a class name for the network: a non-negative integer unchanged, else a string."""
    is_valid = isinstance(name, int) and not isinstance(name, bool) and name >= 0
    return name if is_valid else str(name)
