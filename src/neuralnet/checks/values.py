"""Checks of single values: numbers, names (with suggestions), objects and seeds."""

from __future__ import annotations

import contextlib
import math
import operator
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from neuralnet.errors import InputError, echo

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Named = TypeVar("Named")

_LARGEST = 2**63 - 1  # NumPy's largest size
_SEED_BITS = 1024  # of a seed that is a whole number; NumPy mixes 128 of them


def check_integer(value: object, name: str, *, minimum: int) -> int:
    """Return `value` as an `int` of at least `minimum`, and of at most 64 bits.

    Raises
    ------
    InputError
        If `value` is not a whole number, is less than `minimum` or too large for NumPy. A `bool` is
        not accepted.
    """
    limit = ""
    if not isinstance(value, bool | np.bool_):
        try:
            number = operator.index(value)  # type: ignore[arg-type]
        except TypeError:
            pass
        else:
            if minimum <= number <= _LARGEST:
                return number
            if number > _LARGEST:
                limit = f" and at most {_LARGEST:,}"
    raise InputError(
        f"{name} is {echo(value)}; it must be a whole number of at least {minimum}{limit}."
    )


def check_number(
    value: object,
    name: str,
    *,
    minimum: float = -math.inf,
    maximum: float = math.inf,
    above: float = -math.inf,
    below: float = math.inf,
) -> float:
    """Return `value` as a finite `float` within the given bounds.

    The bounds `minimum` and `maximum` are inclusive, `above` and `below` exclusive.

    Raises
    ------
    InputError
        If `value` is not a number, not finite, or out of bounds.
    """
    # Older versions of NumPy convert an array with one entry to a float.
    if not isinstance(value, bool | np.bool_ | str | bytes) and not getattr(value, "ndim", 0):
        try:
            number = float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError, OverflowError):
            pass
        else:
            if math.isfinite(number) and minimum <= number <= maximum and above < number < below:
                return number
    bounds = {"at least": minimum, "above": above, "at most": maximum, "below": below}
    wanted = " and ".join(f"{word} {b:g}" for word, b in bounds.items() if math.isfinite(b))
    wanted = f"a finite number {wanted}".strip()
    raise InputError(f"{name} is {echo(value)}; it must be {wanted}.")


def check_fields(instance: object, ranges: Mapping[str, Mapping[str, float]]) -> None:
    """Validate numbers in the fields of a dataclass, frozen or not, and store them as floats.

    Parameters
    ----------
    instance : object
        The object, in its `__post_init__`.
    ranges : mapping of str to mapping of str to float
        Limits for `check_number`, by the name of the field.

    Raises
    ------
    InputError
        If a field is not a number in its range.
    """
    for name, limits in ranges.items():
        number = check_number(getattr(instance, name), name, **limits)
        object.__setattr__(instance, name, number)


def check_name(value: object, known: Iterable[str], name: str) -> str:
    """Return `value` if it is one of the `known` names.

    Raises
    ------
    InputError
        If it is not; the message lists the known names and suggests the most similar one.
    """
    known = list(known)
    if isinstance(value, str) and value in known:
        return value
    import difflib  # imported here to keep the package quick to import

    listed = ", ".join(map(repr, known))
    said = value[:80].lower() if isinstance(value, str) else echo(value).lower()
    nearest = [
        one
        for one in known
        if said and (one.startswith(said) or said == "".join(w[0] for w in one.split("_")))
    ] or difflib.get_close_matches(said, known, n=1, cutoff=0.5)
    hint = f" Did you mean {nearest[0]!r}?" if nearest else ""
    raise InputError(f"{name} is {echo(value)}; it must be one of {listed}.{hint}")


class ByValue:
    """Base class of objects that are equal if they have the same class and the same settings.

    `dataclass` adds the same three methods, but would triple the import time of the activations.
    """

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((type(self), tuple(vars(self).items())))

    def __repr__(self) -> str:
        """Return the class and its settings."""
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in vars(self).items())})"


def by_name(*kinds: type[Named]) -> dict[str, type[Named]]:
    """Return classes by their attribute `name`."""
    return {getattr(kind, "name"): kind for kind in kinds}  # noqa: B009


def check_choice(
    value: object, kind: type[Named], named: Mapping[str, type[Named]], name: str
) -> Named:
    """Return an instance of the class that `value` names, or `value` itself if it is an instance.

    Parameters
    ----------
    value : str or object
        A name from `named`, or an instance of `kind`.
    kind : type
        Required base class.
    named : mapping of str to type
        Classes by name. The named class is created without arguments.
    name : str
        Name of the argument in error messages.

    Raises
    ------
    InputError
        If `value` is neither. If it is a class, the message suggests creating an instance.
    """
    if isinstance(value, kind):
        return value
    if isinstance(value, type) and issubclass(value, kind):
        raise InputError(
            f"{name} is the class {value.__name__}; pass an instance: {value.__name__}()."
        )
    return named[check_name(value, named, name)]()


def check_generator(rng: object, name: str = "rng") -> None:
    """Raise `InputError` unless `rng` is a NumPy generator or None."""
    if rng is not None and not isinstance(rng, np.random.Generator):
        raise InputError(f"{name} is {describe(rng)}; it must be a numpy.random.Generator or None.")


def check_rng(seed: object) -> np.random.Generator:
    """Return `seed` itself if it is a generator, and a new generator seeded with it otherwise.

    What else `numpy.random.default_rng` accepts is refused: a `SeedSequence` or `BitGenerator`
    changes when it is used, so the same call would not give the same result twice.

    Raises
    ------
    InputError
        If `seed` is not a whole number of at least 0, a `numpy.random.Generator` or None.
    """
    if seed is None or isinstance(seed, np.random.Generator):
        return np.random.default_rng(seed)
    hint = ""
    if not isinstance(seed, bool | np.bool_):
        with contextlib.suppress(TypeError):
            number = operator.index(seed)  # type: ignore[arg-type]
            if 0 <= number < 1 << _SEED_BITS:
                return np.random.default_rng(number)
            hint = f" It must be less than 2**{_SEED_BITS}." if number > 0 else ""
    if isinstance(seed, np.random.SeedSequence | np.random.BitGenerator | np.random.RandomState):
        hint = " Pass numpy.random.default_rng(seed)."
    raise InputError(
        f"seed is {echo(seed)}; it must be a whole number of at least 0, a "
        f"numpy.random.Generator, or None for a different run each time.{hint}"
    )


def describe(value: object) -> str:
    """Return a short description of `value` for an error message."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} and dtype {value.dtype}"
    return f"{type(value).__name__} {echo(value, 60)}"


@contextlib.contextmanager
def explained_memory_error(what: str, setting: str) -> Iterator[None]:
    """Turn the error of an allocation that is too large into an `InputError`.

    Parameters
    ----------
    what : str
        Beginning of the message: what needs the memory.
    setting : str
        Name of the argument to make smaller.
    """
    try:
        yield
    except (MemoryError, OverflowError, ValueError) as error:
        raise InputError(
            f"{what}, which do not fit into memory; make {setting} smaller."
        ) from error
