"""Functions that run the command line in the tests."""

from __future__ import annotations

import json
from typing import Any

from click.testing import CliRunner, Result

from neuralnet.cli.main import main


def run(*arguments: object, code: int = 0) -> Result:
    """Run the command, and check its exit code and that it prints no traceback."""
    done = CliRunner().invoke(main, [*map(str, arguments)])
    assert done.exit_code == code, done.output
    assert "Traceback" not in done.output
    return done


def run_json(*arguments: object, code: int = 0) -> Any:
    """Run the command with --json, and return the parsed output."""
    return json.loads(run(*arguments, "--json", code=code).stdout)


def run_failing(*arguments: object) -> str:
    """Run a command that must fail with exit code 2, and return its error message."""
    done = run(*arguments, code=2)
    assert done.stderr.startswith("Error: ")
    assert done.stdout == ""
    return done.stderr
