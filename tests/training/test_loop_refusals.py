"""train(): how it ends when the loss is no number, and what it refuses to begin with."""

from __future__ import annotations

import math
import pickle
from typing import Any

import numpy as np
import pytest

from neuralnet import (
    Adam,
    Augmentation,
    AugmentedImages,
    Callback,
    GradientClipping,
    History,
    InputError,
    NeuralNetError,
    NeuralNetMLP,
    OneCycle,
    ProgressBar,
    TrainingDivergedError,
    train,
)
from neuralnet.errors import InputWarning
from neuralnet.training.run import TrainingRun
from tests.training.problems import a_network, a_task

# ---------------------------------------------------------------- divergence


@pytest.mark.parametrize(
    ("settings", "learning_rate"),
    [
        ({"hidden_activation": "relu", "output_activation": "identity"}, 1e30),
        ({"hidden_activation": "relu", "output_activation": "identity"}, 50.0),
        (
            {
                "hidden_activation": "relu",
                "output_activation": "softmax",
                "loss": "cross_entropy",
                "l2": 1.0,
            },
            1e30,
        ),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_learning_rate_out_of_all_bounds(
    settings: dict[str, Any], learning_rate: float, dtype: str
) -> None:
    X, y = a_task()
    with pytest.raises(TrainingDivergedError) as raised:
        train(a_network(dtype=dtype, **settings), X, y, X, y, 60, learning_rate, 5)
    error = raised.value
    assert isinstance(error, NeuralNetError)
    assert isinstance(error, ArithmeticError)
    assert not isinstance(error, ValueError)
    epoch = error.history.num_epochs + 1
    for fact in (f"epoch {epoch}", "learning rate", f"{learning_rate:g}", "GradientClipping"):
        assert fact in str(error)
    assert all(math.isfinite(loss) for loss in error.history.train_loss)
    error.history.check_lengths()


def test_the_history_until_then_is_kept_and_the_batch_is_named() -> None:
    class Explode(Callback):
        def on_batch_begin(self, run: TrainingRun) -> None:
            if (run.epoch, run.batch) == (3, 2):
                run.model.parameters.values[...] = np.nan

    X, y = a_task()
    with pytest.raises(TrainingDivergedError, match=r"nan.*epoch 3.*batch 2") as raised:
        train(a_network(), X, y, X, y, 5, minibatch_size=5, callbacks=[Explode()])
    assert raised.value.history.num_epochs == 2


def test_divergence_in_the_last_step_of_all_is_found_as_well() -> None:
    class Explode(Callback):
        def on_batch_end(self, run: TrainingRun) -> None:
            if (run.epoch, run.batch) == (2, run.num_batches):
                run.model.parameters.values[...] = np.inf

    X, y = a_task()
    with pytest.raises(TrainingDivergedError, match=r"epoch 2.*learning rate") as raised:
        train(a_network(), X, y, num_epochs=2, callbacks=[Explode()])
    assert raised.value.history.num_epochs == 1


def test_huge_inputs_are_named_as_the_cause() -> None:
    X, y = a_task()
    model = a_network(output_activation="identity", hidden_activation="relu")
    with pytest.raises(TrainingDivergedError, match=r"epoch 1.*batch 1.*inputs.*scale") as raised:
        train(model, X * 1e200, y)
    assert raised.value.history.num_epochs == 0


def test_floats_too_large_for_the_network_diverge_and_do_not_warn() -> None:
    X, y = a_task()
    with pytest.raises(TrainingDivergedError, match=r"X_train holds .*float32"):
        train(a_network(dtype="float32", hidden_activation="relu"), X * 1e300, y)


def test_the_error_passes_between_processes() -> None:
    error = TrainingDivergedError("The loss became nan.", History(train_loss=[0.5]))
    twin = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert str(twin) == str(error)
    assert twin.history == error.history


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("changes", "facts"),
    [
        ({"num_epochs": 0}, ["num_epochs", "0", "at least 1"]),
        ({"num_epochs": -1}, ["num_epochs", "-1"]),
        ({"num_epochs": 1.0}, ["num_epochs", "1.0"]),
        ({"num_epochs": True}, ["num_epochs", "True"]),
        ({"num_epochs": None}, ["num_epochs", "None"]),
        ({"learning_rate": 0}, ["learning_rate", "0", "above 0"]),
        ({"learning_rate": -0.1}, ["learning_rate", "-0.1"]),
        ({"learning_rate": math.nan}, ["learning_rate", "nan", "finite"]),
        ({"learning_rate": math.inf}, ["learning_rate", "inf", "finite"]),
        ({"learning_rate": "0.1"}, ["learning_rate", "'0.1'"]),
        ({"learning_rate": False}, ["learning_rate", "False"]),
        ({"minibatch_size": 0}, ["minibatch_size", "0", "at least 1"]),
        ({"minibatch_size": -100}, ["minibatch_size", "-100"]),
        ({"minibatch_size": 0.5}, ["minibatch_size", "0.5"]),
        ({"optimizer": "adamm"}, ["optimizer", "'adamm'", "Did you mean 'adam'"]),
        ({"optimizer": Adam}, ["optimizer", "Adam()"]),
        ({"learning_rate": OneCycle}, ["learning_rate", "OneCycle"]),
        ({"seed": -1}, ["seed", "-1"]),
        ({"seed": 0.5}, ["seed", "0.5"]),
        ({"seed": True}, ["seed", "True"]),
        ({"callbacks": [print]}, ["callbacks[0]", "print", "Callback"]),
        ({"callbacks": [Callback(), ProgressBar]}, ["callbacks[1]", "ProgressBar"]),
        ({"callbacks": "progress"}, ["callbacks[0]", "'p'"]),
        ({"X_valid": a_task()[0]}, ["X_valid", "y_valid"]),
        ({"y_valid": a_task()[1]}, ["y_valid", "X_valid"]),
    ],
)
def test_refused_arguments(changes: dict[str, Any], facts: list[str]) -> None:
    X, y = a_task()
    model = a_network()
    before = model.parameters.values.copy()
    with pytest.raises(InputError) as raised:
        train(model, X, y, **changes)
    for fact in facts:
        assert fact in str(raised.value)
    np.testing.assert_array_equal(model.parameters.values, before)


@pytest.mark.parametrize("callbacks", [None, 5, ProgressBar])
def test_callbacks_that_are_no_list(callbacks: Any) -> None:
    X, y = a_task()
    with pytest.raises(InputError, match="callbacks"):
        train(a_network(), X, y, callbacks=callbacks)


@pytest.mark.parametrize("model", [None, "model", NeuralNetMLP, 3])
def test_a_model_that_is_no_network(model: Any) -> None:
    X, y = a_task()
    with pytest.raises(InputError, match=r"model .*NeuralNetMLP"):
        train(model, X, y)


# ---------------------------------------------------------------- learning


@pytest.mark.parametrize("running_loss", [False, True])
def test_no_training_returns_weights_that_are_not_finite(running_loss: bool) -> None:
    X, y = a_task()
    model = a_network(hidden_activation="relu", output_activation="identity", dtype="float32")
    what = "Weights" if running_loss else "loss"
    with pytest.raises(TrainingDivergedError, match=rf"{what} became.*1e\+40.*a tenth"):
        train(model, X, y, num_epochs=1, learning_rate=1e40, running_loss=running_loss)


def test_an_l2_penalty_that_is_far_too_high_is_named() -> None:
    X, y = a_task()
    with pytest.raises(TrainingDivergedError, match=r"l2, 1e\+300.*below 1"):
        train(a_network(l2=1e300), X, y, num_epochs=2)


def test_the_rate_that_was_given_is_named_although_a_callback_changed_it() -> None:
    class Changed(Callback):
        def on_batch_begin(self, run: TrainingRun) -> None:
            if run.epoch == 2:
                run.learning_rate = 5e40

    X, y = a_task()
    model = a_network(hidden_activation="relu", output_activation="identity", dtype="float32")
    with pytest.raises(TrainingDivergedError, match=r"learning rate, 0\.25 \(5e\+40 at this step"):
        train(model, X, y, num_epochs=3, learning_rate=0.25, callbacks=[Changed()])


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_no_evaluation_reports_numbers_of_a_broken_network(value: float) -> None:
    X, y = a_task()
    model = a_network()
    model.parameters.values[...] = value
    with pytest.raises(NeuralNetError, match="NaN or infinite"):
        model.evaluate(X, y)


def test_a_validation_loss_that_is_no_number_ends_the_training() -> None:
    X, y = a_task()
    model = a_network(hidden_activation="relu", output_activation="identity", dtype="float64")
    with (
        pytest.raises(TrainingDivergedError, match="inf"),
        pytest.warns(InputWarning, match="1e\\+200"),
    ):
        train(model, X, y, np.full_like(X, 1e200, dtype=np.float64), y, num_epochs=1)


# ---------------------------------------------------------------- parts of the arguments


@pytest.mark.parametrize("max_norm", [0, -1, math.inf, math.nan, "1", None])
def test_a_norm_that_cannot_be_clipped_to_is_refused(max_norm: Any) -> None:
    with pytest.raises(InputError, match="max_norm") as raised:
        GradientClipping(max_norm)
    assert repr(max_norm) in str(raised.value)


SMALL = Augmentation(sigma=2, image_shape=(4, 4))


@pytest.mark.parametrize(
    ("images", "augmentation", "facts"),
    [
        (np.zeros((2, 16), np.uint8), "rotation", ["augmentation", "'rotation'", "Augmentation"]),
        (np.zeros((2, 16)), SMALL, ["float64", "uint8"]),
        (
            np.zeros((2, 15), np.uint8),
            SMALL,
            ["15", "16", "image_shape"],
        ),
        ([[0] * 16], SMALL, ["list", "uint8"]),
    ],
)
def test_images_that_cannot_be_augmented_are_refused(
    images: Any, augmentation: Any, facts: list[str]
) -> None:
    with pytest.raises(InputError) as raised:
        AugmentedImages(images, augmentation)
    for fact in facts:
        assert fact in str(raised.value)
