"""Behaviour that the estimators share with MLPClassifier and MLPRegressor beyond plain training."""

from __future__ import annotations

import inspect
import math
import pickle
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.datasets import load_diabetes
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor

from neuralnet.checks import Array, InputError
from neuralnet.interop.classifier import NeuralNetClassifier
from neuralnet.interop.divergence import EstimatorDivergedError
from neuralnet.interop.regressor import NeuralNetRegressor
from neuralnet.training.lbfgs import LBFGS
from neuralnet.training.run import Callback, TrainingDivergedError, TrainingRun
from tests.interop.iris import NAMES, X, Y, iris_classifier, multilabel_data

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

LBFGS_SETTINGS: dict[str, Any] = {
    "solver": "lbfgs",
    "hidden_layer_sizes": (7,),
    "random_state": 3,
    "max_iter": 12,
}
HAS_POISSON = "loss" in inspect.signature(MLPRegressor).parameters  # from scikit-learn 1.7 on


def diabetes() -> tuple[Array, Array]:
    x, y = load_diabetes(return_X_y=True)
    return x / x.std(axis=0), y / 100


def assert_same_weights(ours: Any, theirs: Any, tolerance: float = 1e-8) -> None:
    pairs = zip(ours.coefs_ + ours.intercepts_, theirs.coefs_ + theirs.intercepts_, strict=True)
    for our, their in pairs:
        np.testing.assert_allclose(our, their, atol=tolerance, rtol=tolerance)


# ------------------------------------------------------------------ L-BFGS


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize("labels", [Y, Y > 0, "several"], ids=["three", "two", "several"])
def test_lbfgs_equals_scikit_learns(labels: Any, activation: str) -> None:
    x, y = multilabel_data() if isinstance(labels, str) else (X, labels)
    settings = LBFGS_SETTINGS | {"activation": activation, "alpha": 0.5}
    theirs = MLPClassifier(**settings).fit(x, y)
    ours = NeuralNetClassifier(**settings).fit(x, y)
    assert ours.n_iter_ == theirs.n_iter_ == 12
    assert ours.loss_ == pytest.approx(theirs.loss_, rel=1e-9)
    assert_same_weights(ours, theirs)
    np.testing.assert_array_equal(ours.predict(x), theirs.predict(x))
    assert len(ours.loss_curve_) == 12
    assert ours.loss_curve_[-1] == ours.best_loss_ == ours.loss_


@pytest.mark.parametrize("loss", ["squared_error", "poisson"])
def test_lbfgs_regression_equals_scikit_learns(loss: str) -> None:
    if loss == "poisson" and not HAS_POISSON:
        pytest.skip("MLPRegressor has the Poisson loss from scikit-learn 1.7 on")
    x, y = diabetes()
    settings = LBFGS_SETTINGS | {"alpha": 1.0}
    theirs = MLPRegressor(**settings, **({"loss": loss} if HAS_POISSON else {})).fit(x, y)
    ours = NeuralNetRegressor(loss, **settings).fit(x, y)
    assert ours.loss_ == pytest.approx(theirs.loss_, rel=1e-9)
    assert_same_weights(ours, theirs)
    np.testing.assert_allclose(ours.predict(x), theirs.predict(x), rtol=1e-7)
    assert ours.out_activation_ == theirs.out_activation_


def test_lbfgs_stops_where_scikit_learns_does() -> None:
    x, y = diabetes()
    settings = LBFGS_SETTINGS | {"tol": 0.02, "max_iter": 500}
    theirs, ours = MLPRegressor(**settings).fit(x, y), NeuralNetRegressor(**settings).fit(x, y)
    assert ours.n_iter_ == theirs.n_iter_ < 500


def test_lbfgs_warns_unless_it_converged_or_a_callback_stopped_it() -> None:
    with pytest.warns(ConvergenceWarning, match=r"lbfgs failed to converge.*max_iter=3"):
        iris_classifier(solver="lbfgs", max_iter=3).fit(X, Y)
    with pytest.warns(ConvergenceWarning, match="lbfgs failed to converge.*evaluations"):
        model = iris_classifier(solver="lbfgs", max_iter=300, max_fun=5).fit(X, Y)
    assert model.n_iter_ <= 5


