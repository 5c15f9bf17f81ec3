"""Training in the page: run, pause, step, reset, the address, advice, teaching."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from neuralnet.lab.digits import lab_digits
from neuralnet.lab.settings import LabSettings
from neuralnet.training.loop import train
from tests.lab.browser import draw, in_page, open_view, pixels, shown_probabilities, wait_until
from tests.lab.serving import ServedLab

SHORT = "?view=learn&examples=200&hidden=10&epochs=2&seed=5"
LONG = "?view=learn&examples=2000&hidden=30&epochs=1000"


@pytest.fixture
def open_lab(open_page: Callable[..., Any], lab: ServedLab) -> Any:
    lab.reset()
    pages: list[Any] = []

    def open_one(query: str, **options: Any) -> Any:
        pages.append(open_page(lab.address + query, **options))
        return pages[-1]

    yield open_one
    for page in pages:  # before the reset, which a page in training would notice
        page.context.close()
    lab.reset()


def press(page: Any, name: str) -> None:
    page.locator(f"[data-part=learn] [data-do={name}]").click()


def progress(page: Any) -> str:
    text: str = page.locator(".progress").inner_text()
    return text


def wait_for(page: Any, mode: str) -> None:
    page.locator(f".progress[data-mode={mode}]").wait_for()


def step_of(text: str) -> tuple[int, int]:
    found = re.search(r"Epoch (\d+), step (\d+)", text)
    assert found, text
    return int(found[1]), int(found[2])


def test_run_pause_resume_step_epoch_and_reset(open_lab: Any, lab: ServedLab) -> None:
    page = open_lab(LONG)
    press(page, "run")
    page.locator(".chart polyline").first.wait_for()
    press(page, "run")
    page.get_by_text("Paused.").wait_for()
    assert page.locator("[data-do=run]").inner_text() == "Resume"
    before = step_of(progress(page))
    page.wait_for_timeout(300)
    assert step_of(progress(page)) == before

    press(page, "step")
    wait_until(page, f"!page.learn.progress.textContent.includes('step {before[1]} of')")
    after = step_of(progress(page))
    assert after in {(before[0], before[1] + 1), (before[0] + 1, 0)}

    epochs = in_page(page, "return page.learn.history.length")
    press(page, "epoch")
    wait_until(page, f"!page.learn.progress.textContent.startsWith('Epoch {after[0]},')")
    page.get_by_text("Paused.").wait_for()
    assert in_page(page, "return page.learn.history.length") == epochs + 1

    press(page, "run")
    page.get_by_role("button", name="Pause").wait_for()
    press(page, "reset")
    wait_for(page, "none")
    assert progress(page).startswith("No training yet")
    assert lab.lab.session.training is None
    page.get_by_text("small.safetensors:").wait_for()


def first_epochs(page: Any) -> list[list[float]]:
    press(page, "run")
    wait_for(page, "finished")
    names = ["train_loss", "train_accuracy", "valid_loss", "valid_accuracy"]
    figures: list[list[float]] = in_page(
        page, "return page.learn.history.map((one) => given.map((name) => one[name]))", names
    )
    return figures


def test_the_same_link_gives_the_same_network_and_it_is_trains(
    open_lab: Any, lab: ServedLab
) -> None:
    page = open_lab(SHORT)
    first = first_epochs(page)
    lab.reset()
    page.reload()
    page.locator("html[data-ready]").wait_for(state="attached")
    assert "hidden=10" in page.url
    assert first_epochs(page) == first

    settings = LabSettings(examples=200, hidden=(10,), epochs=2, seed=5)
    digits = lab_digits(settings.data, settings.examples, settings.seed)
    model = settings.network()
    history = train(
        model, digits.X_train, digits.y_train, digits.X_valid, digits.y_valid,
        num_epochs=2, learning_rate=settings.rate, minibatch_size=settings.batch, seed=5,
    )  # fmt: skip
    want = [history.train_loss, history.train_accuracy, history.valid_loss, history.valid_accuracy]
    np.testing.assert_allclose(np.array(first).T, want, rtol=1e-6)
    # The trained network answers drawings, weights included.
    page.get_by_text("Network in training").wait_for()
    page.wait_for_timeout(600)
    draw(page, 2)
    wanted = model.predict_proba(pixels(page)[np.newaxis])[0]
    np.testing.assert_allclose(shown_probabilities(page), wanted, atol=6e-4)


def test_the_settings_of_the_form_are_in_the_address(open_lab: Any) -> None:
    page = open_lab("?view=learn")
    form = page.locator(".settings")
    form.locator("[name=hidden]").fill("30, 20")
    form.locator("[name=activation]").select_option("gelu")
    form.locator("[name=seed]").fill("9")
    form.locator("[name=seed]").press("Tab")
    assert page.url.endswith("?view=learn&hidden=30,20&activation=gelu&seed=9")
    open_view(page, "share")
    assert page.locator("[name=link]").input_value() == page.url


def test_the_learning_rate_changes_while_it_runs(open_lab: Any) -> None:
    page = open_lab(LONG)
    press(page, "step")
    page.get_by_text("learning rate 0.05").wait_for()
    rate = page.locator(".settings [name=rate]")
    rate.fill("0.2")
    rate.press("Tab")
    press(page, "step")
    page.get_by_text("learning rate 0.2. Paused").wait_for()


def test_a_drawing_is_answered_by_the_network_in_training(open_lab: Any, lab: ServedLab) -> None:
    page = open_lab(LONG)
    draw(page, 3)
    press(page, "run")
    page.locator(".chart polyline").first.wait_for()
    seen = {tuple(shown_probabilities(page))}
    ages = []
    for _ in range(30):
        page.wait_for_timeout(100)
        seen.add(tuple(in_page(page, "return [...page.result.probabilities]")))
        ages.append(in_page(page, "return performance.now() - page.networkAt"))
    assert len(seen) > 3, "the answer changes while the network learns"
    assert np.median(ages) < 500


def test_advice_and_misread_digits_are_shown(open_lab: Any) -> None:
    page = open_lab("?view=learn&examples=100&batch=1000&epochs=2&hidden=5")
    press(page, "run")
    wait_for(page, "finished")
    advice = page.locator(".advice").inner_text()
    assert "only 2 updates in all" in advice
    assert "Batch size" in advice
    assert "minibatch_size" not in advice
    assert page.locator(".gallery li").count() == 24
    assert re.fullmatch(r"\d → \d", page.locator(".gallery li").first.inner_text().strip())


def test_a_training_that_diverges_says_so(open_lab: Any) -> None:
    page = open_lab("?view=learn&examples=500&rate=10&loss=cross_entropy&activation=identity&l2=1")
    press(page, "run")
    wait_for(page, "failed")
    assert "The loss became" in progress(page)


def test_settings_that_cannot_be_used_are_explained(open_lab: Any, open_page: Any) -> None:
    page = open_lab("?view=learn&hidden=0")
    with page.expect_response("**/api/training"):
        press(page, "run")
    page.locator(".message").wait_for()
    assert page.locator(".message").inner_text().startswith("Hidden is 0;")
    assert page.locator("[data-do=run]").is_enabled()
    [trouble] = open_page.troubles
    assert "400" in trouble
    open_page.troubles.clear()


def test_teaching_raises_the_probability_of_the_digit(open_lab: Any, lab: ServedLab) -> None:
    page = open_lab("?view=think")
    draw(page, 1)
    before = shown_probabilities(page)
    taught = int(np.argsort(before)[-3])
    page.locator(".teach select").select_option(str(taught))
    page.locator(".teach button").click()
    page.get_by_text("Taught.").wait_for()
    wait_until(page, f"page.result.probabilities[{taught}] > {before[taught] + 0.05}")
    assert re.search(r"was [\d.]+\s% and is [\d.]+\s%", page.locator(".lesson").inner_text())
    # The lab's own network is unchanged: a reset brings it back.
    open_view(page, "learn")
    press(page, "reset")
    wait_until(page, "!page.learn.exists")
    page.get_by_text("small.safetensors:").wait_for()
    wait_until(page, f"Math.abs(page.result.probabilities[{taught}] - {before[taught]}) < 1e-3")
    np.testing.assert_allclose(shown_probabilities(page), before, atol=1e-3)


def test_a_page_that_vanishes_pauses_the_training(open_lab: Any, lab: ServedLab) -> None:
    page = open_lab(LONG)
    press(page, "run")
    page.locator(".chart polyline").first.wait_for()
    training = lab.lab.session.required()
    page.close()
    for _ in range(60):
        if training.state["mode"] == "pause":
            break
        training._process.join(0.1)
    assert training.state["mode"] == "pause"
    again = open_lab("?view=learn")
    again.get_by_text("Paused.").wait_for()
    assert in_page(again, "return page.learn.history.length") >= 1
