import hashlib
import json
import socket
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.datasets import _openml

from neuralnet.data import connectivity, openml
from neuralnet.data.dataset import DataNotFoundError, Dataset
from neuralnet.data.openml import load_openml
from tests.data.conftest import TinyMnist
from tests.data.local_server import LocalServer, correct, cut_off, silent, slowly, status

LIST = "/api/v1/json/data/list/data_name/mnist_784/limit/2/data_version/1"
ARFF = "/data/v1/download/1"

Reports = list[tuple[str, int, int | None]]


def as_arff(images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> bytes:
    lines = ["@RELATION mnist_784"]
    lines += [f"@ATTRIBUTE pixel{number + 1} real" for number in range(images.shape[1])]
    lines += ["@ATTRIBUTE class {0,1,2,3,4,5,6,7,8,9}", "@DATA"]
    lines += [",".join(map(str, [*row, y])) for row, y in zip(images, labels, strict=True)]
    return "\n".join([*lines, ""]).encode()


def serve(
    server: LocalServer,
    monkeypatch: pytest.MonkeyPatch,
    images: NDArray[np.uint8],
    labels: NDArray[np.uint8],
) -> bytes:
    """Make the server act as OpenML, and return the ARFF file that it serves."""
    arff = as_arff(images, labels)

    def feature(name: str, kind: str, target: str) -> dict[str, str]:
        return {
            "name": name,
            "data_type": kind,
            "is_target": target,
            "is_ignore": "false",
            "is_row_identifier": "false",
            "number_of_missing_values": "0",
        }

    features = [feature(f"pixel{n + 1}", "numeric", "false") for n in range(images.shape[1])]
    features.append(feature("class", "nominal", "true"))
    description = {
        "id": "554",
        "name": "mnist_784",
        "version": "1",
        "status": "active",
        "format": "ARFF",
        "description": "",
        "url": server.url + ARFF,
        "file_id": "1",  # earlier versions of scikit-learn derive the URL from it
        "md5_checksum": hashlib.md5(arff).hexdigest(),  # noqa: S324 - OpenML's own choice
    }
    qualities = [{"name": "NumberOfInstances", "value": str(len(labels))}]
    documents = {
        LIST: {"data": {"dataset": [{"did": 554, "name": "mnist_784", "version": 1}]}},
        "/api/v1/json/data/554": {"data_set_description": description},
        "/api/v1/json/data/features/554": {"data_features": {"feature": features}},
        "/api/v1/json/data/qualities/554": {"data_qualities": {"quality": qualities}},
    }
    for path, document in documents.items():
        server.answers[path] = correct(json.dumps(document).encode())
    server.answers[ARFF] = correct(arff)
    monkeypatch.setattr(openml, "URL", server.url)
    # Earlier versions of scikit-learn define the host in one constant, later ones in each of four.
    for name in (
        "_OPENML_PREFIX",
        "_SEARCH_NAME",
        "_DATA_INFO",
        "_DATA_FEATURES",
        "_DATA_QUALITIES",
    ):
        value = getattr(_openml, name, "")
        for host in ("https://www.openml.org", "https://api.openml.org"):
            if value.startswith(host):
                monkeypatch.setattr(_openml, name, value.replace(host, server.url))
    return arff


def fetch(reports: Reports | None = None) -> Dataset:
    reports = [] if reports is None else reports
    reachability = connectivity.Reachability([openml.URL])
    return load_openml(reachability, lambda *report: reports.append(report))


def test_download(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch, tiny_mnist: TinyMnist
) -> None:
    serve(server, monkeypatch, tiny_mnist.images, tiny_mnist.labels)
    reports: Reports = []
    dataset = fetch(reports)
    np.testing.assert_array_equal(dataset.images, tiny_mnist.images)
    np.testing.assert_array_equal(dataset.labels, tiny_mnist.labels)
    assert dataset.images.dtype == dataset.labels.dtype == np.uint8
    assert dataset.images.flags.c_contiguous
    assert "OpenML" in dataset.source
    assert reports


def test_data_other_than_mnist_are_rejected(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch, tiny_mnist: TinyMnist
) -> None:
    serve(server, monkeypatch, tiny_mnist.images[::-1], tiny_mnist.labels)
    with pytest.raises(DataNotFoundError, match=r"OpenML.*not MNIST"):
        fetch()


@pytest.mark.parametrize("path", [LIST, "/api/v1/json/data/554", ARFF])
@pytest.mark.parametrize("begun", [b"", b"{"], ids=["at once", "later"])
def test_stalled_response_times_out(
    server: LocalServer,
    monkeypatch: pytest.MonkeyPatch,
    tiny_mnist: TinyMnist,
    path: str,
    begun: bytes,
) -> None:
    serve(server, monkeypatch, tiny_mnist.images, tiny_mnist.labels)
    server.answers[path] = silent(begun)
    monkeypatch.setattr(connectivity, "READ_TIMEOUT", 0.5)
    with pytest.raises(DataNotFoundError, match=r"OpenML.*timed out"):
        fetch()
    assert server.requested.count(path) == 1
    assert socket.getdefaulttimeout() is None


@pytest.mark.parametrize("path", [LIST, "/api/v1/json/data/features/554", ARFF])
@pytest.mark.parametrize("code", [404, 412, 503])
def test_http_errors_are_not_retried(
    server: LocalServer,
    monkeypatch: pytest.MonkeyPatch,
    tiny_mnist: TinyMnist,
    path: str,
    code: int,
) -> None:
    serve(server, monkeypatch, tiny_mnist.images, tiny_mnist.labels)
    server.answers[path] = status(code)
    with pytest.raises(DataNotFoundError, match="OpenML"):
        fetch()
    assert server.requested.count(path) == 1


def test_truncated_and_corrupt_responses_are_rejected(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch, tiny_mnist: TinyMnist
) -> None:
    arff = serve(server, monkeypatch, tiny_mnist.images, tiny_mnist.labels)
    server.answers[ARFF] = cut_off(arff)
    with pytest.raises(DataNotFoundError, match="OpenML"):
        fetch()
    server.answers[ARFF] = correct(arff.replace(b"@DATA\n", b"@DATA\nx,"))
    with pytest.raises(DataNotFoundError, match="md5"):
        fetch()
    server.answers[LIST] = correct(b"<html>Sign in to this hotel's network</html>")
    with pytest.raises(DataNotFoundError, match="OpenML"):
        fetch()


def test_slow_but_steady_download_is_not_interrupted(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch, tiny_mnist: TinyMnist
) -> None:
    arff = serve(server, monkeypatch, tiny_mnist.images, tiny_mnist.labels)
    monkeypatch.setattr(connectivity, "READ_TIMEOUT", 1.0)
    server.answers[ARFF] = slowly(arff, pause=0.2, pieces=7)
    reports: Reports = []
    assert len(fetch(reports).labels) == 18
    assert len(reports) > 2


def test_no_temporary_files_are_left(
    server: LocalServer,
    monkeypatch: pytest.MonkeyPatch,
    tiny_mnist: TinyMnist,
    tmp_path: Path,
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    serve(server, monkeypatch, tiny_mnist.images, tiny_mnist.labels)
    fetch()
    monkeypatch.setattr(connectivity, "READ_TIMEOUT", 0.5)
    server.answers[ARFF] = silent(b"@")
    with pytest.raises(DataNotFoundError):
        fetch()
    assert not list(temporary.iterdir())
