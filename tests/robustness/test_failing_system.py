"""Any call to the operating system may fail: the file is then the old one or the new one."""

from __future__ import annotations

import errno
import fcntl
import itertools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from neuralnet import NeuralNetError, NeuralNetMLP, load, save
from neuralnet.files import remove_leftovers

CALLS: dict[str, tuple[Any, str]] = {
    **{name: (os, name) for name in ("open", "fsync", "fchmod", "fchown", "stat", "fstat")},
    **{name: (os, name) for name in ("lstat", "mkdir", "replace", "rename", "unlink")},
    **{name: (os, name) for name in ("readlink", "close", "scandir", "listdir")},
    "flock": (fcntl, "flock"),
}
ERRORS = ("EIO", "ENOSPC", "ESTALE", "EPERM", "EROFS", "EINVAL", "ENOSYS", "ENOENT", "EDQUOT")


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("name", CALLS)
def test_each_failing_call_leaves_a_whole_file(
    name: str, error: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, old, new = tmp_path / "network", NeuralNetMLP(2, 2, 2), NeuralNetMLP(2, 2, 2, seed=1)
    module, attribute = CALLS[name]
    real: Callable[..., Any] = getattr(module, attribute)
    for nth in range(20):  # the nth call fails
        save(old, path)
        remove_leftovers.cache_clear()
        count = itertools.count()

        def failing(*args: Any, **kwargs: Any) -> Any:
            if next(count) == nth:  # noqa: B023
                raise OSError(getattr(errno, error), os.strerror(getattr(errno, error)), "x")
            return real(*args, **kwargs)

        with monkeypatch.context() as patch:
            patch.setattr(module, attribute, failing)
            try:
                save(new, path)
                written = True
            except NeuralNetError:
                written = False
        found = load(path).parameters.state.tolist()
        assert found == (new if written else old).parameters.state.tolist()
        if name != "unlink":  # nothing can be removed then; the next process does it
            assert [one.name for one in tmp_path.iterdir()] == ["network"]
        if next(count) <= nth:
            break
    else:
        pytest.fail("the call was made more than 20 times")
