"""Recipes: all settings of a training under one name, from the package or from a TOML file.

The table `[recipe]` describes the recipe. `[network]` and `[training]` hold the settings of
settings.py, `[optimizer]` and `[schedule]` further arguments of these two. `[augmentation]`,
`[receptive_fields]`, `[weight_average]` and `[early_stopping]` are optional, and `[data]` names the
data of a saved training. Reading a recipe imports nothing heavy, so that `--help` can list them at
once.
"""

from __future__ import annotations

import os
import re
import types
import typing
from pathlib import Path
from typing import Any

from neuralnet.errors import InputError, echo
from neuralnet.files import check_path, read_bytes
from neuralnet.training.recipe import About, DataSettings, Recipe
from neuralnet.training.settings import NetworkSettings, TrainingSettings
from neuralnet.training.toml_text import (
    MAX_BYTES,
    brief,
    is_too_large,
    parse_toml,
    written,
    written_key,
)

__all__ = [
    "CLASS_WEIGHTS",
    "About",
    "DataSettings",
    "Recipe",
    "list_recipes",
    "load_recipe",
    "parse_recipe",
    "recipe_names",
    "recipe_text",
]

_FOLDER = Path(__file__).parents[1] / "recipes"
CLASS_WEIGHTS = ("none", "balanced")


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
    tables = parse_toml(content, where)
    parts: dict[str, Any] = {}
    for table, settings in tables.items():
        if table not in (*_TYPED, *_FREE):
            raise InputError(_unknown(f"In {where}, the table", table, [*_TYPED, *_FREE]))
        if not isinstance(settings, dict):
            raise InputError(
                f"In {where}, {table} is {brief(settings)}; it must be a table: [{table}]."
            )
        place = f"In {where}, [{table}]"
        kind = _TYPED.get(table)
        part = _typed(kind, settings, place) if kind else _flat(settings, place)
        parts["about" if table == "recipe" else table] = part
    about = parts.get("about", About())
    _check_about(about, f"In {where}, [recipe]")
    return Recipe(about.name or name, **parts)


def _flat(settings: dict[str, Any], where: str) -> dict[str, Any]:
    """Return settings after checking that each is a number, a text, true or false, or a list."""
    for key, value in settings.items():
        for one in value if isinstance(value, list) else [value]:
            if not isinstance(one, bool | int | float | str) or is_too_large(one):
                raise InputError(
                    f"{where}: {key:.80} is {brief(value)}; it must be a number, a text, true or "
                    f"false, or a list of these."
                )
    return settings


def _check_about(about: About, where: str) -> None:
    """Raise unless the seeds and the size of the validation set can be used."""
    if not about.seeds:
        raise InputError(f"{where}: seeds is []; it must have at least one seed, such as [0].")
    if min(about.seeds) < 0 or len(set(about.seeds)) < len(about.seeds):
        raise InputError(
            f"{where}: seeds is {echo(list(about.seeds))}; seeds are whole numbers of at least 0, "
            f"each given once."
        )
    if not re.fullmatch(r"[\w. -]*", about.name):
        raise InputError(
            f"{where}: name is {echo(about.name)}; it is part of the names of files, so it must "
            f"consist of letters, digits, spaces, dots and hyphens."
        )
    if about.num_valid is not None and about.num_valid < 0:
        raise InputError(f"{where}: num_valid is {about.num_valid}; it must be at least 0.")


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
            f"{written_key(key)} = {written(v)}" for key, v in settings.items() if v is not None
        ]
        lines.append("")
    return "\n".join(lines)


def _typed(kind: type[Any], settings: dict[str, Any], where: str) -> Any:
    """Build settings whose keys and types have been checked against the fields of `kind`."""
    hints = typing.get_type_hints(kind)
    if kind is About:
        settings = {_RENAMED.get(key, key): value for key, value in settings.items()}
    for key, value in settings.items():
        if key not in hints:
            raise InputError(_unknown(f"{where}: the setting", key, list(hints)))
        if not _is_of_type(value, hints[key]):
            raise InputError(f"{where}: {key} is {brief(value)}; it must be {_worded(hints[key])}.")
    converted = {k: tuple(v) if isinstance(v, list) else v for k, v in settings.items()}
    for key, value in converted.items():  # a whole number may stand for a float
        if float in (hints[key], *typing.get_args(hints[key])) and isinstance(value, int):
            converted[key] = float(value)
    return kind(**converted)


def _is_of_type(value: object, hint: Any) -> bool:
    """Return whether a TOML value has the type of a type hint."""
    if is_too_large(value):
        return False
    if isinstance(hint, types.UnionType):
        return any(_is_of_type(value, one) for one in typing.get_args(hint))
    if typing.get_origin(hint) is tuple:
        inner = typing.get_args(hint)[0]
        return isinstance(value, list) and all(_is_of_type(one, inner) for one in value)
    if hint is float:
        return isinstance(value, float | int) and not (
            isinstance(value, bool) or is_too_large(value)
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
