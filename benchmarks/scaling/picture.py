"""Plot of the speedup that several machines bring, computed from measured steps."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from benchmarks.scaling.model import NETWORKS, Step, fit
from neuralnet.files import atomic_write

BATCHES = (64, 256, 1024, 4096, 16_384)
MACHINES = tuple(2**n for n in range(9))
_COLOURS = ("#8c3b6e", "#c9542b", "#e2b04a", "#5a9f68", "#1f6fb4")


def draw(results: dict[str, Any], path: Path) -> None:
    """Draw the speedups of `wide` for mini-batches of several sizes, and save the plot as PNG."""
    steps = results["steps"]["wide"]
    times = {int(batch): statistics.median(one["one"]) for batch, one in steps.items()}
    step = Step(*fit(times), **results["networks"]["wide"])
    figure = Figure(figsize=(9, 4), layout="constrained")
    panels = figure.subplots(1, len(NETWORKS), sharey=True)
    for axes, network in zip(panels, NETWORKS, strict=True):
        axes.plot(MACHINES, MACHINES, color="#b9c0c8", linestyle=":", label="number of machines")
        for batch, colour in zip(BATCHES, _COLOURS, strict=True):
            speedups = [step.speedup(batch, p, network) for p in MACHINES]
            axes.plot(MACHINES, speedups, color=colour, label=f"batches of {batch:,}")
        axes.axhline(1, color="#333333", linewidth=0.6)
        axes.set_xscale("log", base=2)
        axes.set_yscale("log", base=2)
        axes.set_xticks(MACHINES, [str(p) for p in MACHINES])
        axes.set_yticks(MACHINES, [str(p) for p in MACHINES])
        axes.set_ylim(0.5, 256)
        axes.set_title(network.name, fontsize=10)
        axes.set_xlabel("machines")
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel("times as fast as one machine")
    panels[0].legend(fontsize=8, frameon=False, loc="upper left")
    with atomic_write(path) as file:
        figure.savefig(file, format="png", dpi=130, metadata={"Software": None})
