"""Values of options for the completion of the shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from collections.abc import Iterable

    import click


def complete_recipe(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return the bundled recipes with their summaries, or have the shell complete a path."""
    from neuralnet.training.recipes import list_recipes

    items = [
        CompletionItem(name, help=about.summary)
        for name, about in list_recipes().items()
        if name.startswith(incomplete)
    ]
    return items or [CompletionItem(incomplete, type="file")]


def complete_setting(
    _context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return the names that a setting such as `--optimizer` can have."""
    names = _names(parameter.name or "")
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def _names(setting: str) -> Iterable[str]:
    """Return the known names of a setting, or none if it is not a name."""
    from neuralnet.nn.activations import HIDDEN_ACTIVATIONS, OUTPUT_ACTIVATIONS
    from neuralnet.nn.initialization import INITIALIZERS
    from neuralnet.nn.losses import LOSSES
    from neuralnet.nn.optimizers import OPTIMIZERS
    from neuralnet.training.schedules import SCHEDULES

    known: dict[str, Iterable[str]] = {
        "hidden_activation": HIDDEN_ACTIVATIONS,
        "output_activation": OUTPUT_ACTIVATIONS,
        "loss": LOSSES,
        "initial_weights": INITIALIZERS,
        "dtype": ("float32", "float64"),
        "optimizer": OPTIMIZERS,
        "schedule": SCHEDULES,
    }
    return known.get(setting, ())
