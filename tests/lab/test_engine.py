"""The page's arithmetic equals the package's."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neuralnet.nn.network import NeuralNetMLP
from neuralnet.reading.digit_detector import digit_probabilities, with_prior_odds
from neuralnet.reading.preparation import prepare
from neuralnet.storage import save
from tests.digits import digits
from tests.lab.browser import in_page
from tests.lab.serving import ServedLab
from tests.reading.strokes import broad_nib, brush, mouse, round_pen, written

SIDE = 280


@pytest.fixture(scope="module")
def page(browser: Any, lab: ServedLab) -> Iterator[Any]:
    """One page for all tests here, which only call functions in it."""
    opened = browser.new_page()
    opened.goto(lab.address)
    opened.locator("html[data-ready]").wait_for(state="attached")
    yield opened
    opened.close()


def drawings(count: int) -> list[Any]:
    """Return drawings of all sizes, pens and places, as the pad hands them on."""
    rng = np.random.default_rng(3)
    pads = []
    for number in range(count):
        size = rng.uniform(25, 240)
        strokes = [size * stroke for stroke in written(number % 10, rng)]
        pen = [round_pen, broad_nib, brush, mouse][number % 4]
        ink = np.asarray(pen(strokes, rng.uniform(1.5, 40), rng))[:SIDE, :SIDE]
        pad = np.zeros((SIDE, SIDE), np.uint8)
        top, left = (int(rng.integers(SIDE - length + 1)) for length in ink.shape)
        pad[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
        pads.append(pad)
    return pads


def test_prepared_drawings_equal_pythons(page: Any) -> None:
    pads = drawings(200)
    got = page.evaluate(
        """async (pads) => {
          const { prepare } = await import("/engine/preparation.js");
          const { bytesOf } = await import("/dom.js");
          return pads.map((pad) => [...prepare(bytesOf(pad), 280, 280)]);
        }""",
        [base64.b64encode(pad.tobytes()).decode() for pad in pads],
    )
    want = np.array([prepare(pad).ravel() for pad in pads], np.int64)
    assert np.abs(np.array(got) - want).max() <= 1


def test_an_empty_pad_has_no_picture(page: Any) -> None:
    script = "(await import('/engine/preparation.js')).prepare(new Uint8Array(100), 10, 10)"
    assert page.evaluate(f"async () => {script}") is None


OUTPUTS = [
    ("softmax", "cross_entropy"),
    ("sigmoid", "binary_cross_entropy"),
    ("identity", "mean_squared_error"),
]
HIDDEN = ["sigmoid", "tanh", "relu", "leaky_relu", "gelu", "identity"]


@pytest.mark.parametrize("number", range(len(HIDDEN)))
def test_the_forward_pass_equals_pythons(page: Any, tmp_path: Path, number: int) -> None:
    output, loss = OUTPUTS[number % 3]
    model = NeuralNetMLP(
        784,
        [(12,), (9, 7)][number % 2],
        10,
        hidden_activation=HIDDEN[number],
        output_activation=output,
        loss=loss,
        batch_norm=number % 4 == 3,
        dropout=0.2 * (number % 2),
        input_range=(0, 1) if number == 4 else (-1, 1),
        seed=number,
    )
    rng = np.random.default_rng(number)
    values = model.parameters.values
    values += rng.normal(0, 0.1, values.shape).astype(values.dtype)
    for name, running in model.parameters.running.items():
        running[...] += rng.uniform(0, 0.5, running.shape) * (1 if "variance" in name else -1)
    X = digits().images[:20]
    save(model, tmp_path / "network", half_precision=number == 5)
    if number == 5:
        from neuralnet.storage import load

        model = load(tmp_path / "network")
    got = page.evaluate(
        """async ([file, pictures]) => {
          const { loadNetwork, forward } = await import("/engine/network.js");
          const { bytesOf } = await import("/dom.js");
          const network = loadNetwork(bytesOf(file).buffer);
          return pictures.map((one) => {
            const { passes, probabilities } = forward(network, bytesOf(one));
            return [passes.map(({ a }) => [...a]), [...probabilities]];
          });
        }""",
        [
            base64.b64encode((tmp_path / "network").read_bytes()).decode(),
            [base64.b64encode(one.tobytes()).decode() for one in X],
        ],
    )
    for layer, want in enumerate(model.forward(X)):
        found = [activations[layer] for activations, _ in got]
        np.testing.assert_allclose(found, want, rtol=1e-4, atol=1e-5)
    if output != "identity":
        shown = [probabilities for _, probabilities in got]
        np.testing.assert_allclose(shown, model.predict_proba(X), atol=1e-5)


def test_tiny_sigmoids_still_give_probabilities(page: Any) -> None:
    model = NeuralNetMLP(784, 5, 10, loss="binary_cross_entropy", seed=1)
    model.parameters["layers.1.bias"][...] = np.linspace(-40, -30, 10)
    got = page.evaluate(
        """async ([b, W]) => {
          const { forward } = await import("/engine/network.js");
          const layers = [
            { W: new Float32Array(784 * 10), b: Float32Array.from(b), inputs: 784, units: 10,
              activation: "sigmoid" },
          ];
          return [...forward({ layers, low: 0, high: 1 }, new Uint8Array(784)).probabilities];
        }""",
        [np.linspace(-40, -30, 10).tolist(), None],
    )
    model.parameters["layers.1.weight"][...] = 0
    np.testing.assert_allclose(got, model.predict_proba(digits().images[:1])[0], atol=1e-5)


def test_the_probability_of_a_digit_equals_the_readers(page: Any) -> None:
    rng = np.random.default_rng(1)
    pictures = digits().images[:10].reshape(-1, 28, 28)
    pictures = np.concatenate([pictures, rng.permuted(pictures, axis=1), pictures[:, ::-1]])
    got = in_page(
        page,
        """const { digitProbability } = await import("/engine/confidence.js");
          const { bytesOf } = await import("/dom.js");
          return given.map((one) => digitProbability(page.detector, bytesOf(one)));""",
        [base64.b64encode(one.tobytes()).decode() for one in pictures],
    )
    want = with_prior_odds(digit_probabilities(pictures))
    np.testing.assert_allclose(got, want, atol=1e-5)
    assert want.min() < 0.5
    assert want.max() > 0.9


def test_evidence_is_the_change_of_an_output_to_first_order(
    page: Any, lab: ServedLab, small_network: NeuralNetMLP
) -> None:
    picture = digits().images[3]
    got = page.evaluate(
        """async (pixels) => {
          const { evidence, forward } = await import("/engine/network.js");
          const page = (await import("/main.js")).default;
          const { passes } = forward(page.network, Uint8Array.from(pixels));
          return [...evidence(page.network, passes, 4)];
        }""",
        picture.tolist(),
    )
    x = picture[np.newaxis].astype(np.float32) / np.float32(127.5) - 1
    ink = np.flatnonzero(picture > 200)[:10]
    for pixel in ink:
        step = np.zeros_like(x)
        step[0, pixel] = 1e-2
        up, down = (float(small_network.logits(x + sign * step)[0, 4]) for sign in (1, -1))
        derivative = (up - down) / 2e-2
        assert got[pixel] == pytest.approx(derivative * (x[0, pixel] + 1), abs=3e-3)
    assert all(got[pixel] == 0 for pixel in np.flatnonzero(picture == 0))


def test_modules_are_short_and_need_no_other_host() -> None:
    folder = Path(__file__).parents[2] / "src" / "neuralnet" / "lab" / "page"
    total = 0
    for path in folder.rglob("*.*"):
        text = path.read_text(encoding="utf-8")
        total += len(text.encode())
        assert len(text.splitlines()) <= 350, path
        assert "https://" not in text.replace("http://www.w3.org", ""), path
    assert total < 600_000
