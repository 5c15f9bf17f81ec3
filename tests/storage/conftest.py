"""Fixture of the storage tests: the bytes of a saved network."""

from __future__ import annotations

import pytest

from neuralnet.nn.activations import LeakyReLU
from neuralnet.nn.initialization import VarianceScaling
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.storage.networks import save


@pytest.fixture(scope="module")
def valid(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return a saved network with 2 * 3 + 3 + 3 * 2 + 2 = 17 float32 parameters, 68 bytes."""
    path = tmp_path_factory.mktemp("valid") / "network"
    scheme = VarianceScaling(1.5, "average", "uniform")
    network = NeuralNetMLP(2, 3, 2, hidden_activation=LeakyReLU(0.2), initial_weights=scheme)
    network.notes["data"] = "none"
    save(network, path)
    return path.read_bytes()
