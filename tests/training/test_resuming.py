"""A resumed training compares everything that shaped it, and changes nothing if that fails."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neuralnet import (
    BestWeights,
    Callback,
    Checkpoint,
    EarlyStopping,
    FileError,
    FileFormatError,
    GradientClipping,
    NeuralNetMLP,
    OneCycle,
    WeightAverage,
    train,
)
from neuralnet.checks import Array, Rows
from neuralnet.training import fingerprint as fingerprint_module
from neuralnet.training.checkpoint import previous_path, remove_checkpoint
from neuralnet.training.fingerprint import fingerprint
from tests.storage.tampering import join_header, split_header
from tests.training.problems import Stop

RNG = np.random.default_rng(8)
X = RNG.integers(0, 256, (30, 16), dtype=np.uint8)
Y = RNG.integers(0, 3, 30)
WEIGHT = RNG.uniform(1, 2, 20)


def network(**settings: Any) -> NeuralNetMLP:
    return NeuralNetMLP(16, 5, 3, batch_norm=True, **settings)


def trained(path: Path, model: NeuralNetMLP, **changes: Any) -> bytes:
    arguments: dict[str, Any] = {
        "X_train": X[:20], "y_train": Y[:20], "X_valid": X[20:], "y_valid": Y[20:],
        "sample_weight": WEIGHT, "num_epochs": 6, "learning_rate": 0.01, "minibatch_size": 5,
        "optimizer": "adam", "seed": 3,
        "callbacks": [WeightAverage(0.9, every=1), BestWeights(), Checkpoint(path)],
    }  # fmt: skip
    train(model, **arguments | changes)
    return model.parameters.state.tobytes()


@pytest.fixture
def stopped(tmp_path: Path) -> Path:
    """Return the checkpoint of a training that was stopped in its fourth epoch."""
    path = tmp_path / "checkpoint"
    with pytest.raises(KeyboardInterrupt):
        trained(path, network(), callbacks=callbacks(path, Stop(4)))
    return path


def callbacks(path: Path, *more: Callback) -> list[Callback]:
    return [WeightAverage(0.9, every=1), BestWeights(), Checkpoint(path), *more]


ORDER = np.arange(20)[::-1]
ONE_OTHER = X[:20].copy()
ONE_OTHER[13, 7] ^= 1


@pytest.mark.parametrize(
    ("named", "changes"),
    [
        ("X_train", {"X_train": ONE_OTHER}),
        ("X_train", {"X_train": X[:20][ORDER], "y_train": Y[:20][ORDER]}),
        ("X_train", {"X_train": X[:20].astype(np.float32)}),
        ("y_train", {"y_train": Y[:20][ORDER]}),
        ("X_valid", {"X_valid": X[:20], "y_valid": Y[:20]}),
        ("y_valid", {"y_valid": (Y[20:] + 1) % 3}),
        ("X_valid", {"X_valid": None, "y_valid": None}),
        ("sample_weight", {"sample_weight": WEIGHT[ORDER]}),
        ("sample_weight", {"sample_weight": None}),
        ("shuffle", {"shuffle": False}),
        ("seed", {"seed": 4}),
        ("minibatch_size", {"minibatch_size": 10}),
        ("learning_rate", {"learning_rate": 0.02}),
        ("schedule", {"learning_rate": OneCycle(0.01)}),
        ("optimizer", {"optimizer": "adamw"}),
        ("callbacks", {"callbacks": [WeightAverage(0.8, every=1), BestWeights()]}),
        ("callbacks", {"callbacks": [WeightAverage(0.9, every=1)]}),
        (
            "callbacks",
            {"callbacks": [WeightAverage(0.9, every=1), BestWeights(), GradientClipping(1)]},
        ),
    ],
)
def test_what_differs_is_refused_and_named(
    stopped: Path, named: str, changes: dict[str, Any]
) -> None:
    model = network(seed=5)
    before = model.parameters.state.tobytes()
    with pytest.raises(FileFormatError, match=f"another training: .*{named} is .* there and"):
        trained(stopped, model, resume=stopped, **changes)
    assert model.parameters.state.tobytes() == before


@pytest.mark.parametrize(
    ("named", "settings"),
    [("l2", {"l2": 0.1}), ("hidden_activation", {"hidden_activation": "tanh"})],
)
def test_another_network_is_refused_and_named(
    stopped: Path, named: str, settings: dict[str, Any]
) -> None:
    with pytest.raises(FileFormatError, match=f"another training: {named} is"):
        trained(stopped, network(**settings), resume=stopped)


def test_callbacks_that_change_nothing_may_differ(tmp_path: Path, stopped: Path) -> None:
    whole = trained(tmp_path / "whole", network())
    more = callbacks(stopped, EarlyStopping(99), Stop(99))
    again = trained(stopped, network(), callbacks=[*reversed(more[2:]), *more[:2]], resume=stopped)
    assert again == whole


def test_more_epochs_may_follow_with_a_constant_rate(tmp_path: Path, stopped: Path) -> None:
    whole = trained(tmp_path / "whole", network(), num_epochs=9)
    assert trained(stopped, network(), num_epochs=9, resume=stopped) == whole
    with pytest.raises(FileFormatError, match="num_epochs is 2"):
        trained(stopped, network(), num_epochs=2, resume=stopped)


def test_a_schedule_depends_on_the_number_of_epochs(tmp_path: Path) -> None:
    path, cycle = tmp_path / "checkpoint", {"learning_rate": OneCycle(0.01)}
    with pytest.raises(KeyboardInterrupt):
        trained(path, network(), callbacks=callbacks(path, Stop(3)), **cycle)
    with pytest.raises(FileFormatError, match="num_epochs is '6' there and '9' here"):
        trained(path, network(), num_epochs=9, resume=path, **cycle)


# ---------------------------------------------------------------- damaged and missing checkpoints


def test_the_last_two_checkpoints_are_kept(stopped: Path) -> None:
    epochs = {
        path.name: json.loads(split_header(path.read_bytes())[0]["__metadata__"]["progress"])
        for path in (stopped, previous_path(stopped))
    }
    assert [one["epoch"] for one in epochs.values()] == [3, 2]
    assert sorted(path.name for path in stopped.parent.iterdir()) == list(epochs)
    remove_checkpoint(stopped)
    assert not list(stopped.parent.iterdir())


@pytest.mark.parametrize("how", ["flipped", "cut", "empty", "missing"])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(
    tmp_path: Path, stopped: Path, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    whole = trained(tmp_path / "whole", network())
    content = bytearray(stopped.read_bytes())
    content[-3] ^= 4
    changed = {"flipped": bytes(content), "cut": bytes(content[:-9]), "empty": b""}
    if how == "missing":
        stopped.unlink()
    else:
        stopped.write_bytes(changed[how])
    assert trained(stopped, network(), resume=stopped) == whole
    for fact in (str(stopped), str(previous_path(stopped)), "after epoch 2"):
        assert fact in caplog.text
    caplog.clear()
    assert trained(stopped, network(), resume=stopped) == whole  # from the newest, again whole
    assert not caplog.text


def test_two_damaged_checkpoints_are_refused(stopped: Path) -> None:
    for path in (stopped, previous_path(stopped)):
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.write_bytes(content)
    with pytest.raises(FileFormatError, match=r"checkpoint: it is damaged: .*SHA-256"):
        trained(stopped, network(), resume=stopped)
    remove_checkpoint(stopped)
    with pytest.raises(FileError, match="no such file"):
        trained(stopped, network(), resume=stopped)


def test_every_flipped_bit_of_the_tensors_is_found(stopped: Path) -> None:
    content, model = stopped.read_bytes(), network()
    previous_path(stopped).unlink()
    start = 8 + int.from_bytes(content[:8], "little")
    before = model.parameters.state.tobytes()
    for bit in range(8 * start, 8 * len(content), 101):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        stopped.write_bytes(flipped)
        with pytest.raises(FileFormatError, match="SHA-256"):
            trained(stopped, model, resume=stopped)
    assert model.parameters.state.tobytes() == before


# ---------------------------------------------------------------- invalid content, right checksum


def with_json(content: bytes, part: str, change: Callable[[Any], Any]) -> bytes:
    """Change one of the JSON texts of a checkpoint, in place or to what `change` returns."""
    header, data = split_header(content)
    value = json.loads(header["__metadata__"][part])
    changed = change(value)
    header["__metadata__"][part] = json.dumps(value if changed is None else changed)
    return join_header(header, data)


STATE = ("order", "state")


@pytest.mark.parametrize(
    ("part", "change", "fact"),
    [
        ("progress", lambda v: v.update(peak_rate=-1), "peak_rate is -1"),
        ("progress", lambda v: v.update(step_rate="x"), "step_rate"),
        ("progress", lambda v: v.update(step_rate=[]), "step_rate"),
        ("progress", lambda v: v.update(step_rate=10**400), "step_rate"),
        ("progress", lambda v: v.update(epoch=2.5), "epoch"),
        ("progress", lambda v: v.update(epoch=10**300), "epoch"),
        ("progress", lambda v: v.update(num_steps=10**300), "num_steps"),
        ("progress", lambda v: v.update(num_steps=None), "num_steps"),
        ("progress", lambda v: v.pop("epoch") and None, "epoch"),
        ("progress", lambda _: [], "progress"),
        ("history", lambda _: [], "history"),
        ("history", lambda _: 3, "history"),
        ("history", lambda v: v.update(seconds=[1.0]), "seconds"),
        ("history", lambda v: v.update(train_loss=None), "train_loss"),
        ("generators", lambda v: v["order"]["state"].update(state=-1), "order"),
        ("generators", lambda v: v["order"]["state"].update(state=10**60), "order"),
        ("generators", lambda v: v["order"]["state"].update(inc="x"), "order"),
        ("generators", lambda v: v["order"].update(bit_generator="MT19937"), "order"),
        ("generators", lambda v: v["order"].update(uinteger=10**12), "order"),
        ("generators", lambda v: v.update(dropout=None), "dropout"),
        ("generators", lambda v: v.pop("dropout") and None, "lacks dropout"),
        ("callbacks", lambda v: v[:-1], "one entry per callback"),
        ("callbacks", lambda v: v[0].clear(), "lacks num_updates"),
        ("callbacks", lambda v: v[0].update(num_updates=-10), "num_updates is -10"),
        ("callbacks", lambda v: v[0].update(num_updates=1.5), "num_updates is 1.5"),
        ("callbacks", lambda v: v[0].update(num_updates="7"), "'7'"),
        ("callbacks", lambda v: v[0].update(num_updates=10**400), "num_updates is 1000"),
        ("callbacks", lambda v: v.__setitem__(0, [1]), "WeightAverage"),
        ("callbacks", lambda _: {}, "callbacks is {}"),
        ("training", lambda _: [], "training is []"),
        ("training", lambda _: "text", "training is 'text'"),
    ],
)
def test_invalid_content_is_refused_before_anything_is_changed(
    stopped: Path, part: str, change: Callable[[Any], Any], fact: str
) -> None:
    stopped.write_bytes(with_json(stopped.read_bytes(), part, change))
    previous_path(stopped).unlink()
    model, seed = network(seed=5), np.random.default_rng(3)
    before = model.parameters.state.tobytes()
    with pytest.raises(FileFormatError) as caught:
        trained(stopped, model, resume=stopped)
    assert fact in str(caught.value)
    assert str(stopped) in str(caught.value)
    assert len(str(caught.value)) < 2000
    assert model.parameters.state.tobytes() == before
    assert seed.bit_generator.state == np.random.default_rng(3).bit_generator.state


def test_tensors_that_are_not_finite_are_refused(stopped: Path) -> None:
    header, data = split_header(stopped.read_bytes())
    for value in (np.nan, np.inf):
        damaged = np.frombuffer(data, np.float32).copy()
        damaged[-2] = value
        stopped.write_bytes(join_header(header, damaged.tobytes()))
        previous_path(stopped).unlink(missing_ok=True)
        with pytest.raises(FileFormatError, match="not finite"):
            trained(stopped, network(), resume=stopped)


class Refusing(BestWeights):
    """A callback that can store its state, and not restore it."""

    def restore(self, state: dict[str, Any]) -> None:
        super().restore(state)
        raise LookupError("my state")


def test_a_callback_that_fails_leaves_everything_as_it_was(tmp_path: Path) -> None:
    path, model = tmp_path / "checkpoint", network(seed=5)
    listed = [BestWeights(), Refusing(), Checkpoint(path)]
    with pytest.raises(KeyboardInterrupt):
        trained(path, network(), callbacks=[*listed, Stop(4)], seed=np.random.default_rng(3))
    before, generator = model.parameters.state.tobytes(), np.random.default_rng(3)
    with pytest.raises(FileFormatError, match="Refusing cannot use its state: my state"):
        trained(path, model, callbacks=listed, seed=generator, resume=path)
    assert model.parameters.state.tobytes() == before
    assert generator.bit_generator.state == np.random.default_rng(3).bit_generator.state


# ---------------------------------------------------------------- fingerprints


class DenseRows(Rows):
    """Rows that are converted when they are needed, as a sparse matrix is."""

    def __init__(self, array: Array) -> None:
        self._array, self.shape, self.dtype = array, array.shape, array.dtype

    def take(self, indices: Array, axis: int, out: Array, mode: str) -> Array:
        return self._array.take(indices, axis=axis, out=out, mode=mode)  # type: ignore[call-overload,no-any-return]

    def __getitem__(self, rows: slice) -> Array:
        return self._array[rows]


def test_fingerprints_depend_on_the_content_and_not_on_the_memory(tmp_path: Path) -> None:
    array = np.random.default_rng(0).normal(size=(700, 5))
    same = fingerprint(array)
    np.save(tmp_path / "array.npy", array)
    for equal in (
        np.asfortranarray(array),
        np.repeat(array, 2, axis=1)[:, ::2],
        np.load(tmp_path / "array.npy", mmap_mode="r"),
        DenseRows(array),
    ):
        assert fingerprint(equal) == same
    others = [array[::-1], array[:, ::-1], array[:-1], array.reshape(5, 700), array * 2, None]
    assert len({same, *map(fingerprint, others)}) == 7


def test_large_data_are_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fingerprint_module, "MAX_HASHED_BYTES", 50_000)
    array = np.arange(60_000, dtype=np.uint16).reshape(20_000, 3)
    same = fingerprint(array)
    assert "of 10,000 rows" in same
    assert fingerprint(DenseRows(array)) == same
    changed = array.copy()
    changed[2, 0] += 1
    assert fingerprint(changed) != same
    assert fingerprint(array[::-1]) != same
    assert "of 10,000 rows" not in fingerprint(array[:3000])
