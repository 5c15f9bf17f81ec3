"""Hard examples are shown oftener, by their shares; and a training with them can be repeated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuralnet import Callback, HardExamples, InputError, NeuralNetMLP, TrainingRun, train
from neuralnet.checks import Array
from neuralnet.nn.workspace import Workspace
from neuralnet.training.hard_examples import HardExampleOrder
from tests.training.problems import D, N, a_network, a_task


def an_order(difficulty: Any, **settings: Any) -> HardExampleOrder:
    order = HardExampleOrder(HardExamples(**settings), len(difficulty), np.float64)
    order.difficulty[...] = difficulty
    return order


def counts(order: HardExampleOrder, seed: int = 0) -> Array:
    num_examples = len(order.difficulty)
    drawn = order.draw(np.random.default_rng(seed))
    assert drawn.shape == (num_examples,)
    return np.bincount(drawn, minlength=num_examples)


def test_before_anything_is_known_each_example_is_shown_once_in_a_random_order() -> None:
    order = HardExampleOrder(HardExamples(), 1000)
    assert (counts(order) == 1).all()
    first, second = (order.draw(np.random.default_rng(seed)) for seed in (1, 2))
    assert (first != second).any()
    assert (first != np.arange(1000)).any()


def test_the_shares_go_from_floor_to_saturation_and_no_further() -> None:
    # Shares of 0.1, 0.1 + 0.9 / 2, 1 and 1: 2.65 in all, for 400 places.
    order = an_order(np.repeat([0, 0.2, 0.4, 0.9], 100), floor=0.1, saturation=0.4)
    shown = counts(order).reshape(4, 100).sum(axis=1)
    np.testing.assert_allclose(shown, 400 * np.array([0.1, 0.55, 1, 1]) / 2.65, atol=1)


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=60),
    st.floats(0.001, 1),
    st.floats(0.001, 1),
    st.integers(0, 99),
)
def test_each_example_is_shown_its_share_rounded_up_or_down(
    difficulty: list[float], floor: float, saturation: float, seed: int
) -> None:
    order = an_order(difficulty, floor=floor, saturation=saturation)
    shares = floor + (1 - floor) * np.minimum(1, np.array(difficulty) / saturation)
    expected = shares / shares.sum() * len(difficulty)
    shown = counts(order, seed)
    assert (np.floor(expected - 1e-9) <= shown).all()
    assert (shown <= np.ceil(expected + 1e-9)).all()


def test_what_is_known_of_an_example_is_a_mean_that_forgets() -> None:
    X, y = a_task(4)
    model = a_network(output_activation="softmax", loss="cross_entropy", label_smoothing=0.1)
    workspace = Workspace(model, 3)
    rows = np.array([2, 0, 2])
    workspace.gather(X, rows)
    workspace.label(y[rows])
    a = workspace.forward()
    order = an_order([1, 1, 1, 1], memory=0.75)
    order.note(rows, workspace)
    targets = np.full((3, 3), 0.1 / 3)
    targets[range(3), y[rows]] += 0.9
    farthest = np.abs(a - targets).max(axis=1)
    known = [0.75 + 0.25 * farthest[1], 1, 0.75 + 0.25 * farthest[0], 1]
    np.testing.assert_allclose(order.difficulty, known)


class Shown(Callback):
    """Keeps what is known of the examples at the end."""

    def on_epoch_end(self, run: TrainingRun) -> None:
        assert run.hard_examples is not None
        self.difficulty = run.hard_examples.difficulty.copy()


@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
def test_a_training_finds_out_which_labels_are_wrong(output: str) -> None:
    X, y = a_task(200)
    y[:5] = (y[:5] + 1) % 3
    shown = Shown()
    model = a_network(
        output_activation=output,
        loss="cross_entropy" if output == "softmax" else "binary_cross_entropy",
    )
    settings: dict[str, Any] = {"hard_examples": HardExamples(0.2, 0.3), "callbacks": [shown]}
    train(model, X, y, X, y, 40, 0.01, 20, optimizer="adam", **settings)
    wrong, right = shown.difficulty[:5], shown.difficulty[5:]
    assert wrong.min() > np.quantile(right, 0.9)
    assert wrong.mean() > 2 * right.mean()


def test_what_is_hard_is_shown_oftener_in_an_epoch_as_long_as_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    X, y = a_task(200)
    y[:5] = (y[:5] + 1) % 3
    shown = np.zeros(200)
    note = HardExampleOrder.note

    def count(order: HardExampleOrder, rows: Array, workspace: Workspace) -> None:
        np.add.at(shown, rows, 1)
        note(order, rows, workspace)

    monkeypatch.setattr(HardExampleOrder, "note", count)
    model = a_network(output_activation="softmax", loss="cross_entropy")
    settings: dict[str, Any] = {"optimizer": "adam", "hard_examples": HardExamples(0.2)}
    train(model, X, y, X, y, 40, 0.01, 20, **settings)
    assert shown.sum() == 40 * 200
    # Early on all are hard; so it is no more than half as often again, over the whole training.
    assert shown[:5].min() > 1.25 * 40 > 40 > shown[5:].mean()


def test_the_same_seed_gives_the_same_bits_and_another_other_ones() -> None:
    X, y = a_task()
    states = []
    for seed in (0, 0, 1):
        model = a_network()
        train(model, X, y, num_epochs=5, minibatch_size=6, hard_examples=HardExamples(), seed=seed)
        states.append(model.parameters.state.tobytes())
    assert states[0] == states[1] != states[2]


def test_several_labels_an_example_and_weights_go_with_it() -> None:
    X, y = a_task()
    targets = np.column_stack([y == 0, y != 1, y == 2]).astype(float)
    model = a_network(loss="binary_cross_entropy")
    history = train(
        model, X, targets, X, targets, 60, 0.05, 8, optimizer="adam",
        hard_examples=HardExamples(), sample_weight=np.linspace(0.5, 1, N),
    )  # fmt: skip
    assert history.valid_accuracy[-1] > history.valid_accuracy[0]
    assert history.valid_accuracy[-1] > 0.9


@pytest.mark.parametrize(
    ("setting", "fact"),
    [
        ({"floor": 0}, "floor is 0; it must be .*above 0"),
        ({"floor": 1.5}, "floor is 1.5"),
        ({"saturation": 0}, "saturation is 0"),
        ({"saturation": 2}, "saturation is 2"),
        ({"memory": 1}, "memory is 1.*below 1"),
        ({"memory": -0.5}, "memory is -0.5"),
        ({"floor": "much"}, "floor is 'much'"),
    ],
)
def test_settings_that_cannot_be_are_refused(setting: Any, fact: str) -> None:
    with pytest.raises(InputError, match=fact):
        HardExamples(**setting)


@pytest.mark.parametrize(
    ("make", "settings", "fact"),
    [
        (a_network, {"hard_examples": 0.5}, r"hard_examples is float 0.5; .*HardExamples\(\)"),
        (a_network, {"hard_examples": HardExamples}, r"it must be HardExamples\(\)"),
        (a_network, {"shuffle": False}, "shuffle is False"),
        (
            lambda: NeuralNetMLP(D, 5, 3, output_activation="identity", dtype="float64"),
            {},
            "identity outputs",
        ),
    ],
)
def test_trainings_that_have_no_hard_examples_are_refused(
    make: Callable[[], NeuralNetMLP], settings: Any, fact: str
) -> None:
    X, y = a_task()
    model = make()
    before = model.parameters.state.copy()
    with pytest.raises(InputError, match=fact):
        train(model, X, y, **{"hard_examples": HardExamples(), **settings})
    assert model.parameters.state.tobytes() == before.tobytes()
