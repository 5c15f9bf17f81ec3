"""Outputs: a check of their folder, and a lock, so that two processes never write one together."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from neuralnet.errors import NeuralNetError
from neuralnet.files import FileError, check_path, check_regular, describe_os_error


class OutputInUseError(NeuralNetError):
    """Another process writes to the output."""


@contextlib.contextmanager
def locked_output(path: str | os.PathLike[str]) -> Iterator[None]:
    """Hold a lock on an output while the block runs.

    The lock belongs to the process and ends with it, however it ends. It is a lock on an empty
    file, `.NAME.lock` in the output's folder, which stays there.

    Parameters
    ----------
    path : path
        The output; its folder is created if it is missing.

    Raises
    ------
    OutputInUseError
        If another process, or another block of this one, holds the lock.
    FileError
        If the lock's file cannot be written.
    """
    import filelock  # imported here because it loads many other modules

    path = Path(os.path.realpath(check_path(path)))
    file = path.with_name(f".{path.name}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        check_regular(file, "write")
        lock = filelock.FileLock(file, blocking=False)
        lock.acquire()
    except filelock.Timeout as error:
        raise OutputInUseError(
            f"{path} is being written by another process. Wait until it has finished, or choose "
            f"another output folder."
        ) from error
    except FileError:
        raise
    except (OSError, NotImplementedError) as error:  # the latter: a file system without locks
        what = describe_os_error(error) if isinstance(error, OSError) else str(error)
        raise FileError(f"Cannot lock {path}: {what}. Choose another folder.") from error
    try:
        yield
    finally:
        lock.release()


def check_writable(folder: str | os.PathLike[str]) -> None:
    """Create a folder if it is missing, and check that a file can be written to it.

    Raises
    ------
    FileError
        If the folder cannot be created or written to.
    """
    import tempfile  # imported here because it loads many other modules

    folder = check_path(folder, "folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise FileError(
            f"Cannot write to {folder}: {describe_os_error(error)}. Choose a folder that you can "
            f"write to."
        ) from error
