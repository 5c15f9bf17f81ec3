"""Scores of pages: digits found, invented and read correctly."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.reading.pages import Box, Page


@dataclass
class Score:
    """Counts over several pages."""

    drawn: int = 0
    found: int = 0
    correct: int = 0
    invented: int = 0
    in_order: int = 0
    num_pages: int = 0

    def add(self, page: Page, boxes: Sequence[Box], labels: Sequence[int]) -> None:
        """Add a page and what was read from it."""
        matches = matched(page.boxes, boxes)
        self.drawn += len(page.boxes)
        self.found += len(matches)
        self.correct += sum(labels[b] == page.labels[a] for a, b in matches.items())
        self.invented += len(boxes) - len(matches)
        self.in_order += [matches.get(i) for i in range(len(page.boxes))] == list(range(len(boxes)))
        self.num_pages += 1

    def __str__(self) -> str:
        """Return the counts as percentages."""
        n = max(1, self.drawn)
        return (
            f"{self.drawn:5} drawn  {100 * self.found / n:6.2f} % found  "
            f"{100 * self.invented / n:5.2f} % invented  {100 * self.correct / n:6.2f} % correct  "
            f"{100 * self.in_order / max(1, self.num_pages):6.1f} % of pages all in order"
        )


def total(scores: Iterable[Score]) -> Score:
    """Add up the scores."""
    sums = Score()
    for score in scores:
        for name, value in vars(score).items():
            setattr(sums, name, getattr(sums, name) + value)
    return sums


def overlap(one: Box, other: Box) -> float:
    """Return the intersection over union of two boxes."""
    down = min(one[2], other[2]) - max(one[0], other[0])
    across = min(one[3], other[3]) - max(one[1], other[1])
    if down <= 0 or across <= 0:
        return 0.0
    areas = [(b[2] - b[0]) * (b[3] - b[1]) for b in (one, other)]
    return down * across / (sum(areas) - down * across)


def matched(drawn: Sequence[Box], found: Sequence[Box]) -> dict[int, int]:
    """Match drawn boxes to found ones that overlap by half; return the indices."""
    pairs = sorted(
        ((overlap(a, b), i, j) for i, a in enumerate(drawn) for j, b in enumerate(found)),
        reverse=True,
    )
    matches: dict[int, int] = {}
    for share, i, j in pairs:
        if share >= 0.5 and i not in matches and j not in matches.values():
            matches[i] = j
    return matches
