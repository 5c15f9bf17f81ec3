"""Two classes: training uses one sigmoid output, and `network_` has two softmax outputs."""

from __future__ import annotations

import pickle
import sys
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier

from neuralnet.checks import Array, InputError
from neuralnet.interop.classifier import NeuralNetClassifier
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.storage.networks import load, save
from tests.nn import other_device

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = make_classification(150, 6, n_informative=4, flip_y=0.1, random_state=0)
NAMES = np.array(["no", "yes"])[Y]
# Each of these changes the parameters of the network, or the order of the random draws.
HIDDEN: list[dict[str, Any]] = [
    {},
    {"activation": ["tanh", "gelu"], "hidden_layer_sizes": (8, 5), "dropout": 0.2},
    {"hidden_layer_sizes": (8, 5), "batch_norm": True},
    {"hidden_layer_sizes": 1, "alpha": 1.0},
]


def make_classifier(**changes: Any) -> NeuralNetClassifier:
    settings: dict[str, Any] = {"max_iter": 12, "random_state": 0, "learning_rate_init": 0.02}
    return NeuralNetClassifier(**({"hidden_layer_sizes": 8} | settings | changes))


def smoothed_loss(p: Array, y: Array, smoothing: float) -> float:
    t = y * (1 - smoothing) + smoothing / 2
    return float(-np.mean(t * np.log(p[:, 1]) + (1 - t) * np.log(p[:, 0])))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("settings", HIDDEN, ids=str)
def test_the_network_with_two_outputs_is_equivalent(settings: dict[str, Any], dtype: str) -> None:
    model = make_classifier(dtype=dtype, **settings).fit(X, NAMES)
    network = model.network_
    assert isinstance(network, NeuralNetMLP)
    assert network.classes == ("no", "yes")
    assert network.num_classes == 2
    assert network.dtype == dtype
    rows = X.astype(dtype)
    probabilities = model.predict_proba(X)
    # One and two columns may be summed in different orders, so the logits may round differently.
    rounding = 32 * float(np.finfo(dtype).eps)
    np.testing.assert_allclose(network.predict_proba(rows), probabilities, rtol=rounding)
    np.testing.assert_array_equal(model.classes_[network.predict(rows)], model.predict(X))
    W, b = (network.parameters[f"layers.{len(network.num_hidden)}.{k}"] for k in ("weight", "bias"))
    np.testing.assert_array_equal(W, np.hstack([-model.coefs_[-1], model.coefs_[-1]]) / 2)
    np.testing.assert_array_equal(b, np.hstack([-model.intercepts_[-1], model.intercepts_[-1]]) / 2)
    network.parameters.values.fill(0)  # a copy: the estimator is not affected
    np.testing.assert_array_equal(model.predict_proba(X), probabilities)


def test_the_probabilities_are_those_of_a_sigmoid() -> None:
    model = make_classifier(dtype="float64").fit(X, NAMES)
    hidden = np.maximum(X @ model.coefs_[0] + model.intercepts_[0], 0)
    z = (hidden @ model.coefs_[1] + model.intercepts_[1])[:, 0]
    p = 1 / (1 + np.exp(-z))
    np.testing.assert_allclose(model.predict_proba(X), np.column_stack([1 - p, p]), rtol=1e-12)
    assert [c.shape for c in model.coefs_] == [(6, 8), (8, 1)]
    assert [b.shape for b in model.intercepts_] == [(8,), (1,)]
    assert (model.n_outputs_, model.out_activation_) == (1, "logistic")


def test_a_confident_prediction_keeps_the_precision_of_the_other_class() -> None:
    model = make_classifier().fit(X, NAMES)
    model.intercepts_[-1][...] = 40  # 1 - p is 0 instead of exp(-40) in float32 and float64
    other, confident = model.predict_proba(X).T
    assert (confident == 1).any()
    assert (other > 0).all()
    assert np.isfinite(model.predict_log_proba(X)).all()


