"""The texts avoid words and turns of phrase that are not the field's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXTS = sorted(
    path
    for folder in ("src", "tests", "benchmarks", "tools")
    for ending in ("*.py", "*.toml", "*.md")
    for path in (ROOT / folder).rglob(ending)
    if path != Path(__file__)
) + [ROOT / name for name in ("mnist_training.py", "README.md", "CONTRIBUTING.md")]

# What was written, and what is written instead.
INSTEAD = {
    r"oftener": "more often",
    r"rightly": "correctly",
    r"spoilt": "corrupted",
    r"wrongly": "incorrectly",
    r"whereof|thereof|wherefrom": "of which",
    r"say of": "describe",
    r"what is left": "the rest",
    r"to be had": "available",
    r"one each": "one for each",
    r"one's own": "your own",
    r"so many": "a number",
    r"an epoch of \d": "one epoch takes",
    r"a layer each": "one per layer",
    r"one an? (epoch|layer|class|step|row|example)": "one per epoch",
    r"(examples|images|entry|entries|labels?|lines?|rows?|seconds|ms|MB) an? "
    r"(epoch|step|example|image|layer|second)": "examples per step",
    r"at a time in training": "dropout rate",
}


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_text_reads_like_a_translation(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for words, better in INSTEAD.items():
        found = re.search(rf"\b({words})\b", text, flags=re.IGNORECASE)
        if found:
            line = text.count("\n", 0, found.start()) + 1
            pytest.fail(f"{path.name}:{line}: {found[0]!r}; write {better!r} or similar")
