from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from neuralnet.data import connectivity, mnist
from neuralnet.data.dataset import DataNotFoundError, Dataset
from neuralnet.data.mirrors import load_mirrors
from tests.data.conftest import TinyMnist
from tests.data.local_server import Answer, LocalServer, correct, cut_off, silent, slowly, status

Reports = list[tuple[str, int, int | None]]


def serve(server: LocalServer, mirror: str, tiny_mnist: TinyMnist) -> str:
    for file in mnist.FILES:
        server.answers[f"/{mirror}/{file.name}"] = correct(tiny_mnist.content(file.name))
    return f"{server.url}/{mirror}/"


def fetch(*mirrors: str, reports: Reports | None = None) -> Dataset:
    reports = [] if reports is None else reports
    return load_mirrors(
        mirrors, connectivity.Reachability(mirrors), lambda *report: reports.append(report)
    )


def test_download(server: LocalServer, tiny_mnist: TinyMnist) -> None:
    mirror = serve(server, "a", tiny_mnist)
    reports: Reports = []
    dataset = fetch(mirror, reports=reports)
    np.testing.assert_array_equal(dataset.images, tiny_mnist.images)
    np.testing.assert_array_equal(dataset.labels, tiny_mnist.labels)
    assert mirror in dataset.source
    for file in mnist.FILES:
        done = [report[1:] for report in reports if report[0] == mirror + file.name]
        assert done[0] == (0, file.size)
        assert done[-1] == (file.size, file.size)


def altered(content: bytes) -> Answer:
    return correct(content[:-1] + bytes([content[-1] ^ 1]))


@pytest.mark.parametrize(
    ("misbehave", "fact"),
    [
        (lambda content: status(404), "404"),
        (lambda content: status(500), "500"),
        (cut_off, "bytes"),
        (altered, "SHA-256"),
        (lambda content: correct(content[:-1]), "bytes"),
        (lambda content: correct(content + bytes(1_000_000)), "more"),
        (lambda content: silent(), "timed out"),
        (lambda content: silent(content[:9]), "timed out"),
    ],
    ids=["404", "500", "cut off", "altered", "short", "long", "silent", "silent later"],
)
def test_each_failure_leads_to_the_next_mirror(
    server: LocalServer,
    tiny_mnist: TinyMnist,
    misbehave: Callable[[bytes], Answer],
    fact: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if fact == "timed out":
        monkeypatch.setattr(connectivity, "READ_TIMEOUT", 0.5)
    bad, good = serve(server, "bad", tiny_mnist), serve(server, "good", tiny_mnist)
    name = mnist.FILES[2].name
    server.answers[f"/bad/{name}"] = misbehave(tiny_mnist.content(name))
    with pytest.raises(DataNotFoundError) as caught:
        fetch(bad)
    assert bad in str(caught.value)
    assert fact in str(caught.value)
    server.requested.clear()
    np.testing.assert_array_equal(fetch(bad, good).images, tiny_mnist.images)
    # Files that the bad mirror served correctly are not downloaded again.
    assert f"/good/{mnist.FILES[0].name}" not in server.requested


def test_slow_but_steady_download_is_not_interrupted(
    server: LocalServer, tiny_mnist: TinyMnist, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror = serve(server, "slow", tiny_mnist)
    name = mnist.FILES[0].name
    monkeypatch.setattr(connectivity, "READ_TIMEOUT", 1.0)
    server.answers[f"/slow/{name}"] = slowly(tiny_mnist.content(name), pause=0.2, pieces=7)
    assert len(fetch(mirror).labels) == 18


def test_mirrors_complement_each_other(server: LocalServer, tiny_mnist: TinyMnist) -> None:
    half, other_half = serve(server, "half", tiny_mnist), serve(server, "other", tiny_mnist)
    for file in mnist.FILES[2:]:
        del server.answers[f"/half/{file.name}"]
    for file in mnist.FILES[:2]:
        del server.answers[f"/other/{file.name}"]
    np.testing.assert_array_equal(fetch(half, other_half).labels, tiny_mnist.labels)


def test_error_lists_all_failures(
    server: LocalServer, unreachable: str, tiny_mnist: TinyMnist
) -> None:
    with pytest.raises(DataNotFoundError) as caught:
        fetch(f"{unreachable}/", f"{server.url}/none/")
    assert unreachable in str(caught.value)
    assert "refused" in str(caught.value)
    assert f"{server.url}/none/" in str(caught.value)
    assert "404" in str(caught.value)


def test_download_stops_beyond_the_expected_size(
    server: LocalServer, tiny_mnist: TinyMnist, tmp_path: Path
) -> None:
    mirror = serve(server, "endless", tiny_mnist)
    name = mnist.FILES[0].name
    server.answers[f"/endless/{name}"] = correct(bytes(10_000_000))
    reports: Reports = []
    with pytest.raises(DataNotFoundError, match=name):
        fetch(mirror, reports=reports)
    assert max(done for _, done, _ in reports) == mnist.FILES[0].size + 1


@pytest.mark.mnist
def test_the_real_mnist(server: LocalServer, real_mnist: Path) -> None:
    for file in mnist.FILES:
        server.answers[f"/{file.name}"] = correct((real_mnist / file.name).read_bytes())
    dataset = fetch(f"{server.url}/")
    assert mnist.is_mnist(dataset.images, dataset.labels)
