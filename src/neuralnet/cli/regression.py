"""The test of a network that predicts a number, on the rows of a table."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from neuralnet.data.inputs import InputKind, input_columns, input_target
from neuralnet.data.table_files import is_table
from neuralnet.data.tables import Table, read_table, target_numbers
from neuralnet.data.tasks import task_of
from neuralnet.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neuralnet.nn.network import NeuralNetMLP


class NumberScores(NamedTuple):
    """Scores of predicted numbers.

    Attributes
    ----------
    r2 : float
        Coefficient of determination: 1 minus the squared error divided by that of the mean. NaN if
        all targets are equal.
    mean_absolute_error : float
        In the unit of the target.
    """

    r2: float
    mean_absolute_error: float

    def __str__(self) -> str:
        """Return both scores in words."""
        r2 = "undefined, because all targets are equal" if math.isnan(self.r2) else f"{self.r2:.4f}"
        return f"R2 {r2}, mean absolute error {self.mean_absolute_error:.4g}"


def number_scores(y: NDArray[np.float64], predicted: NDArray[np.float64]) -> NumberScores:
    """Compute the scores of predictions; both arrays have the shape (N,)."""
    total = float(((y - y.mean()) ** 2).sum())
    error = float(((y - predicted) ** 2).sum())
    return NumberScores(
        1 - error / total if total else math.nan, float(np.abs(y - predicted).mean())
    )


def evaluate_numbers(
    model: NeuralNetMLP,
    path: Path | None,
    target: str | None,
    ignore_columns: tuple[str, ...],
    kind: InputKind,
) -> tuple[Table, NumberScores]:
    """Test a network that predicts one number on the rows of a CSV file.

    Parameters
    ----------
    model : NeuralNetMLP
        The network.
    path : Path or None
        The CSV file.
    target : str or None
        Column with the true numbers; by default, the one in the network's notes.
    ignore_columns : tuple of str
        Columns that are not inputs.
    kind : {"features", "pixels"}
        Kind of the inputs.

    Returns
    -------
    table : Table
        The inputs.
    scores : NumberScores

    Raises
    ------
    NeuralNetError
        If the network has another task or several outputs, or the table cannot be read or does not
        fit the network.
    """
    task = task_of(model.notes, model.output_activation.name)
    if task != "regression" or model.num_classes != 1:
        what = "several labels" if task == "multilabel" else f"{model.num_classes} numbers"
        raise InputError(
            f"The network predicts {what} per example, but evaluate compares only one class or one "
            f"number, from one target column. Write the predictions to a file with neuralnet "
            f"predict --output, and compare them there."
        )
    if path is None or not is_table(path):
        raise InputError(
            f"The network predicts a number per example, but DATA is {path or 'MNIST'}; give the "
            f"path of a CSV file with a column of numbers, and name it with --target."
        )
    target = target or input_target(model.notes)
    if target is None:
        raise InputError(
            f"{path} is a table, but its target is not named; name the column that holds the "
            f"numbers to predict with --target."
        )
    named = input_columns(model.notes)
    if target in (named or ()):
        raise InputError(
            f"--target is {target!r}, which is an input of the network; name the column that holds "
            f"the numbers to predict."
        )
    table = read_table(
        path,
        target=target,
        kind=kind,
        columns=named,
        ignore_columns=ignore_columns,
        num_columns=model.num_features,
    )
    y = target_numbers(table, target)
    return table, number_scores(y, model.outputs(table.X)[:, 0].astype(np.float64))
