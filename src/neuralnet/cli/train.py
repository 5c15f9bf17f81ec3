"""`neuralnet train`: train a network from a recipe, and save it with its settings."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, NoReturn

import click

from neuralnet.cli.command import FAILURE, Command
from neuralnet.cli.completion import complete_recipe
from neuralnet.cli.examples import ignore_option, invert_option, table_path, target_option
from neuralnet.cli.options import apply_overrides, override_options
from neuralnet.cli.output import echo_error
from neuralnet.cli.processes import (
    communicator,
    end_all,
    end_together,
    is_first,
    only_the_first_speaks,
)
from neuralnet.training.recipes import CLASS_WEIGHTS, DataSettings, list_recipes, load_recipe
from neuralnet.training.settings import NetworkSettings, TrainingSettings


class TrainCommand(Command):
    """A command whose help lists the recipes with their test error and their duration.

    Of several processes, the first prints; an error in one of them ends all.
    """

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Parse the arguments; only the first process reports an error."""
        try:
            return super().make_context(*args, **kwargs)
        except click.UsageError as error:
            if is_first():
                raise
            raise click.exceptions.Exit(FAILURE) from error

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command in this process."""
        with only_the_first_speaks():
            return super().invoke(ctx)

    def fail(
        self, ctx: click.Context, error: BaseException, message: str, exit_code: int
    ) -> NoReturn:
        """Print the message of an error, and exit; the other processes may not know of it."""
        if not getattr(error, "everywhere", False):
            end_all(message and f"Error: {message}", exit_code)
        elif message:
            echo_error(message)
            end_together()
            message = ""
        super().fail(ctx, error, message, exit_code)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of recipes."""
        rows = []
        for name, about in list_recipes().items():
            facts = [about.summary, about.test_error, about.duration]
            rows.append((name, " ".join(fact for fact in facts if fact)))
        with formatter.section("Recipes"):
            formatter.write_dl(rows)


@click.command(cls=TrainCommand, context_settings={"auto_envvar_prefix": "NEURALNET_TRAIN"})
@click.option(
    "--recipe",
    shell_complete=complete_recipe,
    help="One of the recipes below, or your own TOML file. By default table for a CSV file, and "
    "classic for other data.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="A folder of IDX files, a folder of pictures with one subfolder per class, or a CSV file. "
    "The default is MNIST.",
)
@target_option
@ignore_option
@click.option(
    "--class-weight",
    type=click.Choice(CLASS_WEIGHTS),
    help="Weight of the examples: balanced gives each class the same total weight.",
)
@invert_option
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default=Path("models"),
    show_default=True,
    help="Folder for the network, its settings and its checkpoint, which are named after the data, "
    "the recipe and the seed.",
)
@click.option("--overwrite", is_flag=True, help="Replace files of an earlier training.")
@click.option("--resume", is_flag=True, help="Resume from the checkpoint in the output folder.")
@click.option(
    "--checkpoint-every",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="Number of epochs between checkpoints.",
)
@click.option(
    "--device", type=click.Choice(["cpu", "cuda"]), default="cpu", show_default=True,
    help="Device for the computation; cuda needs CuPy.",
)  # fmt: skip
@click.option(
    "--num-valid",
    type=click.IntRange(min=0),
    help="Number of training examples held out for validation.",
)
@click.option(
    "--num-test",
    type=click.IntRange(min=0),
    help="Number of examples set aside for the test, if the data have no test part; 0 trains on "
    "all. By default a seventh.",
)
@click.option("--quiet", is_flag=True, help="Print only the result.")
@override_options(NetworkSettings)
@override_options(TrainingSettings)
def train(
    recipe: str | None,
    data: Path | None,
    target: str | None,
    ignore_columns: tuple[str, ...],
    class_weight: str | None,
    invert: bool,
    output: Path,
    overwrite: bool,
    resume: bool,
    checkpoint_every: int,
    device: str,
    num_valid: int | None,
    num_test: int | None,
    quiet: bool,
    **options: Any,
) -> None:
    """Train a network from a recipe, on MNIST or on your own data, and test it.

    The columns of a CSV file are standardized in training, and the saved network takes them
    unscaled. A data set without a test part is split in the proportions in which the textbook
    splits MNIST: 11 to 1 to 2 for training, validation and test.

    Options override environment variables (NEURALNET_TRAIN_NUM_EPOCHS for --num-epochs), and both
    override the recipe. All settings are saved as a recipe next to the network, with the data.

    \b
    Example: neuralnet train --recipe solid --seed 1
             neuralnet train --data wine.csv --target cultivar --class-weight balanced
    """
    from neuralnet.checks import InputError, check_name, check_rng
    from neuralnet.cli.job import Job
    from neuralnet.data.table_files import is_table
    from neuralnet.storage.lock import check_writable
    from neuralnet.training.device import array_module
    from neuralnet.training.processes import Processes
    from neuralnet.training.recipe_training import (
        build_network,
        recipe_augmentation,
        training_arguments,
    )

    processes = Processes(communicator())
    with processes.together():
        data = None if data is None else table_path(data)
        recipe = recipe or ("table" if data is not None and is_table(data) else "classic")
        chosen = apply_overrides(load_recipe(recipe), options)
        about = chosen.about
        if num_valid is not None:
            about = dataclasses.replace(about, num_valid=num_valid)
            chosen = dataclasses.replace(chosen, about=about)
        # Report invalid settings before any data is loaded.
        array_module(device)
        trained = apply_overrides(load_recipe(about.members), options) if about.members else chosen
        seed = about.seeds[0] if options["seed"] is None else options["seed"]
        check_rng(seed)
        training_arguments(trained)
        recipe_augmentation(trained)
        build_network(trained, 1, (0, 1), 0)
        check_writable(output)
        given = {
            "path": None if data is None else str(data),
            "target": target,
            "ignore_columns": ignore_columns or None,
            "invert": invert or None,
            "num_test": num_test,
            "class_weight": class_weight,
        }
        settings = _data_settings(chosen.data, given)
        check_name(settings.class_weight, CLASS_WEIGHTS, "class_weight")
        if about.members and processes.size > 1:
            raise InputError(
                f"The recipe {chosen.name} averages networks in one process. Train them with "
                f"several processes, --recipe {about.members} --seed N, and then run this command "
                f"without mpiexec."
            )
        job = Job(settings, output, device, resume, overwrite, checkpoint_every, quiet, processes)
    if about.members:
        job.committee(chosen, trained)
    else:
        job.single(chosen, seed)


def _data_settings(saved: DataSettings, given: dict[str, Any]) -> DataSettings:
    """Return the data of a recipe, with the options that were given in their place.

    Other data have another target and other columns, so those of the recipe do not apply to them.
    """
    if given["path"] is not None:
        saved = DataSettings(num_test=saved.num_test, class_weight=saved.class_weight)
    return dataclasses.replace(saved, **{k: v for k, v in given.items() if v is not None})
