"""A page of the lab in Chromium, and the hand that draws on it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralnet.checks import Array
from tests.reading.strokes import HANDS, Points, _curve, _straight

if TYPE_CHECKING:
    from playwright.sync_api import Page

MAIN = "(await import('/main.js')).default"


def strokes_of(digit: int, hand: int = 0) -> list[Points]:
    """Return the strokes of a digit without tremor, in a box that is 1 high."""
    strokes = []
    for text in HANDS[digit][hand].split(" | "):
        points = np.array([tuple(map(float, p.split(","))) for p in text.lstrip("!").split()])
        strokes.append(_straight(points) if text.startswith("!") else _curve(points))
    return strokes


def draw(page: Page, digit: int, *, top: float = 0.2, left: float = 0.3, size: float = 0.6) -> None:
    """Draw a digit with the mouse; the places are fractions of the pad."""
    page.evaluate("scrollTo(0, 0)")  # on a phone, a view that is opened scrolls the pad away
    box = page.locator("canvas.pad").bounding_box()
    assert box is not None
    for stroke in strokes_of(digit):
        places = [
            (
                box["x"] + box["width"] * (left + size * x),
                box["y"] + box["width"] * (top + size * y),
            )
            for x, y in stroke[:: max(1, len(stroke) // 9)].tolist() + stroke[-1:].tolist()
        ]
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place)
        page.mouse.up()


def clear(page: Page) -> None:
    page.locator("[data-do=clear]").click()


def verdict(page: Page) -> str:
    return page.locator(".verdict").inner_text()


def shown_probabilities(page: Page) -> list[float]:
    """Return the ten percentages beside the bars, as probabilities."""
    texts = page.locator(".bars .value").all_inner_texts()
    return [float(text.removesuffix("%")) / 100 for text in texts]


def in_page(page: Page, script: str, argument: Any = None) -> Any:
    """Run a script in which `page` is the lab's page object."""
    return page.evaluate(f"async (given) => {{ const page = {MAIN}; {script} }}", argument)


def wait_until(page: Page, condition: str, seconds: float = 30.0) -> None:
    """Wait until an expression is true; Playwright's way needs `eval`, which the page forbids."""
    deadline = time.monotonic() + seconds
    while not in_page(page, f"return {condition}"):
        assert time.monotonic() < deadline, f"never true: {condition}"
        page.wait_for_timeout(50)


def pixels(page: Page) -> Array:
    """Return the prepared drawing, shape (784,)."""
    return np.array(in_page(page, "return [...page.pixels]"), np.uint8)


def open_view(page: Page, view: str) -> None:
    page.locator(f"nav [data-view={view}]").click()
