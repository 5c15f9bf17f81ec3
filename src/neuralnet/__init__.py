"""A multilayer perceptron written from scratch in NumPy.

Everything that a user imports is imported from here. Names are loaded when they are first used, so
that `from neuralnet import NeuralNetMLP` costs about what `import numpy` costs.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from neuralnet.data.augmentation import Augmentation
    from neuralnet.data.augmented_images import AugmentedImages
    from neuralnet.data.dataset import DataNotFoundError, Dataset
    from neuralnet.data.loading import load_data
    from neuralnet.data.pictures import load_pictures
    from neuralnet.data.preprocessing import split_dataset
    from neuralnet.data.sources import load_mnist
    from neuralnet.data.tables import load_table
    from neuralnet.errors import InputError, NeuralNetError
    from neuralnet.files import FileError, FileFormatError
    from neuralnet.interop.classifier import NeuralNetClassifier
    from neuralnet.interop.onnx import export_onnx
    from neuralnet.interop.regressor import NeuralNetRegressor
    from neuralnet.interop.sklearn_weights import from_mlp_classifier
    from neuralnet.nn.activations import (
        GELU,
        Activation,
        Identity,
        LeakyReLU,
        ReLU,
        Sigmoid,
        Softmax,
        Tanh,
    )
    from neuralnet.nn.initialization import VarianceScaling
    from neuralnet.nn.losses import (
        BinaryCrossEntropy,
        CrossEntropy,
        Loss,
        MeanSquaredError,
        PoissonDeviance,
    )
    from neuralnet.nn.network import NeuralNetMLP
    from neuralnet.nn.optimizers import SGD, Adam, AdamW, Optimizer
    from neuralnet.reading.annotation import annotate
    from neuralnet.reading.pretrained import load_pretrained
    from neuralnet.reading.reader import read_digits
    from neuralnet.storage import load, save
    from neuralnet.training.advice import TrainingWarning
    from neuralnet.training.callbacks import (
        BestWeights,
        EarlyStopping,
        GradientClipping,
        ProgressBar,
        WeightAverage,
    )
    from neuralnet.training.checkpoint import Checkpoint
    from neuralnet.training.history import History
    from neuralnet.training.lbfgs import LBFGS
    from neuralnet.training.loop import train
    from neuralnet.training.metrics import accuracy, confusion_matrix
    from neuralnet.training.run import Callback, TrainingDivergedError
    from neuralnet.training.schedules import Cosine, OneCycle, Schedule, Step

# The public names, by the module that defines them.
_MODULES = {
    "data.augmentation": ("Augmentation",),
    "data.augmented_images": ("AugmentedImages",),
    "data.dataset": (
        "DataNotFoundError",
        "Dataset",
    ),
    "data.loading": ("load_data",),
    "data.pictures": ("load_pictures",),
    "data.preprocessing": ("split_dataset",),
    "data.sources": ("load_mnist",),
    "data.tables": ("load_table",),
    "errors": (
        "InputError",
        "NeuralNetError",
    ),
    "files": (
        "FileError",
        "FileFormatError",
    ),
    "interop.classifier": ("NeuralNetClassifier",),
    "interop.onnx": ("export_onnx",),
    "interop.regressor": ("NeuralNetRegressor",),
    "interop.sklearn_weights": ("from_mlp_classifier",),
    "nn.activations": (
        "GELU",
        "Activation",
        "Identity",
        "LeakyReLU",
        "ReLU",
        "Sigmoid",
        "Softmax",
        "Tanh",
    ),
    "nn.initialization": ("VarianceScaling",),
    "nn.losses": (
        "BinaryCrossEntropy",
        "CrossEntropy",
        "Loss",
        "MeanSquaredError",
        "PoissonDeviance",
    ),
    "nn.network": ("NeuralNetMLP",),
    "nn.optimizers": (
        "SGD",
        "Adam",
        "AdamW",
        "Optimizer",
    ),
    "training.schedules": (
        "Cosine",
        "OneCycle",
        "Schedule",
        "Step",
    ),
    "reading.annotation": ("annotate",),
    "reading.pretrained": ("load_pretrained",),
    "reading.reader": ("read_digits",),
    "storage": (
        "load",
        "save",
    ),
    "training.advice": ("TrainingWarning",),
    "training.callbacks": (
        "BestWeights",
        "EarlyStopping",
        "GradientClipping",
        "ProgressBar",
        "WeightAverage",
    ),
    "training.checkpoint": ("Checkpoint",),
    "training.history": ("History",),
    "training.lbfgs": ("LBFGS",),
    "training.loop": ("train",),
    "training.metrics": (
        "accuracy",
        "confusion_matrix",
    ),
    "training.run": (
        "Callback",
        "TrainingDivergedError",
    ),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "GELU",
    "LBFGS",
    "SGD",
    "Activation",
    "Adam",
    "AdamW",
    "Augmentation",
    "AugmentedImages",
    "BestWeights",
    "BinaryCrossEntropy",
    "Callback",
    "Checkpoint",
    "Cosine",
    "CrossEntropy",
    "DataNotFoundError",
    "Dataset",
    "EarlyStopping",
    "FileError",
    "FileFormatError",
    "GradientClipping",
    "History",
    "Identity",
    "InputError",
    "LeakyReLU",
    "Loss",
    "MeanSquaredError",
    "NeuralNetClassifier",
    "NeuralNetError",
    "NeuralNetMLP",
    "NeuralNetRegressor",
    "OneCycle",
    "Optimizer",
    "PoissonDeviance",
    "ProgressBar",
    "ReLU",
    "Schedule",
    "Sigmoid",
    "Softmax",
    "Step",
    "Tanh",
    "TrainingDivergedError",
    "TrainingWarning",
    "VarianceScaling",
    "WeightAverage",
    "__version__",
    "accuracy",
    "annotate",
    "confusion_matrix",
    "export_onnx",
    "from_mlp_classifier",
    "load",
    "load_data",
    "load_mnist",
    "load_pictures",
    "load_pretrained",
    "load_table",
    "read_digits",
    "save",
    "split_dataset",
    "train",
]


def __getattr__(name: str) -> Any:
    """Load a public name from the module that defines it, once."""
    if name == "plots":  # the one subpackage that is used by its own name
        return importlib.import_module("neuralnet.plots")
    if name not in _HOMES:
        raise AttributeError(f"module 'neuralnet' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"neuralnet.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted(__all__)
