"""What the door checks.

Every public function checks what it is given once, here, and the hot loops behind it check nothing
again. Each error is a sentence that says what came, what was wanted, where, and the likely fix.
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
    InputError,
    NeuralNetError,
    check_choice,
    check_integer,
    check_name,
    check_number,
    describe,
    random_generator,
)

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
