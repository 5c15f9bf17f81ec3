"""Invalid parameters and data are refused by the estimators."""

from __future__ import annotations

from typing import Any

import pytest
from sklearn.exceptions import NotFittedError

from neuralnet.checks import InputError
from neuralnet.training.callbacks import GradientClipping
from neuralnet.training.run import TrainingDivergedError
from tests.interop.iris import NAMES, X, Y, iris_classifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize(
    ("settings", "facts"),
    [
        ({"solver": "lbfgs", "dropout": 0.1}, ["lbfgs", "dropout", "adam"]),
        ({"solver": "lbfgs", "batch_norm": True}, ["lbfgs", "batch normalization"]),
        ({"solver": "lbfgs", "schedule": "cosine"}, ["lbfgs", "cosine"]),
        ({"optimizer": "lbfgs", "callbacks": [GradientClipping(1)]}, ["lbfgs", "GradientClipping"]),
        ({"solver": "adma"}, ["adma", "'adam'?"]),
        ({"activation": "rellu"}, ["activation", "'relu'?"]),
        ({"hidden_layer_sizes": (5, 0)}, ["hidden_layer_sizes[1]", "0", "at least 1"]),
        ({"hidden_layer_sizes": -1}, ["hidden_layer_sizes is -1"]),
        ({"hidden_layer_sizes": ()}, ["hidden_layer_sizes is empty", "LogisticRegression"]),
        ({"alpha": -1}, ["alpha", "-1"]),
        ({"learning_rate": "faster"}, ["learning_rate", "faster", "adaptive"]),
        ({"learning_rate": "adaptive", "schedule": "cosine"}, ["adaptive", "cosine"]),
        ({"batch_size": 0}, ["batch_size", "0"]),
        ({"max_iter": 2.5}, ["max_iter", "2.5"]),
        ({"n_iter_no_change": 0}, ["n_iter_no_change", "0"]),
        ({"validation_fraction": 1.0}, ["validation_fraction", "1.0"]),
        ({"early_stopping": "yes"}, ["early_stopping", "yes"]),
        ({"momentum": 1.0, "solver": "sgd"}, ["momentum", "below 1"]),
        ({"beta_2": 1.0}, ["beta_2", "below 1"]),
        ({"loss": "hinge"}, ["loss", "hinge", "log_loss"]),
        ({"dropout": 1.0}, ["dropout", "below 1"]),
        ({"device": "gpu"}, ["device", "gpu", "cpu", "cuda"]),
        ({"dtype": "float16"}, ["dtype", "float16", "float32"]),
        ({"optimizer": "adamx"}, ["optimizer", "adamx"]),
        ({"verbose": "loud"}, ["verbose", "loud"]),
        ({"callbacks": [print]}, ["callbacks", "Callback"]),
    ],
    ids=", ".join,
)
def test_an_invalid_parameter_is_named(settings: dict[str, Any], facts: list[str]) -> None:
    with pytest.raises(InputError) as error:
        iris_classifier(**settings).fit(X, Y)
    for fact in facts:
        assert fact in str(error.value)


def test_invalid_data_are_refused() -> None:
    model = iris_classifier()
    with pytest.raises(NotFittedError):
        model.predict(X)
    assert not hasattr(model, "coefs_")
    with pytest.raises(InputError, match="y_val"):
        model.fit(X, Y, X_val=X)
    with pytest.raises(InputError, match="daisy"):
        model.fit(X, NAMES, X_val=X[:2], y_val=["daisy", "setosa"])
    with pytest.raises(InputError, match="partial_fit"):
        iris_classifier(early_stopping=True).partial_fit(X, Y, classes=[0, 1, 2])
    with pytest.raises(ValueError, match="infinity or a value too large"):
        iris_classifier(dtype="float32").fit(X * 1e300, Y)
    with pytest.raises(TrainingDivergedError):
        iris_classifier(solver="sgd", learning_rate_init=1e300).fit(X, Y)
