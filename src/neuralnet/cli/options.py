"""Options made from settings, so that a setting is declared once and shown with its default."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from neuralnet.training.recipes import Recipe

Function = TypeVar("Function", bound=Callable[..., Any])
Settings = TypeVar("Settings")


class Numbers(click.ParamType):  # type: ignore[type-arg]
    """Numbers with commas between them: 256,128.

    Parameters
    ----------
    kind : type
        int or float.
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
        """Read the numbers; a default is a tuple already."""
        if isinstance(value, tuple):
            return value
        try:
            return tuple(self._kind(number) for number in value.split(","))
        except ValueError:
            self.fail(f"{value!r} is not {self._wanted}.", param, ctx)


def setting_options(kind: type[Any]) -> Callable[[Function], Function]:
    """Give a command an option for each setting of a kind, `--num-epochs` for `num_epochs`."""
    types = typing.get_type_hints(kind)

    def decorate(function: Function) -> Function:
        for setting in reversed(dataclasses.fields(kind)):
            meaning = f"{setting.metadata['meaning']}  [default: {_shown(setting.default)}]"
            _option(setting.name, types[setting.name], setting.default, meaning)(function)
        return function

    return decorate


def override_options(kind: type[Any]) -> Callable[[Function], Function]:
    """Give a command an option for each setting of a kind that may take a recipe's place."""
    types = typing.get_type_hints(kind)

    def decorate(function: Function) -> Function:
        for setting in reversed(dataclasses.fields(kind)):
            meaning = setting.metadata["meaning"]
            _option(setting.name, types[setting.name], None, meaning)(function)
        return function

    return decorate


def overridden(recipe: Recipe, options: Mapping[str, Any]) -> Recipe:
    """Return a recipe with the options that were given in place of its settings."""
    parts = {}
    for part in ("network", "training"):
        settings = getattr(recipe, part)
        given = {name: options[name] for name in vars(settings) if options[name] is not None}
        parts[part] = dataclasses.replace(settings, **given)
    changes: dict[str, Any] = dict(parts)
    # What another optimizer or schedule takes is not what this one took.
    for name in ("optimizer", "schedule"):
        if getattr(parts["training"], name) != getattr(recipe.training, name):
            changes[name] = {}
    return dataclasses.replace(recipe, **changes)


def settings_from(kind: type[Settings], options: Mapping[str, Any]) -> Settings:
    """Take a kind's settings out of a command's options."""
    names = [setting.name for setting in dataclasses.fields(kind)]  # type: ignore[arg-type]
    return kind(**{name: options[name] for name in names})


def _option(name: str, annotation: Any, default: Any, meaning: str) -> Callable[[Function], Any]:
    """Return the option of one setting; a flag can be switched on and off."""
    option = f"--{name.replace('_', '-')}"
    if annotation is bool:
        switch = f"{option}/--no-{option[2:]}"
        return click.option(switch, name, default=default, help=meaning)
    return click.option(option, name, type=_click_type(annotation), default=default, help=meaning)


def _click_type(annotation: Any) -> Any:
    """Return the click type that reads what a setting holds."""
    if typing.get_origin(annotation) is tuple:
        return Numbers(typing.get_args(annotation)[0])
    either = [one for one in typing.get_args(annotation) if one is not type(None)]
    return either[0] if either else annotation


def _shown(default: object) -> str:
    """Word a default for the help."""
    if isinstance(default, tuple) and default:
        return ",".join(map(str, default))
    return "not set" if default is None or default == () else str(default)
