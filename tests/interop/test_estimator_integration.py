"""The estimators in scikit-learn's tools: pipelines, searches, calibration, processes."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from neuralnet.checks import Array
from neuralnet.interop.classifier import NeuralNetClassifier
from neuralnet.nn.activations import ReLU
from neuralnet.training.schedules import Constant, OneCycle

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = load_iris(return_X_y=True)


def make_classifier_pipeline(**changes: Any) -> Any:
    settings: dict[str, Any] = {"max_iter": 25, "random_state": 0, "learning_rate_init": 0.02}
    return make_pipeline(StandardScaler(), NeuralNetClassifier(8, **(settings | changes)))


def test_grid_search_over_names_and_objects() -> None:
    grid = {
        "neuralnetclassifier__hidden_layer_sizes": [(4,), (8, 8)],
        "neuralnetclassifier__schedule": [OneCycle(), Constant()],
        "neuralnetclassifier__activation": [ReLU(), "tanh"],
    }
    search = GridSearchCV(make_classifier_pipeline(), grid, cv=3).fit(X, Y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.best_score_ > 0.85


def test_cross_validation_in_other_processes_gives_the_same_scores() -> None:
    here = cross_val_score(make_classifier_pipeline(), X, Y, cv=3)
    there = cross_val_score(make_classifier_pipeline(), X, Y, cv=3, n_jobs=2)
    np.testing.assert_array_equal(here, there)
    assert here.mean() > 0.85


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_calibration(method: str) -> None:
    model = CalibratedClassifierCV(make_classifier_pipeline(), method=method, cv=3).fit(X, Y)
    assert model.score(X, Y) > 0.85


def test_multi_output_classification() -> None:
    targets = np.column_stack([Y, Y == 1])
    model = MultiOutputClassifier(make_classifier_pipeline()).fit(X, targets)
    assert model.predict(X).shape == (150, 2)


def test_joblib_round_trip(tmp_path: Any) -> None:
    model = make_classifier_pipeline().fit(X, Y)
    joblib.dump(model, tmp_path / "model.joblib")
    np.testing.assert_array_equal(
        joblib.load(tmp_path / "model.joblib").predict_proba(X), model.predict_proba(X)
    )


@pytest.mark.filterwarnings("ignore")
def test_grid_search_on_a_dask_cluster_gives_the_same_scores() -> None:
    distributed = pytest.importorskip("dask.distributed")
    grid = {"neuralnetclassifier__hidden_layer_sizes": [(4,), (8,)]}
    here = GridSearchCV(make_classifier_pipeline(), grid, cv=2).fit(X, Y)
    with (
        np.errstate(all="ignore"),
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster),
        joblib.parallel_backend("dask"),
    ):
        there = GridSearchCV(make_classifier_pipeline(), grid, cv=2, n_jobs=-1).fit(X, Y)
    np.testing.assert_array_equal(
        here.cv_results_["mean_test_score"], there.cv_results_["mean_test_score"]
    )


class RecordingCallback:
    """Callback of scikit-learn's protocol that requests to stop after the third epoch."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.scores: list[float] = []
        self.ended = False

    def setup(self, estimator: Any, context: Any) -> None:
        self.max_subtasks = context.max_subtasks

    def teardown(self, estimator: Any, context: Any) -> None:
        self.ended = True

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        self.begun.append(context.task_name)

    def on_fit_task_end(
        self,
        estimator: Any,
        context: Any,
        *,
        X: Array | None = None,
        y: Array | None = None,
        fitted_estimator: Any = None,
    ) -> bool:
        if context.task_name != "epoch":
            return False
        assert fitted_estimator.network_ is not estimator.network_
        self.scores.append(fitted_estimator.score(X, y))
        return len(self.scores) == 3


def test_sklearn_callbacks_are_called_once_per_epoch() -> None:
    pytest.importorskip("sklearn.callback", reason="new in scikit-learn 1.9")
    names = np.array(["a", "b", "c"])[Y]
    recording = RecordingCallback()
    model = NeuralNetClassifier(8, max_iter=10, random_state=0)
    model.set_callbacks(recording).fit(X, names)
    assert recording.begun == ["fit", "epoch", "epoch", "epoch"]
    assert recording.max_subtasks == 10
    assert recording.ended
    assert model.n_iter_ == 3
    assert recording.scores[-1] == model.score(X, names)


@pytest.mark.filterwarnings("error")
def test_sklearn_callbacks_accept_a_data_frame() -> None:
    pytest.importorskip("sklearn.callback", reason="new in scikit-learn 1.9")
    frame, y = load_iris(return_X_y=True, as_frame=True)
    recording = RecordingCallback()
    model = NeuralNetClassifier(8, max_iter=100, random_state=0)
    model.set_callbacks(recording).fit(frame, y)
    assert len(recording.scores) == 3


def test_sklearn_callbacks_work_in_a_grid_search() -> None:
    callback = pytest.importorskip("sklearn.callback", reason="new in scikit-learn 1.9")
    monitor = callback.ScoringMonitor(scoring="accuracy")
    model = NeuralNetClassifier(8, max_iter=4, random_state=0)
    search = GridSearchCV(model, {"alpha": [0.1, 0.2]}, cv=2)
    search.set_callbacks(monitor).fit(X, Y)
    assert search.best_estimator_.n_iter_ == 4


def test_scikit_learn_is_imported_only_with_an_estimator() -> None:
    lines = [
        "import sys, neuralnet",
        "from neuralnet import NeuralNetMLP, train; print('sklearn' in sys.modules)",
        "from neuralnet import NeuralNetClassifier; print('sklearn' in sys.modules)",
    ]
    code = "\n".join(lines)
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False", "True"]
