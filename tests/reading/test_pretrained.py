"""The bundled networks match the model card and the tool that trains the digit detector."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import neuralnet
from neuralnet import load, load_mnist, load_pretrained
from neuralnet.training.metrics import expected_calibration_error

FOLDER = Path(neuralnet.__file__).parent / "reading"
WEIGHTS = FOLDER / "reader.safetensors"
MNIST = pytest.mark.skipif(
    "NEURALNET_DATA" not in os.environ,
    reason="NEURALNET_DATA does not name a folder with the real MNIST files",
)
CARD = dict(
    re.findall(r"^\| ([^|]+) \| (.+) \|$", (FOLDER / "reader.md").read_text(), re.MULTILINE)
)


def test_the_file_matches_the_card_and_is_small() -> None:
    content = WEIGHTS.read_bytes()
    assert hashlib.sha256(content).hexdigest() == CARD["sha256"].strip("`")
    assert f"{len(content):,} bytes" in CARD["file"]
    assert len(content) <= 4_000_000


def test_the_network_matches_the_card() -> None:
    model = load_pretrained()
    sizes = [model.num_features, *model.num_hidden, model.num_classes]
    assert "-".join(map(str, sizes)) in CARD["network"]
    assert model.classes == tuple(range(10))
    assert model.input_range == (-1, 1)
    assert model.dtype == np.float32
    assert load_pretrained() is not model
    probabilities = model.predict_proba(np.zeros((2, 784), np.uint8))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)


@MNIST
def test_test_error_and_calibration_match_the_card() -> None:
    dataset = load_mnist(source="mnist")
    images, labels = dataset.images[60_000:], dataset.labels[60_000:]
    probabilities = load_pretrained().predict_proba(images)
    wrong = int((probabilities.argmax(axis=1) != labels).sum())
    stated = re.search(r"(\d+) of 10,000", CARD["test error on MNIST"])
    assert stated is not None
    assert abs(wrong - int(stated[1])) <= 1  # BLAS kernels differ in rounding
    assert wrong <= 60
    error = expected_calibration_error(labels, probabilities)
    assert error <= 0.01
    stated = re.match(r"([\d.]+) %", CARD["expected calibration error"])
    assert stated is not None
    assert 100 * error == pytest.approx(float(stated[1]), abs=0.03)


@MNIST
def test_the_digit_detector_is_made_by_its_tool(tmp_path: Path) -> None:
    tool = Path(__file__).parents[2] / "tools/train_digit_detector.py"
    made = tmp_path / "digit_detector.safetensors"
    options = ["--data", os.environ["NEURALNET_DATA"], "--scale", "0.02", "--output", str(made)]
    subprocess.run([sys.executable, str(tool), *options], check=True, capture_output=True)
    bundled, anew = load(FOLDER / "digit_detector.safetensors"), load(made)
    assert repr(anew) == repr(bundled)
    assert (anew.classes, anew.notes) == (bundled.classes, bundled.notes)
