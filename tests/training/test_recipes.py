"""Recipes: what they may say, what is said of those that may not, and what following one does."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuralnet import Augmentation, FileError, InputError, OneCycle
from neuralnet.training.device import array_module
from neuralnet.training.receptive_fields import LocalAdamW
from neuralnet.training.recipe_training import (
    build_network,
    recipe_augmentation,
    train_recipe,
    training_arguments,
)
from neuralnet.training.recipes import (
    About,
    Recipe,
    list_recipes,
    load_recipe,
    parse_recipe,
    recipe_names,
    recipe_text,
)
from neuralnet.training.run import Callback, TrainingRun
from neuralnet.training.settings import NetworkSettings, TrainingSettings

FULL = """
[recipe]
summary = "A \\"small\\" one."
seeds = [3, 4]

[network]
num_hidden = [6, 5]
hidden_activation = "relu"
output_activation = "softmax"
loss = "cross_entropy"
batch_norm = true
dropout = 0

[training]
num_epochs = 2
learning_rate = 1
minibatch_size = 8
optimizer = "adamw"
schedule = "one_cycle"
clip_norm = 2.5

[optimizer]
weight_decay = 0.1

[schedule]
peak = 0.5

[augmentation]
rotation = 10
alpha = 4.0
sigma = 2.0

[receptive_fields]
radii = [1.5]

