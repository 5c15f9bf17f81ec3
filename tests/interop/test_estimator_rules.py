"""The estimators pass scikit-learn's checks, and train like MLPClassifier and MLPRegressor."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_digits
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.utils.estimator_checks import parametrize_with_checks

from neuralnet.checks import Array
from neuralnet.interop.classifier import NeuralNetClassifier
from neuralnet.interop.regressor import NeuralNetRegressor

# These checks fail in float32 only. They compare weighted examples with repeated ones, and the sums
# over a batch round differently; scikit-learn's tolerance of 1e-7 is for float64. (With several
# batches, weighted and repeated examples would also be assigned to different batches.)
ROUNDING = "float32 sums round differently, by more than the tolerance of 1e-7"
EXPECTED = {
    "check_sample_weight_equivalence_on_dense_data": ROUNDING,
    "check_sample_weight_equivalence_on_sparse_data": ROUNDING,
}


@parametrize_with_checks(  # type: ignore[untyped-decorator]
    [
        NeuralNetClassifier(),
        NeuralNetClassifier(solver="lbfgs", max_iter=20),
        NeuralNetClassifier(dtype="float32"),
        NeuralNetRegressor(),
    ],
    expected_failed_checks=lambda estimator: EXPECTED if estimator.dtype == "float32" else {},
)
@pytest.mark.filterwarnings("ignore")
def test_scikit_learns_checks_pass(estimator: Any, check: Any) -> None:
    with np.errstate(all="ignore"):
        check(estimator)


@pytest.mark.parametrize(
    ("ours", "theirs"), [(NeuralNetClassifier, MLPClassifier), (NeuralNetRegressor, MLPRegressor)]
)
def test_all_arguments_of_scikit_learn_exist_with_the_same_defaults(ours: Any, theirs: Any) -> None:
    given = inspect.signature(ours).parameters
    for name, parameter in inspect.signature(theirs).parameters.items():
        if name == "loss" and name not in inspect.signature(theirs).parameters:
            continue
        assert given[name].default == parameter.default, name
    if "loss" in inspect.signature(MLPRegressor).parameters:  # from scikit-learn 1.7 on
        positional = [n for n, p in given.items() if p.kind is p.POSITIONAL_OR_KEYWORD]
        expected = [
            n
            for n, p in inspect.signature(theirs).parameters.items()
            if p.kind is p.POSITIONAL_OR_KEYWORD
        ]
        assert positional == expected


def digits() -> tuple[Array, Array]:
    X, y = load_digits(return_X_y=True)
    return X[:700] / 16, y[:700]


SETTINGS: dict[str, Any] = {"shuffle": False, "random_state": 3, "max_iter": 12, "batch_size": 350}
SGD_SETTINGS: list[dict[str, Any]] = [
    {},
    {"alpha": 2.0},
    {"learning_rate": "invscaling", "learning_rate_init": 0.1},
    {"learning_rate": "adaptive", "tol": 0.05, "n_iter_no_change": 1, "learning_rate_init": 0.05},
    {"activation": "logistic", "hidden_layer_sizes": (20, 10)},
    {"activation": "identity"},
    {"activation": "tanh", "momentum": 0.0},
    {"nesterovs_momentum": False, "tol": 0.5, "n_iter_no_change": 2},
]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("num_classes", [10, 2])
@pytest.mark.parametrize("settings", SGD_SETTINGS, ids=str)
def test_sgd_equals_scikit_learns(settings: dict[str, Any], num_classes: int) -> None:
    X, y = digits()
    y %= num_classes
    settings = SETTINGS | {"solver": "sgd"} | settings
    theirs = MLPClassifier(**settings).fit(X, y)
    ours = NeuralNetClassifier(**settings).fit(X, y)
    assert ours.n_iter_ == theirs.n_iter_
    # Both compute in float64; only the order of summation differs.
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-10)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-10)
    for our, their in zip(
        ours.coefs_ + ours.intercepts_, theirs.coefs_ + theirs.intercepts_, strict=True
    ):
        np.testing.assert_allclose(our, their, atol=1e-10)
    assert ours.t_ == theirs.t_
    assert ours.best_loss_ == pytest.approx(theirs.best_loss_)
    assert (ours.n_outputs_, ours.out_activation_) == (theirs.n_outputs_, theirs.out_activation_)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("num_classes", [10, 2])
def test_adam_is_close_to_scikit_learns(num_classes: int) -> None:
    # scikit-learn adds the epsilon of Adam before the bias correction of v.
    X, y = digits()
    y %= num_classes
    theirs = MLPClassifier(**SETTINGS).fit(X, y)
    ours = NeuralNetClassifier(**SETTINGS).fit(X, y)
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-3)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("alpha", [1e-4, 3.0])
@pytest.mark.parametrize("num_targets", [1, 2])
def test_regression_with_sgd_equals_scikit_learns(alpha: float, num_targets: int) -> None:
    X, y = load_diabetes(return_X_y=True)
    y = y / 100
    targets = y if num_targets == 1 else np.column_stack([y, 1 - y])
    settings = SETTINGS | {"solver": "sgd", "alpha": alpha, "batch_size": 221}
    theirs = MLPRegressor(**settings).fit(X, targets)
    ours = NeuralNetRegressor(**settings).fit(X, targets)
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-9)
    if num_targets == 1:  # for several, scikit-learn reports the mean but differentiates the sum
        np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-10)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("num_classes", [10, 2])
def test_weighted_examples_equal_scikit_learns(num_classes: int) -> None:
    if "sample_weight" not in inspect.signature(MLPClassifier.fit).parameters:
        pytest.skip("MLPClassifier supports weights from scikit-learn 1.7 on")
    X, y = digits()
    y %= num_classes
    weight = np.random.default_rng(0).uniform(0.5, 2, len(X))
    settings = SETTINGS | {"solver": "sgd", "batch_size": 700, "alpha": 1.0}
    theirs = MLPClassifier(**settings).fit(X, y, weight)
    ours = NeuralNetClassifier(**settings).fit(X, y, weight)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-10)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("num_classes", [10, 2])
@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_partial_fit_keeps_the_optimizer_state(solver: str, num_classes: int) -> None:
    X, y = digits()
    y %= num_classes
    settings: dict[str, Any] = SETTINGS | {"solver": solver, "max_iter": 6}
    whole = NeuralNetClassifier(**settings).fit(X, y)
    parts = NeuralNetClassifier(**settings)
    for _ in range(6):
        parts.partial_fit(X, y, classes=np.arange(num_classes))
    np.testing.assert_allclose(parts.predict_proba(X), whole.predict_proba(X), rtol=1e-12)
    np.testing.assert_allclose(parts.loss_curve_, whole.loss_curve_, rtol=1e-12)
    assert parts.n_iter_ == 1
    assert parts.t_ == whole.t_