@pytest.mark.filterwarnings("error::sklearn.exceptions.ConvergenceWarning")
def test_lbfgs_is_silent_when_it_converged_or_was_stopped() -> None:
    class Stopping(Callback):
        def on_epoch_end(self, run: TrainingRun) -> None:
            run.stop("enough")

    model = iris_classifier(solver="lbfgs", max_iter=2000, alpha=1.0, warm_start=True).fit(X, Y)
    assert 3 < model.n_iter_ < 2000
    loss, curve = model.loss_, list(model.loss_curve_)
    model.set_params(tol=0.1).fit(X, Y)  # it has converged before the first iteration
    assert model.n_iter_ == 0
    assert model.loss_ == pytest.approx(loss)
    assert model.loss_curve_ == curve
    assert iris_classifier(solver="lbfgs", callbacks=[Stopping()]).fit(X, Y).n_iter_ == 1


def test_lbfgs_with_weights_sparse_rows_and_a_validation_set() -> None:
    weight = np.arange(150) % 3 * 1.0
    repeated = np.repeat(np.arange(150), np.arange(150) % 3)
    weighted = iris_classifier(solver="lbfgs").fit(X, Y, weight, X_val=X, y_val=Y)
    rows = iris_classifier(solver="lbfgs").fit(sp.csr_array(X[repeated]), Y[repeated])
    np.testing.assert_allclose(weighted.predict_proba(X), rows.predict_proba(X), atol=1e-7)
    assert len(weighted.validation_scores_) == weighted.n_iter_
    assert weighted.validation_scores_[-1] == weighted.score(X, Y)


def test_lbfgs_has_no_partial_fit_until_the_solver_is_changed() -> None:
    model = iris_classifier(solver="lbfgs").fit(X, Y)
    assert not hasattr(model, "partial_fit")
    assert not hasattr(NeuralNetRegressor(optimizer=LBFGS()), "partial_fit")
    model.set_params(solver="adam").partial_fit(X, Y)
    assert model.n_iter_ == 1
    assert pickle.loads(pickle.dumps(model)).score(X, Y) == model.score(X, Y)  # noqa: S301


def test_early_stopping_is_ignored_with_lbfgs() -> None:
    model = iris_classifier(solver="lbfgs", early_stopping=True).fit(X, Y)
    assert model.validation_scores_ is None
    plain = iris_classifier(solver="lbfgs").fit(X, Y)
    np.testing.assert_array_equal(model.predict_proba(X), plain.predict_proba(X))


# ------------------------------------------------------------------ the Poisson loss


@pytest.mark.skipif(not HAS_POISSON, reason="MLPRegressor has it from scikit-learn 1.7 on")
def test_the_poisson_loss_equals_scikit_learns() -> None:
    x, y = diabetes()
    settings: dict[str, Any] = {"loss": "poisson", "solver": "sgd", "random_state": 0}
    settings |= {"shuffle": False, "max_iter": 20, "batch_size": 221, "alpha": 1.0}
    theirs, ours = MLPRegressor(**settings).fit(x, y), NeuralNetRegressor(**settings).fit(x, y)
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-10)
    assert_same_weights(ours, theirs)
    assert ours.out_activation_ == theirs.out_activation_ == "exp"


def test_counts_must_not_be_negative() -> None:
    x, y = diabetes()
    with pytest.raises(InputError, match=r"-1.*at least 0"):
        NeuralNetRegressor("poisson").fit(x, y - 1.25)
    several = NeuralNetRegressor("poisson", max_iter=5).fit(x, np.column_stack([y, 2 * y]))
    assert several.predict(x).shape == (442, 2)
    assert several.predict(x).min() > 0


def test_a_probability_of_a_label_is_not_rounded_to_0() -> None:
    x, y = multilabel_data()
    model = iris_classifier().fit(x, y)
    model.intercepts_[-1][...] = -100
    assert (model.predict_proba(x) > 0).all()
    assert np.isfinite(model.predict_log_proba(x)).all()


# ------------------------------------------------------------------ warm starts


@pytest.mark.parametrize("rule", ["constant", "invscaling", "adaptive"])
def test_a_warm_start_equals_scikit_learns(rule: str) -> None:
    settings: dict[str, Any] = {"solver": "sgd", "learning_rate": rule, "learning_rate_init": 0.1}
    settings |= {"warm_start": True, "shuffle": False, "random_state": 0, "batch_size": 75}
    settings |= {"max_iter": 12, "tol": 0.05, "n_iter_no_change": 1}
    theirs, ours = MLPClassifier(**settings), NeuralNetClassifier(**settings)
    for _ in range(3):
        theirs.fit(X, Y)
        ours.fit(X, Y)
        assert ours.n_iter_ == theirs.n_iter_
        np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-10)
    theirs.partial_fit(X, Y)
    ours.partial_fit(X, Y)
    assert_same_weights(ours, theirs)


