"""Accessibility by axe-core, and a picture of every view, light and dark, on desktop and phone.

The pictures go to the folder that LAB_PICTURES names, for a look and for the documentation, and to
a temporary folder otherwise.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from neuralnet.lab.single_file import single_file
from tests.lab.browser import draw, in_page, open_view, wait_until
from tests.lab.conftest import DESKTOP, PHONE
from tests.lab.serving import ServedLab
from tests.reading.pages import Style, make_page

# axe-core 4.10.2, the file axe.min.js of the package that npm serves (Mozilla Public License 2.0).
AXE = Path(__file__).parent / "axe.min.js"
AXE_SHA256 = "b511cd9dec01c76f4b2ad1723b66b6db37d4c2eb4ed199076e1829d9ee7b75e3"
QUERY = "?examples=500&hidden=40&epochs=4&seed=1"


def test_the_accessibility_checker_is_the_pinned_one() -> None:
    assert hashlib.sha256(AXE.read_bytes()).hexdigest() == AXE_SHA256


def violations(page: Any) -> list[str]:
    """Return what axe-core finds, contrast at level AA included."""
    found = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{one['id']}: {node['html'][:160]} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


def prepare_views(page: Any) -> None:
    """Train, draw, walk into the slow motion and read a photo, so that every view has contents."""
    open_view(page, "learn")
    page.locator("[data-part=learn] [data-do=run]").click()
    page.get_by_text("The training is finished.").wait_for(timeout=60_000)
    wait_until(page, "page.learn.history.length === 4 && page.network.layers[0].units === 40")
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(600)
    draw(page, 7, top=0.1, left=0.25, size=0.8)
    open_view(page, "step")
    page.locator(".example-form button").click()
    page.get_by_role("heading", name="1. Forward").wait_for()
    for _ in range(4):
        page.locator("[data-do=next]").click()
    open_view(page, "photo")
    made = make_page(Style(rows=(2, 2), a_row=(4, 4)), np.random.default_rng(8))
    file = io.BytesIO()
    PIL.Image.fromarray(made.picture).save(file, "PNG")
    photo = {"name": "digits.png", "mimeType": "image/png", "buffer": file.getvalue()}
    page.locator("[name=photo]").set_input_files(photo)
    page.locator(".photo .box").first.wait_for()


@pytest.mark.parametrize(("device", "options"), [("desktop", DESKTOP), ("phone", PHONE)])
def test_every_view_is_accessible_and_fits(
    open_page: Callable[..., Any],
    lab: ServedLab,
    tmp_path: Path,
    device: str,
    options: dict[str, Any],
) -> None:
    lab.reset()
    folder = Path(os.environ.get("LAB_PICTURES", tmp_path))
    page = open_page(lab.address + QUERY, **options, color_scheme="light", reduced_motion="reduce")
    prepare_views(page)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    trouble: list[str] = []

    def look(name: str) -> None:
        # In a window as high as the view, what is sticky stands where it belongs.
        size = page.viewport_size
        for _ in range(2 if name != "tour" else 0):  # the first makes room for a panel
            page.evaluate("scrollTo(0, 0)")
            parts = page.locator("main section:visible").all()
            boxes = [part.bounding_box() for part in parts]
            height = int(max(box["y"] + box["height"] for box in boxes)) + 40
            page.set_viewport_size({**size, "height": max(size["height"], height)})
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            page.screenshot(path=folder / f"{name}-{device}-{theme}.png")
            trouble.extend(f"{name}, {theme}: {one}" for one in violations(page))
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > options["viewport"]["width"]:
            trouble.append(f"{name} is {width} pixels wide")
        page.set_viewport_size(size)

    for view in ("think", "learn", "step", "photo", "share"):
        open_view(page, view)
        look(view)
    open_view(page, "think")
    page.locator("[data-do=tour]").click()
    look("tour")
    page.context.close()
    lab.reset()
    assert not trouble


def test_the_exported_page_is_accessible(
    open_page: Callable[..., Any], lab: ServedLab, tmp_path: Path
) -> None:
    file = tmp_path / "network.html"
    file.write_text(single_file(lab.lab.session.network_file()), encoding="utf-8")
    page = open_page(file.as_uri())
    draw(page, 2)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert not violations(page)


def test_the_theme_can_be_chosen_and_is_kept(page: Any) -> None:
    assert page.locator("html").get_attribute("data-theme") == "light"
    page.locator("[data-do=theme]").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    background = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(background) == "rgb(20, 22, 26)"
    page.reload()
    page.locator("html[data-ready]").wait_for(state="attached")
    assert page.locator("html").get_attribute("data-theme") == "dark"


def test_nothing_moves_where_the_system_asks_for_no_motion(
    open_page: Callable[..., Any], lab: ServedLab
) -> None:
    page = open_page(lab.address, reduced_motion="reduce")
    script = """return [...document.querySelectorAll("*")].filter((one) =>
      getComputedStyle(one).transitionDuration !== "0s" ||
      getComputedStyle(one).animationName !== "none").length"""
    assert in_page(page, script) == 0
    moving = open_page(lab.address, reduced_motion="no-preference")
    assert in_page(moving, script) > 0


def test_the_page_is_painted_before_the_weights_arrive(
    open_page: Callable[..., Any], lab: ServedLab
) -> None:
    page = open_page(lab.address)
    script = """const [paint] = performance.getEntriesByName("first-contentful-paint");
      const weights = performance.getEntriesByType("resource").find((one) =>
        one.name.endsWith("api/network"));
      return [paint.startTime, weights.responseEnd]"""
    paint, weights = in_page(page, script)
    assert paint > 0
    assert weights > 0
    sizes = in_page(
        page,
        """return performance.getEntriesByType("resource").filter((one) =>
          !one.name.endsWith("api/network")).reduce((sum, one) => sum + one.transferSize, 0)""",
    )
    assert 0 < sizes < 600_000
