"""Terminal report: a table per workload, then agreement, missing peers and targets."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from benchmarks.peers.catalogue import OURS
from benchmarks.results import PEAK_MEMORY, SECONDS, Results, Row, ratio
from benchmarks.targets import MB, Outcome, Target, outcomes
from benchmarks.workloads import Work


def show(results: Results, works: list[Work], console: Console) -> None:
    """Print the report."""
    machine = results.machine
    console.print(
        f"\n{machine['processor']}, {machine['cores']} cores; Python {machine['python']}; "
        f"{machine['blas']}, {machine['blas_threads'] or '?'} threads, kernels for "
        f"{machine['blas_kernels'] or '?'}"
    )
    console.print(", ".join(f"{k} {v}" for k, v in machine["versions"].items()))
    console.print(f"Data: {results.settings['data']}")
    if results.settings["quick"]:
        console.print("[bold]Smoke test (--quick): the times are not meaningful.[/]")
    if machine["load_before"] > 0.5:
        console.print(
            f"[bold]The machine was busy before the run (load {machine['load_before']}): "
            f"the times are not reliable.[/]"
        )
    for work in works:
        if results.of(work.name):
            console.print(_table(results, work))
    _show_notes(results, console)
    if results.agreements:
        console.print(_agreements(results))
    for absent in results.absent:
        console.print(f"not measured: {absent.work}, {absent.name}: {absent.reason}")
    reached = outcomes(results)
    if reached:
        console.print(_targets(reached))


def _table(results: Results, work: Work) -> Table:
    """Return a table with one row per peer, fastest first, and our ratio to each."""
    rows = sorted(results.of(work.name), key=Row.median)
    ours = next((row for row in rows if row.name == OURS), None)
    columns = {
        "median": [format_seconds(row.median()) for row in rows],
        "min": [format_seconds(min(row.rounds[SECONDS])) for row in rows],
        "max": [format_seconds(max(row.rounds[SECONDS])) for row in rows],
    }
    if ours:
        columns["ours / theirs"] = [
            f"{ratio(ours, row):.2f}" if row != ours else "" for row in rows
        ]
    if any(row.inputs for row in rows):
        columns["input"] = [row.inputs for row in rows]
    if all(PEAK_MEMORY in row.rounds for row in rows):
        columns["peak memory"] = [f"{max(row.rounds[PEAK_MEMORY]) / MB:,.0f} MB" for row in rows]
    table = Table(title=f"{work.name}: {work.what}", title_justify="left")
    table.add_column("", no_wrap=True)
    for heading in columns:
        table.add_column(heading, justify="right", no_wrap=True)
    for row, *cells in zip(rows, *columns.values(), strict=True):
        table.add_row(row.name, *cells, style="bold" if row is ours else None)
    return table


def format_seconds(seconds: float) -> str:
    """Format seconds as s, ms or µs, with three significant digits."""
    units = {"s": 1.0, "ms": 1e-3, "µs": 1e-6}
    unit = next((unit for unit, size in units.items() if seconds >= size), "µs")
    number = seconds / units[unit]
    return f"{number:.{max(0, 3 - len(str(int(number))))}f} {unit}"


def _show_notes(results: Results, console: Console) -> None:
    """Print the notes on the peers, without repetition."""
    for line in dict.fromkeys(f"{row.group}: {row.note}." for row in results.rows if row.note):
        console.print(line)


def _agreements(results: Results) -> Table:
    """Return a table of the differences between the peers' results and ours."""
    table = Table(
        title="Agreement with our results, from the same initial weights", title_justify="left"
    )
    for heading in ("workload", "peer", "difference", "loss", "attempts", "agrees"):
        table.add_column(heading, no_wrap=True)
    for one in results.agreements:
        table.add_row(
            one.work,
            one.name,
            f"{one.difference:.1e}",
            "" if one.loss_difference is None else f"{100 * one.loss_difference:.2f} %",
            str(one.starts),
            "yes" if one.holds else "[bold]NO[/]",
        )
    compared = dict.fromkeys(f"{one.what}, at most {one.at_most:g}" for one in results.agreements)
    table.caption = "Largest difference of " + "; ".join(compared)
    return table


def _targets(reached: list[Outcome]) -> Table:
    """Return a table of the targets and the results."""
    table = Table(title="Targets", title_justify="left")
    for heading in ("workload", "measured", "compared with", "at most", "result", "met"):
        table.add_column(heading, no_wrap=heading not in {"measured", "compared with"})
    for one in reached:
        target = one.target
        table.add_row(
            target.work,
            "peak memory" if target.quantity == PEAK_MEMORY else target.row,
            one.against,
            ("+ " if target.measure == "increase" else "") + _figure(target.at_most, target),
            "not measured" if one.reached is None else _figure(one.reached, target),
            {True: "yes", False: "[bold]no[/]", None: ""}[one.met],
        )
    return table


def _figure(value: float, target: Target) -> str:
    """Format a ratio or an amount of memory."""
    return f"{value / MB:,.0f} MB" if target.quantity == PEAK_MEMORY else f"{value:.2f}"
