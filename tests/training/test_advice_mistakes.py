"""Advice: mistakes are named, with the number that shows them."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import (
    load_breast_cancer,
    load_wine,
)

from neuralnet import (
    History,
    NeuralNetClassifier,
    OneCycle,
    TrainingWarning,
    VarianceScaling,
    train,
)
from tests.training.advice_data import (
    CLASSIFIER,
    DIABETES,
    DIGITS,
    FLOATS,
    IRIS,
    RANDOM,
    REGRESSION,
    REGRESSOR,
    advice_of,
    net,
)

MISTAKES: dict[str, tuple[Callable[[], Any], list[str]]] = {
    "Adam at the rate of SGD": (
        lambda: train(net(), *DIGITS, 6, 0.1, optimizer="adam"),
        ["no better than chance", "10.", "learning rate, 0.1", "too high", "tenth"],
    ),
    "the same with ReLUs": (
        lambda: train(net(784, 64, **CLASSIFIER), *DIGITS, 6, 0.3, optimizer="adam"),
        ["ReLUs of hidden layer 1", "of 64", "0.3", "Lower the learning rate"],
    ),
    "AdamW at 1": (
        lambda: train(net(784, 64, **CLASSIFIER), *DIGITS, 6, 1.0, optimizer="adamw"),
        ["no better than chance", "learning rate, 1", "too high"],
    ),
    "the classic network at 100": (
        lambda: train(net(), *DIGITS, 6, 100.0),
        ["no better than chance", "saturated", "learning rate, 100", "too high"],
    ),
    "the classic network at 20": (
        lambda: train(net(), *DIGITS, 6, 20.0),
        ["no better than chance", "learning rate, 20", "too high"],
    ),
    "ReLUs at a million": (
        lambda: train(net(784, 50, **CLASSIFIER), *DIGITS, 6, 1e6),
        ["learning rate", "1e+06", "too high", "tenth"],
    ),
    "a loss that rises": (
        lambda: train(net(784, 50, **CLASSIFIER), *DIGITS, 2, 1e6, 20),
        ["loss ends at", "above", "where it began", "1e+06", "tenth"],
    ),
    "a peak too high": (
        lambda: train(net(784, 64, **CLASSIFIER), *DIGITS, 6, OneCycle(30.0)),
        ["learning rate, 30", "too high"],
    ),
    "a rate too low": (
        lambda: train(net(), *DIGITS, 6, 1e-6),
        ["no better than chance", "learning rate, 1e-06", "too low", "ten times"],
    ),
    "Adam far too low": (
        lambda: train(net(784, 64, **CLASSIFIER), *DIGITS, 6, 1e-8, optimizer="adam"),
        ["1e-08", "too low", "ten times"],
    ),
    "a regression too low": (
        lambda: train(net(10, 16, 1, **REGRESSOR), *REGRESSION, 20, 1e-7, 20),
        ["constant prediction", "1e-07", "too low"],
    ),
    "unscaled pixels": (
        lambda: train(net(), FLOATS, DIGITS[1], num_epochs=5),
        ["X_train", "0 to 255", "uint8"],
    ),
    "unscaled features": (
        lambda: train(net(13, 32, 3, **CLASSIFIER), load_wine().data, load_wine().target,
                      num_epochs=50, learning_rate=0.005, minibatch_size=16),
        ["X_train", "1680", "Standardize"],
    ),
    "unscaled features in an estimator": (
        lambda: NeuralNetClassifier(max_iter=100, random_state=0).fit(
            load_breast_cancer().data, load_breast_cancer().target
        ),
        ["4254", "Standardize"],
    ),
    "inputs times sixty": (
        lambda: train(net(), (FLOATS / 255 - 0.5) * 60, DIGITS[1], num_epochs=5),
        ["saturated", "hidden layer 1", "Scale the inputs"],
    ),
    "inputs that are all 0": (
        lambda: train(net(), np.zeros_like(FLOATS), DIGITS[1], num_epochs=5),
        ["All inputs are 0"],
    ),
    "constant labels": (
        lambda: train(net(), DIGITS[0], np.full(len(DIGITS[0]), 3), num_epochs=5),
        ["All 2,400", "label 3"],
    ),
    "shuffled labels": (
        lambda: train(net(), DIGITS[0], RANDOM.permutation(DIGITS[1]), num_epochs=8),
        ["no better than chance", "same order"],
    ),
    "shuffled labels, learned by heart": (
        lambda: train(
            net(784, (256, 256), **CLASSIFIER), DIGITS[0][:500],
            RANDOM.permutation(DIGITS[1][:500]), *DIGITS[2:], 40, 0.002, 25, optimizer="adam",
        ),
        ["look shuffled", "in training", "in validation"],
    ),
    "two updates per epoch": (
        lambda: train(net(4, 16, 3), *IRIS, 40, minibatch_size=100),
        ["80 updates", "num_epochs 40", "2 per epoch", "minibatch_size", "recipe 'table'"],
    ),
    "one update in all": (
        lambda: train(net(4, 16, 3), *IRIS[:2], num_epochs=1, minibatch_size=1000),
        ["1 update ", "num_epochs"],
    ),
    "weights too large": (
        lambda: train(net(initial_weights=VarianceScaling(3000.0)), *DIGITS, 5),
        ["saturated", "hidden layer 1", "initial weights"],
    ),
    "tanh with weights too large": (
        lambda: train(
            net(784, 100, initial_weights=VarianceScaling(500.0),
                **CLASSIFIER | {"hidden_activation": "tanh"}), *DIGITS, 5, 0.01,
        ),
        ["tanh", "saturated", "before the first update"],
    ),
    "dead ReLUs": (
        lambda: train(net(784, (128, 64), **CLASSIFIER), *DIGITS, 6, 3.0),
        ["of 128 ReLUs", "leaky_relu"],
    ),
    "gradients that vanish": (
        lambda: train(net(784, (50,) * 8), *DIGITS, 5),
        ["first layer", "vanish", "relu", "batch_norm"],
    ),
    "gradients that explode": (
        lambda: train(
            net(784, (64,) * 6, initial_weights=VarianceScaling(40.0), **CLASSIFIER),
            *DIGITS, 3, 1e-7,
        ),
        ["explode", "GradientClipping(1)"],
    ),
    "overfitting": (
        lambda: train(
            net(784, 128, **CLASSIFIER), DIGITS[0][:200], DIGITS[1][:200], *DIGITS[2:], 300, 0.003,
            20, optimizer="adam",
        ),
        ["overfitted since epoch", "100.0 % in training", "BestWeights"],
    ),
    "overfitting a regression": (
        lambda: train(
            net(10, (200, 200), 1, **REGRESSOR), *DIABETES, 150, 0.003, 32, optimizer="adam"
        ),
        ["overfitted since epoch", "validation loss", "BestWeights"],
    ),
    "L2 far too strong": (
        lambda: train(net(l2=10.0), *DIGITS, 6),
        ["no better than chance", "l2, 10"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named(name: str) -> None:
    training, facts = MISTAKES[name]
    said = advice_of(training)
    assert any(all(fact in one for fact in facts) for one in said), said
    assert len(said) <= 2  # the sign, and what follows from it


def test_there_are_enough_of_them() -> None:
    assert len(MISTAKES) >= 25


def test_advice_is_kept_with_the_history() -> None:
    with pytest.warns(TrainingWarning, match="80 updates"):
        history = train(net(4, 16, 3), *IRIS, 40, minibatch_size=100)
    assert History.from_dict(history.as_dict()).advice == history.advice
    stored = history.as_dict()
    del stored["advice"]  # as in histories of earlier versions
    assert History.from_dict(stored).advice == []


def test_advice_changes_no_bit() -> None:
    def state() -> bytes:
        model = net(4, 16, 3, dropout=0.1)
        train(model, *IRIS, 40, 5.0, 20)
        return bytes(model.parameters.state.tobytes())

    first = state()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert state() == first


def test_an_interrupted_training_is_not_judged() -> None:
    from neuralnet import Callback

    class Interrupts(Callback):
        def on_epoch_end(self, run: Any) -> None:
            if run.epoch == 2:
                raise KeyboardInterrupt

    model = copy.deepcopy(net())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(KeyboardInterrupt):
            train(model, *DIGITS, 10, 20.0, callbacks=[Interrupts()])


def test_a_warning_points_to_the_line_that_calls_train() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        train(net(4, 16, 3), *IRIS, 40, minibatch_size=100)
    assert [one.filename for one in caught] == [__file__]


def test_partial_fit_may_be_short() -> None:
    classifier = NeuralNetClassifier(5, random_state=0)
    assert advice_of(lambda: classifier.partial_fit(*IRIS[:2], classes=[0, 1, 2])) == []
