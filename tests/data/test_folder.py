import gzip
import shutil
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from neuralnet.data.folder import load_folder
from neuralnet.data.idx import write_idx
from neuralnet.files import FileError, FileFormatError
from tests.data.conftest import TinyMnist

RNG = np.random.default_rng(2)
IMAGES = RNG.integers(0, 256, (7, 5, 4), dtype=np.uint8)
LABELS = np.array([1, 2, 3, 1, 2, 4, 1], np.uint8)

NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
PARTS = (IMAGES[:5], LABELS[:5], IMAGES[5:], LABELS[5:])


def write_folder(folder: Path, prefix: str = "", suffix: str = "", dot: bool = False) -> Path:
    for name, part in zip(NAMES, PARTS, strict=True):
        spelled = prefix + name.replace("t10k", "test") if prefix else name
        spelled = spelled.replace("-idx", ".idx") if dot else spelled
        write_idx(folder / (spelled + suffix), part)
    return folder


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("dot", [False, True])
def test_any_data_set_in_idx_format(tmp_path: Path, suffix: str, dot: bool) -> None:
    dataset = load_folder(write_folder(tmp_path / "letters", suffix=suffix, dot=dot))
    np.testing.assert_array_equal(dataset.images, IMAGES.reshape(7, 20))
    np.testing.assert_array_equal(dataset.labels, LABELS)
    assert dataset.images.dtype == dataset.labels.dtype == np.uint8
    assert dataset.num_train == 5
    assert dataset.image_shape == (5, 4)
    assert dataset.classes == tuple(range(5))
    assert dataset.name == "letters"
    assert str(tmp_path / "letters") in dataset.source
    assert not dataset.is_sample


def test_mnist_is_recognized(tiny_mnist: TinyMnist) -> None:
    dataset = load_folder(tiny_mnist.folder)
    assert dataset.name == "MNIST"
    assert dataset.num_train == 12
    assert dataset.classes == tuple(range(10))
    np.testing.assert_array_equal(dataset.images, tiny_mnist.images)
    np.testing.assert_array_equal(dataset.labels, tiny_mnist.labels)


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_emnist_is_transposed(tmp_path: Path, suffix: str) -> None:
    dataset = load_folder(write_folder(tmp_path, "emnist-letters-", suffix))
    assert dataset.name == "emnist-letters"
    assert dataset.image_shape == (4, 5)
    upright = dataset.images.reshape(7, 4, 5)
    np.testing.assert_array_equal(upright, IMAGES.transpose(0, 2, 1))


def test_several_data_sets_in_one_folder_are_rejected(tmp_path: Path) -> None:
    write_folder(tmp_path, "emnist-letters-")
    write_folder(tmp_path, "emnist-digits-")
    with pytest.raises(FileError, match=r"emnist-digits.*emnist-letters"):
        load_folder(tmp_path)


def test_uncompressed_file_takes_precedence_over_its_gzipped_twin(tmp_path: Path) -> None:
    write_folder(tmp_path)
    for name in NAMES:
        (tmp_path / f"{name}.gz").write_bytes(b"\x1f\x8bnonsense")
    assert len(load_folder(tmp_path).labels) == 7


@pytest.mark.parametrize("name", NAMES)
def test_missing_file_is_named(tmp_path: Path, name: str) -> None:
    (write_folder(tmp_path) / name).unlink()
    with pytest.raises(FileError) as caught:
        load_folder(tmp_path)
    assert name in str(caught.value)
    assert not any(other in str(caught.value) for other in NAMES if other != name)


def test_missing_folder_empty_folder_and_file_are_rejected(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="absent"):
        load_folder(tmp_path / "absent")
    with pytest.raises(FileError, match="train-images-idx3-ubyte"):
        load_folder(tmp_path)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FileError, match="file"):
        load_folder(tmp_path / "file")


def test_error_names_the_subfolder_that_holds_the_files(tmp_path: Path) -> None:
    write_folder(tmp_path / "MNIST" / "raw")
    with pytest.raises(FileError, match="MNIST/raw"):
        load_folder(tmp_path)


