"""Training of the estimators: accepted data, options and fitted attributes."""

from __future__ import annotations

import math
import pickle
import sys
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from neuralnet.checks import Array, InputError
from neuralnet.interop.regressor import NeuralNetRegressor
from neuralnet.interop.sparse import SparseRows
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.training.advice import TrainingWarning
from neuralnet.training.run import Callback, TrainingRun
from tests.interop.iris import NAMES, X, Y, iris_classifier, multilabel_data
from tests.nn import other_device

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize(
    "labels", [Y, NAMES, Y - 1, Y * 1.0, Y > 0, NAMES.astype(object)], ids=lambda y: str(y[0])
)
def test_labels_of_any_type_are_predicted_unchanged(labels: Array) -> None:
    model = iris_classifier(max_iter=40).fit(X, labels)
    assert model.classes_.tolist() == sorted(set(labels.tolist()))
    assert set(model.predict(X).tolist()) <= set(labels.tolist())
    assert model.predict(X).dtype == labels.dtype
    assert model.score(X, labels) > 0.85
    probabilities = model.predict_proba(X)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(model.predict_log_proba(X), np.log(probabilities))
    assert len(model.network_.classes) == len(model.classes_)


def test_several_labels_per_example() -> None:
    x, y = multilabel_data()
    model = iris_classifier(max_iter=150).fit(x, y)
    answers = model.predict(x)
    assert answers.shape == y.shape
    assert (answers == y).mean() > 0.75
    assert model.out_activation_ == "logistic"
    np.testing.assert_array_equal(answers, model.predict_proba(x) > 0.5)
    sparse = iris_classifier(max_iter=150).fit(x, sp.csr_array(y))
    np.testing.assert_array_equal(sparse.predict(x), answers)
    with pytest.raises(InputError, match="label_smoothing"):
        iris_classifier(label_smoothing=0.1).fit(x, y)
    with pytest.raises(InputError, match="MultiOutputClassifier"):
        iris_classifier().fit(x, y * 3 + np.arange(4))


def test_early_stopping_with_several_labels_uses_the_exact_match_ratio() -> None:
    x, y = multilabel_data()
    model = iris_classifier(early_stopping=True, max_iter=20).fit(x, y)
    assert model.validation_scores_ is not None
    assert len(model.validation_scores_) == model.n_iter_
    own = iris_classifier(max_iter=3).fit(x, y, X_val=x, y_val=y)
    assert own.validation_scores_[-1] == own.score(x, y)


@pytest.mark.parametrize("kind", [sp.csr_matrix, sp.csc_array, sp.coo_array])
def test_sparse_examples_give_the_same_network(kind: Any) -> None:
    x = np.where(X > 0.5, X, 0)
    dense = iris_classifier(batch_size=40).fit(x, Y, X_val=x, y_val=Y)
    sparse = iris_classifier(batch_size=40).fit(kind(x), Y, X_val=kind(x), y_val=Y)
    np.testing.assert_array_equal(sparse.predict_proba(kind(x)), dense.predict_proba(x))
    assert sparse.validation_loss_curve_ == dense.validation_loss_curve_


def test_sparse_rows_convert_only_the_requested_rows() -> None:
    matrix = sp.csr_array(np.where(X > 0.5, X, 0))
    rows, out = SparseRows(matrix), np.empty((3, 4))
    assert rows.take(np.array([5, 0, 149]), 0, out, "clip") is out
    np.testing.assert_array_equal(out, matrix.toarray()[[5, 0, 149]])
    np.testing.assert_array_equal(rows[7:9], matrix.toarray()[7:9])
    assert (len(rows), rows.shape, rows.ndim) == (150, (150, 4), 2)


def test_a_given_validation_set_is_evaluated_in_each_epoch() -> None:
    model = iris_classifier().fit(X[:100], NAMES[:100], X_val=X[60:100], y_val=NAMES[60:100])
    assert len(model.validation_loss_curve_) == len(model.validation_scores_) == 8
    assert model.validation_scores_[-1] == model.score(X[60:100], NAMES[60:100])
    assert model.best_validation_score_ is None
    loss, _ = model.network_.evaluate(X[60:100].astype("float32"), Y[60:100])
    assert model.validation_loss_curve_[-1] == pytest.approx(loss)


@pytest.mark.parametrize("own", [False, True])
def test_early_stopping_restores_the_best_weights(own: bool) -> None:
    given = {"X_val": X[::5], "y_val": NAMES[::5]} if own else {}
    model = iris_classifier(early_stopping=True, max_iter=200, n_iter_no_change=3)
    model.fit(X, NAMES, **given)
    assert model.n_iter_ < 200
    assert model.best_validation_score_ == max(model.validation_scores_)
    assert model.best_loss_ is None
    if own:
        assert model.score(X[::5], NAMES[::5]) == model.best_validation_score_


