"""Reading order in rows, at any tilt."""

from __future__ import annotations

import numpy as np
import pytest

from neuralnet.reading.rows import Box, group_into_rows


def test_rows_of_no_box_and_of_one() -> None:
    assert group_into_rows([]) == []
    assert group_into_rows([(3, 4, 30, 20)]) == [[0]]


@pytest.mark.parametrize("degrees", [-10, -4, 0, 4, 10])
@pytest.mark.parametrize("seed", range(5))
def test_tilted_rows_are_recovered(degrees: float, seed: int) -> None:
    generator = np.random.default_rng(seed)
    slope = np.tan(np.deg2rad(degrees))
    boxes: list[Box] = []
    wanted = []
    for row in range(4):
        line, left = [], 50.0
        for _ in range(int(generator.integers(2, 12))):
            height, width = generator.uniform(35, 45), generator.uniform(8, 35)
            top = 100 + 75 * row + slope * left + generator.uniform(-4, 4)
            line.append(len(boxes))
            boxes.append((int(top), int(left), int(top + height), int(left + width)))
            left += width + generator.uniform(4, 40)
        wanted.append(line)
    order = generator.permutation(len(boxes)).tolist()
    rows = group_into_rows([boxes[i] for i in order])
    assert [[order[i] for i in row] for row in rows] == wanted
