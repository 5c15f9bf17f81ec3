"""Gradient clipping."""

from __future__ import annotations

import math

import numpy as np

from neuralnet.checks import Array


def clip_by_norm(gradients: Array, max_norm: float) -> float:
    """Scale the gradients down, in place, where their norm is larger than `max_norm`.

    Parameters
    ----------
    gradients : ndarray, shape (total,)
        All gradients, as one vector.
    max_norm : float
        Largest Euclidean norm that is left unchanged (Pascanu, Mikolov and Bengio 2013, arXiv
        1211.5063, section 3.2).

    Returns
    -------
    float
        The norm before scaling.
    """
    with np.errstate(over="ignore"):
        norm = math.sqrt(float(np.dot(gradients, gradients)))
    if math.isinf(norm):  # the squares overflow, the gradients may not
        largest = float(np.abs(gradients).max())
        norm = largest * float(np.linalg.norm(gradients / largest))
    if norm > max_norm:
        gradients *= max_norm / norm
    return norm
