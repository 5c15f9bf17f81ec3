"""The network that comes with the package; reader.md, beside its weights, is its model card."""

from __future__ import annotations

import importlib.resources

from neuralnet.nn.network import NeuralNetMLP
from neuralnet.storage import load


def load_pretrained() -> NeuralNetMLP:
    """Load the network that reads handwritten digits, trained already.

    It takes MNIST's format: 28x28 pixels a digit as bytes, ink at 255 on 0, the longer side 20
    pixels and the centre of mass at pixel 14 on both axes; or the same as floats in [-1, 1].
    What it was trained on, what it reaches and where it fails stands in its model card,
    `neuralnet/reading/reader.md`.

    Returns
    -------
    NeuralNetMLP
        A network of its own at each call, with the classes 0 to 9.

    Raises
    ------
    FileError
        If the package was installed without its weights.
    """
    weights = importlib.resources.files("neuralnet.reading") / "reader.safetensors"
    with importlib.resources.as_file(weights) as path:
        return load(path)
