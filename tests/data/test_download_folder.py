"""Temporary folders of downloads are removed, even if a process was killed."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from neuralnet.data.download_folder import download_folder

_KILLED = """
import os, signal
from neuralnet.data.download_folder import download_folder
with download_folder() as folder:
    (folder / "half").write_bytes(bytes(1000))
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)


def test_a_folder_is_removed_at_the_end(tmp_path: Path) -> None:
    def fail() -> None:
        with download_folder() as folder:
            (folder / "file").touch()
            raise ValueError("in the block")

    with pytest.raises(ValueError, match="in the block"):
        fail()
    assert not list(tmp_path.iterdir())


def test_the_folder_of_a_killed_process_is_removed_and_others_are_not(tmp_path: Path) -> None:
    (tmp_path / "neuralnet-models").mkdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / ".lock").touch()
    (tmp_path / "neuralnet-download-link").symlink_to(elsewhere)
    with download_folder() as used:
        killed = subprocess.run([sys.executable, "-c", _KILLED], check=False)
        assert killed.returncode == -9
        assert len(list(tmp_path.glob("*download*"))) == 3
        with download_folder():
            assert len(list(tmp_path.glob("*download*"))) == 3
            assert used.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "elsewhere",
        "neuralnet-download-link",
        "neuralnet-models",
    ]
    assert (elsewhere / ".lock").exists()
