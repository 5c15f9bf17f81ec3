"""Input checks.

Arguments are validated once, in public functions; the hot loops behind them check nothing again.
Each error message states the value received, the value expected, the argument, and the likely fix.
"""

from neuralnet.checks.arrays import (
    Array,
    Rows,
    all_finite,
    check_examples,
    check_finite,
    check_labels,
    check_targets,
    check_weights,
)
from neuralnet.checks.values import (
    check_choice,
    check_integer,
    check_name,
    check_number,
    describe,
    random_generator,
)
from neuralnet.errors import InputError, NeuralNetError

__all__ = [
    "Array",
    "InputError",
    "NeuralNetError",
    "Rows",
    "all_finite",
    "check_choice",
    "check_examples",
    "check_finite",
    "check_integer",
    "check_labels",
    "check_name",
    "check_number",
    "check_targets",
    "check_weights",
    "describe",
    "random_generator",
]
