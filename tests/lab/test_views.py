"""Looking inside, slow motion, photos, sharing, the exported page and the tour."""

from __future__ import annotations

import copy
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from neuralnet.nn.network import NeuralNetMLP
from neuralnet.nn.optimizers import SGD
from neuralnet.reading.reader import read_digits
from neuralnet.storage import load, save
from tests.cli.running import run
from tests.lab.browser import draw, open_view, pixels, shown_probabilities, verdict, wait_until
from tests.lab.serving import ServedLab


def exact(page: Any, name: str, unit: int | None = None) -> float:
    """Return the number behind a shown one."""
    part = f"[data-value='{name}']" + ("" if unit is None else f"[data-unit='{unit}']")
    value = page.locator(f"{part}:visible").first.get_attribute("data-exact")
    assert value is not None
    return float(value)


@pytest.mark.parametrize(("layer", "unit"), [(0, 4), (1, 3), (2, 7)])
def test_the_sum_of_a_unit_is_pythons(
    page: Any, small_network: NeuralNetMLP, layer: int, unit: int
) -> None:
    draw(page, 5)
    page.locator(".layer .units").nth(layer).locator("button").nth(unit).hover()
    X = pixels(page)[np.newaxis]
    activations = small_network.forward(X)
    inputs = X / 127.5 - 1 if layer == 0 else activations[layer - 1]
    weights = small_network.parameters[f"layers.{layer}.weight"][:, unit]
    b = float(small_network.parameters[f"layers.{layer}.bias"][unit])
    wx = float(inputs[0] @ weights)
    assert exact(page, "wx") == pytest.approx(wx, abs=1e-4)
    assert exact(page, "b") == pytest.approx(b, abs=1e-6)
    assert exact(page, "z") == pytest.approx(wx + b, abs=1e-4)
    assert exact(page, "a") == pytest.approx(float(activations[layer][0, unit]), abs=1e-5)
    panel = page.locator(".unit-panel")
    assert f"{abs(wx):.4f}" in panel.inner_text()
    strongest = panel.locator("table").first.locator("td.plus, td.minus").first.inner_text()
    largest = max(inputs[0] * weights, key=abs)
    assert float(strongest.replace("\N{MINUS SIGN}", "-")) == pytest.approx(largest, abs=1e-3)


def test_units_light_up_and_can_be_reached_with_the_keyboard(page: Any) -> None:
    draw(page, 8)
    first = page.locator(".layer .units").first.locator("button")
    script = "all => all.map((one) => Number(one.style.getPropertyValue('--light')))"
    lights = first.evaluate_all(script)
    assert max(lights) == 1
    assert min(lights) < 0.9
    first.first.focus()
    page.keyboard.press("ArrowRight")
    assert page.locator(".unit-panel h3").inner_text() == "Unit 2 of hidden layer 1"
    page.keyboard.press("Enter")
    page.locator(".outputs button").first.hover()
    assert page.locator(".unit-panel h3").inner_text() == "Unit 2 of hidden layer 1"


