import logging
import multiprocessing
import os
from pathlib import Path

import numpy as np
import pytest

from neuralnet.data import mnist
from neuralnet.data.cache import cache_folder, load_cache, store_in_cache, verify_cache
from neuralnet.data.dataset import DataNotFoundError, Dataset
from tests.data.conftest import TinyMnist


@pytest.fixture
def dataset(tiny_mnist: TinyMnist) -> Dataset:
    return mnist.as_dataset(tiny_mnist.images, tiny_mnist.labels, "a test")


def assert_cached(folder: Path, dataset: Dataset) -> None:
    cached = load_cache(folder)
    np.testing.assert_array_equal(cached.images, dataset.images)
    np.testing.assert_array_equal(cached.labels, dataset.labels)
    assert (cached.num_train, cached.name) == (12, "MNIST")
    assert str(folder) in cached.source


def test_cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NEURALNET_CACHE", str(tmp_path / "variable"))
    assert cache_folder(tmp_path / "argument") == tmp_path / "argument"
    assert cache_folder() == tmp_path / "variable"
    monkeypatch.delenv("NEURALNET_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert "neuralnet" in str(cache_folder())


def test_stored_data_are_memory_mapped(tmp_path: Path, dataset: Dataset) -> None:
    store_in_cache(tmp_path / "new", dataset)
    assert_cached(tmp_path / "new", dataset)
    assert isinstance(load_cache(tmp_path / "new").images, np.memmap)


def test_stamped_files_are_not_hashed_again(
    tmp_path: Path, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_in_cache(tmp_path, dataset)
    monkeypatch.setattr(mnist, "is_mnist", None)
    assert_cached(tmp_path, dataset)


def test_touched_files_are_hashed_and_stamped_again(
    tmp_path: Path, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_in_cache(tmp_path, dataset)
    os.utime(tmp_path / "mnist-images-idx3-ubyte", (1, 1))
    assert_cached(tmp_path, dataset)
    monkeypatch.setattr(mnist, "is_mnist", None)
    assert_cached(tmp_path, dataset)


def test_files_without_a_valid_stamp_are_hashed(tmp_path: Path, dataset: Dataset) -> None:
    store_in_cache(tmp_path, dataset)
    (tmp_path / "mnist-verified.json").write_text("nonsense")
    assert_cached(tmp_path, dataset)
    (tmp_path / "mnist-verified.json").unlink()
    assert_cached(tmp_path, dataset)


def test_empty_cache(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(DataNotFoundError, match="empty"):
            load_cache(folder)


@pytest.mark.parametrize("name", ["mnist-images-idx3-ubyte", "mnist-labels-idx1-ubyte"])
@pytest.mark.parametrize("damage", ["flipped", "shorter", "gone"])
def test_damaged_cache(
    tmp_path: Path, dataset: Dataset, name: str, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    store_in_cache(tmp_path, dataset)
    content = bytearray((tmp_path / name).read_bytes())
    content[-1] ^= 1
    (tmp_path / name).unlink()
    if damage != "gone":
        (tmp_path / name).write_bytes(content[: -1 if damage == "shorter" else None])
        os.utime(tmp_path / name, (1, 1))  # both writes may fall within one tick of the clock
    with pytest.raises(DataNotFoundError, match=tmp_path.name):
        load_cache(tmp_path)
    if damage != "gone":
        assert "damaged" in caplog.text
    store_in_cache(tmp_path, dataset)
    assert_cached(tmp_path, dataset)


def test_a_change_is_found_although_the_time_was_set_back(tmp_path: Path, dataset: Dataset) -> None:
    store_in_cache(tmp_path, dataset)
    path = tmp_path / "mnist-images-idx3-ubyte"
    status = path.stat()
    with path.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        last = file.read(1)[0]
        file.seek(-1, os.SEEK_END)
        file.write(bytes([last ^ 1]))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert path.stat().st_mtime_ns == status.st_mtime_ns
    with pytest.raises(DataNotFoundError, match="checksums"):
        load_cache(tmp_path)


def test_verification_hashes_stamped_files(
    tmp_path: Path, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_in_cache(tmp_path, dataset)
    assert verify_cache(tmp_path) == dataset.images.nbytes + dataset.labels.nbytes
    monkeypatch.setattr(mnist, "is_mnist", lambda *_: False)
    load_cache(tmp_path)  # the stamp is trusted
    with pytest.raises(DataNotFoundError, match="checksums"):
        verify_cache(tmp_path)


def test_failure_to_write_the_cache_is_only_a_warning(
    tmp_path: Path, dataset: Dataset, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_bytes(b"")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        caplog.clear()
        store_in_cache(folder, dataset)
        assert [record.levelno for record in caplog.records] == [logging.WARNING]
        assert str(folder) in caplog.text
        with pytest.raises(DataNotFoundError):
            load_cache(folder)


def _store_repeatedly(folder: Path, dataset: Dataset) -> None:
    for _ in range(10):
        store_in_cache(folder, dataset)


def test_concurrent_processes_leave_a_valid_cache(tmp_path: Path, dataset: Dataset) -> None:
    store_in_cache(tmp_path, dataset)
    context = multiprocessing.get_context("spawn")
    writers = [
        context.Process(target=_store_repeatedly, args=(tmp_path, dataset)) for _ in range(2)
    ]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        assert_cached(tmp_path, dataset)
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert_cached(tmp_path, dataset)
    assert sorted(path.name for path in tmp_path.glob("*mnist-*")) == [
        "mnist-images-idx3-ubyte",
        "mnist-labels-idx1-ubyte",
        "mnist-verified.json",
    ]