def test_early_stopping_with_another_scorer_or_weights() -> None:
    model = iris_classifier(early_stopping=True, scoring="neg_log_loss", max_iter=5).fit(X, NAMES)
    assert all(score < 0 for score in model.validation_scores_)
    weighted = iris_classifier(early_stopping=True, max_iter=5).fit(X, NAMES, np.arange(1, 151))
    assert len(weighted.validation_scores_) == 5


def test_regression() -> None:
    x = np.linspace(-1, 1, 200).reshape(-1, 1)
    y = x[:, 0] ** 2
    settings: dict[str, Any] = {
        "random_state": 0,
        "max_iter": 60,
        "batch_size": 20,
        "learning_rate_init": 0.01,
    }
    model = NeuralNetRegressor(hidden_layer_sizes=20, **settings).fit(x, y, X_val=x, y_val=y)
    assert model.score(x, y) > 0.9
    assert model.validation_scores_[-1] == pytest.approx(model.score(x, y))
    assert model.predict(x).dtype == np.float64
    assert model.predict(x.astype(np.float32)).dtype == np.float64
    stopped = NeuralNetRegressor(early_stopping=True, **settings).fit(x, np.column_stack([y, -y]))
    assert stopped.predict(x).shape == (200, 2)
    assert stopped.best_validation_score_ == max(stopped.validation_scores_)
    with pytest.raises(InputError, match=r"loss.*poison.*'poisson'"):
        NeuralNetRegressor("poison").fit(x, y)
    with pytest.raises(InputError, match=r"1 target.*2 output"):
        stopped.partial_fit(x, y) if stopped.set_params(early_stopping=False) else None


def test_training_stops_at_convergence_and_warns_without_it() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", TrainingWarning)
        model = iris_classifier(tol=10, n_iter_no_change=2).fit(X, Y)
    assert model.n_iter_ == 4  # the first epoch improves on infinity, the next three do not improve
    with pytest.warns(ConvergenceWarning, match=r"Maximum iterations \(8\) reached"):
        iris_classifier(tol=0).fit(X, Y)
    endless = iris_classifier(tol=10, n_iter_no_change=math.inf).fit(X, Y)
    assert endless.n_iter_ == 8


def test_class_weights_equal_example_weights() -> None:
    by_class = iris_classifier(class_weight={"setosa": 5, "virginica": 0.5, "versicolor": 1})
    by_class.fit(X, NAMES)
    by_example = iris_classifier().fit(X, NAMES, np.array([5, 1, 0.5])[Y])
    np.testing.assert_array_equal(by_class.predict_proba(X), by_example.predict_proba(X))
    some = np.r_[0:50, 50:60]
    balanced = iris_classifier(class_weight="balanced").fit(X[some], NAMES[some])
    plain = iris_classifier().fit(X[some], NAMES[some])
    assert (balanced.predict_proba(X[50:60])[:, 1] > plain.predict_proba(X[50:60])[:, 1]).all()
    with pytest.raises(InputError, match="balanced"):
        iris_classifier(class_weight="balanced").partial_fit(X, Y, classes=[0, 1, 2])


def test_fitted_attributes() -> None:
    frame = pd.DataFrame(X, columns=list("abcd"))
    model = iris_classifier(hidden_layer_sizes=(8, 5), batch_norm=True, dropout=[0, 0.2])
    model.set_params(activation=["relu", "tanh"], optimizer="adamw", schedule="one_cycle")
    model.fit(frame, NAMES)
    assert isinstance(model.network_, NeuralNetMLP)
    assert model.network_.classes == ("setosa", "versicolor", "virginica")
    assert [a.name for a in model.network_.hidden_activation] == ["relu", "tanh"]
    assert model.feature_names_in_.tolist() == list("abcd")
    assert [c.shape for c in model.coefs_] == [(4, 8), (8, 5), (5, 3)]
    assert [b.shape for b in model.intercepts_] == [(8,), (5,), (3,)]
    assert (model.n_layers_, model.n_outputs_, model.out_activation_) == (4, 3, "softmax")
    labels = model.network_.predict(X.astype("float32"))
    np.testing.assert_array_equal(model.classes_[labels], model.predict(frame))


