"""Recipes: all settings of a training under one name, from the package or from a TOML file.

The table `[recipe]` describes the recipe. `[network]` and `[training]` hold the settings of
settings.py, `[optimizer]` and `[schedule]` further arguments of these two. `[augmentation]`,
`[receptive_fields]`, `[weight_average]` and `[early_stopping]` are optional, and `[data]` names the
data of a saved training. Reading a recipe imports nothing heavy, so that `--help` can list them at
once.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
import types
import typing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from neuralnet.errors import InputError
from neuralnet.files import check_path, read_bytes
from neuralnet.training.settings import NetworkSettings, TrainingSettings

_FOLDER = Path(__file__).parents[1] / "recipes"
CLASS_WEIGHTS = ("none", "balanced")
# A recipe is a page of settings. The time to parse a line grows with the square of its length.
MAX_BYTES = 20_000
MAX_LINE = 1_000  # characters
MAX_NUMBER = 2**63  # as TOML itself limits whole numbers


@dataclass(frozen=True)
class About:
    """Description of a recipe.

    Attributes
    ----------
    name : str
        Name of the recipe; empty for the name of its file.
    summary : str
        Purpose.
    test_error, duration : str
        Measured error and duration; docs/results.md has the details.
    seeds : tuple of int
        Seeds of the published figures. The first is the default.
    members : str
        Name of the recipe whose networks, one for each of `seeds`, are averaged; empty if the
        recipe trains a network of its own.
    num_valid : int or None
        Number of training examples held out for validation; None for the default of the split.
    """

    name: str = ""
    summary: str = ""
    test_error: str = ""
    duration: str = ""
    seeds: tuple[int, ...] = (0,)
    members: str = ""
    num_valid: int | None = None


@dataclass(frozen=True)
class DataSettings:
    """The data of a training, named as the options of `neuralnet train`.

    Attributes
    ----------
    path : str
        File or folder; empty for MNIST.
    target : str or None
        Target column of a table.
    ignore_columns : tuple of str
        Columns of a table that are not inputs.
    invert : bool
        Whether pictures are inverted.
    num_test : int or None
        Number of examples set aside for the test, where the data have no test part; None for the
        default of the split.
    class_weight : str
        "none", or "balanced": examples are weighted so that each class has the same total weight.
    """

    path: str = ""
    target: str | None = None
    ignore_columns: tuple[str, ...] = ()
    invert: bool = False
    num_test: int | None = None
    class_weight: str = "none"


@dataclass(frozen=True)
class Recipe:
    """The settings of a training.

    Attributes
    ----------
    name : str
        The name in its table `[recipe]`, or else that of its file without the ending.
    about : About
        Its description.
    network : NetworkSettings
        Settings of the network.
    training : TrainingSettings
        Settings of the training.
    optimizer, schedule : dict
        Further arguments of the optimizer and the schedule that `training` names.
    data : DataSettings
        The data, and how they are split and weighted.
    augmentation, receptive_fields, weight_average, early_stopping : dict or None
        Arguments of `Augmentation`, `ReceptiveFields`, `WeightAverage` and `EarlyStopping`; None if
        not used. With early stopping, the weights of the best epoch are kept.
    """

    name: str
    about: About = field(default_factory=About)
    network: NetworkSettings = field(default_factory=NetworkSettings)
    training: TrainingSettings = field(default_factory=TrainingSettings)
    data: DataSettings = field(default_factory=DataSettings)
    optimizer: dict[str, Any] = field(default_factory=dict)
    schedule: dict[str, Any] = field(default_factory=dict)
    augmentation: dict[str, Any] | None = None
    receptive_fields: dict[str, Any] | None = None
    weight_average: dict[str, Any] | None = None
    early_stopping: dict[str, Any] | None = None


_TYPED = {
    "recipe": About,
    "network": NetworkSettings,
    "training": TrainingSettings,
    "data": DataSettings,
}
# Names in the files of earlier versions.
_RENAMED = {"reaches": "test_error", "takes": "duration"}
_FREE = (
    "optimizer",
    "schedule",
    "augmentation",
    "receptive_fields",
    "weight_average",
    "early_stopping",
)


def recipe_names() -> list[str]:
    """Return the names of the bundled recipes."""
    return sorted(file.stem for file in _FOLDER.glob("*.toml"))


def list_recipes() -> dict[str, About]:
    """Return the descriptions of the bundled recipes by name.

    Only the first table of each file is parsed, because `--help` waits for it.
    """
    abouts = {}
    for name in recipe_names():
        first, _, _ = (
            (_FOLDER / f"{name}.toml").read_text(encoding="utf-8").partition("\n[network]")
        )
        abouts[name] = parse_recipe(first.encode(), name, f"the recipe {name}").about
    return abouts


def load_recipe(name: str | os.PathLike[str]) -> Recipe:
    """Read a recipe.

    Parameters
    ----------
    name : str or path
        Name of a bundled recipe, or path of a file that ends in `.toml`.

    Returns
    -------
    Recipe

    Raises
    ------
    InputError
        If there is no such recipe, or it has a setting that is unknown or of the wrong type; the
        message names the file, the key and the most similar known key.
    FileError
        If a file cannot be read.
    """
    text = str(check_path(name, "recipe"))
    if text.endswith(".toml"):
        content = read_bytes(Path(text), at_most=MAX_BYTES, what="a recipe")
        return parse_recipe(content, Path(text).stem, text)
    known = recipe_names()
    if text not in known:
        raise InputError(_unknown("The recipe", text, known) + " Or give a file, ending in .toml.")
    content = (_FOLDER / f"{text}.toml").read_bytes()
    return parse_recipe(content, text, f"the recipe {text}")


def parse_recipe(content: bytes, name: str, where: str) -> Recipe:
    """Parse a recipe; `where` names it in errors.

    Raises
    ------
    InputError
        If it is not TOML, is larger than `MAX_BYTES`, or has a table or a setting that is unknown
        or of the wrong type.
    """
    tables = _parse_toml(content, where)
    parts: dict[str, Any] = {}
    for table, settings in tables.items():
        if table not in (*_TYPED, *_FREE):
            raise InputError(_unknown(f"In {where}, the table", table, [*_TYPED, *_FREE]))
        if not isinstance(settings, dict):
            raise InputError(
                f"In {where}, {table} is {_brief(settings)}; it must be a table: [{table}]."
            )
        place = f"In {where}, [{table}]"
        kind = _TYPED.get(table)
        part = _typed(kind, settings, place) if kind else _flat(settings, place)
        parts["about" if table == "recipe" else table] = part
    about = parts.get("about", About())
    _check_about(about, f"In {where}, [recipe]")
    return Recipe(about.name or name, **parts)


def _parse_toml(content: bytes, where: str) -> dict[str, Any]:
    """Parse TOML of limited size."""
    if len(content) > MAX_BYTES:
        raise InputError(f"{where} has {len(content):,} bytes; a recipe has at most {MAX_BYTES:,}.")
    try:
        text = content.decode()
        longest = max(map(len, text.split("\n")))
        if longest > MAX_LINE:
            raise InputError(
                f"{where} has a line of {longest:,} characters; a line has at most {MAX_LINE:,}."
            )
        return tomllib.loads(text)
    except InputError:
        raise
    except RecursionError as error:
        raise InputError(f"{where} is not a recipe: its brackets are nested too deep.") from error
    except ValueError as error:  # also of a number with thousands of digits
        raise InputError(f"{where} is not a TOML file: {error!s:.200}.") from error


def _flat(settings: dict[str, Any], where: str) -> dict[str, Any]:
    """Return settings after checking that each is a number, a text, true or false, or a list."""
    for key, value in settings.items():
        for one in value if isinstance(value, list) else [value]:
            if not isinstance(one, bool | int | float | str) or _is_too_large(one):
                raise InputError(
                    f"{where}: {key:.80} is {_brief(value)}; it must be a number, a text, true or "
                    f"false, or a list of these."
                )
    return settings


def _check_about(about: About, where: str) -> None:
    """Raise unless the seeds and the size of the validation set can be used."""
    if not about.seeds:
        raise InputError(f"{where}: seeds is []; it must have at least one seed, such as [0].")
    if min(about.seeds) < 0 or len(set(about.seeds)) < len(about.seeds):
        raise InputError(
            f"{where}: seeds is {list(about.seeds)!r:.80}; seeds are whole numbers of at least 0, "
            f"each given once."
        )
    if not re.fullmatch(r"[\w. -]*", about.name):
        raise InputError(
            f"{where}: name is {about.name!r:.80}; it is part of the names of files, so it must "
            f"consist of letters, digits, spaces, dots and hyphens."
        )
    if about.num_valid is not None and about.num_valid < 0:
        raise InputError(f"{where}: num_valid is {about.num_valid}; it must be at least 0.")


def _is_too_large(value: object) -> bool:
    """Return whether a whole number is outside the range that TOML has for them."""
    return isinstance(value, int) and not -MAX_NUMBER <= value < MAX_NUMBER


def _brief(value: object) -> str:
    """Return a value in at most 60 characters, however deep it is nested."""
    try:
        return f"{value!r:.60}"
    except RecursionError:
        return f"a nested {type(value).__name__}"


def recipe_text(recipe: Recipe) -> str:
    """Return a recipe as TOML, with every setting, in the format of `load_recipe`.

    Raises
    ------
    InputError
        If a text has half of a surrogate pair, which TOML cannot represent.
    """
    tables = {
        **{name: vars(getattr(recipe, "about" if name == "recipe" else name)) for name in _TYPED},
        **{name: getattr(recipe, name) for name in _FREE},
    }
    lines = []
    for table, settings in tables.items():
        if settings is None or (not settings and table in ("optimizer", "schedule")):
            continue
        lines.append(f"[{table}]")
        # TOML has no null, so None is left out.
        lines += [
            f"{_written_key(key)} = {_written(v)}" for key, v in settings.items() if v is not None
        ]
        lines.append("")
    return "\n".join(lines)


def _written(value: Any) -> str:
    """Format a value as TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        if any("\ud800" <= letter <= "\udfff" for letter in value):
            raise InputError(f"TOML cannot represent the text {value!r:.80}; change it.")
        # The escapes of JSON are escapes of TOML.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, tuple | list):
        separator = ", " if sum(map(len, map(str, value))) < MAX_LINE // 4 else ",\n"
        return f"[{separator.join(map(_written, value))}]"
    return repr(value)


