"""Every kind of estimator gives the same predictions in ONNX, in PyTorch's layout and in a file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from safetensors import safe_open
from sklearn.datasets import load_diabetes, load_wine, make_multilabel_classification
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler

from neuralnet.checks import InputError
from neuralnet.interop.classifier import NeuralNetClassifier
from neuralnet.interop.onnx import export_onnx
from neuralnet.interop.pytorch import pytorch_code, save_pytorch, to_state_dict
from neuralnet.interop.regressor import NeuralNetRegressor
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.storage import load, save
from tests.cli.running import run, run_json
from tests.interop.test_onnx import run as run_onnx

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

SETTINGS: dict[str, Any] = {"hidden_layer_sizes": (6, 5), "max_iter": 15, "random_state": 0}
WINE, KINDS_OF_WINE = load_wine(return_X_y=True)
DIABETES, PROGRESSION = load_diabetes(return_X_y=True, scaled=False)
LABELLED, LABELS = make_multilabel_classification(150, 8, n_classes=4, random_state=0)

# For each kind of estimator: the estimator, its examples and its targets.
KINDS: dict[str, tuple[Any, NDArray[Any], NDArray[Any]]] = {
    "binary": (NeuralNetClassifier(**SETTINGS), WINE, KINDS_OF_WINE > 0),
    "multiclass": (NeuralNetClassifier(**SETTINGS), WINE, KINDS_OF_WINE),
    "float32": (NeuralNetClassifier(**SETTINGS, dtype="float32"), WINE, KINDS_OF_WINE),
    "lbfgs": (NeuralNetClassifier(**SETTINGS, solver="lbfgs"), WINE, KINDS_OF_WINE),
    "batch_norm": (NeuralNetClassifier(**SETTINGS, batch_norm=True), WINE, KINDS_OF_WINE),
    "sigmoids": (NeuralNetClassifier(**SETTINGS, loss="mean_squared_error"), WINE, KINDS_OF_WINE),
    "sigmoids of two": (
        NeuralNetClassifier(**SETTINGS, loss="mean_squared_error"),
        WINE,
        KINDS_OF_WINE > 0,
    ),
    "binary_cross_entropy": (
        NeuralNetClassifier(**SETTINGS, loss="binary_cross_entropy"),
        WINE,
        KINDS_OF_WINE,
    ),
    "dropout": (
        NeuralNetClassifier(**SETTINGS, dropout=0.3, label_smoothing=0.1, class_weight="balanced"),
        WINE,
        KINDS_OF_WINE > 0,
    ),
    "logistic": (NeuralNetClassifier(**SETTINGS, activation="logistic"), WINE, KINDS_OF_WINE),
    "identity": (NeuralNetClassifier(**SETTINGS, activation="identity"), WINE, KINDS_OF_WINE),
    "two activations": (
        NeuralNetClassifier(**SETTINGS, activation=["gelu", "leaky_relu"]),
        WINE,
        KINDS_OF_WINE,
    ),
    "multilabel": (NeuralNetClassifier(**SETTINGS), LABELLED, LABELS),
    "normalized multilabel": (
        NeuralNetClassifier(**SETTINGS, batch_norm=True, dtype="float32"),
        LABELLED,
        LABELS,
    ),
    "regressor": (NeuralNetRegressor(**SETTINGS), DIABETES, PROGRESSION / 100),
    "regressor of two": (
        NeuralNetRegressor(**SETTINGS, activation="tanh"),
        DIABETES,
        np.column_stack([PROGRESSION / 100, DIABETES[:, 0] / 50]),
    ),
    "poisson": (NeuralNetRegressor("poisson", **SETTINGS), DIABETES, PROGRESSION / 100),
    "poisson of two": (
        NeuralNetRegressor("poisson", **SETTINGS),
        DIABETES,
        np.column_stack([PROGRESSION / 100, DIABETES[:, 0] / 50]),
    ),
}
SCALERS: dict[str, list[Any]] = {
    "standard": [StandardScaler()],
    "minmax": [MinMaxScaler((-1, 2))],
    "not centred": [StandardScaler(with_mean=False)],
    "not scaled": [StandardScaler(with_std=False), MaxAbsScaler()],
    "robust": ["passthrough", RobustScaler(), Pipeline([("inner", StandardScaler())])],
}
TASKS = {kind: "multilabel" for kind in KINDS if kind.endswith("multilabel")} | {
    kind: "regression" for kind in KINDS if kind.startswith(("regressor", "poisson"))
}
# PyTorch's activations by their names.
PYTORCH: dict[str, Callable[[NDArray[Any]], NDArray[Any]]] = {
    "ReLU": lambda z: np.maximum(z, 0),
    "LeakyReLU": lambda z: np.where(z > 0, z, 0.01 * z),
    "Tanh": np.tanh,
    "Sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "Identity": lambda z: z,
    "GELU": lambda z: z / 2 * (1 + np.tanh((2 / np.pi) ** 0.5 * (z + 0.044715 * z**3))),
}


def fitted(kind: str, scalers: str) -> tuple[Any, NDArray[Any]]:
    """Return a fitted estimator or pipeline, and its examples."""
    estimator, X, y = KINDS[kind]
    if not scalers:
        X = StandardScaler().fit_transform(X)
        return estimator.fit(X, y), X
    return make_pipeline(*SCALERS[scalers], estimator).fit(X, y), X


def expected(model: Any, X: NDArray[Any], kind: str) -> NDArray[np.float64]:
    """Return what the first output of an export should be."""
    if TASKS.get(kind) == "regression":
        predicted: NDArray[np.float64] = model.predict(X).reshape(len(X), -1)
        return predicted
    probabilities: NDArray[np.float64] = model.predict_proba(X)
    return probabilities


@pytest.mark.parametrize("scalers", ["", *SCALERS])
@pytest.mark.parametrize("kind", KINDS)
def test_onnx_and_a_file_give_the_predictions(kind: str, scalers: str, tmp_path: Path) -> None:
    model, X = fitted(kind, scalers)
    export_onnx(model, tmp_path / "model.onnx")
    exported = run_onnx(tmp_path / "model.onnx", X.astype(np.float32))
    wanted = expected(model, X, kind)
    save(model, tmp_path / "model.safetensors")
    network = load(tmp_path / "model.safetensors")
    task = TASKS.get(kind, "classification")
    if task == "regression":
        assert list(exported) == ["outputs"]
        got, loaded = exported["outputs"], network.outputs(X)
    else:
        classes, predicted = np.asarray(model.classes_), model.predict(X)
        assert list(exported) == ["probabilities", "labels" if task == "multilabel" else "label"]
        got = exported["probabilities"]
        if task == "multilabel":
            loaded = network.outputs(X)
            certain = np.abs(wanted - 0.5) > 1e-5
            assert exported["labels"].shape == predicted.shape
            np.testing.assert_array_equal(exported["labels"][certain], predicted[certain])
            assert not np.allclose(got.sum(axis=1), 1)
        else:
            loaded = network.predict_proba(X)
            np.testing.assert_array_equal(classes[exported["label"]], predicted)
            assert [str(name) for name in network.classes] == [str(one) for one in classes]
    np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-5)
    tolerance = 1e-5 if KINDS[kind][0].dtype == "float32" else 1e-9
    np.testing.assert_allclose(loaded, wanted, rtol=tolerance, atol=tolerance)
    assert network.notes["input"] == "features"
    assert network.notes["task"] == task
    assert ("input_values" in network.notes) == (not scalers)  # the range before the scalers


@pytest.mark.parametrize("kind", KINDS)
def test_pytorchs_layout_gives_the_predictions(kind: str, tmp_path: Path) -> None:
    model, X = fitted(kind, "standard")
    z = X
    tensors = to_state_dict(model)
    for module, code in enumerate(pytorch_code(model)[14:-1].split(", nn.")):
        if code.removeprefix("nn.").startswith("Linear"):
            z = z @ tensors[f"{module}.weight"].T + tensors[f"{module}.bias"]
        else:
            z = PYTORCH[code.removeprefix("nn.").partition("(")[0]](z)
    save_pytorch(model, tmp_path / "weights.safetensors")
    with safe_open(tmp_path / "weights.safetensors", "numpy") as file:
        metadata = file.metadata()
    assert metadata["takes"] == "features, used as they are"
    sigmoids = 1 / (1 + np.exp(-z))
    exponentials = np.exp(z - z.max(axis=1, keepdims=True))
    # For each text of the metadata, what it says that the predictions are.
    meanings = {
        "logits; their softmax gives the probabilities": exponentials
        / exponentials.sum(axis=1, keepdims=True),
        "logits; their sigmoids, divided by the sum, give the probabilities": sigmoids
        / sigmoids.sum(axis=1, keepdims=True),
        "logits; the sigmoid of each is the probability of that label": sigmoids,
        "logits; their exponentials are the predicted numbers": np.exp(z.clip(max=20)),
        "the predicted numbers": z,
    }
    wanted = expected(model, X, kind)
    np.testing.assert_allclose(meanings[metadata["gives"]], wanted, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("kind", "outputs", "shown"),
    [
        (
            "multiclass",
            "probabilities, float32, batch x 3; label, int64, batch",
            "Classes: 0, 1, 2",
        ),
        (
            "multilabel",
            "probabilities, float32, batch x 4; labels, int64, batch x 4",
            "Labels, each with a probability of its own: 0, 1, 2, 3",
        ),
        ("poisson of two", "outputs, float32, batch x 2", "Predicted numbers per example: 2"),
    ],
)
def test_the_commands_agree(kind: str, outputs: str, shown: str, tmp_path: Path) -> None:
    model, X = fitted(kind, "standard")
    path = tmp_path / "model.safetensors"
    save(model, path)
    text = run("show", path).output
    assert "Features are used as they are." in text
    assert shown in text
    described = run_json("show", path)
    assert described["inputs"] == "features"
    assert described["task"] == TASKS.get(kind, "classification")
    exported = run_json("export", path, tmp_path / "model.onnx")
    assert exported["takes"] == f"features, float32, batch x {X.shape[1]}"
    assert exported["gives"] == outputs
    weights = run_json("export", path, tmp_path / "weights.safetensors", "--to", "pytorch")
    assert weights["takes"].startswith("features")
    assert weights["gives"]


def test_the_names_of_columns_and_classes_are_kept(tmp_path: Path) -> None:
    frame = pd.DataFrame(WINE, columns=load_wine().feature_names)
    names = np.array(["barolo", "grignolino", "barbera"])[KINDS_OF_WINE]
    for model in (NeuralNetClassifier(**SETTINGS), make_pipeline(StandardScaler())):
        if isinstance(model, Pipeline):
            model.steps.append(("network", NeuralNetClassifier(**SETTINGS)))
        save(model.fit(frame, names), tmp_path / "wine.safetensors")
        network = load(tmp_path / "wine.safetensors")
        assert json.loads(network.notes["columns"]) == list(frame.columns)
        assert network.classes == ("barbera", "barolo", "grignolino")


def test_the_network_of_an_estimator_knows_its_inputs_too() -> None:
    model, _ = fitted("multiclass", "")
    assert model.network_.notes == model.to_network().notes
    assert isinstance(model.to_network(), NeuralNetMLP)


@pytest.mark.parametrize("export", [save, export_onnx, save_pytorch])
def test_what_has_no_network_is_refused(export: Any, tmp_path: Path) -> None:
    path = tmp_path / "unused"
    pca = make_pipeline(PCA(3), NeuralNetClassifier(**SETTINGS)).fit(WINE, KINDS_OF_WINE)
    clipping = make_pipeline(MinMaxScaler(clip=True), NeuralNetClassifier(**SETTINGS))
    theirs = MLPClassifier(max_iter=2).fit(WINE, KINDS_OF_WINE)
    for model, facts in (
        (pca, "PCA.*StandardScaler.*pipeline"),
        (clipping.fit(WINE, KINDS_OF_WINE), "clip=True"),
        (NeuralNetClassifier(**SETTINGS).fit(WINE, ["red"] * len(WINE)), "one class only"),
        (theirs, "MLPClassifier.*NeuralNetMLP.*NeuralNetClassifier"),
        (make_pipeline(StandardScaler()), "Pipeline that ends in one"),
        (Pipeline([("none", "passthrough")]), "Pipeline that ends in one"),
        (NeuralNetClassifier, "fitted NeuralNetClassifier"),
        ("model", "NeuralNetMLP"),
    ):
        with pytest.raises(InputError, match=facts):
            export(model, path)
    for unfitted in (NeuralNetClassifier(), make_pipeline(StandardScaler(), NeuralNetClassifier())):
        with pytest.raises(NotFittedError):
            export(unfitted, path)
    assert not path.exists()