def test_initial_weights_equal_scikit_learns() -> None:
    settings: dict[str, Any] = {"hidden_layer_sizes": (5, 3), "learning_rate_init": 1e-300}
    settings |= {"solver": "sgd", "max_iter": 1, "random_state": 4}
    ours = NeuralNetClassifier(**settings, dtype="float64").fit(X, Y)
    theirs = MLPClassifier(**settings).fit(X, Y)
    for our, their in zip(
        ours.coefs_ + ours.intercepts_, theirs.coefs_ + theirs.intercepts_, strict=True
    ):
        np.testing.assert_array_equal(our, their)


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_label_smoothing_is_that_of_two_outputs(smoothing: float) -> None:
    settings: dict[str, Any] = {"label_smoothing": smoothing, "alpha": 0.0, "dtype": "float64"}
    model = make_classifier(**settings, max_iter=200, n_iter_no_change=200)
    model.fit(X, NAMES, X_val=X, y_val=NAMES)
    loss = model.validation_loss_curve_[-1]
    assert loss == pytest.approx(smoothed_loss(model.predict_proba(X), Y, smoothing))
    assert loss == pytest.approx(model.network_.evaluate(X, Y).loss)
    assert model.validation_scores_[-1] == model.score(X, NAMES)
    if smoothing:  # the predictions are no more confident than the targets
        assert np.percentile(model.predict_proba(X).max(axis=1), 90) < 0.95
    with pytest.raises(InputError, match=r"label_smoothing.*1.5"):
        model.set_params(label_smoothing=1.5).fit(X, NAMES)


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("scoring", [None, "neg_log_loss"])
def test_early_stopping_restores_the_best_weights(own: bool, scoring: str | None) -> None:
    given = {"X_val": X[::5], "y_val": NAMES[::5]} if own else {}
    model = make_classifier(early_stopping=True, scoring=scoring, max_iter=200, n_iter_no_change=3)
    model.fit(X, NAMES, **given)
    assert model.n_iter_ < 200
    assert model.best_validation_score_ == max(model.validation_scores_)
    if own and scoring:
        best = -log_loss(Y[::5], model.predict_proba(X[::5]))
        assert model.best_validation_score_ == pytest.approx(best)
    elif own:
        assert model.score(X[::5], NAMES[::5]) == model.best_validation_score_


def test_early_stopping_supports_weights() -> None:
    weight = np.linspace(0, 2, len(X))
    model = make_classifier(early_stopping=True, class_weight="balanced", label_smoothing=0.1)
    model.fit(X, NAMES, weight)
    assert len(model.validation_scores_) == model.n_iter_


def test_class_weights_equal_example_weights() -> None:
    by_class = make_classifier(class_weight={"no": 5, "yes": 0.5}).fit(X, NAMES)
    by_example = make_classifier().fit(X, NAMES, np.array([5, 0.5])[Y])
    np.testing.assert_array_equal(by_class.predict_proba(X), by_example.predict_proba(X))
    plain = make_classifier().fit(X, NAMES)
    assert by_class.predict_proba(X)[:, 0].mean() > plain.predict_proba(X)[:, 0].mean()


def test_warm_start_partial_fit_and_pickling() -> None:
    model = make_classifier(warm_start=True).fit(X, NAMES)
    first = model.loss_curve_[-1]
    model.fit(X, NAMES)
    assert len(model.loss_curve_) == 24
    assert model.loss_curve_[12] < first * 1.1
    with pytest.raises(InputError, match="warm_start"):
        model.fit(X, np.where(Y, "yes", "perhaps"))
    copied = pickle.loads(pickle.dumps(model))  # noqa: S301
    np.testing.assert_array_equal(copied.predict_proba(X), model.predict_proba(X))
    for one in (model, copied):
        one.partial_fit(X, NAMES)
    np.testing.assert_array_equal(copied.predict_proba(X), model.predict_proba(X))
    parts = make_classifier()
    for rows in (Y == 0, Y == 1):  # one class per call
        parts.partial_fit(X[rows], NAMES[rows], classes=["yes", "no"])
    assert parts.classes_.tolist() == ["no", "yes"]
    assert parts.coefs_[-1].shape == (8, 1)
    # Three classes are declared and two occur, so there are three outputs.
    three = make_classifier().partial_fit(X, Y, classes=[0, 1, 2])
    assert three.predict_proba(X).shape == (len(X), 3)


@pytest.mark.parametrize("loss", ["mean_squared_error", "binary_cross_entropy"])
def test_other_losses_have_one_output_per_class(loss: str) -> None:
    model = make_classifier(loss=loss, max_iter=60).fit(X, NAMES)
    assert model.coefs_[-1].shape == (8, 2)
    assert (model.n_outputs_, model.out_activation_) == (2, "logistic")
    assert model.network_ is model.network_  # no conversion
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1, rtol=1e-6)
    assert model.score(X, NAMES) > 0.7


def test_the_saved_network_has_both_classes(tmp_path: Any) -> None:
    model = make_classifier().fit(X, Y - 1)
    save(model.network_, tmp_path / "two.safetensors")
    network = load(tmp_path / "two.safetensors")
    assert network.classes == ("-1", "0")
    np.testing.assert_allclose(
        network.predict_proba(X.astype("float32")), model.predict_proba(X), rtol=1e-6
    )


def test_another_device_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", other_device)
    settings: dict[str, Any] = {"early_stopping": True, "dtype": "float64", "batch_norm": True}
    here = make_classifier(**settings).fit(X, NAMES)
    there = make_classifier(**settings, device="cuda").fit(X, NAMES)
    np.testing.assert_allclose(there.predict_proba(X), here.predict_proba(X), rtol=1e-12)
    np.testing.assert_array_equal(there.predict(X), here.predict(X))
    network = there.network_
    assert isinstance(network.parameters.values, other_device.DeviceArray)
    np.testing.assert_allclose(network.predict_proba(X), here.predict_proba(X), rtol=1e-12)
