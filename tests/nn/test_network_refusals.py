"""What a network refuses: every error says what came, what was wanted, and where."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neuralnet import InputError, NeuralNetMLP, ReLU, Sigmoid, Tanh, train
from neuralnet.nn.initialization import VarianceScaling

NAN, INF = float("nan"), float("inf")
GOOD_X = np.linspace(-1, 1, 12).reshape(4, 3)
GOOD_Y = np.array([0, 1, 2, 0])


def a_network(**changes: Any) -> NeuralNetMLP:
    settings: dict[str, Any] = {"num_features": 3, "num_hidden": 4, "num_classes": 3}
    return NeuralNetMLP(**(settings | changes))


def with_entry(row: int, column: int, value: float) -> Any:
    X = GOOD_X.copy()
    X[row, column] = value
    return X


@pytest.mark.parametrize(
    ("changes", "facts"),
    [
        # sizes
        ({"num_features": 0}, ["num_features", "0", "at least 1"]),
        ({"num_features": -3}, ["num_features", "-3"]),
        ({"num_features": 3.0}, ["num_features", "3.0", "whole number"]),
        ({"num_features": True}, ["num_features", "True"]),
        ({"num_features": "3"}, ["num_features", "'3'"]),
        ({"num_features": None}, ["num_features", "None"]),
        ({"num_features": NAN}, ["num_features", "nan"]),
        ({"num_features": (3,)}, ["num_features", "(3,)"]),
        ({"num_hidden": 0}, ["num_hidden", "0", "at least 1"]),
        ({"num_hidden": -5}, ["num_hidden", "-5"]),
        ({"num_hidden": False}, ["num_hidden", "False"]),
        ({"num_hidden": 2.5}, ["num_hidden", "2.5"]),
        ({"num_hidden": "50"}, ["num_hidden", "'50'"]),
        ({"num_hidden": ()}, ["num_hidden", "empty"]),
        ({"num_hidden": None}, ["num_hidden", "None"]),
        ({"num_hidden": {4}}, ["num_hidden", "{4}"]),
        ({"num_hidden": (4, 0)}, ["num_hidden[1]", "0"]),
        ({"num_hidden": [4, True]}, ["num_hidden[1]", "True"]),
        ({"num_hidden": [[4, 5]]}, ["num_hidden[0]", "[4, 5]"]),
        ({"num_hidden": np.array([4, 5.5])}, ["num_hidden[0]"]),
        (
            {"num_classes": 1, "output_activation": "softmax", "loss": "cross_entropy"},
            ["num_classes", "1", "at least 2"],
        ),
        ({"num_classes": True}, ["num_classes", "True"]),
        ({"num_classes": -2}, ["num_classes", "-2"]),
        # names
        ({"hidden_activation": "rleu"}, ["'rleu'", "Did you mean 'relu'", "hidden_activation"]),
        ({"hidden_activation": ReLU}, ["hidden_activation", "class ReLU", "ReLU()"]),
        ({"hidden_activation": "softmax"}, ["hidden_activation", "'softmax'"]),
        ({"hidden_activation": ["relu", "tanh"]}, ["hidden_activation", "2", "1"]),
        ({"hidden_activation": []}, ["hidden_activation", "0", "1"]),
        (
            {"num_hidden": (4, 4), "hidden_activation": ["relu", "thanh"]},
            ["hidden_activation[1]", "'thanh'", "Did you mean 'tanh'"],
        ),
        (
            {"num_hidden": (4, 4), "hidden_activation": [Tanh(), Sigmoid]},
            ["hidden_activation[1]", "Sigmoid()"],
        ),
        ({"output_activation": "sigmiod"}, ["output_activation", "Did you mean 'sigmoid'"]),
        ({"output_activation": "relu"}, ["output_activation", "'relu'", "'softmax'"]),
        ({"output_activation": Tanh()}, ["output_activation", "tanh"]),
        ({"loss": "crossentropy"}, ["loss", "'crossentropy'", "Did you mean 'cross_entropy'"]),
        ({"loss": 7}, ["loss", "7"]),
        (
            {"loss": "cross_entropy"},
            ["loss", "'cross_entropy'", "'softmax'", "'sigmoid'", "'binary_cross_entropy'"],
        ),
        (
            {"loss": "binary_cross_entropy", "output_activation": "softmax"},
            ["'binary_cross_entropy'", "'softmax'", "'cross_entropy'"],
        ),
        (
            {"loss": "cross_entropy", "output_activation": "identity"},
            ["'identity'", "'mean_squared_error'"],
        ),
        ({"initial_weights": "he"}, ["initial_weights", "'he'", "'he_normal'"]),
        ({"initial_weights": "he_norml"}, ["Did you mean 'he_normal'"]),
        ({"initial_weights": VarianceScaling}, ["initial_weights", "VarianceScaling"]),
        ({"initial_weights": 0.1}, ["initial_weights", "0.1"]),
        # numbers
        ({"l2": -0.1}, ["l2", "-0.1", "at least 0"]),
        ({"l2": NAN}, ["l2", "nan", "finite"]),
        ({"l2": INF}, ["l2", "inf", "finite"]),
        ({"l2": "0.1"}, ["l2", "'0.1'"]),
        ({"l2": True}, ["l2", "True"]),
        ({"l2": None}, ["l2", "None"]),
        ({"l2": np.array([0.1])}, ["l2"]),
        ({"seed": -1}, ["seed", "-1"]),
        ({"seed": 1.5}, ["seed", "1.5"]),
        ({"seed": "0"}, ["seed", "'0'"]),
        ({"seed": True}, ["seed", "True"]),
        ({"dtype": "float16"}, ["dtype", "'float16'", "'float32'", "'float64'"]),
        ({"dtype": "int"}, ["dtype", "int", "'float64'"]),
        ({"dtype": "flaot32"}, ["dtype", "'flaot32'", "Did you mean 'float32'"]),
        ({"dtype": None}, ["dtype", "None", "'float32'"]),
        ({"dtype": object}, ["dtype", "object"]),
        ({"dtype": 32}, ["dtype", "32"]),
        ({"input_range": (1, -1)}, ["input_range[1]", "-1", "above 1"]),
        ({"input_range": (1, 1)}, ["input_range[1]", "above 1"]),
        ({"input_range": (0, NAN)}, ["input_range[1]", "nan"]),
        ({"input_range": (-INF, 0)}, ["input_range[0]", "-inf"]),
        ({"input_range": (0, 1, 2)}, ["input_range", "(0, 1, 2)", "pair"]),
        ({"input_range": 1.0}, ["input_range", "1.0", "pair"]),
        ({"input_range": "01"}, ["input_range", "'01'", "pair"]),
        ({"input_range": None}, ["input_range", "None"]),
        ({"input_range": np.array(0.5)}, ["input_range", "0.5", "pair"]),
        ({"classes": np.array("a")}, ["classes", "'a'", "3 names"]),
        ({"classes": ["a", "b"]}, ["classes", "['a', 'b']", "3"]),
        ({"classes": ["a", "b", "a"]}, ["classes", "different"]),
        ({"classes": [0, 1, -2]}, ["class", "-2"]),
        ({"classes": [0, 1, 2.5]}, ["class", "2.5"]),
        ({"classes": [0, 1, True]}, ["class", "True"]),
        ({"classes": ["a", "b", None]}, ["class", "None"]),
    ],
)
def test_settings(changes: dict[str, Any], facts: list[str]) -> None:
    with pytest.raises(InputError) as raised:
        a_network(**changes)
    for fact in facts:
        assert fact in str(raised.value)
    assert isinstance(raised.value, ValueError)


@pytest.mark.parametrize("classes", [3, 2.5, True])
def test_classes_that_are_no_sequence(classes: Any) -> None:
    with pytest.raises(InputError, match="classes") as raised:
        a_network(classes=classes)
    assert repr(classes) in str(raised.value)


@pytest.mark.parametrize("bad", [[[1.0, [2.0]], 3.0], ["a", "b"]])
def test_activations_that_are_no_arrays(bad: Any) -> None:
    model = a_network()
    activations = bad if bad[0] != "a" else [np.full((4, 4), "a"), np.full((4, 3), "b")]
    with pytest.raises(InputError, match="activations"):
        model.backward(GOOD_X, activations, GOOD_Y)


BAD_X: list[tuple[Any, list[str]]] = [
    (np.zeros((4, 5)), ["5 columns", "(4, 5)", "3"]),
    (np.zeros((4, 0)), ["0 columns", "3"]),
    (np.zeros(3), ["1-D", "(3,)", "(examples, 3)", "reshape(1, -1)"]),
    (np.zeros((4, 3, 1)), ["3-D", "(4, 3, 1)", "(examples, 3)", "reshape(len("]),
    (np.zeros((4, 5, 5)), ["3-D", "(4, 5, 5)", "(examples, 3)"]),
    (np.float64(1.0), ["0-D", "()"]),
    (np.zeros((0, 3)), ["no rows", "(0, 3)"]),
    ([], ["(0,)"]),
    (with_entry(2, 1, NAN), ["1 value", "row 2, column 1", "nan"]),
    (with_entry(0, 2, INF), ["row 0, column 2", "inf"]),
    (with_entry(3, 0, -INF).astype("float32"), ["row 3, column 0", "-inf"]),
    (np.full((4, 3), NAN), ["12 value", "row 0, column 0"]),
    (np.array([[INF, -INF, 0.0]]), ["2 value", "row 0, column 0"]),
    (GOOD_X.astype("int64"), ["int64", "uint8", "(X, 'float32')"]),
    (GOOD_X.astype("int8"), ["int8", "uint8"]),
    (GOOD_X.astype("uint16"), ["uint16", "uint8"]),
    (GOOD_X.astype("bool"), ["bool", "uint8"]),
    (GOOD_X.astype("complex128"), ["complex128"]),
    (GOOD_X.astype("object"), ["object"]),
    (GOOD_X.astype("str"), ["U"]),
    (np.zeros((4, 3), "datetime64[s]"), ["datetime64"]),
    ([["a", "b", "c"]], ["array of numbers"]),
    ([[1.0, None, 2.0]], ["array of numbers"]),
    ([[1.0, 2.0, 3.0], [1.0]], ["array of numbers"]),
    ("text", ["str 'text'"]),
    (None, ["None"]),
    ({"a": 1}, ["dict"]),
    (object(), ["object"]),
]


@pytest.mark.parametrize(("X", "facts"), BAD_X)
def test_examples(X: Any, facts: list[str]) -> None:
    model = a_network(output_activation="softmax")
    activations = model.forward(GOOD_X)
    uses: list[Any] = [
        lambda: model.forward(X),
        lambda: model.predict(X),
        lambda: model.predict_proba(X),
        lambda: model.evaluate(X, GOOD_Y),
        lambda: model.backward(X, activations, GOOD_Y),
    ]
    for use in uses:
        with pytest.raises(InputError) as raised:
            use()
        for fact in ["X", *facts]:
            assert fact in str(raised.value)
    with pytest.raises(InputError, match="X_train"):
        train(model, X, GOOD_Y)
    with pytest.raises(InputError, match="X_valid"):
        train(model, GOOD_X, GOOD_Y, X, GOOD_Y)


BAD_Y: list[tuple[Any, list[str]]] = [
    ([0, 1, 2, 3], ["label 3", "3 classes", "0 to 2"]),
    ([0, 1, -1, 0], ["label -1", "0 to 2"]),
    (np.array([0, 1, 2, 2**63], np.uint64), [str(2**63), "0 to 2"]),
    ([0, 1.5, 2, 0], ["1.5", "whole number"]),
    ([0, 1e300, 2, 0], ["1e+300", "0 to 2"]),
    ([0, NAN, 2, 0], ["1 value", "index 1", "nan"]),
    ([0, 1, INF, 0], ["index 2", "inf"]),
    (["0", "1", "2", "0"], ["array of numbers"]),
    (np.array(["0", "1", "2", "0"]), ["U1", "np.unique"]),
    (np.array([0, 1, 2, "a"], object), ["object"]),
    ([0, None, 1, 2], ["array of numbers"]),
    (np.eye(3)[GOOD_Y], ["(4, 3)", "one-hot", "argmax"]),
    (GOOD_Y.reshape(-1, 1), ["(4, 1)", "ravel()"]),
    (np.zeros((2, 2), int), ["(2, 2)", "1-D"]),
    ([0, 1, 2], ["3 labels", "4 examples"]),
    ([0, 1, 2, 0, 1], ["5 labels", "4 examples"]),
    ([], ["0 labels", "4 examples"]),
    (1, ["()"]),
    (None, ["None"]),
    ("0120", ["'0120'"]),
]


@pytest.mark.parametrize(("y", "facts"), BAD_Y)
def test_labels(y: Any, facts: list[str]) -> None:
    model = a_network(output_activation="softmax", loss="cross_entropy")
    activations = model.forward(GOOD_X)
    for use in (
        lambda: model.evaluate(GOOD_X, y),
        lambda: model.backward(GOOD_X, activations, y),
    ):
        with pytest.raises(InputError) as raised:
            use()
        for fact in ["y", *facts]:
            assert fact in str(raised.value)
    with pytest.raises(InputError, match="y_train"):
        train(model, GOOD_X, y)
    if y is not None:
        with pytest.raises(InputError, match="y_valid"):
            train(model, GOOD_X, GOOD_Y, GOOD_X, y)


@pytest.mark.parametrize(
    ("weights", "facts"),
    [
        ([1, 2, -0.5, 1], ["-0.5", "0 or more"]),
        ([1, 2, 3], ["(3,)", "4", "(4,)"]),
        ([1, 2, 3, 4, 5], ["(5,)", "(4,)"]),
        (1.0, ["()", "(4,)"]),
        (np.ones((4, 1)), ["(4, 1)", "(4,)"]),
        ([0, 0, 0, 0], ["zero"]),
        ([1, NAN, 1, 1], ["index 1", "nan"]),
        ([1, 1, 1, INF], ["index 3", "inf"]),
        (["a", "b", "c", "d"], ["array of numbers"]),
        ("balanced", ["'balanced'"]),
        ([1, [2], 3, 4], ["array of numbers"]),
    ],
)
def test_example_weights(weights: Any, facts: list[str]) -> None:
    model = a_network()
    activations = model.forward(GOOD_X)
    for use in (
        lambda: model.evaluate(GOOD_X, GOOD_Y, weights),
        lambda: model.backward(GOOD_X, activations, GOOD_Y, weights),
        lambda: train(model, GOOD_X, GOOD_Y, sample_weight=weights),
    ):
        with pytest.raises(InputError) as raised:
            use()
        for fact in ["sample_weight", *facts]:
            assert fact in str(raised.value)


@pytest.mark.parametrize(
    ("change", "facts"),
    [
        (lambda a: a[:1], ["(4, 4)", "(4, 3)"]),
        (lambda a: a[::-1], ["(4, 3), (4, 4)"]),
        (lambda a: [part[:2] for part in a], ["(2, 4)", "(4, 4)"]),
        (lambda a: [*a, a[-1]], ["(4, 3), (4, 3)"]),
        (lambda a: (), ["(4, 4)"]),
        (lambda a: a[-1], ["an array of shape (4, 3)", "(4, 4)"]),
        (lambda a: None, ["None", "(4, 4)"]),
        (lambda a: (a[0] * NAN, a[1]), ["activations[0]", "16 value", "nan"]),
    ],
)
def test_activations(change: Any, facts: list[str]) -> None:
    model = a_network()
    with pytest.raises(InputError) as raised:
        model.backward(GOOD_X, change(model.forward(GOOD_X)), GOOD_Y)
    for fact in ["activations", "forward(X)", *facts][: 1 if "nan" in facts else None]:
        assert fact in str(raised.value)


def test_a_refusal_changes_nothing() -> None:
    model = a_network()
    model.parameters.gradients[...] = 3
    before = model.parameters.values.copy()
    with pytest.raises(InputError):
        train(model, GOOD_X, GOOD_Y, GOOD_X, [0, 1, 2, 9])  # type: ignore[arg-type]
    np.testing.assert_array_equal(model.parameters.values, before)
    assert (model.parameters.gradients == 3).all()


@pytest.mark.parametrize("seed", [-1, 2.5, "1", False])
def test_initialize_refuses_what_is_no_seed(seed: Any) -> None:
    with pytest.raises(InputError, match="seed") as raised:
        a_network().initialize(seed)
    assert repr(seed) in str(raised.value)


def test_identity_outputs_are_no_probabilities() -> None:
    model = a_network(output_activation="identity")
    with pytest.raises(InputError, match=r"identity.*softmax"):
        model.predict_proba(GOOD_X)
    assert model.predict(GOOD_X).shape == (4,)
