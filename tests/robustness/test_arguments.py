"""Odd values of arguments: refused with an error of the package, and quoted in part.

Some thousands of calls here; `make fuzz` makes all.
"""

from __future__ import annotations

import inspect
import logging
import math
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import neuralnet
from neuralnet import InputError, plots
from neuralnet.checks import check_integer, check_name, check_number, check_rng
from neuralnet.errors import echo
from tests.robustness.arguments import CALLS, Material, cases
from tests.robustness.odd_values import Endless, Unspeakable
from tests.robustness.outcomes import outcome_of, sandbox

ODD: dict[str, Any] = {
    "no repr": Unspeakable(),
    "long repr": Endless(),
    "long text": "x" * 1_000_000,
    "long bytes": b"x" * 1_000_000,
    "long list": [-1] * 100_000,
    "5,001 digits": -(10**5000),
    "surrogate": "\ud800",
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


QUICK = [name for name in CALLS if not name.startswith(("plots.animate", "load_mnist from the c"))]
PARTS = 60
CALLS_PER_PART = 40
# Arguments that only the package itself gives: arrays of the training step, and the run.
INNER = {
    *("backward", "derivative", "forward", "probabilities", "draw", "factor"),
    *("decay", "minimize", "rate_factor", "start", "step", "update", "check_training", "unwrap"),
    *("batch", "evaluate_validated", "restore", "to_numpy"),
    *(name for name in dir(neuralnet.Callback) if name.startswith("on_")),
}


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Material]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("NEURALNET_DATA", raising=False)
        patch.setenv("NEURALNET_CACHE", str(tmp_path_factory.mktemp("cache")))
        logging.disable()
        yield Material(tmp_path_factory.mktemp("material"))
        logging.disable(logging.NOTSET)


@pytest.mark.parametrize("name", QUICK)
def test_the_valid_arguments_are_accepted(material: Material, name: str) -> None:
    function, arguments, _ = CALLS[name](material)
    with sandbox(material.folder):
        function(**arguments)


@pytest.mark.parametrize("part", range(PARTS))
def test_odd_arguments_are_refused_or_valid(material: Material, part: int) -> None:
    quick = [one for one in cases(material) if one.call in QUICK]
    chosen = random.Random(part).sample(quick, CALLS_PER_PART)
    problems = [f"{one}: {why}" for one in chosen if (why := outcome_of(one, material).problem)]
    assert not problems, "\n".join(problems)


def test_everything_public_is_called() -> None:
    missing = []
    for module, names in ((neuralnet, neuralnet.__all__), (plots, plots.__all__)):
        before = "plots." if module is plots else ""
        for name in names:
            public = getattr(module, name)
            if not callable(public) or _takes_nothing(public):
                continue
            missing += [name] if before + name not in CALLS else []
            methods = (
                inspect.getmembers(public, inspect.isfunction) if inspect.isclass(public) else []
            )
            for method, function in methods:
                own = function.__module__.startswith("neuralnet") and method[0] != "_"
                known = method in INNER or f"{before}{name}.{method}" in CALLS
                if own and not known and not _takes_nothing(function, bound=True):
                    missing.append(f"{name}.{method}")
    assert not missing


def _takes_nothing(function: Any, *, bound: bool = False) -> bool:
    """Return whether a function, or a class when it is created, has no arguments or is an error."""
    if inspect.isabstract(function):
        return True
    if inspect.isclass(function) and issubclass(function, BaseException):
        return True
    return len(inspect.signature(function).parameters) <= int(bound)


@pytest.mark.parametrize("seed", [np.random.SeedSequence(1), np.random.PCG64(1), [1, 2], 1 << 1024])
def test_a_seed_is_a_number_or_a_generator(seed: Any) -> None:
    with pytest.raises(InputError, match="seed is"):
        check_rng(seed)


def test_messages_escape_what_a_terminal_would_obey() -> None:
    assert str(neuralnet.NeuralNetError("a\x1b[31m\ud800\u202eé\nb")) == (
        "a\\x1b[31m\\ud800\\u202eé\nb"
    )
