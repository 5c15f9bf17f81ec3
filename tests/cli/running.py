"""How the tests run the command line."""

from __future__ import annotations

import json
from typing import Any

from click.testing import CliRunner, Result

from neuralnet.cli.main import main


def run(*arguments: object, code: int = 0) -> Result:
    """Run the command, and hold it to its exit code and to answering without a traceback."""
    done = CliRunner().invoke(main, [*map(str, arguments)])
    assert done.exit_code == code, done.output
    assert "Traceback" not in done.output
    return done


def run_json(*arguments: object, code: int = 0) -> Any:
    """Run the command with --json, and return what it wrote."""
    return json.loads(run(*arguments, "--json", code=code).stdout)


def refused(*arguments: object) -> str:
    """Run the command, which should do nothing, and return the sentence that says why."""
    done = run(*arguments, code=2)
    assert done.stderr.startswith("Error: ")
    assert done.stdout == ""
    return done.stderr
