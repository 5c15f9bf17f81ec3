"""Plot of the results, with one panel per workload and one bar per peer."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from benchmarks.peers.catalogue import FLOOR, OURS
from benchmarks.report import format_seconds
from benchmarks.results import Results, Row
from benchmarks.workloads import Work
from neuralnet.files import atomic_write

_OURS, _OTHER, _FLOOR, _INK = "#1f6fb4", "#b9c0c8", "#e2b04a", "#333333"


def draw(results: Results, works: list[Work], path: Path) -> None:
    """Draw the median times of all workloads and save the plot as PNG."""
    works = [work for work in works if results.of(work.name)]
    heights = [len(results.of(work.name)) + 2.2 for work in works]
    figure = Figure(figsize=(9, 0.24 * sum(heights) + 0.8), layout="constrained")
    panels = figure.subplots(len(works), squeeze=False, gridspec_kw={"height_ratios": heights})
    for axes, work in zip(panels[:, 0], works, strict=True):
        _draw_work(axes, sorted(results.of(work.name), key=Row.median, reverse=True), work)
    machine = results.machine
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    figure.supxlabel(
        f"Medians. {machine['processor']}, {machine['cores']} cores; Python {machine['python']}\n"
        f"{versions}",
        fontsize=7,
        color=_INK,
    )
    with atomic_write(path) as file:
        figure.savefig(file, format="png", dpi=130, metadata={"Software": None})


def _draw_work(axes: object, rows: list[Row], work: Work) -> None:
    from matplotlib.axes import Axes

    assert isinstance(axes, Axes)  # noqa: S101 - for mypy
    medians = [row.median() for row in rows]
    colours = [{OURS: _OURS, FLOOR: _FLOOR}.get(row.name, _OTHER) for row in rows]
    # A bar of a much slower peer is truncated, because the others would be too short to see.
    widest = 6 * sorted(medians)[len(medians) // 2]
    bars = axes.barh([row.name for row in rows], [min(m, widest) for m in medians], color=colours)
    labels = [format_seconds(m) + (" (bar truncated)" if m > widest else "") for m in medians]
    axes.bar_label(bars, labels, padding=3, fontsize=8, color=_INK)
    axes.set_title(f"{work.name}: {work.what}", loc="left", fontsize=9, color=_INK)
    axes.tick_params(axis="y", labelsize=8, length=0)
    axes.xaxis.set_visible(False)
    axes.spines[:].set_visible(False)
    axes.set_xlim(0, 1.2 * min(max(medians), widest))
