"""Labs that are served, and a browser; without one its tests are skipped, and fail in CI."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from neuralnet.data.dataset import Dataset
from neuralnet.data.sources import load_mnist
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.reading.pretrained import load_pretrained
from neuralnet.training.loop import train
from tests.digits import digits
from tests.lab.serving import ServedLab, served

PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 860}}


def not_run(reason: str) -> None:
    """Skip a test of the page, or fail it where a browser is expected."""
    if os.environ.get("CI"):
        pytest.fail(f"The page was not tested: {reason}", pytrace=False)
    pytest.skip(f"The page was not tested: {reason}")


@pytest.fixture(scope="session", autouse=True)
def _sample_is_parsed_once() -> Iterator[None]:
    """Let the lab and the tests share one copy of the sample of digits."""

    def load(source: str) -> Dataset:
        return digits() if source == "sample" else load_mnist(source=source)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("neuralnet.lab.digits.load_mnist", load)
        yield


@pytest.fixture(scope="session")
def small_network() -> NeuralNetMLP:
    """A network with two hidden layers that reads most digits."""
    sample = digits()
    model = NeuralNetMLP(
        784,
        (20, 12),
        10,
        hidden_activation=("tanh", "relu"),
        output_activation="softmax",
        loss="cross_entropy",
    )
    train(model, sample.images[:1500], sample.labels[:1500], num_epochs=6, minibatch_size=10)
    return model


@pytest.fixture(scope="session")
def lab(small_network: NeuralNetMLP) -> Iterator[ServedLab]:
    with served(small_network, "small.safetensors") as one:
        yield one


@pytest.fixture(scope="session")
def reader_lab() -> Iterator[ServedLab]:
    with served(load_pretrained(), "Bundled reader") as one:
        yield one


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        not_run("Playwright is not installed.")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        not_run("Chromium is not installed; on Debian, `apt-get install chromium`.")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """A function that opens an address; the test fails on console errors and on other hosts."""
    contexts, troubles = [], []

    def open_it(address: str, **options: Any) -> Any:
        context = browser.new_context(**{**DESKTOP, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)  # a busy machine stands still for seconds
        page.on("pageerror", lambda error: troubles.append(f"error: {error}"))
        page.on(
            "console",
            lambda said: troubles.append(said.text) if said.type in {"error", "warning"} else None,
        )

        def check_host(request: Any) -> None:
            own = address.partition("?")[0]
            if not request.url.startswith((own, "data:", "blob:")):
                troubles.append(f"request to {request.url}")

        page.on("request", check_host)
        page.goto(address)
        page.locator("html[data-ready]").wait_for(state="attached")
        return page

    open_it.troubles = troubles  # type: ignore[attr-defined]
    yield open_it
    for context in contexts:
        context.close()
    assert not troubles


@pytest.fixture
def page(open_page: Callable[..., Any], lab: ServedLab) -> Iterator[Any]:
    """A page of the lab with the small network, with no training before or after the test."""
    lab.reset()
    opened = open_page(lab.address, reduced_motion="reduce")
    yield opened
    opened.context.close()  # first: a page whose training is taken away asks for it in vain
    lab.reset()
