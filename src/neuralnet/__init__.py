"""A multilayer perceptron written from scratch in NumPy.

Everything that a user imports is imported from here. Names are loaded when they are first asked
for, so that `from neuralnet import NeuralNetMLP` costs about what `import numpy` costs.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from neuralnet.data.augmentation import Augmentation
    from neuralnet.data.dataset import DataNotFoundError, Dataset
    from neuralnet.data.loading import load_data
    from neuralnet.data.pictures import load_pictures
    from neuralnet.data.preprocessing import Split, one_hot, scale_pixels, split_dataset
    from neuralnet.data.sources import load_mnist
    from neuralnet.data.tables import load_table, standardization
    from neuralnet.errors import InputError, NeuralNetError
    from neuralnet.files import FileError, FileFormatError
    from neuralnet.interop.classifier import NeuralNetClassifier
    from neuralnet.interop.folding import folded, with_standardization
    from neuralnet.interop.onnx import MissingPackageError, export_onnx
    from neuralnet.interop.pytorch import (
        from_state_dict,
        load_pytorch,
        pytorch_code,
        save_pytorch,
        to_state_dict,
    )
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
    from neuralnet.nn.losses import BinaryCrossEntropy, CrossEntropy, Loss, MeanSquaredError
    from neuralnet.nn.model import Evaluation
    from neuralnet.nn.network import NeuralNetMLP
    from neuralnet.nn.optimizers import SGD, Adam, AdamW, Optimizer
    from neuralnet.nn.parameters import Parameters
    from neuralnet.nn.schedules import Constant, Cosine, OneCycle, Schedule, Step, Warmup
    from neuralnet.reading.annotation import annotated
    from neuralnet.reading.pretrained import load_pretrained
    from neuralnet.reading.reader import Digit, Reading, read_digits
    from neuralnet.storage import load, save
    from neuralnet.training.callbacks import (
        BestWeights,
        Callback,
        EarlyStopping,
        ProgressBar,
        WeightAverage,
    )
    from neuralnet.training.checkpoint import Checkpoint
    from neuralnet.training.history import History
    from neuralnet.training.loop import train
    from neuralnet.training.metrics import accuracy, confusion_matrix, expected_calibration_error
    from neuralnet.training.run import TrainingDivergedError, TrainingRun

# The public names, by the room they live in.
_ROOMS = {
    "data.augmentation": ("Augmentation",),
    "data.dataset": ("DataNotFoundError", "Dataset"),
    "data.preprocessing": ("Split", "one_hot", "scale_pixels", "split_dataset"),
    "data.sources": ("load_mnist",),
    "data.loading": ("load_data",),
    "data.pictures": ("load_pictures",),
    "data.tables": ("load_table", "standardization"),
    "interop.folding": ("folded", "with_standardization"),
    "interop.onnx": ("MissingPackageError", "export_onnx"),
    "interop.pytorch": (
        "from_state_dict",
        "load_pytorch",
        "pytorch_code",
        "save_pytorch",
        "to_state_dict",
    ),
    "interop.sklearn_weights": ("from_mlp_classifier",),
    "nn.parameters": ("Parameters",),
    "nn.model": ("Evaluation",),
    "reading.annotation": ("annotated",),
    "reading.pretrained": ("load_pretrained",),
    "reading.reader": ("Digit", "Reading", "read_digits"),
    "storage": ("load", "save"),
    "nn.network": ("NeuralNetMLP",),
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
    ),
    "nn.optimizers": (
        "SGD",
        "Adam",
        "AdamW",
        "Optimizer",
    ),
    "nn.schedules": (
        "Constant",
        "Cosine",
        "OneCycle",
        "Schedule",
        "Step",
        "Warmup",
    ),
    "training.callbacks": (
        "BestWeights",
        "Callback",
        "EarlyStopping",
        "ProgressBar",
        "WeightAverage",
    ),
    "training.checkpoint": ("Checkpoint",),
    "training.history": ("History",),
    "training.loop": ("train",),
    "training.run": ("TrainingDivergedError", "TrainingRun"),
    "interop.classifier": ("NeuralNetClassifier",),
    "interop.regressor": ("NeuralNetRegressor",),
    "training.metrics": (
        "accuracy",
        "confusion_matrix",
        "expected_calibration_error",
    ),
    "files": (
        "FileError",
        "FileFormatError",
    ),
    "errors": (
        "InputError",
        "NeuralNetError",
    ),
}
_HOMES = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = [
    "GELU",
    "SGD",
    "Activation",
    "Adam",
    "AdamW",
    "Augmentation",
    "BestWeights",
    "BinaryCrossEntropy",
    "Callback",
    "Checkpoint",
    "Constant",
    "Cosine",
    "CrossEntropy",
    "DataNotFoundError",
    "Dataset",
    "Digit",
    "EarlyStopping",
    "Evaluation",
    "FileError",
    "FileFormatError",
    "History",
    "Identity",
    "InputError",
    "LeakyReLU",
    "Loss",
    "MeanSquaredError",
    "MissingPackageError",
    "NeuralNetClassifier",
    "NeuralNetError",
    "NeuralNetMLP",
    "NeuralNetRegressor",
    "OneCycle",
    "Optimizer",
    "Parameters",
    "ProgressBar",
    "ReLU",
    "Reading",
    "Schedule",
    "Sigmoid",
    "Softmax",
    "Split",
    "Step",
    "Tanh",
    "TrainingDivergedError",
    "TrainingRun",
    "VarianceScaling",
    "Warmup",
    "WeightAverage",
    "__version__",
    "accuracy",
    "annotated",
    "confusion_matrix",
    "expected_calibration_error",
    "export_onnx",
    "folded",
    "from_mlp_classifier",
    "from_state_dict",
    "load",
    "load_data",
    "load_mnist",
    "load_pictures",
    "load_pretrained",
    "load_pytorch",
    "load_table",
    "one_hot",
    "pytorch_code",
    "read_digits",
    "save",
    "save_pytorch",
    "scale_pixels",
    "split_dataset",
    "standardization",
    "to_state_dict",
    "train",
    "with_standardization",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its home, once."""
    if name == "plots":  # the one room that is used by its own name
        return importlib.import_module("neuralnet.plots")
    if name not in _HOMES:
        raise AttributeError(f"module 'neuralnet' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"neuralnet.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted(__all__)
