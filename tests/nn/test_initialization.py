"""Initial weights: their spread, their bounds, and what they are drawn from."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from neuralnet import InputError, NeuralNetMLP, VarianceScaling
from neuralnet.checks import check_rng
from neuralnet.nn.initialization import INITIALIZERS, Initializer, initializer_for

D, K = 300, 200
DEVIATIONS = {
    "glorot_normal": math.sqrt(2 / (D + K)),
    "glorot_uniform": math.sqrt(2 / (D + K)),
    "lecun_normal": math.sqrt(1 / D),
    "lecun_uniform": math.sqrt(1 / D),
    "he_normal": math.sqrt(2 / D),
    "he_uniform": math.sqrt(2 / D),
}


@pytest.mark.parametrize("name", INITIALIZERS)
def test_mean_variance_and_bounds(name: str) -> None:
    drawn = INITIALIZERS[name].draw(D, K, np.random.default_rng(0))
    deviation = DEVIATIONS[name]
    assert drawn.shape == (D, K)
    assert drawn.dtype == np.float64
    # Five standard errors of the mean, and of the standard deviation of a normal distribution.
    assert abs(drawn.mean()) < 5 * deviation / math.sqrt(D * K)
    assert drawn.std() == pytest.approx(deviation, rel=5 / math.sqrt(2 * D * K))
    largest = np.abs(drawn).max() / deviation
    if name.endswith("uniform"):
        assert math.sqrt(3) * 0.999 < largest <= math.sqrt(3)
    else:
        assert 4 < largest < 6
        assert np.mean(np.abs(drawn) < deviation) == pytest.approx(0.6827, abs=0.01)


def test_a_scheme_of_ones_own() -> None:
    scheme = VarianceScaling(scale=9.0, fan="average", distribution="uniform")
    assert initializer_for(scheme) is scheme
    model = NeuralNetMLP(D, K, 2, initial_weights=scheme, dtype="float64")
    W = model.parameters["layers.0.weight"]
    assert W.std() == pytest.approx(3 * DEVIATIONS["glorot_uniform"], rel=0.02)


@pytest.mark.parametrize(
    ("drawn", "facts"),
    [
        (np.zeros(4), ["shape (4,)", "(3, 4)"]),
        (np.zeros((4, 3)), ["shape (4, 3)", "(3, 4)"]),
        (0.5, ["shape ()", "(3, 4)"]),
        (np.full((3, 4), math.nan), ["initializer", "nan"]),
        ("weights", ["initializer"]),
    ],
)
def test_a_scheme_that_draws_something_else(drawn: Any, facts: list[str]) -> None:
    class Own(Initializer):
        def draw(self, num_inputs: int, num_outputs: int, rng: np.random.Generator) -> Any:
            return drawn

    with pytest.raises(InputError) as raised:
        NeuralNetMLP(3, 4, 2, initial_weights=Own())
    for fact in facts:
        assert fact in str(raised.value)


@pytest.mark.parametrize(
    ("hidden", "scheme"),
    [
        ("sigmoid", "glorot_normal"),
        ("tanh", "glorot_normal"),
        ("relu", "he_normal"),
        ("leaky_relu", "he_normal"),
        ("gelu", "he_normal"),
    ],
)
def test_by_default_each_layer_gets_what_suits_its_activation(hidden: str, scheme: str) -> None:
    model = NeuralNetMLP(D, (K, D), K, hidden_activation=["tanh", hidden], dtype="float64", seed=5)
    generator = np.random.default_rng(5)
    shapes = [(D, K), (K, D), (D, K)]
    for number, name in enumerate(["glorot_normal", scheme, "glorot_normal"]):
        expected = INITIALIZERS[name].draw(*shapes[number], generator)
        np.testing.assert_array_equal(model.parameters[f"layers.{number}.weight"], expected)
        assert not model.parameters[f"layers.{number}.bias"].any()


@pytest.mark.parametrize("name", INITIALIZERS)
def test_a_named_scheme_is_used_in_every_layer(name: str) -> None:
    model = NeuralNetMLP(D, (K, D), K, initial_weights=name, dtype="float64", seed=6)
    generator = np.random.default_rng(6)
    for number, shape in enumerate([(D, K), (K, D), (D, K)]):
        expected = INITIALIZERS[name].draw(*shape, generator)
        np.testing.assert_array_equal(model.parameters[f"layers.{number}.weight"], expected)


def test_the_seed_decides_all() -> None:
    def values(seed: Any, dtype: str = "float64") -> Any:
        return NeuralNetMLP(9, 8, 3, seed=seed, dtype=dtype).parameters.values

    np.testing.assert_array_equal(values(1), values(1))
    np.testing.assert_array_equal(values(1), values(np.random.default_rng(1)))
    np.testing.assert_array_equal(values(1).astype("float32"), values(1, "float32"))
    assert (values(1) != values(2)).any()
    assert (values(None) != values(None)).any()
    generator = np.random.default_rng(1)
    values(generator)
    assert (values(generator) != values(1)).any()  # it was drawn from, not copied


def test_initialize_forgets_what_was_learned() -> None:
    model = NeuralNetMLP(9, 8, 3, seed=1)
    buffer, began = model.parameters.values, model.parameters.values.copy()
    buffer[...] = 5
    model.initialize(1)
    assert model.parameters.values is buffer
    np.testing.assert_array_equal(buffer, began)
    model.initialize(2)
    np.testing.assert_array_equal(buffer, NeuralNetMLP(9, 8, 3, seed=2).parameters.values)
    model.initialize()
    np.testing.assert_array_equal(buffer, NeuralNetMLP(9, 8, 3).parameters.values)


def test_the_global_generator_is_left_alone() -> None:
    before = np.random.get_state()[1].copy()  # type: ignore[index]  # noqa: NPY002
    NeuralNetMLP(9, 8, 3, seed=None)
    after = np.random.get_state()[1]  # type: ignore[index]  # noqa: NPY002
    np.testing.assert_array_equal(before, after)


def test_random_generator_takes_a_generator_as_it_is() -> None:
    generator = np.random.default_rng(3)
    assert check_rng(generator) is generator
    assert check_rng(np.int64(3)).random() == np.random.default_rng(3).random()


@pytest.mark.parametrize(
    ("settings", "facts"),
    [
        ({"scale": 0}, ["scale", "0", "above 0"]),
        ({"scale": -1}, ["scale", "-1"]),
        ({"scale": math.nan}, ["scale", "nan"]),
        ({"fan": "out"}, ["fan", "'out'", "'in'", "'average'"]),
        ({"fan": "averge"}, ["Did you mean 'average'"]),
        ({"distribution": "gaussian"}, ["distribution", "'gaussian'", "'uniform'"]),
    ],
)
def test_refused_settings(settings: dict[str, Any], facts: list[str]) -> None:
    with pytest.raises(InputError) as raised:
        VarianceScaling(**settings)
    for fact in facts:
        assert fact in str(raised.value)
