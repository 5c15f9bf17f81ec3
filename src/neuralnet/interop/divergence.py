"""The error of an estimator whose training diverges."""

from __future__ import annotations

from neuralnet.training.run import TrainingDivergedError


class EstimatorDivergedError(TrainingDivergedError, ValueError):
    """The loss or the weights became NaN or infinite; a `ValueError`, as in scikit-learn."""


def diverged(error: TrainingDivergedError) -> EstimatorDivergedError:
    """Return scikit-learn's error for a divergence, with the cause that `train` found."""
    return EstimatorDivergedError(
        f"Solver produced non-finite parameter weights. The input data may contain large values "
        f"and need to be preprocessed. {error}",
        error.history,
    )
