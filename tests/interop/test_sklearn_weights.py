"""A converted scikit-learn classifier gives the same predictions."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor

from neuralnet.checks import InputError
from neuralnet.data.inputs import input_columns, input_kind
from neuralnet.interop.sklearn_weights import from_mlp_classifier


def fitted(num_classes: int, names: Any = None, **settings: Any) -> tuple[MLPClassifier, Any]:
    X, y = make_classification(
        120, 8, n_informative=6, n_classes=num_classes, random_state=0, class_sep=0.7
    )
    labels = y if names is None else np.array(names)[y]
    classifier = MLPClassifier(max_iter=15, random_state=0, **settings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return classifier.fit(X, labels), X


@pytest.mark.parametrize("num_classes", [2, 3])
@pytest.mark.parametrize("hidden", [(9,), (6, 5)])
@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
def test_same_predictions(activation: str, hidden: tuple[int, ...], num_classes: int) -> None:
    classifier, X = fitted(num_classes, activation=activation, hidden_layer_sizes=hidden)
    model = from_mlp_classifier(classifier)
    np.testing.assert_allclose(
        model.predict_proba(X), classifier.predict_proba(X), rtol=0, atol=1e-6
    )
    np.testing.assert_array_equal(np.array(model.classes)[model.predict(X)], classifier.predict(X))
    assert input_kind(model.notes) == "features"


def test_float32_stays_float32() -> None:
    classifier, X = fitted(3)
    single = MLPClassifier(hidden_layer_sizes=5, max_iter=200, random_state=0, tol=0.1)
    single.fit(X.astype(np.float32), classifier.predict(X))
    model = from_mlp_classifier(single)
    assert model.dtype == "float32"
    X = X.astype(np.float32)
    np.testing.assert_allclose(model.predict_proba(X), single.predict_proba(X), atol=1e-6)


@pytest.mark.parametrize(
    ("names", "classes"),
    [
        (["no", "yes"], ("no", "yes")),
        ([-1, 1], ("-1", 1)),
        ([False, True], ("False", "True")),
    ],
)
def test_class_names_are_kept(names: list[Any], classes: tuple[Any, ...]) -> None:
    assert from_mlp_classifier(fitted(2, names)[0]).classes == classes


def test_column_names_are_kept() -> None:
    classifier, X = fitted(2)
    columns = [f"feature {i}" for i in range(8)]
    frame = pd.DataFrame(X, columns=columns)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        classifier.fit(frame, classifier.predict(X))
    assert input_columns(from_mlp_classifier(classifier).notes) == columns


def test_invalid_classifiers_are_refused() -> None:
    X, _ = make_classification(50, 8, random_state=0)
    several = MLPClassifier(max_iter=2, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        several.fit(X, (X[:, :3] > 0).astype(int))
    for wrong, fact in (
        (several, "several labels"),
        (MLPClassifier(), "not fitted"),
        (MLPRegressor(), "MLPRegressor"),
    ):
        with pytest.raises(InputError, match=fact):
            from_mlp_classifier(wrong)
