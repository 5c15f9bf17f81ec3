"""Bundled network for reading digits; its model card is reader.md, in the same folder."""

from __future__ import annotations

import importlib.resources

from neuralnet.data.inputs import input_notes
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.storage import load


def load_pretrained() -> NeuralNetMLP:
    """Load the pretrained network for handwritten digits.

    The network takes images in the format of MNIST: 28x28 pixels per digit, the longer side of the
    digit 20 pixels, and its centre of mass at pixel 14 on both axes. The pixels are bytes, from 0
    for the background to 255 for ink, or the same values scaled to floats in [-1, 1]. The model
    card, `neuralnet/reading/reader.md`, describes the training data, the accuracy and the known
    limitations.

    Returns
    -------
    NeuralNetMLP
        A new network at each call, with the classes 0 to 9.

    Raises
    ------
    FileError
        If the package was installed without its weights.
    """
    weights = importlib.resources.files("neuralnet.reading") / "reader.safetensors"
    with importlib.resources.as_file(weights) as path:
        model = load(path)
    model.notes |= input_notes("pixels")
    return model
