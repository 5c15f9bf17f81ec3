"""Calls of everything public, with one argument at a time replaced by an odd value."""

from __future__ import annotations

import copy
import functools
import inspect
import struct
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.neural_network import MLPClassifier

import neuralnet
from neuralnet import (
    LBFGS,
    SGD,
    Adam,
    AdamW,
    Augmentation,
    BestWeights,
    Callback,
    Checkpoint,
    Cosine,
    Dataset,
    EarlyStopping,
    GradientClipping,
    History,
    LeakyReLU,
    NeuralNetClassifier,
    NeuralNetMLP,
    NeuralNetRegressor,
    OneCycle,
    ProgressBar,
    Step,
    VarianceScaling,
    WeightAverage,
    plots,
    save,
    train,
)
from neuralnet.interop import onnx, pytorch
from neuralnet.training.run import TrainingRun
from tests.robustness.odd_values import ODD_VALUES


class Call(NamedTuple):
    """A function with valid arguments; `parameters` are the arguments that are replaced."""

    function: Callable[..., Any]
    arguments: dict[str, Any]
    parameters: list[str]


# Objects of settings, with the arguments that they need.
_CREATED: dict[type[Any], dict[str, Any]] = {
    **{key: {} for key in (LBFGS, SGD, Adam, AdamW, Cosine, OneCycle, Step)},
    **{key: {} for key in (BestWeights, EarlyStopping, ProgressBar, WeightAverage)},
    **{key: {} for key in (Augmentation, History, LeakyReLU, VarianceScaling)},
    GradientClipping: {"max_norm": 1.0},
    Checkpoint: {"path": "checkpoint"},
}
# Methods with the arguments that they need, both as names of attributes of `Material`.
_ESTIMATOR = {"fit": "X y", "partial_fit": "X y", "predict": "X", "score": "X y", "to_network": ""}
_METHODS = {
    "model": {
        **dict.fromkeys(("forward", "logits", "outputs", "predict", "predict_proba"), "X"),
        **dict.fromkeys(("evaluate", "validated", "loss_and_gradients"), "X y"),
        "backward": "X activations y",
        "initialize": "",
        "set_initial_weights": "choice",
    },
    "classifier": _ESTIMATOR | {"predict_proba": "X", "predict_log_proba": "X"},
    "regressor": _ESTIMATOR,
}
_OWNERS = {
    "model": "NeuralNetMLP",
    "classifier": "NeuralNetClassifier",
    "regressor": "NeuralNetRegressor",
}


class _Enough(Callback):
    """Ends a training after its second epoch, in case the number of epochs is huge."""

    def on_epoch_end(self, run: TrainingRun) -> None:
        if run.epoch >= 2:
            run.stop("enough")


