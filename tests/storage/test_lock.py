"""The lock on the name of an output."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from neuralnet.files import FileError
from neuralnet.storage.lock import OutputInUseError, locked_output

_HOLDER = """
import sys, time
from neuralnet.storage.lock import locked_output
with locked_output(sys.argv[1]):
    print("locked", flush=True)
    time.sleep(60)
"""


def test_an_output_is_locked_until_its_process_ends(tmp_path: Path) -> None:
    path = tmp_path / "new" / "network"
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "locked\n"
    try:
        with pytest.raises(OutputInUseError, match=r"network is being written by another process"):
            locked_output(path).__enter__()
        with locked_output(path.with_name("other")):
            pass
    finally:
        holder.kill()
        holder.communicate()
    with locked_output(path):
        pass


def test_a_lock_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FileError, match="below"):
        locked_output(tmp_path / "file" / "below").__enter__()
    (tmp_path / ".network.lock").mkdir()
    with pytest.raises(FileError, match="folder"):
        locked_output(tmp_path / "network").__enter__()
