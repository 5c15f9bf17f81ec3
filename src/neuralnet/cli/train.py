"""`neuralnet train`: train a network by a recipe, and keep it with the settings that made it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from neuralnet.cli.command import Command
from neuralnet.cli.options import overridden, override_options
from neuralnet.training.recipes import Recipe, load_recipe, recipe_names, recipe_text
from neuralnet.training.settings import NetworkSettings, TrainingSettings

if TYPE_CHECKING:
    from neuralnet.data.dataset import Dataset
    from neuralnet.data.preprocessing import Split
    from neuralnet.nn.network import NeuralNetMLP


class TrainCommand(Command):
    """The command, with a help that lists the recipes, what each reaches and what it takes."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of recipes."""
        rows = []
        for name in recipe_names():
            about = load_recipe(name).about
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
@click.option("--data", type=click.Path(path_type=Path), help="Folder of the four IDX files.")
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
    output: Path,
    resume: bool,
    checkpoint_every: int,
    device: str,
    num_valid: int | None,
    quiet: bool,
    **options: Any,
) -> None:
    """Train a network on MNIST by a recipe, and test it.

    Settings given here, or in the environment (NEURALNET_TRAIN_NUM_EPOCHS for --num-epochs), take
    the place of the recipe's. All of them are kept beside the network, in a file that is a recipe.

    Example: neuralnet train --recipe solid --seed 1
    """
    from neuralnet.files import check_writable
    from neuralnet.training.follow import array_module, build_network, training_arguments

    chosen = overridden(load_recipe(recipe), options)
    about = chosen.about
    if num_valid is not None:
        about = dataclasses.replace(about, num_valid=num_valid)
        chosen = dataclasses.replace(chosen, about=about)
    # What is wrong with the settings should be heard of before anything is loaded.
    array_module(device)
    if about.members:
        load_recipe(about.members)
    else:
        training_arguments(chosen)
        build_network(chosen, 1, (0, 1), 0)
    check_writable(output)
    job = Job(data, output, device, resume, checkpoint_every, quiet)
    if about.members:
        job.committee(chosen)
    else:
        seed = options["seed"] if options["seed"] is not None else about.seeds[0]
        job.single(chosen, seed)


@dataclasses.dataclass
class Job:
    """A run of the command: where things are, and the data once they are loaded."""

    data: Path | None
    output: Path
    device: str
    resume: bool
    checkpoint_every: int
    quiet: bool

    def say(self, text: str) -> None:
        """Print a line, unless only the result is wanted."""
        if not self.quiet:
            click.echo(text)

    def single(self, recipe: Recipe, seed: int) -> NeuralNetMLP:
        """Train one network, save it, and print its test error."""
        from neuralnet.data.preprocessing import split_dataset
        from neuralnet.storage import save
        from neuralnet.training.follow import build_network

        dataset = self.dataset
        num_valid = recipe.about.num_valid
        split = split_dataset(dataset, protocol="official", num_valid=num_valid, seed=seed)
        model = build_network(recipe, dataset.images.shape[1], dataset.classes, seed, self.device)
        self.say(f"Recipe {recipe.name}, seed {seed}: {model}")
        model.notes = {"data": f"{dataset.name}, from {dataset.source}", "recipe": recipe.name}
        path = self.output / f"{recipe.name}-seed{seed}.safetensors"
        resolved = dataclasses.replace(
            recipe, training=dataclasses.replace(recipe.training, seed=seed)
        )
        resolved = dataclasses.replace(
            resolved, about=dataclasses.replace(recipe.about, seeds=(seed,))
        )
        _write_text(path.with_suffix(".toml"), recipe_text(resolved))
        self._train(resolved, model, split, dataset, path)
        test = model.evaluate(split.X_test, split.y_test)
        model.notes["test_accuracy"] = f"{test.accuracy:.4f}"
        save(model, path)
        path.with_suffix(".checkpoint").unlink(missing_ok=True)
        self.say(f"Saved {path}, and its settings beside it.")
        _print_error(recipe.name, 1 - test.accuracy, len(split.y_test), f"seed {seed}")
        return model

    def _train(
        self, recipe: Recipe, model: NeuralNetMLP, split: Split, dataset: Dataset, path: Path
    ) -> None:
        """Train a network; on Ctrl-C keep the best that was evaluated so far."""
        from neuralnet.storage import save
        from neuralnet.training.callbacks import BestIfInterrupted, ProgressBar
        from neuralnet.training.checkpoint import Checkpoint
        from neuralnet.training.follow import follow

        checkpoint = path.with_suffix(".checkpoint")
        callbacks = [BestIfInterrupted(), *([] if self.quiet else [ProgressBar()])]
        resume = checkpoint if self.resume and checkpoint.exists() else None
        if resume is not None:
            self.say(f"Going on from {resume}.")
        valid = (split.X_valid, split.y_valid) if len(split.y_valid) else None
        try:
            history = follow(
                recipe,
                model,
                (split.X_train, split.y_train),
                valid,
                seed=recipe.training.seed,
                image_shape=dataset.image_shape,
                callbacks=[*callbacks, Checkpoint(checkpoint, self.checkpoint_every)],
                resume=resume,
            )
        except KeyboardInterrupt:
            kept = path.with_name(f"{path.stem}-interrupted.safetensors")
            save(model, kept)
            click.echo(f"Interrupted. The best network so far is in {kept}.", err=True)
            if checkpoint.exists():
                click.echo(f"--resume goes on from {checkpoint}.", err=True)
            raise
        model.notes["history"] = json.dumps(history.as_dict())
        self.say(f"Trained for {sum(history.seconds):.0f} s.")

    def committee(self, recipe: Recipe) -> None:
        """Average the networks of another recipe's seeds, training those that are not there."""
        import numpy as np

        from neuralnet.storage import load

        members = load_recipe(recipe.about.members)
        images = self.dataset.images[self.dataset.num_train :]
        labels = self.dataset.labels[self.dataset.num_train :]
        total = np.zeros((len(images), len(self.dataset.classes)))
        for seed in recipe.about.seeds:
            path = self.output / f"{members.name}-seed{seed}.safetensors"
            model = load(path) if path.exists() else self.single(members, seed)
            probabilities = model.predict_proba(images)
            wrong = float(np.mean(probabilities.argmax(axis=1) != labels))
            self.say(f"{path}: test error {100 * wrong:.2f} %")
            total += probabilities
        wrong = float(np.mean(total.argmax(axis=1) != labels))
        _print_error(recipe.name, wrong, len(labels), f"seeds {recipe.about.seeds}")

    @property
    def dataset(self) -> Dataset:
        """MNIST, loaded when it is first asked for."""
        if not hasattr(self, "_dataset"):
            from neuralnet.cli.progress import DownloadBar
            from neuralnet.data.sources import load_mnist

            # A folder that is named may hold other digits; without one it has to be MNIST.
            source = "mnist" if self.data is None else "folder"
            with DownloadBar() as progress:
                self._dataset = load_mnist(self.data, source=source, progress=progress)
            self.say(f"Data: {self._dataset.name} from {self._dataset.source}.")
        return self._dataset


def _print_error(name: str, error: float, num_images: int, which: str) -> None:
    """Print the result, the last line of every run."""
    click.echo(
        f"{name}, {which}: test error {100 * error:.2f} %, "
        f"{round(error * num_images)} of {num_images:,} images."
    )


def _write_text(path: Path, text: str) -> None:
    """Write a text file, whole or not at all."""
    from neuralnet.files import written_whole

    with written_whole(path) as file:
        file.write(text.encode())
