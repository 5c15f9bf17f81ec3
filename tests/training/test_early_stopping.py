"""Early stopping of recipes: by the validation loss, weighted like the training."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from neuralnet import Checkpoint, InputError
from neuralnet.checks import Array
from neuralnet.training.recipe_training import build_network, class_weights, train_recipe
from neuralnet.training.recipes import Recipe, parse_recipe

RECIPE = parse_recipe(
    b"""
[network]
num_hidden = [30]
hidden_activation = "relu"
output_activation = "softmax"
loss = "cross_entropy"
[training]
num_epochs = 60
learning_rate = 0.02
minibatch_size = 20
optimizer = "adam"
[early_stopping]
patience = 4
""",
    "mine",
    "mine.toml",
)


def data(seed: int, number: int = 80, rare: float = 0.5) -> tuple[Array, Array]:
    """Return two classes that overlap, so that a network overfits."""
    rng = np.random.default_rng(seed)
    y = (rng.random(number) < rare).astype(np.int64)
    return (rng.normal(size=(number, 5)) + 0.7 * y[:, None]).astype(np.float32), y


def test_training_stops_and_keeps_the_weights_with_the_lowest_validation_loss() -> None:
    model = build_network(RECIPE, 5, (0, 1), seed=0)
    valid = data(1)
    history = train_recipe(RECIPE, model, data(0), valid, seed=0)
    best = int(np.argmin(history.valid_loss))
    assert history.num_epochs == best + 5 < 60
    assert history.stopped is not None
    assert f"epoch {best + 1}" in history.stopped
    assert model.evaluate(*valid).loss == history.valid_loss[best] < history.valid_loss[-1]
    assert not any("overfitted" in one for one in history.advice)


def test_the_validation_loss_is_weighted_like_the_training() -> None:
    """Unweighted, a network that never predicts the rare class has the lowest loss at first."""
    train, valid = data(0, 200, 0.1), data(1, 200, 0.1)
    model = build_network(RECIPE, 5, (0, 1), seed=0)
    history = train_recipe(RECIPE, model, train, valid, seed=0, class_weight="balanced")
    weights = class_weights(valid[1], "balanced")
    weighted = model.evaluate(*valid, weights).loss
    for epochs in range(1, history.num_epochs + 1):  # the best of all epochs is restored
        short = dataclasses.replace(
            RECIPE,
            training=dataclasses.replace(RECIPE.training, num_epochs=epochs),
            early_stopping=None,
        )
        other = build_network(RECIPE, 5, (0, 1), seed=0)
        train_recipe(short, other, train, None, seed=0, class_weight="balanced")
        assert other.evaluate(*valid, weights).loss >= weighted


def test_without_a_validation_set_the_training_loss_decides() -> None:
    model = build_network(RECIPE, 5, (0, 1), seed=0)
    history = train_recipe(RECIPE, model, data(0), None, seed=0)
    assert model.evaluate(*data(0)).loss == min(history.train_loss)


def test_a_resumed_training_stops_at_the_same_epoch(tmp_path: Path) -> None:
    whole = build_network(RECIPE, 5, (0, 1), seed=0)
    history = train_recipe(RECIPE, whole, data(0), data(1), seed=0)
    part = build_network(RECIPE, 5, (0, 1), seed=0)

    class Interrupting(Checkpoint):
        def on_epoch_begin(self, run):  # type: ignore[no-untyped-def]
            super().on_epoch_begin(run)
            if run.epoch == history.num_epochs - 1:
                raise KeyboardInterrupt

    path = tmp_path / "checkpoint"
    arguments = (data(0), data(1))
    with pytest.raises(KeyboardInterrupt):
        train_recipe(RECIPE, part, *arguments, seed=0, callbacks=[Interrupting(path)])
    resumed = build_network(RECIPE, 5, (0, 1), seed=0)
    again = train_recipe(
        RECIPE, resumed, *arguments, seed=0, callbacks=[Checkpoint(path)], resume=path
    )
    assert again.stopped == history.stopped
    assert resumed.parameters.state.tobytes() == whole.parameters.state.tobytes()


def test_balanced_weights_give_each_class_the_same_total() -> None:
    labels = np.array([0, 0, 0, 2])
    weights = class_weights(labels, "balanced")
    assert weights is not None
    assert weights.tolist() == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2])
    assert class_weights(labels, "none") is None
    with pytest.raises(InputError, match="Did you mean 'balanced'"):
        class_weights(labels, "balance")


def test_settings_of_early_stopping_are_checked() -> None:
    recipe = Recipe("mine", early_stopping={"patience": 0})
    with pytest.raises(InputError, match=r"\[early_stopping\].*patience is 0"):
        train_recipe(recipe, build_network(RECIPE, 5, (0, 1), 0), data(0), None, seed=0)
