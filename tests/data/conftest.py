"""Fixtures: an isolated environment without the real cache and network, and a tiny MNIST."""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from neuralnet.data import mnist, openml
from neuralnet.data.idx import write_idx
from tests.data.local_server import LocalServer

_REAL_MNIST = os.environ.get("NEURALNET_DATA")


@pytest.fixture(autouse=True)
def _isolated_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, unreachable: str
) -> None:
    monkeypatch.delenv("NEURALNET_DATA", raising=False)
    monkeypatch.setenv("NEURALNET_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(openml, "URL", unreachable)
    monkeypatch.setattr(mnist, "MIRRORS", (f"{unreachable}/mirror/",))


@pytest.fixture
def unreachable() -> Iterator[str]:
    """Yield a local URL on whose port no server listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with LocalServer() as running:
        yield running


@pytest.fixture
def real_mnist() -> Path:
    """Return the folder of the real MNIST files, or skip the test if there is none."""
    if not _REAL_MNIST:
        pytest.skip("NEURALNET_DATA does not name a folder with the real MNIST files")
    return Path(_REAL_MNIST)


@dataclass
class TinyMnist:
    folder: Path
    images: NDArray[np.uint8]  # (18, 12)
    labels: NDArray[np.uint8]  # (18,)

    def content(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()


@pytest.fixture
def tiny_mnist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TinyMnist:
    """Make 18 random 4 x 3 images pass for MNIST, by replacing its checksums with theirs."""
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (18, 4, 3), dtype=np.uint8)
    labels = rng.permutation(np.arange(18) % 10).astype(np.uint8)
    folder = tmp_path / "tiny"
    parts = (images[:12], labels[:12], images[12:], labels[12:])
    files = []
    for file, part in zip(mnist.FILES, parts, strict=True):
        write_idx(folder / file.name, part)
        content = (folder / file.name).read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        files.append(mnist.MnistFile(file.name, len(content), digest))
    monkeypatch.setattr(mnist, "FILES", tuple(files))
    monkeypatch.setattr(mnist, "NUM_TRAIN", 12)
    monkeypatch.setattr(mnist, "IMAGE_SHAPE", (4, 3))
    monkeypatch.setattr(mnist, "IMAGES_SHA256", hashlib.sha256(images.tobytes()).hexdigest())
    monkeypatch.setattr(mnist, "LABELS_SHA256", hashlib.sha256(labels.tobytes()).hexdigest())
    return TinyMnist(folder, images.reshape(18, 12), labels)
