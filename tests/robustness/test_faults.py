"""A few kills, races and full disks; `make faults` repeats them for ten minutes."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.robustness import faults


@pytest.fixture
def rng() -> random.Random:
    return random.Random(0)


def test_a_training_that_is_killed_ends_the_same(tmp_path: Path, rng: random.Random) -> None:
    assert faults.kill_trainings(tmp_path, rng, epochs=12, share=4) >= 1


def test_a_killed_save_leaves_a_whole_file(tmp_path: Path, rng: random.Random) -> None:
    assert faults.kill_saves(tmp_path, rng, kills=2) == 2


def test_a_file_that_is_written_is_loaded_whole(tmp_path: Path, rng: random.Random) -> None:
    assert faults.race_saves(tmp_path, rng, seconds=0.3) > 3


def test_one_process_at_a_time_holds_a_lock(tmp_path: Path, rng: random.Random) -> None:
    assert faults.race_locks(tmp_path, rng, each=5, processes=2) == 10


def test_a_full_disk_leaves_the_file_before(tmp_path: Path, rng: random.Random) -> None:
    assert faults.fill_disk(tmp_path, rng, step=17) > 40
