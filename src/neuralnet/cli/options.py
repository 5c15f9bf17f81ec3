"""Options that are generated from the settings, so that each setting is declared only once."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

from neuralnet.cli.completion import complete_setting

if TYPE_CHECKING:
    from neuralnet.training.recipes import Recipe

Function = TypeVar("Function", bound=Callable[..., Any])
Settings = TypeVar("Settings")


class NumberList(click.ParamType):  # type: ignore[type-arg]
    """Comma-separated numbers, for example 256,128.

    Parameters
    ----------
    kind : type
        Type of the numbers, int or float.
    """

    name = "numbers"

    def __init__(self, kind: type[int] | type[float]) -> None:
        self._kind = kind
        self._wanted = "whole numbers such as 50 or 256,128"
        if kind is float:
            self._wanted = "numbers such as 3 or 1.5,3"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, ...]:
        """Parse the numbers; a default is already a tuple."""
        if isinstance(value, tuple):
            return value
        try:
            return tuple(self._kind(number) for number in value.split(","))
        except ValueError:
            self.fail(f"{value!r} is not {self._wanted}.", param, ctx)


def setting_options(kind: type[Any]) -> Callable[[Function], Function]:
    """Return a decorator that adds one option per setting, `--num-epochs` for `num_epochs`.

    Each option shows and has the default of its setting.
    """
    types = typing.get_type_hints(kind)

    def decorate(function: Function) -> Function:
        for setting in reversed(dataclasses.fields(kind)):
            default = _format_default(setting.default)
            meaning = f"{setting.metadata['meaning']}  [default: {default}]"
            _option(setting.name, types[setting.name], setting.default, meaning)(function)
        return function

    return decorate


def override_options(kind: type[Any]) -> Callable[[Function], Function]:
    """Return a decorator that adds one option per setting, for overriding those of a recipe.

    An option that is not given is None.
    """
    types = typing.get_type_hints(kind)

    def decorate(function: Function) -> Function:
        for setting in reversed(dataclasses.fields(kind)):
            meaning = setting.metadata["meaning"]
            _option(setting.name, types[setting.name], None, meaning)(function)
        return function

    return decorate


def apply_overrides(recipe: Recipe, options: Mapping[str, Any]) -> Recipe:
    """Return a copy of a recipe in which the given options replace its settings."""
    parts = {}
    for part in ("network", "training"):
        settings = getattr(recipe, part)
        given = {name: options[name] for name in vars(settings) if options[name] is not None}
        parts[part] = dataclasses.replace(settings, **given)
    changes: dict[str, Any] = dict(parts)
    # The recipe's arguments are those of its own optimizer and schedule.
    for name in ("optimizer", "schedule"):
        if getattr(parts["training"], name) != getattr(recipe.training, name):
            changes[name] = {}
    return dataclasses.replace(recipe, **changes)


def settings_from(kind: type[Settings], options: Mapping[str, Any]) -> Settings:
    """Build settings from the options of a command."""
    names = [setting.name for setting in dataclasses.fields(kind)]  # type: ignore[arg-type]
    return kind(**{name: options[name] for name in names})


def _option(name: str, annotation: Any, default: Any, meaning: str) -> Callable[[Function], Any]:
    """Return the option of a setting; a boolean becomes `--name/--no-name`."""
    option = f"--{name.replace('_', '-')}"
    if annotation is bool:
        switch = f"{option}/--no-{option[2:]}"
        return click.option(switch, name, default=default, help=meaning)
    return click.option(
        option,
        name,
        type=_click_type(annotation),
        default=default,
        help=meaning,
        shell_complete=complete_setting,
    )


def _click_type(annotation: Any) -> Any:
    """Return the click type for the annotation of a setting."""
    if typing.get_origin(annotation) is tuple:
        return NumberList(typing.get_args(annotation)[0])
    members = [one for one in typing.get_args(annotation) if one is not type(None)]
    return members[0] if members else annotation


def _format_default(default: object) -> str:
    """Format a default for the help text."""
    if isinstance(default, tuple) and default:
        return ",".join(map(str, default))
    return "not set" if default is None or default == () else str(default)
