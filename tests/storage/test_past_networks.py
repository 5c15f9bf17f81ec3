"""Networks of past format versions are loaded, with the predictions that they had then."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from neuralnet import load

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
