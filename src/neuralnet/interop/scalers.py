"""scikit-learn's scalers as maps that a dense layer can include.

Each of these scalers computes x * factor + offset for each column.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler
from sklearn.utils.validation import check_is_fitted

from neuralnet.checks import InputError

ColumnMap = tuple[NDArray[np.float64], NDArray[np.float64]]  # factor (D,) and offset (D,)


def composed_map(transformers: Iterable[Any], num_features: int) -> ColumnMap:
    """Return factor and offset of transformers that are applied one after the other.

    Parameters
    ----------
    transformers : iterable
        Fitted StandardScaler, MinMaxScaler, MaxAbsScaler or RobustScaler objects, pipelines of
        them, None or "passthrough".
    num_features : int
        D.

    Raises
    ------
    InputError
        If a transformer is another one, or clips its output.
    sklearn.exceptions.NotFittedError
        If a transformer is not fitted.
    """
    factor, offset = np.ones(num_features), np.zeros(num_features)
    for transformer in transformers:
        next_factor, next_offset = _map(transformer, num_features)
        factor, offset = factor * next_factor, offset * next_factor + next_offset
    return factor, offset


def _map(transformer: Any, num_features: int) -> ColumnMap:
    """Return factor and offset of one transformer."""
    if transformer is None or (isinstance(transformer, str) and transformer == "passthrough"):
        return np.ones(num_features), np.zeros(num_features)
    if type(transformer) is Pipeline:
        return composed_map([step for _, step in transformer.steps], num_features)
    kind = type(transformer)
    if kind not in (StandardScaler, MinMaxScaler, MaxAbsScaler, RobustScaler):
        raise InputError(
            f"The pipeline has a {kind.__name__}, which cannot be folded into a network; only "
            f"StandardScaler, MinMaxScaler, MaxAbsScaler and RobustScaler can. Use the last step "
            f"alone, pipeline[-1], and transform its inputs yourself."
        )
    check_is_fitted(transformer)
    if kind is MinMaxScaler:
        if transformer.clip:
            raise InputError(
                "The pipeline has a MinMaxScaler with clip=True, which a network cannot compute. "
                "Use clip=False, or the last step alone, pipeline[-1]."
            )
        return transformer.scale_, transformer.min_
    center = {StandardScaler: "mean_", RobustScaler: "center_"}.get(kind)
    mean = None if center is None else getattr(transformer, center)
    if kind is StandardScaler and not transformer.with_mean:  # `mean_` is computed even so
        mean = None
    factor = np.ones(num_features) if transformer.scale_ is None else 1 / transformer.scale_
    offset = np.zeros(num_features) if mean is None else -mean * factor
    return factor, offset
