"""The device that a network computes on."""

from __future__ import annotations

import importlib
from types import ModuleType

import numpy as np

from neuralnet.checks import InputError, check_name

DEVICES = ("cpu", "cuda")


def array_module(device: str) -> ModuleType:
    """Return the array module of a device: NumPy for "cpu", CuPy for "cuda".

    Raises
    ------
    InputError
        If the device is neither, or cannot be used here.
    """
    if check_name(device, DEVICES, "device") == "cpu":
        return np
    try:
        cupy = importlib.import_module("cupy")
        cupy.zeros(1)
    except ImportError as error:
        raise InputError(
            "device is 'cuda', which needs CuPy, and that cannot be imported: pip install "
            "'neuralnet-numpy[gpu]', or use the device 'cpu'."
        ) from error
    except Exception as error:  # CUDA's errors share no base class
        raise InputError(
            f"device is 'cuda', but CuPy finds no GPU that it can use ({error}); use the device "
            f"'cpu'."
        ) from error
    return cupy
