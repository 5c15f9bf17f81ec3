"""Odd values of single arguments: refused with an error of the package, and quoted in part."""

from __future__ import annotations

import math
from typing import Any

import pytest

from neuralnet import InputError
from neuralnet.checks import check_integer, check_name, check_number, check_rng
from neuralnet.checks.values import echo


class Unspeakable:
    """An object whose `repr` raises."""

    def __repr__(self) -> str:
        raise RuntimeError("no repr")


class Endless:
    """An object whose `repr` is very long."""

    def __repr__(self) -> str:
        return "x" * 1_000_000


ODD: dict[str, Any] = {
    "no repr": Unspeakable(),
    "long repr": Endless(),
    "long text": "x" * 1_000_000,
    "long bytes": b"x" * 1_000_000,
    "long list": [-1] * 100_000,
    "5,001 digits": -(10**5000),
    "surrogate": "\ud800",
    "class": int,
    "complex": 1j,
    "nan": math.nan,
}
CHECKS = {
    "check_integer": lambda value: check_integer(value, "size", minimum=1),
    "check_number": lambda value: check_number(value, "size", minimum=0),
    "check_name": lambda value: check_name(value, ("relu", "tanh"), "size"),
    "check_rng": check_rng,
}


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("check", CHECKS)
def test_the_message_quotes_at_most_80_characters(check: str, odd: str) -> None:
    with pytest.raises(InputError) as raised:
        CHECKS[check](ODD[odd])
    assert len(str(raised.value)) < 300


def test_echo() -> None:
    assert echo("short") == "'short'"
    assert echo("x" * 100) == "'" + "x" * 79 + "..."
    assert echo(Unspeakable()) == "<Unspeakable>"
    assert echo(-(10**5000)) == "<int>"
