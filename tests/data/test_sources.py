import logging
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from neuralnet.checks import InputError
from neuralnet.data import mnist, openml
from neuralnet.data.idx import write_idx
from neuralnet.data.sample import load_sample
from neuralnet.data.sources import DataNotFoundError, load_mnist
from neuralnet.files import FileError, FileFormatError
from tests.data import test_mirrors, test_openml
from tests.data.conftest import TinyMnist
from tests.data.local_server import LocalServer


@pytest.fixture
def mirror(
    server: LocalServer, tiny_mnist: TinyMnist, monkeypatch: pytest.MonkeyPatch
) -> LocalServer:
    """Simulate a network in which one mirror is reachable and OpenML is not."""
    url = test_mirrors.serve(server, "mirror", tiny_mnist)
    monkeypatch.setattr(mnist, "MIRRORS", (*mnist.MIRRORS, url))
    return server


def test_folder_takes_precedence_and_the_argument_overrides_the_variable(
    mirror: LocalServer,
    tiny_mnist: TinyMnist,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NEURALNET_DATA", str(tmp_path / "absent"))
    with pytest.raises(FileError, match="absent"):
        load_mnist()
    for source in ("auto", "mnist", "folder"):
        assert "tiny" in load_mnist(tiny_mnist.folder, source=source).source
    monkeypatch.setenv("NEURALNET_DATA", str(tiny_mnist.folder))
    assert "tiny" in load_mnist().source
    assert not mirror.requested
    assert not (tmp_path / "cache").exists()  # a folder is not cached
    assert "mirror" in load_mnist(source="mirrors").source  # the argument overrides the variable


def test_source_mnist_accepts_only_mnist(tmp_path: Path) -> None:
    for number, name in enumerate(("train", "t10k")):
        write_idx(tmp_path / f"{name}-images-idx3-ubyte", np.full((2, 4, 4), number, np.uint8))
        write_idx(tmp_path / f"{name}-labels-idx1-ubyte", np.arange(2, dtype=np.uint8))
    assert load_mnist(tmp_path).num_train == 2
    with pytest.raises(FileFormatError, match=r"'mnist'.*4 images.*'folder'"):
        load_mnist(tmp_path, source="mnist")


def test_mirror_then_cache(mirror: LocalServer, tiny_mnist: TinyMnist, tmp_path: Path) -> None:
    with pytest.raises(DataNotFoundError, match="empty"):
        load_mnist(source="cache")
    first = load_mnist()
    assert f"{mirror.url}/mirror/" in first.source
    mirror.requested.clear()
    for source in ("auto", "mnist", "cache"):
        again = load_mnist(source=source)
        assert str(tmp_path / "cache") in again.source
        assert isinstance(again.images, np.memmap)
        np.testing.assert_array_equal(again.images, first.images)
    assert not mirror.requested


def test_damaged_cache_is_rebuilt(
    mirror: LocalServer, tiny_mnist: TinyMnist, tmp_path: Path
) -> None:
    load_mnist(cache_dir=tmp_path / "mine")
    for path in (tmp_path / "mine").glob("*images*"):
        path.write_bytes(path.read_bytes()[:-1])
    assert "mirror" in load_mnist(cache_dir=tmp_path / "mine").source
    assert "cache" in load_mnist(cache_dir=tmp_path / "mine").source


def test_failure_to_write_the_cache_does_not_matter(mirror: LocalServer, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for _ in range(2):
        assert "mirror" in load_mnist(cache_dir=tmp_path / "file").source


def test_openml_is_tried_before_the_mirrors(
    mirror: LocalServer, tiny_mnist: TinyMnist, monkeypatch: pytest.MonkeyPatch
) -> None:
    test_openml.serve(mirror, monkeypatch, tiny_mnist.images, tiny_mnist.labels)
    reports: list[str] = []
    dataset = load_mnist(progress=lambda description, *_: reports.append(description))
    assert "OpenML" in dataset.source
    assert any("OpenML" in report for report in reports)
    assert not any("/mirror/" in path for path in mirror.requested)
    assert "cache" in load_mnist().source


def test_sample_is_the_fallback_without_a_network(
    unreachable: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        dataset = load_mnist()
    assert dataset.is_sample
    assert dataset.name != "MNIST"
    facts = ["cache", "OpenML", unreachable, "refused", "NEURALNET_DATA", "--data", "data_dir"]
    for fact in facts + [file.name for file in mnist.FILES]:
        assert fact in dataset.notes
        assert fact in caplog.text


@pytest.mark.parametrize("source", ["mnist", "openml", "mirrors", "cache"])
def test_complete_mnist_without_a_network_is_an_error(source: str) -> None:
    with pytest.raises(DataNotFoundError, match="NEURALNET_DATA") as caught:
        load_mnist(source=source)
    assert ("OpenML" in str(caught.value)) == (source in ("mnist", "openml"))


def test_sample() -> None:
    dataset = load_mnist(source="sample")
    assert dataset.is_sample
    assert dataset.images.shape == (5000, 784)
    assert dataset.images.dtype == dataset.labels.dtype == np.uint8
    assert dataset.images.max() == 255
    assert np.bincount(dataset.labels[: dataset.num_train]).tolist() == [429] * 10
    assert np.bincount(dataset.labels[dataset.num_train :]).tolist() == [71] * 10
    assert dataset.labels[:12].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]


@pytest.mark.mnist
def test_sample_is_a_subset_of_mnist_with_the_same_labels(real_mnist: Path) -> None:
    known = load_mnist(real_mnist)
    label_of = {row.tobytes(): y for row, y in zip(known.images, known.labels, strict=True)}
    sample = load_sample()
    labels = [label_of[row.tobytes()] for row in sample.images]
    assert labels == sample.labels.tolist()


def test_invalid_arguments_are_rejected(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'mnst'.*'mnist'"):
        load_mnist(source="mnst")
    with pytest.raises(InputError, match=r"data_dir.*'openml'"):
        load_mnist(tmp_path, source="openml")
    with pytest.raises(InputError, match=r"'folder'.*NEURALNET_DATA"):
        load_mnist(source="folder")


def test_only_hosts_of_the_source_are_probed(
    mirror: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openml, "URL", "https://never-asked.invalid")
    assert "mirror" in load_mnist(source="mirrors").source


def test_import_does_not_load_heavy_packages() -> None:
    heavy = ("sklearn", "pandas", "scipy", "mlxtend", "platformdirs", "urllib.request")
    code = (
        "import sys, neuralnet.data.sources, neuralnet.data.preprocessing; "
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
