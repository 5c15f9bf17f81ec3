"""The work of `neuralnet train`: load the data, split, train, test and save."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import click
import numpy as np

from neuralnet.cli.output import printable
from neuralnet.cli.progress import DownloadBar
from neuralnet.data.dataset import Dataset
from neuralnet.data.loading import check_input_size, load_data
from neuralnet.data.preprocessing import Split, split_dataset
from neuralnet.data.tables import standardization
from neuralnet.errors import InputError
from neuralnet.files import atomic_write, check_regular
from neuralnet.interop.folding import with_standardization
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.storage import load, save
from neuralnet.storage.lock import locked_output
from neuralnet.training.callbacks import BestIfInterrupted, ProgressBar
from neuralnet.training.checkpoint import Checkpoint, checkpoint_exists, remove_checkpoint
from neuralnet.training.recipe_training import build_network, train_recipe
from neuralnet.training.recipes import Recipe, recipe_text


@dataclasses.dataclass
class Job:
    """A run of `neuralnet train`; the attributes are the options of the command."""

    data: Path | None
    target: str | None
    invert: bool
    output: Path
    device: str
    resume: bool
    checkpoint_every: int
    quiet: bool

    def echo(self, text: str) -> None:
        """Print a line, unless `quiet` is set."""
        if not self.quiet:
            click.echo(printable(text))

    def single(self, recipe: Recipe, seed: int) -> NeuralNetMLP:
        """Train one network, save it, and print its test error.

        No other process can write the same output meanwhile.
        """
        path = self.output / f"{recipe.name}-seed{seed}.safetensors"
        with locked_output(path):
            return self._single(recipe, seed, path)

    def _single(self, recipe: Recipe, seed: int, path: Path) -> NeuralNetMLP:
        dataset = self.dataset
        recipe = dataclasses.replace(
            recipe,
            about=dataclasses.replace(recipe.about, seeds=(seed,)),
            training=dataclasses.replace(recipe.training, seed=seed),
        )
        split, protocol = self._split(recipe, seed)
        model = build_network(recipe, dataset.images.shape[1], dataset.classes, seed, self.device)
        self.echo(f"Recipe {recipe.name}, seed {seed}: {model!r}")
        model.notes = dataset.network_notes() | {
            "recipe": recipe.name,
            "protocol": protocol,
            "training": json.dumps(vars(recipe.training)),
        }
        _check_replaceable(path, model.notes["data"])
        if dataset.columns:
            mean, deviation = standardization(split.X_train)
            scaled = [
                ((X - mean) / deviation).astype(np.float32) for X in (split.X_train, split.X_valid)
            ]
            inputs = dataclasses.replace(split, X_train=scaled[0], X_valid=scaled[1])
            self._train(recipe, model, inputs, path)
            model = with_standardization(model, mean, deviation)
        else:
            self._train(recipe, model, split, path)
        test = model.evaluate(split.X_test, split.y_test)
        model.notes["test_accuracy"] = f"{test.accuracy:.4f}"
        _save_with_settings(model, recipe, path)
        remove_checkpoint(path.with_suffix(".checkpoint"))
        self.echo(f"Saved {path}, with its settings in {path.with_suffix('.toml').name}.")
        _print_test_error(recipe.name, 1 - test.accuracy, len(split.y_test), f"seed {seed}")
        return model

    def _split(self, recipe: Recipe, seed: int) -> tuple[Split, str]:
        """Split the data set; use its own test part if it has one."""
        dataset, num_valid = self.dataset, recipe.about.num_valid
        if dataset.num_train < len(dataset.labels):
            split = split_dataset(dataset, protocol="official", num_valid=num_valid, seed=seed)
            return split, "official"
        return split_dataset(dataset, protocol="textbook", seed=seed), "textbook"

    def _train(self, recipe: Recipe, model: NeuralNetMLP, split: Split, path: Path) -> None:
        """Train a network; on Ctrl-C save the best one that was evaluated."""
        checkpoint = path.with_suffix(".checkpoint")
        callbacks = [BestIfInterrupted(), *([] if self.quiet else [ProgressBar()])]
        resume = checkpoint if self.resume and checkpoint_exists(checkpoint) else None
        if resume is not None:
            self.echo(f"Resuming from {resume}.")
        elif self.resume:
            missing = f"There is no checkpoint {checkpoint}; training from the start."
            click.echo(printable(missing), err=True)
        valid = (split.X_valid, split.y_valid) if len(split.y_valid) else None
        try:
            history = train_recipe(
                recipe,
                model,
                (split.X_train, split.y_train),
                valid,
                seed=recipe.training.seed,
                image_shape=self.dataset.image_shape,
                callbacks=[*callbacks, Checkpoint(checkpoint, self.checkpoint_every)],
                resume=resume,
            )
        except KeyboardInterrupt:
            interrupted = path.with_name(f"{path.stem}-interrupted.safetensors")
            _save_with_settings(model, recipe, interrupted)
            click.echo(f"Interrupted. Saved the best network so far as {interrupted}.", err=True)
            if checkpoint_exists(checkpoint):
                click.echo(f"To continue from {checkpoint}, add --resume.", err=True)
            raise
        model.notes["history"] = json.dumps(history.as_dict())
        self.echo(f"Trained for {sum(history.seconds):.0f} s.")

    def committee(self, recipe: Recipe, members: Recipe) -> None:
        """Test the average of the networks of another recipe; train those that are missing."""
        images = self.dataset.images[self.dataset.num_train :]
        labels = self.dataset.labels[self.dataset.num_train :]
        total = np.zeros((len(images), len(self.dataset.classes)))
        for seed in recipe.about.seeds:
            path = self.output / f"{members.name}-seed{seed}.safetensors"
            model = load(path) if path.exists() else self.single(members, seed)
            _check_member(model, path, self.dataset)
            probabilities = model.predict_proba(images)
            error = float(np.mean(probabilities.argmax(axis=1) != labels))
            self.echo(f"{path}: test error {100 * error:.2f} %")
            total += probabilities
        error = float(np.mean(total.argmax(axis=1) != labels))
        _print_test_error(recipe.name, error, len(labels), f"seeds {recipe.about.seeds}")

    @property
    def dataset(self) -> Dataset:
        """The data set, loaded on first access."""
        if not hasattr(self, "_dataset"):
            # A named folder may hold other digits; without one, only the complete MNIST will do.
            source = "mnist" if self.data is None else "folder"
            with DownloadBar() as progress:
                self._dataset = load_data(
                    self.data,
                    target=self.target,
                    invert=self.invert,
                    source=source,
                    progress=progress,
                )
            self.echo(f"Data: {self._dataset.name} from {self._dataset.source}.")
        return self._dataset


def _check_member(model: NeuralNetMLP, path: Path, dataset: Dataset) -> None:
    """Raise unless a member of a committee has the classes and the inputs of the data."""
    if model.classes != dataset.classes:
        raise InputError(
            f"{path} has the classes {', '.join(map(str, model.classes))!s:.80}, but the data have "
            f"{', '.join(map(str, dataset.classes))!s:.80}; all members of a committee need the "
            f"same. Choose another folder with --output, or remove the file."
        )
    check_input_size(dataset, model.num_features)


def _check_replaceable(path: Path, data: str) -> None:
    """Raise unless a network at `path`, if there is one, was trained on the same data."""
    if not path.exists():
        return
    found = load(path).notes.get("data", "unknown data")
    # MNIST is verified bit for bit, so it is the same wherever it came from.
    mnist = found.startswith("MNIST, from ") and data.startswith("MNIST, from ")
    if found != data and not mnist:
        raise InputError(
            f"{path} is a network that was trained on {found}; this training, on {data}, would "
            f"overwrite it. Choose another folder with --output, or remove the file."
        )


def _save_with_settings(model: NeuralNetMLP, recipe: Recipe, path: Path) -> None:
    """Save a network, and its recipe beside it.

    The recipe of an earlier network is removed first, so that a network never stands beside the
    settings of another one, even if the process is killed in between.
    """
    settings = path.with_suffix(".toml")
    if check_regular(settings, "write") is not None:
        settings.unlink()
    save(model, path)
    with atomic_write(settings) as file:
        file.write(recipe_text(recipe).encode())


def _print_test_error(name: str, error: float, num_images: int, which: str) -> None:
    """Print the result, which is the last line of every run."""
    click.echo(
        f"{name}, {which}: test error {100 * error:.2f} %, "
        f"{round(error * num_images)} of {num_images:,} images."
    )
