"""A fitted scikit-learn `MLPClassifier` as a network of this package."""

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
    """Return a network with the weights of a fitted `MLPClassifier`, and its predictions.

    A label is the place of its class in `classes`, which are those of `classifier.classes_`. Where
    there are two, scikit-learn computes a single logistic output, z; here the outputs are the
    softmax of the logits -z/2 and z/2, which is the same.

    Parameters
    ----------
    classifier : sklearn.neural_network.MLPClassifier
        Fitted, for two classes or more; not for several labels an example.

    Returns
    -------
    NeuralNetMLP
        Noted to take features, under their names where the classifier had any.

    Raises
    ------
    InputError
        If it is no such classifier, or not fitted.
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
                f"The MLPClassifier gives several labels an example, out of {len(classes)}; only "
                f"one with one class an example can be taken over."
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
    """Return a class as a network can name it: whole numbers from 0 on as they are, else text."""
    whole = isinstance(name, int) and not isinstance(name, bool) and name >= 0
    return name if whole else str(name)