def test_the_same_seed_and_a_pickled_copy_give_the_same() -> None:
    model = iris_classifier().fit(X, NAMES)
    again = clone(model).fit(X, NAMES)
    np.testing.assert_array_equal(model.predict_proba(X), again.predict_proba(X))
    copied = pickle.loads(pickle.dumps(model))  # noqa: S301
    np.testing.assert_array_equal(model.predict_proba(X), copied.predict_proba(X))
    for one in (model, copied):  # the optimizer's moments are pickled too
        one.partial_fit(X, NAMES)
    np.testing.assert_array_equal(model.predict_proba(X), copied.predict_proba(X))


def test_partial_fit_accepts_classes_in_any_order() -> None:
    model = iris_classifier()
    with pytest.raises(InputError, match="classes"):
        model.partial_fit(X, NAMES)
    for start in range(0, 150, 50):  # one class per call
        rows = slice(start, start + 50)
        model.partial_fit(X[rows], NAMES[rows], classes=["virginica", "setosa", "versicolor"])
    assert model.classes_.tolist() == ["setosa", "versicolor", "virginica"]
    with pytest.raises(InputError, match="daisy"):
        model.partial_fit(X[:2], ["daisy", "setosa"])
    with pytest.raises(InputError, match="first call"):
        model.partial_fit(X[:2], NAMES[:2], classes=["setosa"])
    x, y = multilabel_data()
    assert iris_classifier().partial_fit(x, y).predict(x).shape == y.shape


def test_a_warm_start_continues_training() -> None:
    model = iris_classifier(warm_start=True).fit(X, NAMES)
    first = model.loss_curve_[-1]
    model.fit(X, NAMES)
    assert len(model.loss_curve_) == 16
    assert model.n_iter_ == 8
    assert model.loss_curve_[8] < first * 1.2
    with pytest.raises(InputError, match="warm_start"):
        model.fit(X[:100], NAMES[:100])


class CountingCallback(Callback):
    def __init__(self) -> None:
        self.epochs = 0

    def on_epoch_end(self, run: TrainingRun) -> None:
        self.epochs += 1
        if self.epochs == 5:
            run.stop("enough")


def test_callbacks_are_called_and_can_stop_training() -> None:
    counting = CountingCallback()
    model = iris_classifier(callbacks=[counting]).fit(X, Y)
    assert (counting.epochs, model.n_iter_) == (5, 5)


class InterruptingCallback(Callback):
    def on_batch_end(self, run: TrainingRun) -> None:
        if run.epoch == 3:
            raise KeyboardInterrupt


def test_an_interrupt_keeps_the_trained_weights() -> None:
    with pytest.warns(UserWarning, match="interrupted"):
        model = iris_classifier(callbacks=[InterruptingCallback()]).fit(X, Y)
    assert model.n_iter_ == 2
    assert model.predict(X).shape == (150,)


def test_verbose_prints_one_line_per_epoch(capsys: pytest.CaptureFixture[str]) -> None:
    iris_classifier(verbose=True).fit(X, Y)
    printed = capsys.readouterr().out
    assert printed.count("Iteration") == printed.count("loss = ") == 8
    assert "Validation score" not in printed
    iris_classifier(verbose=True, early_stopping=True, n_iter_no_change=1, tol=1).fit(X, Y)
    printed = capsys.readouterr().out
    assert printed.count("Validation score: 0.") == printed.count("Iteration") < 8
    assert printed.endswith("for 1 consecutive epochs. Stopping.\n")


def test_batch_normalization_with_a_last_batch_of_one() -> None:
    iris_classifier(batch_norm=True, batch_size=149, max_iter=1).fit(X, Y)


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_another_device_gives_the_same(solver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    with pytest.raises(InputError, match="CuPy"):
        iris_classifier(device="cuda").fit(X, Y)
    monkeypatch.setitem(sys.modules, "cupy", other_device)
    settings: dict[str, Any] = {"solver": solver, "early_stopping": True, "dtype": "float64"}
    here = iris_classifier(**settings).fit(X, NAMES)
    there = iris_classifier(**settings, device="cuda").fit(X, NAMES)
    assert isinstance(there.network_.parameters.values, other_device.DeviceArray)
    np.testing.assert_allclose(there.predict_proba(X), here.predict_proba(X), rtol=1e-12)
    for our, their in zip(
        there.coefs_ + there.intercepts_, here.coefs_ + here.intercepts_, strict=True
    ):
        assert type(our) is np.ndarray
        np.testing.assert_allclose(our, their, rtol=1e-12)


def test_inputs_are_not_scaled() -> None:
    whole = np.round(X * 20 + 100)
    as_bytes = iris_classifier().fit(whole.astype(np.uint8), Y)
    as_floats = iris_classifier().fit(whole, Y)
    np.testing.assert_array_equal(as_bytes.predict_proba(whole), as_floats.predict_proba(whole))
