"""Which layers a network has, one after the other."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from neuralnet.nn.layers import ActivationLayer, Dense, Layer
from neuralnet.nn.regularization import BatchNorm, Dropout

if TYPE_CHECKING:
    from neuralnet.nn.network import NeuralNetMLP


def stack_of_layers(network: NeuralNetMLP) -> list[Layer]:
    """Build the layers of a network, without their parameters.

    Each hidden layer is a `Dense`, a `BatchNorm` where asked for, an `ActivationLayer`, and a
    `Dropout` where its rate is above 0. The last layer is the `Dense` that gives the logits.
    """
    sizes = [network.num_features, *network.num_hidden, network.num_classes]
    layers: list[Layer] = []
    for number, (num_inputs, num_outputs) in enumerate(itertools.pairwise(sizes)):
        name, hidden = f"layers.{number}", number < len(network.num_hidden)
        normalized = hidden and network.batch_norm
        layers.append(Dense(num_inputs, num_outputs, name, bias=not normalized))
        if normalized:
            layers.append(BatchNorm(num_outputs, f"{name}.batch_norm"))
        if hidden:
            layers.append(ActivationLayer(network.hidden_activations[number], num_outputs))
            if network.dropout[number]:
                layers.append(Dropout(num_outputs, network.dropout[number]))
    return layers
