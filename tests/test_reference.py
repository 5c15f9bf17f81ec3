"""Tests that the reference lists every public name, each with an example."""

from __future__ import annotations

import re
from pathlib import Path

import mnist_training
import pytest

import neuralnet
from neuralnet import plots

REFERENCE = Path(mnist_training.__file__).parent / "docs" / "reference"
PAGES = {page.name: page.read_text(encoding="utf-8") for page in REFERENCE.glob("*.md")}


@pytest.mark.parametrize("name", [name for name in neuralnet.__all__ if name != "__version__"])
def test_a_public_name_is_in_the_reference_with_an_example(name: str) -> None:
    sections = [
        section
        for text in PAGES.values()
        for section in re.split(r"^## ", text, flags=re.MULTILINE)
        if section.startswith(f"{name}\n")
    ]
    assert len(sections) == 1, "one section per name"
    assert re.search(rf"auto(class|function):: neuralnet\.{name}$", sections[0], re.MULTILINE)
    example = re.search(r"```\{code-cell\}\n(.*?)```", sections[0], flags=re.DOTALL)
    assert example is not None
    assert example[1].strip()


@pytest.mark.parametrize("name", plots.__all__)
def test_a_plot_is_in_the_reference(name: str) -> None:
    assert re.search(rf":: neuralnet\.plots\.{name}$", PAGES["plots.md"], re.MULTILINE)
