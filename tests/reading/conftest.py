"""Fixtures: a quickly trained network and the bundled one."""

from __future__ import annotations

import numpy as np
import pytest

from neuralnet import NeuralNetMLP, OneCycle, load_pretrained, train
from tests.digits import digits


@pytest.fixture(scope="session")
def quick_model() -> NeuralNetMLP:
    """Network that classifies most digits correctly, trained on 5,000 images in a few seconds."""
    sample = digits()
    model = NeuralNetMLP(
        784, 100, hidden_activation="relu", output_activation="softmax", loss="cross_entropy"
    )
    order = np.random.default_rng(0).permutation(len(sample.images))
    images, labels = sample.images[order], sample.labels[order]
    train(
        model, images, labels, num_epochs=12, optimizer="adam",
        learning_rate=OneCycle(0.002),
    )  # fmt: skip
    return model


@pytest.fixture(scope="session")
def bundled_model() -> NeuralNetMLP:
    """Network bundled with the package."""
    return load_pretrained()