def test_slow_motion_shows_the_packages_gradients(page: Any, small_network: NeuralNetMLP) -> None:
    draw(page, 4)
    open_view(page, "step")
    form = page.locator(".example-form")
    form.locator("[name=label]").select_option("9")
    form.locator("[name=rate]").fill("0.05")
    form.locator("button").click()
    page.get_by_role("heading", name="1. Forward").wait_for()
    X, y = pixels(page)[np.newaxis], np.array([9])
    model = copy.deepcopy(small_network)
    activations = model.forward(X)
    gradients = model.backward(X, activations, y)
    next_stage = page.locator("[data-do=next]")

    z = (X[0] / 127.5 - 1) @ model.parameters["layers.0.weight"] + model.parameters["layers.0.bias"]
    listed = np.argsort(-np.abs(gradients["layers.0.bias"]))[:10]
    first = page.locator(".stage .numbers").first
    shown = [int(text) for text in first.locator("tbody th").all_inner_texts()]
    assert shown == sorted(int(unit) + 1 for unit in listed)
    for unit in shown:
        assert exact(page, "z", unit) == pytest.approx(float(z[unit - 1]), abs=1e-4)
        assert exact(page, "a", unit) == pytest.approx(float(activations[0][0, unit - 1]), abs=1e-5)
    next_stage.click()
    assert exact(page, "loss") == pytest.approx(model.evaluate(X, y).loss, rel=1e-5)
    next_stage.click()
    for unit in range(10):
        delta = float(gradients["layers.2.bias"][unit])
        assert exact(page, "δ", unit) == pytest.approx(delta, abs=1e-6)
    next_stage.click()
    unit = int(np.abs(gradients["layers.1.bias"]).argmax())
    delta = float(gradients["layers.1.bias"][unit])
    assert exact(page, "δ", unit + 1) == pytest.approx(delta, abs=1e-6)
    next_stage.click()
    assert page.locator(".strip canvas").count() == 20
    want = gradients["layers.2.weight"]
    got = page.evaluate(
        "async () => [...(await import('/main.js')).default.slow.step.tensors['2.gradient'].values]"
    )
    np.testing.assert_allclose(np.reshape(got, want.shape), want, atol=1e-6)
    next_stage.click()
    optimizer = SGD()
    optimizer.start(model.parameters)
    optimizer.step(0.05)
    largest = np.unravel_index(np.abs(want).argmax(), want.shape)
    row = page.locator(".stage .numbers").last.locator("tbody tr").first
    assert row.locator("th").inner_text() == f"w {largest[0] + 1} → {largest[1] + 1}"
    after = float(row.locator("[data-value=after]").get_attribute("data-exact"))
    assert after == pytest.approx(float(model.parameters["layers.2.weight"][largest]), abs=1e-6)
    next_stage.click()
    new = model.predict_proba(X)[0]
    for unit in range(10):
        assert exact(page, "after", unit) == pytest.approx(float(new[unit]), abs=1e-5)
    assert next_stage.is_disabled()
    page.get_by_role("button", name="Loss", exact=True).click()
    assert page.locator(".stage h3").inner_text() == "2. Loss"


def test_a_dropped_photo_is_read_and_boxed(page: Any) -> None:
    from tests.reading.pages import Style, make_page

    made = make_page(Style(rows=(1, 1), a_row=(3, 3)), np.random.default_rng(4))
    file = io.BytesIO()
    PIL.Image.fromarray(made.picture).save(file, "PNG")
    reading = read_digits(file.getvalue())
    page.evaluate(
        """(bytes) => {
          const file = new File([Uint8Array.from(bytes)], "photo.png", { type: "image/png" });
          const carried = new DataTransfer();
          carried.items.add(file);
          const options = { dataTransfer: carried, bubbles: true, cancelable: true };
          const drop = new DragEvent("drop", options);
          document.querySelector("h1").dispatchEvent(drop);
        }""",
        list(file.getvalue()),
    )
    page.locator(".photo .box").first.wait_for()
    labels = page.locator(".photo .box span").all_inner_texts()
    assert [text[0] for text in labels] == [str(one.label) for one in reading.digits]
    assert str(reading).replace("\n", " / ") in page.locator(".reading").inner_text()
    image = page.locator(".photo img").bounding_box()
    for shown, digit in zip(page.locator(".photo .box").all(), reading.digits, strict=True):
        box, scale = shown.bounding_box(), image["width"] / reading.size[1]
        assert box["x"] - image["x"] == pytest.approx(digit.box[1] * scale, abs=2)
        assert box["height"] == pytest.approx((digit.box[2] - digit.box[0]) * scale, abs=2)