def test_inconsistent_parts_are_rejected(tmp_path: Path) -> None:
    write_folder(tmp_path)
    write_idx(tmp_path / NAMES[1], LABELS[:4])
    with pytest.raises(FileFormatError, match=r"train-images.* 5 .*train-labels.* 4 "):
        load_folder(tmp_path)
    write_folder(tmp_path)
    write_idx(tmp_path / NAMES[2], IMAGES[5:, :3])
    with pytest.raises(FileFormatError, match=r"5 x 4.*3 x 4"):
        load_folder(tmp_path)
    write_folder(tmp_path)
    write_idx(tmp_path / NAMES[2], IMAGES[:0])
    write_idx(tmp_path / NAMES[3], LABELS[:0])
    with pytest.raises(FileFormatError, match=r"t10k-images.*\(0, 5, 4\)"):
        load_folder(tmp_path)


def test_swapped_files_are_rejected(tmp_path: Path) -> None:
    write_folder(tmp_path)
    shutil.copy(tmp_path / NAMES[1], tmp_path / NAMES[0])
    with pytest.raises(FileFormatError, match=r"train-images.*labels"):
        load_folder(tmp_path)


def test_truncated_gzip_is_rejected(tmp_path: Path) -> None:
    write_folder(tmp_path)
    (tmp_path / NAMES[0]).rename(tmp_path / f"{NAMES[0]}.gz")
    packed = gzip.compress((tmp_path / f"{NAMES[0]}.gz").read_bytes())
    (tmp_path / f"{NAMES[0]}.gz").write_bytes(packed[:-9])
    with pytest.raises(FileFormatError, match=r"train-images-idx3-ubyte\.gz.*truncated"):
        load_folder(tmp_path)


@pytest.mark.mnist
def test_the_real_mnist(real_mnist: Path) -> None:
    dataset = load_folder(real_mnist)
    assert dataset.name == "MNIST"
    assert dataset.images.shape == (70_000, 784)
    assert dataset.labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert dataset.labels[60_000:60_005].tolist() == [7, 2, 1, 0, 4]
    assert (dataset.num_train, dataset.image_shape) == (60_000, (28, 28))


@pytest.mark.parametrize("prefix", ["", "emnist-digits-"])
def test_a_small_file_that_unpacks_to_much_takes_no_more_memory_than_that(
    tmp_path: Path, prefix: str
) -> None:
    images, labels = np.zeros((30_000, 28, 28), np.uint8), np.zeros(30_000, np.uint8)
    labels[::2] = 1
    test = "test" if prefix else "t10k"
    for part in ("train", test):
        write_idx(tmp_path / f"{prefix}{part}-images-idx3-ubyte.gz", images)
        write_idx(tmp_path / f"{prefix}{part}-labels-idx1-ubyte.gz", labels)
    size = sum(path.stat().st_size for path in tmp_path.iterdir())
    tracemalloc.start()
    try:
        dataset = load_folder(tmp_path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    decoded = dataset.images.nbytes + dataset.labels.nbytes
    assert size < decoded / 500
    assert peak < 2 * decoded


def test_a_file_of_labels_that_unpacks_to_more_than_its_images_is_refused_unread(
    tmp_path: Path,
) -> None:
    for part in ("train", "t10k"):
        write_idx(tmp_path / f"{part}-images-idx3-ubyte.gz", np.zeros((9, 28, 28), np.uint8))
        write_idx(tmp_path / f"{part}-labels-idx1-ubyte.gz", np.zeros(20_000_000, np.uint8))
    tracemalloc.start()
    try:
        with pytest.raises(FileFormatError, match=r"9 images, .*20,000,000 labels"):
            load_folder(tmp_path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000


def test_images_of_emnist_that_are_not_square_are_transposed(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (6, 3, 5), dtype=np.uint8)
    for part in ("train", "test"):
        write_idx(tmp_path / f"emnist-x-{part}-images-idx3-ubyte", images)
        write_idx(tmp_path / f"emnist-x-{part}-labels-idx1-ubyte", np.arange(6, dtype=np.uint8) % 2)
    dataset = load_folder(tmp_path)
    assert dataset.image_shape == (5, 3)
    expected = np.concatenate([images, images]).transpose(0, 2, 1).reshape(12, 15)
    np.testing.assert_array_equal(dataset.images, expected)
