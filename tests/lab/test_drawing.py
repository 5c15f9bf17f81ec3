"""Drawing: ten digits along given strokes, wherever and however large; touch, keyboard, undo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from neuralnet.nn.network import NeuralNetMLP
from neuralnet.reading.preparation import prepare
from tests.lab.browser import (
    clear,
    draw,
    in_page,
    pixels,
    shown_probabilities,
    strokes_of,
    verdict,
    wait_until,
)
from tests.lab.conftest import PHONE
from tests.lab.serving import ServedLab

ARTICLES = {8: "an"}
# Top, left and size on the pad: large, high and small, low and small.
PLACES = [(0.06, 0.2, 0.88), (0.04, 0.06, 0.35), (0.6, 0.62, 0.35)]


def test_ten_digits_are_read_high_and_low_large_and_small(
    open_page: Callable[..., Any], reader_lab: ServedLab
) -> None:
    page = open_page(f"{reader_lab.address}?view=share")
    wrong = []
    for digit in range(10):
        for top, left, size in PLACES:
            draw(page, digit, top=top, left=left, size=size)
            if verdict(page) != f"This is {ARTICLES.get(digit, 'a')} {digit}.":
                wrong.append((digit, size, top, verdict(page)))
            clear(page)
    assert not wrong


def touch(page: Any, digit: int) -> None:
    """Draw with a finger, through the browser's own touch events."""
    box = page.locator("canvas.pad").bounding_box()
    session = page.context.new_cdp_session(page)

    def send(kind: str, *place: float) -> None:
        points = [{"x": place[0], "y": place[1]}] if place else []
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    for stroke in strokes_of(digit):
        places = box["width"] * (0.15 + 0.7 * stroke) + (box["x"], box["y"])
        send("touchStart", *places[0])
        for place in places[1::6]:
            send("touchMove", *place)
        send("touchMove", *places[-1])
        send("touchEnd")


def test_ten_digits_are_read_by_touch_and_the_page_does_not_scroll(
    open_page: Callable[..., Any], reader_lab: ServedLab
) -> None:
    page = open_page(f"{reader_lab.address}?view=share", **PHONE)
    page.evaluate("scrollTo(0, 40)")
    wrong = []
    for digit in range(10):
        touch(page, digit)
        if verdict(page) != f"This is {ARTICLES.get(digit, 'a')} {digit}.":
            wrong.append((digit, verdict(page)))
        assert page.evaluate("scrollY") == 40
        page.evaluate("document.querySelector('[data-do=clear]').click()")
    assert not wrong
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_answer_is_the_networks_for_what_was_drawn(
    page: Any, small_network: NeuralNetMLP
) -> None:
    draw(page, 3)
    ink = np.array(in_page(page, "return [...page.pad.ink()]"), np.uint8).reshape(280, 280)
    seen = pixels(page)
    assert np.abs(seen.astype(int) - prepare(ink).ravel()).max() <= 1
    want = small_network.predict_proba(seen[np.newaxis])[0]
    np.testing.assert_allclose(shown_probabilities(page), want, atol=6e-4)
    first, second, third = np.argsort(-want)[:3]
    others = page.locator(".others").inner_text()
    assert others.startswith(f"{first} ")
    assert f"then {second} " in others
    assert f"and {third} " in others


def test_an_unclear_drawing_is_not_sure(page: Any) -> None:
    in_page(page, "page.answer.show(page.pixels, [.4, .35, .25, 0, 0, 0, 0, 0, 0, 0])")
    assert verdict(page) == "Not sure: perhaps a 0, perhaps a 1."
    in_page(page, "page.answer.show(page.pixels, [.05, .9, .05, 0, 0, 0, 0, 0, 0, 0])")
    assert verdict(page) == "This is a 1."
    in_page(page, "page.answer.show(page.pixels, [.05, .9, .05, 0, 0, 0, 0, 0, 0, 0], .4)")
    assert verdict(page) == "Not sure that this is a digit."
    assert page.locator(".others").inner_text().startswith("If it is: 1 90.0")


def test_two_digits_in_one_drawing_are_not_taken_for_a_digit(page: Any) -> None:
    draw(page, 3, left=0.02, size=0.5)
    draw(page, 7, left=0.5, size=0.5)
    assert verdict(page).startswith("Not sure")


def test_undo_takes_back_a_stroke_and_clear_takes_all(page: Any) -> None:
    draw(page, 1)
    one = pixels(page)
    draw(page, 7, left=0.5)
    assert not np.array_equal(pixels(page), one)
    for _ in range(len(strokes_of(7))):
        page.locator("[data-do=undo]").click()
    assert np.array_equal(pixels(page), one)
    clear(page)
    assert in_page(page, "return page.pixels") is None
    assert verdict(page) == "Draw a digit."
    assert page.locator("[data-do=undo]").is_disabled()


def test_the_brush_changes_the_ink(page: Any) -> None:
    amounts = []
    for size in ("6", "40"):
        page.locator("input[name=brush]").fill(size)
        draw(page, 1)
        amounts.append(in_page(page, "return page.pad.ink().filter(Boolean).length"))
        clear(page)
    assert amounts[1] > 4 * amounts[0]


def test_a_digit_can_be_drawn_with_the_keyboard(page: Any) -> None:
    page.locator("canvas.pad").focus()
    for _ in range(8):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Space")
    for _ in range(16):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    assert verdict(page) != "Draw a digit."
    ink = np.array(in_page(page, "return [...page.pad.ink()]"), np.uint8).reshape(280, 280)
    rows, columns = np.nonzero(ink)
    assert rows.max() - rows.min() > 4 * (columns.max() - columns.min())
    page.keyboard.press("Control+z")
    assert verdict(page) == "Draw a digit."


def test_on_a_phone_a_view_that_is_opened_can_be_seen(
    open_page: Callable[..., Any], lab: ServedLab
) -> None:
    page = open_page(lab.address, **PHONE)
    for view in ("learn", "share"):
        page.evaluate("scrollTo(0, 0)")
        page.locator(f"nav [data-view={view}]").click()
        top = page.locator(f"[data-part={view}] h2").bounding_box()["y"]
        nav = page.locator("nav").bounding_box()
        assert nav["y"] >= 0, "the views can still be chosen"
        assert nav["y"] + nav["height"] <= top < 250


def test_an_error_is_gone_when_another_view_is_opened(page: Any) -> None:
    in_page(page, "await page.attempt(() => { throw new Error('No.'); })")
    assert page.locator(".message").inner_text() == "No."
    page.locator("nav [data-view=share]").click()
    assert page.locator(".message").is_hidden()


@pytest.mark.parametrize("count", [1, 2])
def test_examples_are_real_digits(page: Any, count: int) -> None:
    for _ in range(count):
        with page.expect_response("**/api/digit*") as answer:
            page.locator("[data-do=example]").click()
    wait_until(page, "page.pixels !== null")
    assert (
        str(answer.value.json()["label"])
        == page.locator("[data-part=step] select[name=label]").input_value()
    )
