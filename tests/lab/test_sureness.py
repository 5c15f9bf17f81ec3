"""The page's "not sure" means something: see tests/lab/sureness.py."""

from __future__ import annotations

import numpy as np

from neuralnet.reading.pretrained import load_pretrained
from tests.lab.sureness import drawings, sure


def test_the_reader_is_sure_of_digits_and_seldom_of_other_drawings() -> None:
    model, pictures = load_pretrained(), drawings(100, seed=5)
    digits = sure(model, pictures["digits"])
    correct = model.predict(pictures["digits"]) == np.arange(100) % 10
    assert digits.mean() > 0.9
    assert correct[digits].mean() > 0.97
    assert sure(model, pictures["scribbles"]).mean() < 0.5
    assert sure(model, pictures["pairs"]).mean() < 0.2
