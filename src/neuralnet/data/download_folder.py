"""Temporary folders for downloads, which do not outlive their process for long."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from neuralnet.files import lock_file

_PREFIX = "neuralnet-download-"
_LOCK = ".lock"


@contextlib.contextmanager
def download_folder() -> Iterator[Path]:
    """Create a temporary folder, and remove it at the end.

    Folders that killed processes left are removed first: the process of a folder that is in use
    holds a lock on a file in it.
    """
    root = Path(tempfile.gettempdir())
    with contextlib.suppress(OSError):
        for folder in root.glob(f"{_PREFIX}*"):
            _remove_unused(folder)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    try:
        with (folder / _LOCK).open("wb") as lock:
            lock_file(lock)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_unused(folder: Path) -> None:
    """Remove a folder of this user unless its process lives."""
    with contextlib.suppress(OSError):
        if folder.is_symlink() or (os.name == "posix" and folder.stat().st_uid != os.getuid()):
            return
        with (folder / _LOCK).open("r+b") as lock:
            unused = os.name == "posix" and lock_file(lock)
        if unused or os.name != "posix":  # Windows removes no open file, and so no folder in use
            shutil.rmtree(folder, ignore_errors=True)
