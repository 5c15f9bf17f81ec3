"""The network inside an estimator or a pipeline, for functions that store or export networks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from neuralnet.checks import InputError, describe
from neuralnet.nn.network import NeuralNetMLP


class OffersNetwork(Protocol):
    """An estimator that offers its network, by itself or as the last step of a pipeline."""

    def to_network(self, transformers: Sequence[Any] = ()) -> NeuralNetMLP:
        """Return the network, with these fitted transformers folded into its first layer."""


def network_of(model: object) -> NeuralNetMLP:
    """Return a network, or the network that a fitted estimator or pipeline offers.

    Parameters
    ----------
    model : NeuralNetMLP, estimator with the method `to_network`, or Pipeline that ends in one
        A pipeline's other steps are passed to the method.

    Raises
    ------
    InputError
        If it is none of these, or a step of the pipeline cannot be folded into a network.
    """
    if isinstance(model, NeuralNetMLP):
        return model
    steps = [step for _, step in getattr(model, "steps", [("", model)])]
    offer = getattr(steps[-1] if steps else None, "to_network", None)
    if offer is None or isinstance(model, type):
        raise InputError(
            f"model is {describe(model)}; it must be a NeuralNetMLP, a fitted NeuralNetClassifier "
            f"or NeuralNetRegressor, or a Pipeline that ends in one."
        )
    network: NeuralNetMLP = offer(steps[:-1])
    return network
