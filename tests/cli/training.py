"""Runs the command `train` in this process."""

from __future__ import annotations

from typing import Any

from click.testing import CliRunner, Result

from neuralnet.cli.main import main


def run(*arguments: object, **settings: Any) -> Result:
    return CliRunner().invoke(main, ["train", *map(str, arguments)], **settings)
