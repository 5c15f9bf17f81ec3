"""Odd values of arguments, of every kind that a mistake, a file or a notebook can produce."""

from __future__ import annotations

import datetime
import decimal
import enum
import fractions
import functools
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from neuralnet import NeuralNetMLP

LONG = 1_000_000  # characters of a long text


class Unspeakable:
    """An object whose `repr` and `str` raise."""

    def __repr__(self) -> str:
        raise RuntimeError("no repr")


class Endless:
    """An object whose `repr` is very long."""

    def __repr__(self) -> str:
        return "z" * LONG


class _Undecided:
    """An object that can be neither compared nor be true or false."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no comparison")

    def __bool__(self) -> bool:
        raise RuntimeError("no truth")


class _Colour(enum.Enum):
    RED = 1


class _FalseLength(list[Any]):
    """A list that is shorter than it says."""

    def __len__(self) -> int:
        return 3


class _SubText(str):
    """A text of a class of its own."""


def _nested(depth: int) -> list[Any]:
    values: list[Any] = []
    for _ in range(depth):
        values = [values]
    return values


def _itself() -> list[Any]:
    values: list[Any] = []
    values.append(values)
    return values


def _generator() -> Iterator[int]:
    yield from (0, 1, 2)


@functools.cache
def _network() -> NeuralNetMLP:
    return NeuralNetMLP(3, 2, 2)


# Each is made anew for each use, because a generator can be read only once.
ODD_VALUES: dict[str, Callable[[], Any]] = {
    "None": lambda: None,
    "True": lambda: True,
    "False": lambda: False,
    "numpy bool": lambda: np.bool_(True),
    "0": lambda: 0,
    "-1": lambda: -1,
    "1.5": lambda: 1.5,
    "1e308": lambda: 1e308,
    "-1e308": lambda: -1e308,
    "smallest float": lambda: 5e-324,
    "nan": lambda: math.nan,
    "inf": lambda: math.inf,
    "-inf": lambda: -math.inf,
    "2**63": lambda: 2**63,
    "1e30 as int": lambda: 10**30,
    "5,001 digits": lambda: 10**5000,
    "-5,001 digits": lambda: -(10**5000),
    "complex": lambda: 1j,
    "Decimal": lambda: decimal.Decimal("1.5"),
    "Decimal nan": lambda: decimal.Decimal("sNaN"),
    "Fraction": lambda: fractions.Fraction(1, 3),
    "int8": lambda: np.int8(-3),
    "uint64": lambda: np.uint64(2**64 - 1),
    "longdouble": lambda: np.longdouble("1e400"),
    "datetime64": lambda: np.datetime64("2026-11-27"),
    "timedelta": lambda: datetime.timedelta(1),
    "enum": lambda: _Colour.RED,
    "empty text": lambda: "",
    "text": lambda: "x",
    "number as text": lambda: "1",
    "long text": lambda: "x" * LONG,
    "surrogate": lambda: "\ud800",
    "NUL": lambda: "a\0b",
    "control characters": lambda: "\x1b[31m\r\n",
    "subclass of text": lambda: _SubText("x"),
    "bytes": lambda: b"x",
    "long bytes": lambda: b"x" * LONG,
    "bytearray": lambda: bytearray(b"\x00\xff"),
    "memoryview": lambda: memoryview(b"\x00\x01"),
    "path": lambda: Path("nothing-here"),
    "folder": Path,
    "root": lambda: "/",
    "empty list": list,
    "empty tuple": tuple,
    "list of None": lambda: [None],
    "list of text": lambda: ["a", "b"],
    "mixed list": lambda: [1, "a", None],
    "ragged list": lambda: [[1.0], [2.0, 3.0]],
    "nested list": lambda: _nested(100),
    "deeply nested list": lambda: _nested(100_000),
    "list of itself": _itself,
    "long list": lambda: [-1] * 100_000,
    "list of unspeakables": lambda: [Unspeakable()] * 2,
    "list of a false length": lambda: _FalseLength([1]),
    "list of huge ints": lambda: [10**5000, 2],
    "pair of nan": lambda: (math.nan, math.nan),
    "dict": dict,
    "dict with 0": lambda: {0: 1.0, 1: 2.0},
    "set": lambda: {1, 2},
    "range": lambda: range(3),
    "generator": _generator,
    "iterator": lambda: iter([1, 2]),
    "0-d float": lambda: np.array(0.5),
    "0-d int": lambda: np.array(3),
    "0-d object": lambda: np.array(None),
    "0-d text": lambda: np.array("relu"),
    "one number in an array": lambda: np.array([2]),
    "one number in a matrix": lambda: np.array([[0.5]]),
    "empty array": lambda: np.empty(0),
    "no rows": lambda: np.empty((0, 3)),
    "no columns": lambda: np.empty((6, 0)),
    "matrix of nan": lambda: np.full((6, 3), math.nan),
    "matrix of inf": lambda: np.full((6, 3), -math.inf),
    "matrix of 1e308": lambda: np.full((6, 3), 1e308),
    "matrix of longdouble": lambda: np.full((6, 3), np.longdouble("1e400")),
    "matrix of float16": lambda: np.ones((6, 3), np.float16),
    "matrix of int64": lambda: np.ones((6, 3), np.int64),
    "matrix of bool": lambda: np.ones((6, 3), bool),
    "matrix of complex": lambda: np.ones((6, 3), complex),
    "matrix of text": lambda: np.full((6, 3), "a"),
    "matrix of objects": lambda: np.full((6, 3), None),
    "matrix of Decimal": lambda: np.full((6, 3), decimal.Decimal(1)),
    "matrix of dates": lambda: np.zeros((6, 3), "datetime64[s]"),
    "structured array": lambda: np.zeros(6, [("a", "f4"), ("b", "i4")]),
    "record array": lambda: np.zeros(6, [("a", "f4")]).view(np.recarray),
    "masked array": lambda: np.ma.masked_less(np.arange(18.0).reshape(6, 3), 4),
    "masked labels": lambda: np.ma.masked_less(np.arange(6) % 2, 1),
    "0-d masked": lambda: np.ma.masked,
    "numpy matrix": lambda: np.ones((6, 3)).view(np.matrix),
    "big-endian": lambda: np.ones((6, 3), ">f4"),
    "3-D": lambda: np.ones((6, 3, 1)),
    "64-D": lambda: np.ones((1,) * 64),
    "labels of 1e30": lambda: np.full(6, 1e30),
    "labels of 2**63": lambda: np.full(6, 2**63, np.uint64),
    "labels of -1": lambda: np.full(6, -1),
    "labels of text": lambda: np.array(list("ababab")),
    "labels of objects": lambda: np.array([1, "a", None, 2.5, b"", ()], object),
    "array of arrays": lambda: np.array([np.zeros(2), np.zeros(3), None], object),
    "class": lambda: int,
    "class of a network": lambda: NeuralNetMLP,
    "network": _network,
    "function": lambda: _generator,
    "lambda": lambda: lambda *_, **__: None,
    "module": lambda: math,
    "ellipsis": lambda: Ellipsis,
    "NotImplemented": lambda: NotImplemented,
    "exception": lambda: ValueError("x"),
    "object": object,
    "seed sequence": lambda: np.random.SeedSequence(1),
    "old generator": lambda: np.random.RandomState(1),
    "bit generator": lambda: np.random.PCG64(1),
    "dtype": lambda: np.dtype("f4"),
    "no repr": Unspeakable,
    "long repr": Endless,
    "no truth": _Undecided,
}
