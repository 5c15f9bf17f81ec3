"""Networks of past format versions are loaded, with the predictions that they had then."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from neuralnet import NeuralNetMLP, VarianceScaling, load, save

FILES = Path(__file__).parents[1] / "files"


def test_a_file_of_format_2_is_loaded() -> None:
    network = load(FILES / "network-v2.safetensors")
    assert network.num_hidden == (6, 5)
    assert [a.name for a in network.hidden_activation] == ["relu", "tanh"]
    assert (network.batch_norm, network.dropout) == (True, (0.1, 0.1))
    assert (network.label_smoothing, network.l2) == (0.05, 0.001)
    assert network.classes == ("a", "b", "c")
    assert network.notes == {"data": "a sample of version 2"}
    pixels = np.random.default_rng(0).integers(0, 256, (60, 16), dtype=np.uint8)[:2]
    expected = [[0.30316162, 0.34534132, 0.35149705], [0.34118846, 0.38468507, 0.27412647]]
    np.testing.assert_allclose(network.predict_proba(pixels), expected, rtol=1e-5)


@pytest.mark.parametrize("version", [1, 2, 3, 4])
def test_the_log_says_which_files_have_no_checksum(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, version: int
) -> None:
    path = FILES / f"network-v{version}.safetensors"
    network = load(path)
    if version < 4:
        assert "has no checksum" in caplog.text
        assert str(path) in caplog.text
        caplog.clear()
        save(network, tmp_path / "again")
        load(tmp_path / "again")
    assert not caplog.text


def test_a_file_of_format_4_is_loaded() -> None:
    network = load(FILES / "network-v4.safetensors")
    assert network.settings() == NeuralNetMLP(**network.settings()).settings()
    assert network.num_hidden == (5, 4)
    assert [a.name for a in network.hidden_activation] == ["gelu", "leaky_relu"]
    uniform = VarianceScaling(1.0, "average", "uniform")
    assert network.initial_weights == (uniform, None, VarianceScaling(2.0))
    assert (network.batch_norm, network.dropout) == (True, (0.0, 0.25))
    assert (network.classes, network.input_range) == (("left", 7, "größe"), (0.0, 1.0))
    assert network.notes == {"data": "a sample of version 4"}
    pixels = np.random.default_rng(0).integers(0, 256, (60, 16), dtype=np.uint8)[:2]
    expected = [[0.35809076, 0.32218659, 0.31972265], [0.41395411, 0.22291963, 0.36312619]]
    np.testing.assert_allclose(network.predict_proba(pixels), expected, rtol=1e-5)
