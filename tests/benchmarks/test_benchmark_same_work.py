"""All installed peers compute the same results as this package, on random examples.

Training runs in float32 for a few steps. Rounding errors dominate where Adam divides by a number
near zero and where the input of a unit is near the kink of ReLU (benchmarks/same_work.py), so 99 %
of the weights of the wide network must agree.
"""

import importlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import workloads
from benchmarks.peers import base, catalogue, ours
from benchmarks.workloads import Work

EXACT = [peer for peer in catalogue.PEERS if peer.exact and peer.name != catalogue.OURS]
# Without compiled configurations, which take long to prepare and compute the same results.
QUICK = [peer for peer in EXACT if not peer.options.get("compiled")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (1100, workloads.NUM_PIXELS), dtype=np.uint8)
    np.save(folder / "images.npy", images)
    np.save(folder / "labels.npy", generator.integers(0, workloads.NUM_CLASSES, 1100))
    np.save(folder / "test_images.npy", images[:50])
    return folder


def work(name: str) -> Work:
    return replace(workloads.find(name, cut_down=False), num_examples=1100)


@pytest.fixture
def module(peer: catalogue.Peer) -> Any:
    pytest.importorskip({"jax_peer": "jax", "pytorch": "torch"}.get(peer.module, "numpy"))
    if peer.module == "onnx_runtime":
        pytest.importorskip("onnx")
        pytest.importorskip("onnxruntime")
    return importlib.import_module(f"benchmarks.peers.{peer.module}")


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("network", ["classic", "wide"])
@pytest.mark.parametrize(
    "peer", [p for p in QUICK if "training" in p.kinds], ids=lambda peer: peer.name
)
def test_training(peer: catalogue.Peer, module: Any, network: str, folder: Path) -> None:
    job = base.Job(work(network), folder)
    mine, theirs = ours.Trainer(job), module.Trainer(job, **peer.options)
    # 1100 examples are 11 batches of 100, or 4 batches of 256 and a shorter one.
    for trainer in (mine, theirs):
        trainer.train(base.Order(seed=3))

    for one, two in zip(mine.weights(), theirs.weights(), strict=True):
        assert one.shape == two.shape
        assert np.quantile(np.abs(one - two), 1 if network == "classic" else 0.99) < 1e-4
    if theirs.mean_loss is not None:
        assert theirs.mean_loss == pytest.approx(mine.mean_loss, rel=0.01)


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("name", ["many-classic", "many-wide"])
@pytest.mark.parametrize(
    "peer", [p for p in QUICK if "prediction" in p.kinds], ids=lambda peer: peer.name
)
def test_prediction(peer: catalogue.Peer, module: Any, name: str, folder: Path) -> None:
    job = base.Job(work(name), folder)
    mine, theirs = ours.Predictor(job).predict(), module.Predictor(job, **peer.options).predict()

    assert theirs.shape == (50, workloads.NUM_CLASSES)
    assert np.abs(mine - theirs).max() < 1e-5


def test_training_stops_after_the_requested_steps(folder: Path) -> None:
    trainer = ours.Trainer(base.Job(work("classic"), folder))
    start = workloads.CLASSIC.start(1)
    seconds = trainer.train(base.Order(seed=1, steps=2))

    assert seconds > 0
    assert trainer.mean_loss is not None
    assert not np.array_equal(trainer.weights()[0], start[0])


def test_job_data_and_order(folder: Path) -> None:
    job = base.Job(work("classic"), folder)
    pixels = job.images()
    floats = base.scaled(pixels)

    assert floats.dtype == np.float32
    assert np.allclose(floats, pixels / 127.5 - 1, atol=1e-6)
    assert np.array_equal(base.one_hot(job.labels()).argmax(axis=1), job.labels())
    assert np.array_equal(np.sort(base.Order(0).rows(job)), np.arange(1100))
    assert len(base.Order(0, steps=2).rows(job)) == 200