[weight_average]
decay = 0.9
"""


def parse(text: str) -> Recipe:
    return parse_recipe(text.encode(), "mine", "mine.toml")


def test_the_recipes_of_the_package_can_all_be_followed() -> None:
    names = recipe_names()
    assert {"classic", "quick", "solid", "record", "committee", "reader"} <= set(names)
    for name in names:
        recipe = load_recipe(name)
        assert recipe.name == name
        assert recipe.about.summary
        assert recipe.about.seeds
        if recipe.about.members:
            assert recipe.about.members in names
        else:
            training_arguments(recipe)
            build_network(recipe, 4, (0, 1), seed=0)


def test_the_list_says_of_each_what_its_file_says() -> None:
    assert list_recipes() == {name: load_recipe(name).about for name in recipe_names()}


def test_everything_that_is_said_is_taken_and_the_rest_is_the_default() -> None:
    recipe = parse(FULL)
    assert recipe.about.seeds == (3, 4)
    assert recipe.network == NetworkSettings(
        (6, 5), "relu", "softmax", "cross_entropy", batch_norm=True
    )
    assert type(recipe.training.learning_rate) is float
    arguments = training_arguments(recipe)
    assert arguments["optimizer"].weight_decay == 0.1
    assert arguments["learning_rate"] == OneCycle(1.0, peak=0.5)
    augmentation = recipe_augmentation(recipe, (4, 4))
    assert augmentation == Augmentation(rotation=10, alpha=4, sigma=2, image_shape=(4, 4))
    average, clipping = arguments["callbacks"]
    assert (clipping.max_norm, average.decay) == (2.5, 0.9)
    assert parse("") == Recipe("mine")
    assert parse("").training == TrainingSettings()


NAMES = ", ".join(f'"column {number}"' for number in range(50))


@pytest.mark.parametrize(
    "text",
    [
        FULL,
        "",
        "[augmentation]\n",
        '[recipe]\nname = "a b"\n[data]\npath = "x.csv"\nnum_test = 0\nclass_weight = "balanced"\n'
        "[early_stopping]\npatience = 3\n",
        "[data]\nignore_columns = [\n" + NAMES.replace(", ", ",\n") + "]\n",
    ],
)
def test_what_is_written_is_read_again(text: str) -> None:
    recipe = parse(text)
    assert parse(recipe_text(recipe)) == recipe


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("[network]\nnum_hiden = [5]", ("mine.toml", "[network]", "num_hiden", "num_hidden?")),
        ("[netwerk]", ("mine.toml", "netwerk", "network?")),
        ("network = 3", ("mine.toml", "network is 3", "[network]")),
        ("[network]\nnum_hidden = 5", ("num_hidden is 5", "[256, 128]")),
        ("[network]\nnum_hidden = [5.5]", ("num_hidden", "whole numbers")),
        ("[network]\nbatch_norm = 1", ("batch_norm is 1", "true or false")),
        ("[training]\nnum_epochs = 1.5", ("num_epochs is 1.5", "whole number")),
        ("[training]\nnum_epochs = true", ("num_epochs is True", "whole number")),
        ('[training]\nlearning_rate = "0.1"', ("learning_rate", "a number")),
        ("[training]\noptimizer = 5", ("optimizer is 5", "text")),
        ("[data]\nignore_columns = [1]", ("[data]", "ignore_columns", "list of texts")),
        ('[recipe]\nname = "../up"', ("[recipe]", "'../up'", "letters")),
        ("[training", ("mine.toml", "not a TOML")),
        ("\xff", ("mine.toml",)),
        ("[recipe]\nseeds = []", ("seeds is []", "at least one")),
        ("[recipe]\nseeds = [-1]", ("seeds is [-1]", "at least 0")),
        ("[recipe]\nseeds = [1, 1]", ("seeds is [1, 1]", "once")),
        ("[recipe]\nseeds = [[[[3]]]]", ("seeds is [[[[3]]]]", "whole numbers")),
        ("[recipe]\nnum_valid = -1", ("num_valid is -1",)),
        (f"[recipe]\nseeds = [{'9' * 900}]", ("seeds is [999", "whole numbers")),
        (f"[training]\nnum_epochs = {'9' * 900}", ("num_epochs is 999", "whole number")),
        (f"[training]\nlearning_rate = {'9' * 900}", ("learning_rate is 999", "a number")),
        (f"[training]\nnum_epochs = {'9' * 5000}", ("mine.toml", "line of 5,013 characters")),
        (f"[training]\nnum_epochs = {'9_' * 450}9", ("num_epochs is 999",)),
        ("[optimizer]\nmomentum = " + "[\n" * 900 + "]\n" * 900, ("nested too deep",)),
        ("[optimizer]\nmomentum = " + "[\n" * 9000, ("nested too deep",)),
        ("[optimizer]\nmomentum = [[0.9]]", ("momentum is [[0.9]]", "a list")),
        ("[optimizer]\nmomentum.a.b = 1", ("momentum is {'a'", "a list")),
        ("[optimizer]\nmomentum = 2026-01-01", ("momentum is datetime.date", "a list")),
        (f"[optimizer]\nmomentum = {'9' * 900}", ("momentum is 999", "a list")),
        (f"[optimizer]\n{'a.' * 480}a = 1", ("a is {", "a list")),
        (f"[{'a.' * 400}a]", ("the table 'a'",)),
        (f"[{'a' * 900}]", ("the table 'aaa",)),
        ("a = 1\n" * 2, ("not a TOML", "overwrite")),
        ('[recipe]\nsummary = "\x1b"', ("not a TOML",)),
        ("#" * 30_000, ("30,000 bytes", "20,000")),
    ],
)
def test_settings_that_cannot_be_are_named(text: str, facts: tuple[str, ...]) -> None:
    with pytest.raises(InputError) as caught:
        parse(text)
    for fact in facts:
        assert fact in str(caught.value)


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ('[training]\noptimizer = "adamm"', ("adamm", "'adam'")),
        ("[optimizer]\nmomentun = 0.9", ("[optimizer]", "SGD", "momentun", "'momentum'")),
        ("[optimizer]\nmomentum = 2", ("[optimizer]", "momentum is 2", "below 1")),
        ("[augmentation]\nrotation = -4", ("[augmentation]", "rotation is -4", "at least 0")),
        ("[augmentation]\nalpha = 1e9", ("[augmentation]", "alpha", "at most 1000")),
        ('[augmentation]\nshift = "far"', ("[augmentation]", "shift is 'far'")),
        ("[receptive_fields]\nradii = [1]", ("'sgd'", "[receptive_fields]", "'adamw'")),
        (
            '[training]\noptimizer = "adamw"\n[receptive_fields]\nradii = [-1]',
            ("[receptive_fields]", "radii[0] is -1", "above 0"),
        ),
        (
            '[training]\noptimizer = "adamw"\n[receptive_fields]\n',
            ("[receptive_fields] lacks the setting radii",),
        ),
        ("[weight_average]\ndecay = 1", ("[weight_average]", "decay is 1", "below 1")),
        ("[training]\nnum_epochs = 0", ("num_epochs is 0", "at least 1")),
    ],
)
def test_values_that_cannot_be_are_named(text: str, facts: tuple[str, ...]) -> None:
    recipe = parse(text)
    with pytest.raises(InputError) as caught:  # noqa: PT012
        training_arguments(recipe)
        recipe_augmentation(recipe)
    for fact in facts:
        assert fact in str(caught.value)


def test_unknown_recipes_and_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"recod.*Did you mean record\?"):
        load_recipe("recod")
    with pytest.raises(FileError, match="nowhere"):
        load_recipe(tmp_path / "nowhere.toml")
    (tmp_path / "huge.toml").write_bytes(b"#" * 200_000)
    with pytest.raises(FileError, match="huge"):
        load_recipe(tmp_path / "huge.toml")
    (tmp_path / "mine.toml").write_text(FULL)
    assert load_recipe(tmp_path / "mine.toml") == parse(FULL)


def test_following_a_recipe_twice_gives_the_same_bits() -> None:
    recipe = parse(FULL)
    X = np.random.default_rng(0).integers(0, 256, (40, 16), dtype=np.uint8)
    y = np.arange(40) % 3
    states = []

    class Watcher(Callback):
        def on_train_begin(self, run: TrainingRun) -> None:
            assert isinstance(run.optimizer, LocalAdamW)
            assert run.optimizer.weight_decay == 0.1
            assert len(run.optimizer.decay_factors) == run.model.parameters.num_weights
            watched.append(run)

    watched: list[TrainingRun] = []
    for _ in range(2):
        model = build_network(recipe, 16, ["a", "b", "c"], seed=3)
        sets = ((X, y), (X[:9], y[:9]))
        history = train_recipe(
            recipe, model, *sets, seed=3, image_shape=(4, 4), callbacks=[Watcher()]
        )
        assert history.num_epochs == 2
        states.append(model.parameters.state.tobytes())
    assert states[0] == states[1]
    assert len(watched) == 2
    other = build_network(recipe, 16, ["a", "b", "c"], seed=4)
    train_recipe(recipe, other, (X, y), None, seed=4, image_shape=(4, 4))
    assert other.parameters.state.tobytes() != states[0]


def test_devices() -> None:
    assert array_module("cpu") is np
    with pytest.raises(InputError, match="'cpu', 'cuda'"):
        array_module("gpu")
    try:
        import cupy  # type: ignore[import-not-found]  # noqa: F401
    except ImportError:
        with pytest.raises(InputError, match=r"CuPy.*pip install"):
            array_module("cuda")


def test_a_list_of_recipes_needs_no_heavy_import() -> None:
    code = (
        "import sys; from neuralnet.training.recipes import load_recipe, recipe_names\n"
        "[load_recipe(name) for name in recipe_names()]\n"
        "print('scipy' in sys.modules, 'click' in sys.modules)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.split() == ["False", "False"]


def test_settings_are_plain_data() -> None:
    def plain(value: Any) -> bool:
        return isinstance(value, str | int | float | tuple | None)

    for kind in (NetworkSettings, TrainingSettings):
        assert all(plain(v) for v in dataclasses.asdict(kind()).values())


def test_names_of_earlier_versions_are_read() -> None:
    about = parse('[recipe]\nreaches = "1 %"\ntakes = "A minute."').about
    assert (about.test_error, about.duration) == ("1 %", "A minute.")


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
values = st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | texts


@given(texts, st.lists(values, max_size=4), st.dictionaries(texts.filter(bool), values, max_size=3))
def test_any_text_that_is_written_is_read_again(
    summary: str, listed: list[Any], free: dict[str, Any]
) -> None:
    recipe = Recipe(
        "mine", about=About(summary=summary), optimizer=free, augmentation={"a": listed}
    )
    assert parse(recipe_text(recipe)) == recipe


def test_half_a_surrogate_pair_is_not_written() -> None:
    with pytest.raises(InputError, match="ud800"):
        recipe_text(Recipe("mine", about=About(summary="\ud800")))


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(f"[{'a.' * 480}b{number:02}]" for number in range(20)),
        "\n".join(f"{'a.' * 480}b{number:02} = 1" for number in range(20)),
        "\n".join("[[a]]" for _ in range(3000)),
        "\n".join(f"a{number} = 1" for number in range(1800)),
    ],
)
def test_costs_of_any_recipe_are_limited(text: str) -> None:
    """Without the limits, a dotted key of 99 kB takes half a minute and gigabytes."""
    assert len(text) <= 20_000
    tracemalloc.start()
    began = time.process_time()
    try:
        with pytest.raises(InputError, match="unknown"):
            parse(text)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert time.process_time() - began < 10  # generous, as tracing is slow
    assert peak < 50_000_000
