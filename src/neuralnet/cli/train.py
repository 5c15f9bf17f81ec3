"""`neuralnet train`: train a network by a recipe, and keep it with the settings that made it."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import click

from neuralnet.cli.command import Command
from neuralnet.cli.examples import invert_option, target_option
from neuralnet.cli.options import overridden, override_options
from neuralnet.training.recipes import list_recipes, load_recipe
from neuralnet.training.settings import NetworkSettings, TrainingSettings


class TrainCommand(Command):
    """The command, with a help that lists the recipes, what each reaches and what it takes."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of recipes."""
        rows = []
        for name, about in list_recipes().items():
            facts = [about.summary, about.reaches, about.takes]
            rows.append((name, " ".join(fact for fact in facts if fact)))
        with formatter.section("Recipes"):
            formatter.write_dl(rows)


@click.command(cls=TrainCommand, context_settings={"auto_envvar_prefix": "NEURALNET_TRAIN"})
@click.option(
    "--recipe",
    default="classic",
    show_default=True,
    help="One of the recipes below, or a TOML file of your own.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="A folder of IDX files, a folder of pictures with a sub-folder for each class, or a CSV "
    "file; MNIST if not given.",
)
@target_option
@invert_option
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default=Path("models"),
    show_default=True,
    help="Folder for the network, its settings and its checkpoint.",
)
@click.option("--resume", is_flag=True, help="Go on from the checkpoint that stands there.")
@click.option(
    "--checkpoint-every",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="Epochs from one checkpoint to the next.",
)
@click.option(
    "--device", type=click.Choice(["cpu", "cuda"]), default="cpu", show_default=True,
    help="What to compute on; cuda needs CuPy.",
)  # fmt: skip
@click.option("--num-valid", type=click.IntRange(min=0), help="Training images held out.")
@click.option("--quiet", is_flag=True, help="Print the result alone.")
@override_options(NetworkSettings)
@override_options(TrainingSettings)
def train(
    recipe: str,
    data: Path | None,
    target: str | None,
    invert: bool,
    output: Path,
    resume: bool,
    checkpoint_every: int,
    device: str,
    num_valid: int | None,
    quiet: bool,
    **options: Any,
) -> None:
    """Train a network by a recipe, on MNIST or on data of your own, and test it.

    A table's columns are standardized, and the network that is saved does that itself. Data without
    a test part of their own are split as the textbook splits MNIST.

    Settings given here, or in the environment (NEURALNET_TRAIN_NUM_EPOCHS for --num-epochs), take
    the place of the recipe's. All of them are kept beside the network, in a file that is a recipe.

    \b
    Example: neuralnet train --recipe solid --seed 1
             neuralnet train --data wine.csv --target cultivar --num-epochs 200
    """
    from neuralnet.checks import check_rng
    from neuralnet.cli.job import Job
    from neuralnet.files import check_writable
    from neuralnet.training.device import array_module
    from neuralnet.training.recipe_training import (
        build_network,
        recipe_augmentation,
        training_arguments,
    )

    chosen = overridden(load_recipe(recipe), options)
    about = chosen.about
    if num_valid is not None:
        about = dataclasses.replace(about, num_valid=num_valid)
        chosen = dataclasses.replace(chosen, about=about)
    # What is wrong with the settings should be heard of before anything is loaded.
    array_module(device)
    trained = overridden(load_recipe(about.members), options) if about.members else chosen
    seed = about.seeds[0] if options["seed"] is None else options["seed"]
    check_rng(seed)
    training_arguments(trained)
    recipe_augmentation(trained)
    build_network(trained, 1, (0, 1), 0)
    check_writable(output)
    job = Job(data, target, invert, output, device, resume, checkpoint_every, quiet)
    if about.members:
        job.committee(chosen, trained)
    else:
        job.single(chosen, seed)
