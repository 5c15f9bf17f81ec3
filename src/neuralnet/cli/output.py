"""What commands write: for people by default, JSON for programs, and less with `--quiet`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Write JSON, for a program to read."
)
quiet_option = click.option(
    "--quiet", is_flag=True, help="Write the result and nothing about how it came about."
)


def echo_json(value: Any) -> None:
    """Write JSON; NaN and infinity, which it does not have, become text."""
    import json

    click.echo(json.dumps(_plain(value), ensure_ascii=False, indent=2))


def remark(text: str, *, quiet: bool) -> None:
    """Write on standard error what is no result, unless there should be quiet."""
    if text and not quiet:
        click.echo(text, err=True)


def percent(share: float) -> str:
    """Write a share in %, never rounded to a "100.00 %" that it is not."""
    return "> 99.99 %" if 0.99995 <= share < 1 else f"{100 * share:.2f} %"


def counted(number: int, thing: str) -> str:
    """Write a number of things: "1 row", "2,000 rows"."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def table(rows: Sequence[Sequence[str]], align: Callable[[str, int], str] = str.rjust) -> str:
    """Set texts in columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(align(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _plain(value: Any) -> Any:
    """Return the same with every number one that JSON has."""
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
