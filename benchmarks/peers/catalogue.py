"""Every peer in every form in which it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.works import Work

OURS = "neuralnet"
FLOOR = "floor"


@dataclass(frozen=True)
class Peer:
    """A peer in one of its forms.

    Attributes
    ----------
    name : str
        What reports and `--peer` call it.
    group : str
        The forms of a group differ only in tuning; ratios are with the fastest of them.
    module : str
        The file in this folder that has its `Trainer` or `Predictor`.
    packages : tuple of str
        Distributions whose versions belong in the report.
    kinds : tuple of str
        The kinds of work that it does.
    options : mapping
        Arguments of its `Trainer` or `Predictor`.
    environment : mapping of str to str
        Environment variables of its process.
    exact : tuple of str
        The networks for which it does the same arithmetic as everyone else, which is checked.
    note : str
        What a reader of the report should know.
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
    """Eager or compiled, with one thread or two."""
    return Peer(
        f"PyTorch {form}, {threads} thread{'s' if threads > 1 else ''}",
        f"PyTorch {form}",
        "pytorch",
        ("torch",),
        options={"threads": threads, "compiled": form == "compiled"},
        note="SGD for all arrays in one call (foreach), Adam fused",
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
            "MLPClassifier, float32; it has no sigmoid outputs with mean squared error, and runs "
            "its own softmax and log-loss, from its own start and in its own order"
        ),
    ),
    Peer(
        "textbook NumPy",
        "textbook NumPy",
        "textbook",
        ("numpy",),
        note="float64, as textbooks write it",
    ),
    Peer(
        FLOOR,
        FLOOR,
        "floor",
        ("numpy",),
        exact=(),
        note="the matrix products that the work needs and nothing else, by numpy.matmul in float32",
    ),
)


def choose(names: list[str] | None) -> list[Peer]:
    """Return the peers whose name or group begins with one of `names`, or all of them.

    This package is always among them: every ratio is with it.

    Raises
    ------
    ValueError
        If a name is none of theirs.
    """
    for name in names or ():
        if not any(_is_called(peer, name) for peer in PEERS):
            known = ", ".join(dict.fromkeys(peer.group for peer in PEERS))
            raise ValueError(f"--peer is {name!r}; it must be (the beginning of) one of {known}.")
    return [
        peer
        for peer in PEERS
        if not names or peer.name == OURS or any(_is_called(peer, name) for name in names)
    ]


def _is_called(peer: Peer, name: str) -> bool:
    return peer.name.lower().startswith(name.lower())


def able(names: list[str] | None, work: Work) -> list[Peer]:
    """Return those of the chosen peers that do such work."""
    if work.kind == "mapped":
        return [_over(size) for size in (10_000, 100_000, 2_000_000) if size <= work.num_examples]
    return [peer for peer in choose(names) if work.kind in peer.kinds]


def _over(num_examples: int) -> Peer:
    """Return the package itself, over a memory-mapped set of some size."""
    name = f"{num_examples:,} examples"
    options = {"num_examples": num_examples}
    return Peer(name, name, "mapped", ("neuralnet-numpy", "numpy"), ("mapped",), options)
