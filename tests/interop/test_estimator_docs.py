"""The code of docs/scikit-learn.md and of the docstrings runs."""

from __future__ import annotations

import doctest
import re
from pathlib import Path
from typing import Any

import pytest

from neuralnet.interop import classifier, regressor

PAGE = Path(__file__).parents[2] / "docs" / "scikit-learn.md"


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_page_runs(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), names)  # noqa: S102
    assert len(blocks) == 6
    printed = capsys.readouterr().out
    assert float(printed.split()[0]) > 0.9
    assert printed.splitlines()[1] == "True"  # the predicted mean of the counts
    assert "True\nfeatures classification\n" in printed  # the loaded pipeline


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("module", [classifier, regressor])
def test_docstring_examples_pass(module: Any) -> None:
    failed, attempted = doctest.testmod(module)
    assert attempted
    assert not failed