def test_a_warm_start_with_other_classes_is_refused_in_scikit_learns_words() -> None:
    other = np.where(Y == 2, 3, Y)
    messages = []
    for kind in (MLPClassifier, NeuralNetClassifier):
        model = kind(warm_start=True, max_iter=1, random_state=0).fit(X, Y)
        with pytest.raises(ValueError, match="warm_start") as error:
            model.fit(X, other)
        messages.append(str(error.value))
    theirs, ours = messages
    assert ours.startswith(theirs)


# ------------------------------------------------------------------ dtypes and classes


@pytest.mark.parametrize(
    ("given", "settings", "expected"),
    [
        ("float64", {}, "float64"),
        ("float32", {}, "float32"),
        ("int64", {}, "float64"),
        ("float32", {"solver": "lbfgs"}, "float64"),
        ("float64", {"dtype": "float32"}, "float32"),
        ("float32", {"dtype": "float64"}, "float64"),
    ],
)
def test_the_dtype_of_X_is_that_of_the_network(  # noqa: N802
    given: str, settings: dict[str, Any], expected: str
) -> None:
    x = (10 * X).astype(given)
    model = NeuralNetClassifier(max_iter=2, random_state=0, **settings).fit(x, Y)
    assert {array.dtype.name for array in model.coefs_ + model.intercepts_} == {expected}
    assert model.predict_proba(x).dtype == expected
    if "dtype" not in settings:
        theirs = MLPClassifier(max_iter=2, random_state=0, **settings).fit(x, Y)
        assert {array.dtype.name for array in theirs.coefs_} == {expected}
    regressor = NeuralNetRegressor(max_iter=2, random_state=0, **settings).fit(x, Y)
    assert regressor.predict(x).dtype == expected
    model.set_params(solver="adam").partial_fit(X, Y)  # keeps the dtype of the first call
    assert model.coefs_[0].dtype == expected


def test_a_single_class_is_always_predicted() -> None:
    theirs = MLPClassifier(max_iter=5, random_state=0, shuffle=False, solver="sgd")
    ours = NeuralNetClassifier(max_iter=5, random_state=0, shuffle=False, solver="sgd")
    theirs.fit(X[:50], NAMES[:50])
    ours.fit(X[:50], NAMES[:50])
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-10)
    assert set(ours.predict(X)) == set(theirs.predict(X)) == {"setosa"}
    np.testing.assert_array_equal(ours.predict_proba(X), np.ones((150, 1)))
    stopped = NeuralNetClassifier(max_iter=5, early_stopping=True).fit(X[:50], NAMES[:50])
    assert stopped.validation_scores_ == [1.0] * 5


def test_early_stopping_takes_a_class_with_one_example_among_many() -> None:
    labels = np.where(np.arange(150) == 0, 9, Y)
    for kind in (MLPClassifier, NeuralNetClassifier):
        assert kind(early_stopping=True, max_iter=2).fit(X, labels).n_iter_ == 2


# ------------------------------------------------------------------ divergence


def test_a_divergence_is_a_value_error_as_in_scikit_learn() -> None:
    phrase = "Solver produced non-finite parameter weights. The input data may contain large values"
    model = iris_classifier(solver="sgd", learning_rate_init=1e300)
    with pytest.raises(ValueError, match=phrase) as error:
        model.fit(X, Y)
    assert isinstance(error.value, TrainingDivergedError)
    assert "learning rate" in str(error.value)
    copied = pickle.loads(pickle.dumps(error.value))  # noqa: S301
    assert isinstance(copied, EstimatorDivergedError)


def test_weights_that_only_the_last_update_spoils_are_found() -> None:
    class Spoiling(Callback):
        def on_gradients(self, run: TrainingRun) -> None:
            if run.epoch == run.num_epochs and run.batch == run.num_batches:
                run.model.parameters.gradients[...] = math.inf

    with pytest.raises(EstimatorDivergedError, match=r"non-finite.*NaN or infinite"):
        iris_classifier(callbacks=[Spoiling()]).fit(X, Y)


def test_with_early_stopping_a_divergence_leaves_the_best_weights() -> None:
    x, y = diabetes()
    model = NeuralNetRegressor(
        solver="sgd",
        learning_rate_init=0.6,
        activation="identity",
        early_stopping=True,
        random_state=0,
    )
    with pytest.warns(ConvergenceWarning, match=r"loss became.*best epoch"):
        model.fit(x, y)
    assert math.isnan(model.validation_scores_[-1])
    assert model.n_iter_ == len(model.validation_scores_) == len(model.loss_curve_)
    assert np.isfinite(model.predict(x)).all()
    assert model.best_validation_score_ == np.nanmax(model.validation_scores_)
    again = clone(model).set_params(early_stopping=False)
    with pytest.raises(EstimatorDivergedError):
        again.fit(x, y)
