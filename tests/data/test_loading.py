"""load_data() recognizes each kind of data, and implausible labels are rejected."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from neuralnet.checks import InputError
from neuralnet.data.class_names import check_plausible
from neuralnet.data.loading import check_input_size, load_data
from neuralnet.files import FileError
from tests.data.conftest import TinyMnist
from tests.data.test_pictures import picture
from tests.data.test_tables import FLOWERS, written


def test_each_kind_of_data_is_recognized(tmp_path: Path, tiny_mnist: TinyMnist) -> None:
    assert load_data(tiny_mnist.folder).name == "MNIST"
    assert load_data(source="sample").is_sample
    assert load_data(written(tmp_path, FLOWERS), target="kind").classes == ("lily", "rose")
    for name in ("cat/a.png", "dog/a.png"):
        picture(tmp_path / "animals" / name)
    assert load_data(tmp_path / "animals").classes == ("cat", "dog")


def test_contradictory_arguments_are_rejected(tmp_path: Path, tiny_mnist: TinyMnist) -> None:
    with pytest.raises(InputError, match="target"):
        load_data(written(tmp_path, FLOWERS))
    with pytest.raises(InputError, match="'kind'"):
        load_data(tiny_mnist.folder, target="kind")
    with pytest.raises(InputError, match="'kind'"):
        load_data(target="kind")
    with pytest.raises(FileError, match="missing"):
        load_data(tmp_path / "missing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileError, match="empty"):
        load_data(tmp_path / "empty")


def test_error_names_the_subfolder_that_holds_idx_files(
    tmp_path: Path, tiny_mnist: TinyMnist
) -> None:
    (tmp_path / "all" / "MNIST").mkdir(parents=True)
    tiny_mnist.folder.rename(tmp_path / "all" / "MNIST" / "raw")
    with pytest.raises(FileError, match="MNIST/raw"):
        load_data(tmp_path / "all")


def test_wrong_input_size_is_rejected(tmp_path: Path, tiny_mnist: TinyMnist) -> None:
    table = load_data(written(tmp_path, FLOWERS), target="kind")
    check_input_size(table, 2)
    with pytest.raises(InputError, match=r"2 columns.*784"):
        check_input_size(table, 784)
    with pytest.raises(InputError, match=r"4 x 3 = 12.*784"):
        check_input_size(load_data(tiny_mnist.folder), 784)


def test_implausible_labels_are_rejected() -> None:
    digits = np.repeat(np.arange(10, dtype=np.uint8), 2000)
    check_plausible(digits, "here")
    check_plausible(np.repeat(np.arange(1, 27, dtype=np.uint8), 10), "letters from 1 to 26")
    check_plausible(np.array([0, 3], np.uint8), "a small subset")
    for stray in (252, 12, 10):
        damaged = digits.copy()
        damaged[77] = stray
        with pytest.raises(InputError, match=rf"here.* label {stray} .*example 77"):
            check_plausible(damaged, "here")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_the_message_says_that_a_pipe_is_read_as_a_table(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match=r"target is None, but the pipe .* is read as a table"):
        load_data(tmp_path / "pipe")
