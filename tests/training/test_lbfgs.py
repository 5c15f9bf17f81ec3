"""Training with L-BFGS: convergence, limits, callbacks and refusals."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize
from threadpoolctl import ThreadpoolController

from neuralnet.checks import InputError, NeuralNetError
from neuralnet.data.augmentation import Augmentation
from neuralnet.data.augmented_images import AugmentedImages
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.training import lbfgs
from neuralnet.training.callbacks import BestWeights, GradientClipping, WeightAverage
from neuralnet.training.checkpoint import Checkpoint
from neuralnet.training.lbfgs import LBFGS
from neuralnet.training.loop import train
from neuralnet.training.run import Callback, TrainingDivergedError, TrainingRun

RNG = np.random.default_rng(0)
X = RNG.normal(size=(90, 4))
Y = (X[:, 0] * X[:, 1] > 0).astype(np.int64) + (X[:, 2] > 1)


def network(**changes: Any) -> NeuralNetMLP:
    settings: dict[str, Any] = {
        "hidden_activation": "tanh",
        "output_activation": "softmax",
        "loss": "cross_entropy",
        "l2": 1e-3,
        "dtype": "float64",
    }
    return NeuralNetMLP(4, 6, 3, **(settings | changes))


def test_it_finds_the_minimum_that_scipy_finds() -> None:
    model, reference = network(), network()
    history = train(model, X, Y, num_epochs=1000, optimizer="lbfgs")

    def loss_and_gradient(x: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        reference.parameters.values[...] = x
        loss, _ = reference.loss_and_gradients(X, Y)
        return loss, reference.parameters.gradients.copy()

    start = reference.parameters.values.copy()
    found = minimize(
        loss_and_gradient,
        start,
        jac=True,
        method="L-BFGS-B",
        options={"gtol": 1e-5, "maxiter": 1000},
    )
    # Sums round differently, which can move the end by a few iterations.
    assert history.num_epochs == pytest.approx(found.nit, abs=10)
    assert history.train_loss[-1] == pytest.approx(found.fun, rel=1e-6)
    assert model.evaluate(X, Y).loss == history.train_loss[-1]
    assert history.stopped == f"L-BFGS converged after {history.num_epochs} iterations"


def test_the_loss_never_rises_and_the_validation_set_is_evaluated() -> None:
    model = network()
    history = train(
        model, X, Y, X[:20], Y[:20], num_epochs=15, optimizer="lbfgs", running_loss=True
    )
    assert len(history.valid_accuracy) == len(history.train_loss) == 15
    assert all(np.diff(history.train_loss) < 0)
    assert all(map(math.isnan, history.train_accuracy))
    assert model.evaluate(X, Y).loss == pytest.approx(history.train_loss[-1], rel=1e-12)
    assert history.stopped is None


def test_parts_of_the_data_add_up_to_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    weight = np.arange(90) % 4 * 1.0
    repeated = np.repeat(np.arange(90), np.arange(90) % 4)
    whole, parts, rows = network(), network(), network()
    train(whole, X, Y, num_epochs=10, optimizer="lbfgs", sample_weight=weight)
    train(rows, X[repeated], Y[repeated], num_epochs=10, optimizer="lbfgs")
    monkeypatch.setattr(lbfgs, "ROWS", 7)
    train(parts, X, Y, num_epochs=10, optimizer="lbfgs", sample_weight=weight)
    for other in (parts, rows):
        np.testing.assert_allclose(
            other.parameters.values, whole.parameters.values, rtol=1e-6, atol=1e-8
        )


def test_the_number_of_evaluations_is_limited() -> None:
    history = train(network(), X, Y, num_epochs=100, optimizer=LBFGS(max_evaluations=6))
    assert history.num_epochs <= 6
    assert "evaluations of the loss" in str(history.stopped)


def test_a_network_at_a_minimum_converges_without_a_step() -> None:
    model = network()
    train(model, X, Y, num_epochs=1000, optimizer="lbfgs")
    before = model.parameters.values.copy()
    history = train(model, X, Y, optimizer=LBFGS(tolerance=1.0))
    assert history.num_epochs == 0
    assert "converged after 0" in str(history.stopped)
    np.testing.assert_array_equal(model.parameters.values, before)


class StoppingCallback(Callback):
    def on_epoch_end(self, run: TrainingRun) -> None:
        self.values = run.model.parameters.values.copy()
        if run.epoch == 4:
            run.stop("enough")


class InterruptingCallback(StoppingCallback):
    def on_gradients(self, run: TrainingRun) -> None:
        if run.epoch == 3:
            raise KeyboardInterrupt


def test_callbacks_stop_the_training_and_choose_the_weights() -> None:
    model, stopping = network(), StoppingCallback()
    history = train(model, X, Y, num_epochs=50, optimizer="lbfgs", callbacks=[stopping])
    assert (history.num_epochs, history.stopped) == (4, "enough")
    np.testing.assert_array_equal(model.parameters.values, stopping.values)
    model = network()
    valid = -X[:30], Y[:30]
    history = train(model, X, Y, *valid, 50, optimizer="lbfgs", callbacks=[BestWeights()])
    assert history.best_epoch is not None
    assert model.evaluate(*valid).loss == history.valid_loss[history.best_epoch - 1]


def test_an_interruption_leaves_the_last_complete_iteration() -> None:
    model, interrupting = network(), InterruptingCallback()
    with pytest.raises(KeyboardInterrupt):
        train(model, X, Y, num_epochs=50, optimizer="lbfgs", callbacks=[interrupting])
    np.testing.assert_array_equal(model.parameters.values, interrupting.values)


def test_inputs_that_are_too_large_are_reported() -> None:
    with pytest.raises(TrainingDivergedError, match="scale each feature"):
        train(network(hidden_activation="identity"), X.clip(-1, 1) * 1e308, Y, optimizer="lbfgs")


@pytest.mark.parametrize(
    ("settings", "arguments", "fact"),
    [
        ({"dropout": 0.1}, {}, "dropout"),
        ({"batch_norm": True}, {}, "batch normalization"),
        ({}, {"callbacks": [Checkpoint("unused")]}, "Checkpoint"),
        ({}, {"callbacks": [GradientClipping(1)]}, "GradientClipping"),
        ({}, {"callbacks": [WeightAverage()]}, "WeightAverage"),
        ({}, {"resume": "unused"}, "resume"),
        ({}, {"learning_rate": 0.1}, "learning rate"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_needs_mini_batches_is_refused(
    settings: dict[str, Any], arguments: dict[str, Any], fact: str
) -> None:
    with pytest.raises(InputError, match=f"'lbfgs' cannot be used with.*{fact}"):
        train(network(**settings), X, Y, optimizer="lbfgs", **arguments)
    assert not Path("unused").exists()


def test_augmentation_is_refused() -> None:
    images = AugmentedImages(np.zeros((4, 784), np.uint8), Augmentation())
    with pytest.raises(InputError, match="augmentation"):
        train(NeuralNetMLP(784), images, np.zeros(4, np.int64), optimizer="lbfgs")


def test_invalid_settings_are_refused() -> None:
    with pytest.raises(InputError, match="max_evaluations"):
        LBFGS(max_evaluations=0)
    with pytest.raises(InputError, match="tolerance"):
        LBFGS(tolerance=-1)
    with pytest.raises(InputError, match="'lbfgs'"):
        train(network(), X, Y, optimizer="lbfsg")
    optimizer = LBFGS()
    optimizer.start(network().parameters)
    with pytest.raises(NeuralNetError, match="optimizer='lbfgs'"):
        optimizer.step(0.1)


def test_only_scipys_blas_is_held_to_one_thread() -> None:
    def threads() -> dict[str, int]:
        libraries = ThreadpoolController().lib_controllers
        return {Path(one.filepath).parent.name: one.num_threads for one in libraries}

    if "scipy.libs" not in threads():
        pytest.skip("SciPy has no BLAS of its own here")
    with ThreadpoolController().limit(limits=2):
        before = threads()
        with lbfgs._one_thread_for_scipy():
            assert threads() == before | {"scipy.libs": 1}
        assert threads() == before
    assert before["scipy.libs"] == 2
