"""Input checks.

Arguments are validated once, in public functions; the hot loops behind them check nothing again.
Each error message states the value received, the value expected, the argument, and the likely fix.
"""

from neuralnet.checks.arrays import (
    Labelled,
    Rows,
    all_finite,
    check_examples,
    check_finite,
    check_labelled,
    check_labels,
    check_targets,
    check_weights,
)
from neuralnet.checks.conversion import Array, as_array
from neuralnet.checks.network import (
    check_activations,
    check_array_module,
    check_classes,
    check_drawn,
    check_dropout,
    check_forward,
    check_layer_sizes,
    check_pair,
    check_parameter,
)
from neuralnet.checks.settings import (
    check_class_names,
    check_dtype,
    check_flag,
    check_range,
    check_text_list,
    per_layer,
)
from neuralnet.checks.values import (
    ByValue,
    by_name,
    check_choice,
    check_fields,
    check_generator,
    check_integer,
    check_name,
    check_number,
    check_rng,
    describe,
    explained_memory_error,
)
from neuralnet.errors import InputError, NeuralNetError, echo

__all__ = [
    "Array",
    "ByValue",
    "InputError",
    "Labelled",
    "NeuralNetError",
    "Rows",
    "all_finite",
    "as_array",
    "by_name",
    "check_activations",
    "check_array_module",
    "check_choice",
    "check_class_names",
    "check_classes",
    "check_drawn",
    "check_dropout",
    "check_dtype",
    "check_examples",
    "check_fields",
    "check_finite",
    "check_flag",
    "check_forward",
    "check_generator",
    "check_integer",
    "check_labelled",
    "check_labels",
    "check_layer_sizes",
    "check_name",
    "check_number",
    "check_pair",
    "check_parameter",
    "check_range",
    "check_rng",
    "check_targets",
    "check_text_list",
    "check_weights",
    "describe",
    "echo",
    "explained_memory_error",
    "per_layer",
]