def test_a_file_that_is_no_photo_is_explained(page: Any, open_page: Any) -> None:
    open_view(page, "photo")
    page.locator("[name=photo]").set_input_files(
        {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"no picture"}
    )
    page.locator(".message").wait_for()
    assert "not" in page.locator(".message").inner_text()
    [trouble] = open_page.troubles
    assert "400" in trouble
    open_page.troubles.clear()


def test_the_network_and_its_pictures_can_be_downloaded(
    page: Any, small_network: NeuralNetMLP, tmp_path: Path
) -> None:
    open_view(page, "share")
    with page.expect_download() as download:
        page.get_by_role("link", name="Weights").click()
    download.value.save_as(tmp_path / "network.safetensors")
    same = load(tmp_path / "network.safetensors")
    assert np.array_equal(same.parameters.state, small_network.parameters.state)
    with page.expect_download() as download:
        page.get_by_role("button", name="Pictures").click()
    download.value.save_as(tmp_path / "weights.png")
    with PIL.Image.open(tmp_path / "weights.png") as sheet:
        assert sheet.size == (300, 240)  # 20 units in five columns


@pytest.mark.parametrize("source", ["page", "command"])
def test_the_exported_page_gives_the_same_answer_from_disk_without_a_network(
    page: Any,
    open_page: Callable[..., Any],
    small_network: NeuralNetMLP,
    tmp_path: Path,
    source: str,
) -> None:
    file = tmp_path / "network.html"
    if source == "page":
        open_view(page, "share")
        with page.expect_download() as download:
            page.get_by_role("link", name="One HTML file").click()
        download.value.save_as(file)
        open_view(page, "think")
    else:
        save(small_network, tmp_path / "network.safetensors")
        run("export", tmp_path / "network.safetensors", file)
    draw(page, 6)
    alone = open_page(file.as_uri(), offline=True)
    draw(alone, 6)
    assert verdict(alone) == verdict(page)
    assert shown_probabilities(alone) == shown_probabilities(page)
    alone.locator(".layer .units").first.locator("button").nth(4).hover()
    page.locator(".layer .units").first.locator("button").nth(4).hover()
    assert exact(alone, "z") == exact(page, "z")
    with alone.expect_download() as download:
        alone.get_by_role("button", name="Save the weights").click()
    download.value.save_as(tmp_path / "again.safetensors")
    assert np.array_equal(
        load(tmp_path / "again.safetensors").parameters.state, small_network.parameters.state
    )


def test_the_tour_goes_to_its_end(page: Any, lab: ServedLab) -> None:
    page.locator("[data-do=tour]").click()
    titles = []
    page.locator("[data-do=presenter]").click()
    assert page.locator("html.presenting").count() == 1
    for number in range(5):
        assert page.locator(".tour-count").inner_text() == f"{number + 1} of 5"
        titles.append(page.locator(".tour h2").inner_text())
        if number == 1:
            page.get_by_text("The training is finished.").wait_for(timeout=60_000)
            assert lab.lab.session.required().state["settings"]["examples"] == 200
        if number == 2:
            draw(page, 7)
            assert verdict(page) != "Draw a digit."
        page.keyboard.press("PageDown")
    assert len(set(titles)) == 5
    assert page.locator(".tour").is_hidden()
    assert page.locator("html.presenting").count() == 0
    wait_until(page, "document.activeElement.dataset.do === 'tour'")


def test_the_tour_goes_back_and_ends_early(page: Any) -> None:
    page.locator("[data-do=tour]").click()
    page.locator("[data-do=tour-next]").click()
    page.locator("[data-do=tour-back]").click()
    assert page.locator(".tour-count").inner_text() == "1 of 5"
    page.keyboard.press("Escape")
    assert page.locator(".tour").is_hidden()


def test_an_address_opens_its_view(open_page: Callable[..., Any], lab: ServedLab) -> None:
    page = open_page(f"{lab.address}?view=photo")
    assert page.locator("[data-part=photo]").is_visible()
    assert page.locator("[data-part=think]").is_hidden()
    assert page.locator("nav [aria-current=page]").inner_text() == "Photo"
