"""Tests of `neuralnet data`, with a tiny MNIST and without a network connection."""

from __future__ import annotations

from pathlib import Path

import pytest

from neuralnet.data import connectivity
from neuralnet.data.cache import cache_folder, cached_files, store_in_cache
from neuralnet.data.folder import load_folder
from tests.cli.running import run, run_failing, run_json
from tests.data.conftest import TinyMnist, tiny_mnist

__all__ = ["tiny_mnist"]


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        connectivity.Reachability, "failure_reason", lambda *_: "no network in tests"
    )


@pytest.fixture
def cached(tiny_mnist: TinyMnist) -> Path:
    store_in_cache(cache_folder(), load_folder(tiny_mnist.folder))
    return cache_folder()


def test_fetch_uses_the_cache(cached: Path) -> None:
    assert run_json("data", "fetch") == {
        "from": f"the cache in {cached}",
        "cache": str(cached),
        "images": 18,
    }
    assert str(cached) in run("data", "fetch").stdout


def test_fetch_without_a_network_reports_the_failures() -> None:
    assert "no network in tests" in run_failing("data", "fetch")


def test_verify(cached: Path, tiny_mnist: TinyMnist) -> None:
    assert str(cached) in run("data", "verify").stdout
    assert run("data", "verify", tiny_mnist.folder, "--quiet").stdout == ""
    [images, *_] = cached_files(cached)
    content = bytearray(images.read_bytes())
    content[-1] ^= 1
    images.write_bytes(content)
    assert "checksums" in run_failing("data", "verify")


def test_verify_without_data_fails(tmp_path: Path) -> None:
    assert "empty" in run_failing("data", "verify")
    assert str(tmp_path) in run_failing("data", "verify", tmp_path)


def test_where(cached: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = run_json("data", "where")
    assert output["cache"] == str(cached)
    assert output["folder"] is None
    assert output["cached_bytes"] > 18 * 12
    monkeypatch.setenv("NEURALNET_DATA", "digits")
    assert run("data", "where").stdout.startswith("Folder: digits\n")


def test_clear_keeps_other_files(cached: Path) -> None:
    (cached / "mine.txt").write_text("not the cache's")
    freed = run_json("data", "clear")["freed_bytes"]
    assert freed > 0
    assert [path.name for path in cached.iterdir()] == ["mine.txt"]
    assert "Nothing" in run("data", "clear").stdout
