"""List of the peers in all their configurations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.workloads import Work

OURS = "neuralnet"
FLOOR = "floor"


@dataclass(frozen=True)
class Peer:
    """Peer in one of its configurations.

    Attributes
    ----------
    name : str
        Name in reports and for `--peer`.
    group : str
        Configurations that differ only in tuning share a group; targets use the fastest of them.
    module : str
        Module in this folder with its `Trainer` or `Predictor`.
    packages : tuple of str
        Packages whose versions are reported.
    kinds : tuple of str
        Kinds of workload that it supports.
    options : mapping
        Arguments of its `Trainer` or `Predictor`.
    environment : mapping of str to str
        Additional environment variables of its process.
    exact : tuple of str
        Networks for which its results must agree with ours, which is checked.
    note : str
        Note for the reader of the report.
    """

    name: str
    group: str
    module: str
    packages: tuple[str, ...]
    kinds: tuple[str, ...] = ("training", "prediction")
    options: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    exact: tuple[str, ...] = ("classic", "wide")
    note: str = ""


def _torch(form: str, threads: int) -> Peer:
    """Return PyTorch, eager or compiled, with the given number of threads."""
    return Peer(
        f"PyTorch {form}, {threads} thread{'s' if threads > 1 else ''}",
        f"PyTorch {form}",
        "pytorch",
        ("torch",),
        options={"threads": threads, "compiled": form == "compiled"},
        note="SGD with foreach (one call for all arrays), fused Adam",
    )


def _onnxruntime(threads: int) -> Peer:
    return Peer(
        f"onnxruntime, {threads} thread{'s' if threads > 1 else ''}",
        "onnxruntime",
        "onnx_runtime",
        ("onnxruntime", "onnx"),
        ("prediction",),
        {"threads": threads},
    )


PEERS = (
    Peer(OURS, OURS, "ours", ("neuralnet-numpy", "numpy")),
    Peer(
        "JAX scan",
        "JAX scan",
        "jax_peer",
        ("jax", "jaxlib"),
        ("training",),
        {"whole_epoch": True},
        note="the whole epoch is one compiled lax.scan",
    ),
    Peer(
        "JAX step",
        "JAX step",
        "jax_peer",
        ("jax", "jaxlib"),
        ("training",),
        {"whole_epoch": False},
        note="each step is one compiled call",
    ),
    Peer("JAX", "JAX", "jax_peer", ("jax", "jaxlib"), ("prediction",)),
    _torch("eager", 1),
    _torch("eager", 2),
    _torch("compiled", 1),
    _torch("compiled", 2),
    _onnxruntime(1),
    _onnxruntime(2),
    Peer(
        "scikit-learn",
        "scikit-learn",
        "sklearn_peer",
        ("scikit-learn",),
        exact=(),
        note=(
            "MLPClassifier, float32; it has no sigmoid outputs with mean squared error, and uses "
            "its own softmax, log-loss, initial weights and order of the examples"
        ),
    ),
    Peer(
        "textbook NumPy",
        "textbook NumPy",
        "textbook",
        ("numpy",),
        note="float64, written as in textbooks",
    ),
    Peer(
        FLOOR,
        FLOOR,
        "floor",
        ("numpy",),
        exact=(),
        note="only the matrix products that the workload needs, by numpy.matmul in float32",
    ),
)


def choose(names: list[str] | None) -> list[Peer]:
    """Return the peers whose name begins with one of `names`, or all of them.

    This package is always included, because all ratios are relative to it.

    Raises
    ------
    ValueError
        If a name matches no peer.
    """
    for name in names or ():
        if not any(_matches(peer, name) for peer in PEERS):
            known = ", ".join(dict.fromkeys(peer.group for peer in PEERS))
            raise ValueError(
                f"--peer is {name!r}; it must be one of these names, or the "
                f"beginning of one: {known}."
            )
    return [
        peer
        for peer in PEERS
        if not names or peer.name == OURS or any(_matches(peer, name) for name in names)
    ]


def _matches(peer: Peer, name: str) -> bool:
    return peer.name.lower().startswith(name.lower())


def peers_for(names: list[str] | None, work: Work) -> list[Peer]:
    """Return the chosen peers that support the workload."""
    if work.kind == "mapped":
        return [
            _ours_on(size) for size in (10_000, 100_000, 2_000_000) if size <= work.num_examples
        ]
    return [peer for peer in choose(names) if work.kind in peer.kinds]


def _ours_on(num_examples: int) -> Peer:
    """Return the package itself, on a memory-mapped data set of the given size."""
    name = f"{num_examples:,} examples"
    options = {"num_examples": num_examples}
    return Peer(name, name, "mapped", ("neuralnet-numpy", "numpy"), ("mapped",), options)
