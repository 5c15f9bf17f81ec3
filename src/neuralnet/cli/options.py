"""Options made from settings, so that a setting is declared once and shown with its default."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])
Settings = TypeVar("Settings")


class WholeNumbers(click.ParamType):  # type: ignore[type-arg]
    """Whole numbers with commas between them: 256,128."""

    name = "numbers"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Read the numbers; a default is a tuple already."""
        if isinstance(value, tuple):
            return value
        try:
            return tuple(int(number) for number in value.split(","))
        except ValueError:
            self.fail(f"{value!r} is not whole numbers such as 50 or 256,128.", param, ctx)


def setting_options(kind: type[Any]) -> Callable[[Function], Function]:
    """Give a command an option for each setting of a kind, `--num-epochs` for `num_epochs`."""
    types = typing.get_type_hints(kind)

    def decorate(function: Function) -> Function:
        for setting in reversed(dataclasses.fields(kind)):
            click.option(
                f"--{setting.name.replace('_', '-')}",
                setting.name,
                type=_click_type(types[setting.name]),
                default=setting.default,
                help=f"{setting.metadata['meaning']}  [default: {_shown(setting.default)}]",
            )(function)
        return function

    return decorate


def settings_from(kind: type[Settings], options: Mapping[str, Any]) -> Settings:
    """Take a kind's settings out of a command's options."""
    names = [setting.name for setting in dataclasses.fields(kind)]  # type: ignore[arg-type]
    return kind(**{name: options[name] for name in names})


def _click_type(annotation: Any) -> Any:
    """Return the click type that reads what a setting holds."""
    if typing.get_origin(annotation) is tuple:
        return WholeNumbers()
    either = [one for one in typing.get_args(annotation) if one is not type(None)]
    return either[0] if either else annotation


def _shown(default: object) -> str:
    """Word a default for the help."""
    if isinstance(default, tuple):
        return ",".join(map(str, default))
    return "not set" if default is None else str(default)