def _written_key(key: str) -> str:
    """Format a key as TOML, in quotes unless it is a plain name."""
    return key if re.fullmatch("[A-Za-z0-9_-]+", key) else _written(key)


def _typed(kind: type[Any], settings: dict[str, Any], where: str) -> Any:
    """Build settings whose keys and types have been checked against the fields of `kind`."""
    hints = typing.get_type_hints(kind)
    if kind is About:
        settings = {_RENAMED.get(key, key): value for key, value in settings.items()}
    for key, value in settings.items():
        if key not in hints:
            raise InputError(_unknown(f"{where}: the setting", key, list(hints)))
        if not _is_of_type(value, hints[key]):
            raise InputError(
                f"{where}: {key} is {_brief(value)}; it must be {_worded(hints[key])}."
            )
    converted = {k: tuple(v) if isinstance(v, list) else v for k, v in settings.items()}
    for key, value in converted.items():  # a whole number may stand for a float
        if float in (hints[key], *typing.get_args(hints[key])) and isinstance(value, int):
            converted[key] = float(value)
    return kind(**converted)


def _is_of_type(value: object, hint: Any) -> bool:
    """Return whether a TOML value has the type of a type hint."""
    if _is_too_large(value):
        return False
    if isinstance(hint, types.UnionType):
        return any(_is_of_type(value, one) for one in typing.get_args(hint))
    if typing.get_origin(hint) is tuple:
        inner = typing.get_args(hint)[0]
        return isinstance(value, list) and all(_is_of_type(one, inner) for one in value)
    if hint is float:
        return isinstance(value, float | int) and not (
            isinstance(value, bool) or _is_too_large(value)
        )
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint)


def _worded(hint: Any) -> str:
    """Name the type of a type hint in plain words."""
    if isinstance(hint, types.UnionType):
        return _worded(next(one for one in typing.get_args(hint) if one is not type(None)))
    if typing.get_origin(hint) is tuple:
        examples = {
            int: "whole numbers: [256, 128]",
            float: "numbers: [1.5, 3]",
            str: 'texts: ["a"]',
        }
        return f"a list of {examples[typing.get_args(hint)[0]]}"
    names = {float: "a number", int: "a whole number", bool: "true or false", str: "a text"}
    return names[hint]


def _unknown(what: str, name: str, known: list[str]) -> str:
    """Return the error for an unknown name, with the most similar known name."""
    import difflib  # only for an error

    nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f" Did you mean {nearest[0]}?" if nearest else ""
    return f"{what} {name[:80]!r} is unknown; there are {', '.join(known)}.{hint}"