class Material:
    """Valid arguments, made once; each call receives copies.

    Parameters
    ----------
    folder : Path
        Folder for files.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        rng = np.random.default_rng(0)
        self.X, self.y = rng.normal(size=(6, 3)).astype(np.float32), np.arange(6) % 2
        self.pixels = rng.integers(0, 256, (6, 64), dtype=np.uint8)
        self.model = NeuralNetMLP(3, 4, 2, output_activation="softmax", loss="cross_entropy")
        self.activations, self.choice = self.model.forward(self.X), None
        self.image_model = NeuralNetMLP(64, 4, 2)
        self.snapshots = plots.Snapshots()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            arguments: dict[str, Any] = {"num_epochs": 2}
            self.history = train(self.image_model, self.pixels, self.y, **arguments)
            snapshots: dict[str, Any] = {"num_epochs": 2, "callbacks": [self.snapshots]}
            train(NeuralNetMLP(64, 2, 2), self.pixels, self.y, **snapshots)
            self.classifier = NeuralNetClassifier(3, max_iter=2).fit(self.X, self.y)
            self.regressor = NeuralNetRegressor(hidden_layer_sizes=3, max_iter=2)
            self.regressor.fit(self.X, self.X[:, 0])
            self.sklearn = MLPClassifier(3, max_iter=2).fit(self.X, self.y)
        self.dataset = Dataset(self.pixels, self.y, 4, (8, 8), (0, 1), "name", "source")
        self.tensors = pytorch.to_state_dict(self.model)
        save(self.model, folder / "model")
        pytorch.save_pytorch(self.model, folder / "torch")
        (folder / "table.csv").write_text("a,b,c\n1,2,x\n3,4,y\n2,2,x\n2,1,y\n")
        self.data = folder / "data"
        self.idx = folder / "idx"
        self._write_data()

    def _write_data(self) -> None:
        self.idx.mkdir()
        sizes = struct.pack(">4I", 0x803, 6, 8, 8), struct.pack(">2I", 0x801, 6)
        for name in ("train", "t10k"):
            images, labels = sizes[0] + self.pixels.tobytes(), sizes[1] + bytes(self.y.tolist())
            (self.idx / f"{name}-images-idx3-ubyte").write_bytes(images)
            (self.idx / f"{name}-labels-idx1-ubyte").write_bytes(labels)
        from PIL import Image

        for name in ("a", "b"):
            (self.data / name).mkdir(parents=True)
            Image.fromarray(self.pixels[0].reshape(8, 8)).save(self.data / name / "0.png")


def _fit(kind: type[Any]) -> Callable[[Material], Call]:
    """Return a call that creates an estimator and trains it."""

    def call(m: Material) -> Call:
        def fit(**settings: Any) -> Any:
            return kind(**settings).fit(m.X, m.y)

        given = {"hidden_layer_sizes": 3, "max_iter": 2, "callbacks": [_Enough()]}
        return Call(fit, given, list(inspect.signature(kind).parameters))

    return call


def _of(function: Callable[..., Any], **arguments: Any) -> Call:
    """Return a call whose parameters are all those of the function."""
    return Call(function, arguments, list(inspect.signature(function).parameters))


def _setting(m: Material, name: str) -> Call:
    """Return a call that assigns to an attribute of a network."""
    model = copy.deepcopy(m.model)
    return Call(lambda value: setattr(model, name, value), {"value": 0.1}, ["value"])


def _train(m: Material) -> Call:
    data = {"X_train": m.X, "y_train": m.y, "X_valid": m.X, "y_valid": m.y}
    settings = {"num_epochs": 2, "minibatch_size": 4, "callbacks": [_Enough()]}
    return _of(train, model=copy.deepcopy(m.model), **data, **settings)


def _calls() -> dict[str, Callable[[Material], Call]]:
    """Return how to call everything public, by name."""
    nn = neuralnet
    calls: dict[str, Callable[[Material], Call]] = {
        "NeuralNetMLP": lambda m: _of(NeuralNetMLP, num_features=3, num_hidden=4, num_classes=2),
        "NeuralNetMLP.l2": lambda m: _setting(m, "l2"),
        "train": _train,
        "NeuralNetClassifier": _fit(NeuralNetClassifier),
        "NeuralNetRegressor": _fit(NeuralNetRegressor),
        "Augmentation.augmenter": lambda m: _of(
            Augmentation(sigma=1, image_shape=(8, 8)).augmenter
        ),
        "Augmentation.check_images": lambda m: _of(
            Augmentation(sigma=1, image_shape=(8, 8)).check_images, images=m.pixels
        ),
        "AugmentedImages": lambda m: _of(
            nn.AugmentedImages,
            images=m.pixels,
            augmentation=Augmentation(sigma=1, image_shape=(8, 8)),
        ),
        "Dataset": lambda m: _of(Dataset, **vars(m.dataset)),
        "History.from_dict": lambda m: _of(History.from_dict, stored=m.history.as_dict()),
        "accuracy": lambda m: _of(nn.accuracy, labels=m.y, predictions=m.y),
        "annotate": lambda m: _of(
            nn.annotate, picture=np.zeros((30, 30)), reading=nn.read_digits(np.zeros((30, 30)))
        ),
        "confusion_matrix": lambda m: _of(
            nn.confusion_matrix, labels=m.y, predictions=m.y, num_classes=2
        ),
        "export_onnx": lambda m: _of(nn.export_onnx, model=m.model, path="m.onnx"),
        "from_mlp_classifier": lambda m: _of(nn.from_mlp_classifier, classifier=m.sklearn),
        "load": lambda m: _of(nn.load, path=m.folder / "model"),
        "load_data": lambda m: _of(nn.load_data, path=m.folder / "table.csv", target="c"),
        "load_data of pictures": lambda m: _of(nn.load_data, path=m.data),
        "load_mnist": lambda m: _of(nn.load_mnist, source="sample"),
        "load_mnist from a folder": lambda m: _of(nn.load_mnist, data_dir=m.idx),
        "load_mnist from the cache": lambda m: _of(nn.load_mnist, cache_dir=m.data, source="cache"),
        "load_pictures": lambda m: _of(nn.load_pictures, folder=m.data),
        "load_table": lambda m: _of(nn.load_table, path=m.folder / "table.csv", target="c"),
        "read_digits": lambda m: _of(nn.read_digits, image=np.zeros((30, 30), np.uint8)),
        "save": lambda m: _of(save, model=m.model, path="network"),
        "split_dataset": lambda m: _of(nn.split_dataset, dataset=m.dataset, sizes=(2, 2, 2)),
        "onnx_model": lambda m: _of(onnx.onnx_model, model=m.model),
        "to_state_dict": lambda m: _of(pytorch.to_state_dict, model=m.model),
        "pytorch_code": lambda m: _of(pytorch.pytorch_code, model=m.model),
        "save_pytorch": lambda m: _of(pytorch.save_pytorch, model=m.model, path="torch"),
        "load_pytorch": lambda m: _of(
            pytorch.load_pytorch, path=m.folder / "torch", hidden_activation="sigmoid"
        ),
        "from_state_dict": lambda m: _of(
            pytorch.from_state_dict, tensors=dict(m.tensors), hidden_activation="sigmoid"
        ),
    }
    for kind, arguments in _CREATED.items():
        calls[kind.__name__] = functools.partial(_creation, kind, arguments)
    for owner, names in _METHODS.items():
        for name, wanted in names.items():
            calls[f"{_OWNERS[owner]}.{name}"] = functools.partial(_method, owner, name, wanted)
    return calls | _plot_calls()


def _creation(kind: type[Any], arguments: dict[str, Any], m: Material) -> Call:
    """Return a call that creates an object."""
    return _of(kind, **arguments)


def _method(owner: str, name: str, wanted: str, m: Material) -> Call:
    """Return a call of a method of a copy; `wanted` are the names of its arguments."""
    arguments = {one: getattr(m, one) for one in wanted.split()}
    call = _of(getattr(copy.deepcopy(getattr(m, owner)), name), **arguments)
    # A part of the names in messages, which only this package gives.
    return call._replace(parameters=[one for one in call.parameters if one != "suffix"])


def _plot_calls() -> dict[str, Callable[[Material], Call]]:
    """Return the calls of the plots."""
    shape = {"image_shape": (8, 8)}

    def predictions(m: Material) -> dict[str, Any]:
        probabilities = m.image_model.predict_proba(m.pixels)
        labels = {"images": m.pixels, "labels": m.y, "predictions": 1 - m.y}
        return labels | {"probabilities": probabilities, "classes": (0, 1)}

    calls: dict[str, Callable[[Material], Call]] = {
        "Snapshots": lambda m: _of(plots.Snapshots),
        "animate": lambda m: _of(
            plots.animate, snapshots=m.snapshots, path="a.gif", max_frames=2, **shape
        ),
        "animate a surface": lambda m: _of(
            plots.animate,
            snapshots=m.snapshots,
            path="a.gif",
            view="loss_surface",
            X=m.pixels,
            y=m.y,
        ),
        "confusion": lambda m: _of(plots.confusion, model=m.image_model, X=m.pixels, y=m.y),
        "confusion of an estimator": lambda m: _of(
            plots.confusion, model=m.classifier, X=m.X, y=m.y
        ),
        "digits": lambda m: _of(plots.digits, X=m.pixels, y=m.y),
        "hidden_units": lambda m: _of(plots.hidden_units, model=m.image_model),
        "history": lambda m: _of(plots.history, history=m.history),
        "misclassified": lambda m: _of(plots.misclassified, model=m.image_model, X=m.pixels, y=m.y),
        "plot_confusion_matrix": lambda m: _of(
            plots.plot_confusion_matrix, matrix=np.eye(2, dtype=int), classes=("a", "b")
        ),
        "plot_hidden_units": lambda m: _of(plots.plot_hidden_units, weights=np.ones((64, 2))),
        "plot_history": lambda m: _of(plots.plot_history, history=m.history),
        "plot_misclassified": lambda m: _of(plots.plot_misclassified, **predictions(m)),
        "save_figure": lambda m: _of(
            plots.save_figure, figure=plots.hidden_units(m.image_model), path="figure.svg"
        ),
    }
    return {f"plots.{name}": call for name, call in calls.items()}


CALLS = _calls()


class Case(NamedTuple):
    """A call, the argument that is replaced, and the name of the value that replaces it."""

    call: str
    parameter: str
    odd: str


def cases(material: Material) -> list[Case]:
    """Return every argument of every call with every odd value."""
    return [
        Case(name, parameter, odd)
        for name, call in CALLS.items()
        for parameter in call(material).parameters
        for odd in ODD_VALUES
    ]
