"""The work of `neuralnet train`: load the data, split, train, test and save."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import re
from pathlib import Path

import click
import numpy as np

from neuralnet.checks.inputs import notes_of_inputs
from neuralnet.cli.output import echo_note, noun_of, pluralized, printable
from neuralnet.cli.progress import DownloadBar
from neuralnet.data.dataset import Dataset
from neuralnet.data.loading import check_input_size, load_data
from neuralnet.data.preprocessing import TEXTBOOK_SIZES, Split, proportional_sizes, split_dataset
from neuralnet.data.tables import standardization
from neuralnet.errors import InputError
from neuralnet.files import atomic_write, check_regular
from neuralnet.interop.folding import with_standardization
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.storage import load, save
from neuralnet.storage.lock import locked_output
from neuralnet.training.callbacks import BestIfInterrupted, ProgressBar
from neuralnet.training.checkpoint import Checkpoint, checkpoint_exists, remove_checkpoint
from neuralnet.training.history import History
from neuralnet.training.processes import Processes
from neuralnet.training.recipe_training import build_network, train_recipe
from neuralnet.training.recipes import DataSettings, Recipe, recipe_text

# Smallest validation set that decides when to stop, unless the user asks for a smaller one. With
# fewer examples, chance decides more than they do, and the training set lacks them
# (docs/own-data.md has the measurement).
_MIN_VALID = 200


@dataclasses.dataclass
class Job:
    """A run of `neuralnet train`; the attributes are the options of the command."""

    data: DataSettings
    output: Path
    device: str
    resume: bool
    overwrite: bool
    checkpoint_every: int
    quiet: bool
    processes: Processes = dataclasses.field(default_factory=Processes)

    def echo(self, text: str) -> None:
        """Print a line, unless `quiet` is set."""
        if not self.quiet:
            click.echo(printable(text))

    def single(self, recipe: Recipe, seed: int) -> NeuralNetMLP:
        """Train one network, save it, and print its test error.

        Nothing else can write the same output meanwhile. Of several processes, the first writes.
        """
        with contextlib.ExitStack() as ends:
            with self.processes.together():
                path = self._path(recipe, seed)
                if not self.processes.rank:
                    ends.enter_context(locked_output(path))
                    self._check_absent(path)
            return self._single(recipe, seed, path)

    def _single(self, recipe: Recipe, seed: int, path: Path) -> NeuralNetMLP:
        dataset = self.dataset
        recipe = dataclasses.replace(
            recipe,
            about=dataclasses.replace(recipe.about, name=recipe.name, seeds=(seed,)),
            training=dataclasses.replace(recipe.training, seed=seed),
            data=self.data,
        )
        with self.processes.together():
            split, protocol = self._split(recipe, seed)
        model = build_network(recipe, dataset.images.shape[1], dataset.classes, seed, self.device)
        self.echo(f"Recipe {recipe.name}, seed {seed}: {model!r}")
        sizes = [len(labels) for labels in (split.y_train, split.y_valid, split.y_test)]
        model.notes = dataset.network_notes() | {
            "recipe": recipe.name,
            "protocol": protocol,
            "split": json.dumps(sizes),
            "training": json.dumps(vars(recipe.training)),
        }
        if dataset.columns:
            mean, deviation = standardization(split.X_train)
            scaled = [
                ((X - mean) / deviation).astype(np.float32) for X in (split.X_train, split.X_valid)
            ]
            inputs = dataclasses.replace(split, X_train=scaled[0], X_valid=scaled[1])
            self._train(recipe, model, inputs, path)
            model = with_standardization(model, mean, deviation)
            model.notes |= notes_of_inputs(split.X_train)
        else:
            self._train(recipe, model, split, path)
        if self.processes.rank:
            return model
        test = model.evaluate(split.X_test, split.y_test) if len(split.y_test) else None
        if test is not None:
            model.notes["test_accuracy"] = f"{test.accuracy:.4f}"
        _save_with_settings(model, recipe, path)
        remove_checkpoint(path.with_suffix(".checkpoint"))
        self.echo(f"Saved {path}, with its settings in {path.with_suffix('.toml').name}.")
        if test is None:
            trained = pluralized(len(split.y_train) + len(split.y_valid), noun_of(dataset))
            click.echo(f"{recipe.name}, seed {seed}: trained on all {trained}, without a test.")
        else:
            self._print_test_error(recipe.name, 1 - test.accuracy, sizes[2], f"seed {seed}")
        return model

    def _path(self, recipe: Recipe, seed: int) -> Path:
        """Return the path of a network, whose name has the data, the recipe and the seed."""
        data = re.sub(r"\W+", "-", self.dataset.name.lower()).strip("-") or "data"
        return self.output / f"{data}-{recipe.name}-seed{seed}.safetensors"

    def _check_absent(self, path: Path) -> None:
        """Raise if the training would replace the result of another one."""
        checkpoint = path.with_suffix(".checkpoint")
        existing = [one for one in (path, path.with_suffix(".toml")) if one.exists()]
        if checkpoint_exists(checkpoint) and not self.resume:
            existing.append(checkpoint)
        if existing and not self.overwrite:
            hint = ""
            if existing[-1] == checkpoint:
                hint = " To continue the training of the checkpoint, add --resume."
            raise InputError(
                f"{existing[0]} exists. Choose another folder with --output, or add --overwrite to "
                f"replace it.{hint}"
            )

    def _split(self, recipe: Recipe, seed: int) -> tuple[Split, str]:
        """Split the data set; use its own test part if it has one."""
        dataset, num_valid, num_test = self.dataset, recipe.about.num_valid, self.data.num_test
        if dataset.num_train < len(dataset.labels):
            if num_test is not None:
                raise InputError(
                    f"--num-test is {num_test}, but {dataset.source} has a test part of its own; "
                    f"leave --num-test out."
                )
            if num_valid is None and recipe.early_stopping is None:
                num_valid = 0
            split = split_dataset(dataset, protocol="official", num_valid=num_valid, seed=seed)
            return split, "official"
        total = len(dataset.labels)
        if num_valid is None and recipe.early_stopping is not None:
            _, default, _ = proportional_sizes(total, TEXTBOOK_SIZES)
            num_valid = default if default >= _MIN_VALID else 0
        sizes = _sizes(total, num_valid, num_test)
        return split_dataset(dataset, protocol="textbook", sizes=sizes, seed=seed), "textbook"

    def _train(self, recipe: Recipe, model: NeuralNetMLP, split: Split, path: Path) -> None:
        """Train a network; on Ctrl-C save the best one that was evaluated."""
        checkpoint = path.with_suffix(".checkpoint")
        callbacks = [BestIfInterrupted(), *([] if self.quiet else [ProgressBar()])]
        has_checkpoint = self.processes.first(self.resume and checkpoint_exists(checkpoint))
        resume = checkpoint if has_checkpoint else None
        if resume is not None:
            self.echo(f"Resuming from {resume}.")
        elif self.resume:
            echo_note(f"There is no checkpoint {checkpoint}; training from the start.", quiet=False)
        valid = (split.X_valid, split.y_valid) if len(split.y_valid) else None
        try:
            history = train_recipe(
                recipe,
                model,
                (split.X_train, split.y_train),
                valid,
                seed=recipe.training.seed,
                class_weight=self.data.class_weight,
                image_shape=self.dataset.image_shape,
                callbacks=[*callbacks, Checkpoint(checkpoint, self.checkpoint_every)],
                resume=resume,
                comm=self.processes.comm,
            )
        except KeyboardInterrupt:
            if self.processes.size > 1:
                raise  # the processes have stopped at different steps
            interrupted = path.with_name(f"{path.stem}-interrupted.safetensors")
            _save_with_settings(model, recipe, interrupted)
            echo_note(f"Interrupted. Saved the best network so far as {interrupted}.", quiet=False)
            if checkpoint_exists(checkpoint):
                echo_note(f"To continue from {checkpoint}, add --resume.", quiet=False)
            raise
        model.notes["history"] = json.dumps(history.as_dict())
        self.echo(_described(history))

    def committee(self, recipe: Recipe, members: Recipe) -> None:
        """Test the average of the networks of another recipe; train those that are missing."""
        images = self.dataset.images[self.dataset.num_train :]
        labels = self.dataset.labels[self.dataset.num_train :]
        total = np.zeros((len(images), len(self.dataset.classes)))
        for seed in recipe.about.seeds:
            path = self._path(members, seed)
            model = load(path) if path.exists() else self.single(members, seed)
            _check_member(model, path, self.dataset)
            probabilities = model.predict_proba(images)
            error = float(np.mean(probabilities.argmax(axis=1) != labels))
            self.echo(f"{path}: test error {100 * error:.2f} %")
            total += probabilities
        error = float(np.mean(total.argmax(axis=1) != labels))
        self._print_test_error(recipe.name, error, len(labels), f"seeds {recipe.about.seeds}")

    @property
    def dataset(self) -> Dataset:
        """The data set, loaded on first access."""
        if not hasattr(self, "_dataset"):
            # A named folder may hold other digits; without one, only the complete MNIST will do.
            source = "folder" if self.data.path else "mnist"
            with DownloadBar() as progress:
                self._dataset = load_data(
                    self.data.path or None,
                    target=self.data.target,
                    ignore_columns=self.data.ignore_columns,
                    invert=self.data.invert,
                    source=source,
                    progress=progress,
                )
            self.echo(f"Data: {self._dataset.name} from {self._dataset.source}.")
        return self._dataset

    def _print_test_error(self, name: str, error: float, number: int, which: str) -> None:
        """Print the result, which is the last line of every run."""
        click.echo(
            f"{name}, {which}: test error {100 * error:.2f} %, {round(error * number)} of "
            f"{pluralized(number, noun_of(self.dataset))}."
        )


def _sizes(total: int, num_valid: int | None, num_test: int | None) -> list[int]:
    """Return the sizes of the training, validation and test sets; None stands for the default."""
    _, default_valid, default_test = proportional_sizes(total, TEXTBOOK_SIZES)
    test = default_test if num_test is None else num_test
    valid = default_valid if num_valid is None else num_valid
    train = total - valid - test
    if train < 1:
        raise InputError(
            f"--num-valid {valid} and --num-test {test} leave none of {total:,} examples for the "
            f"training; at least one must remain."
        )
    return [train, valid, test]


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


def _check_member(model: NeuralNetMLP, path: Path, dataset: Dataset) -> None:
    """Raise unless a member of a committee has the classes and the inputs of the data."""
    if model.classes != dataset.classes:
        raise InputError(
            f"{path} has the classes {', '.join(map(str, model.classes))!s:.80}, but the data have "
            f"{', '.join(map(str, dataset.classes))!s:.80}; all members of a committee need the "
            f"same. Choose another folder with --output, or remove the file."
        )
    check_input_size(dataset, model.num_features)


def _described(history: History) -> str:
    """Return how long a training took, and why it stopped before its last epoch."""
    took = f"Trained for {sum(history.seconds):.0f} s"
    return (
        f"{took} and {history.num_epochs} epochs: {history.stopped}."
        if history.stopped
        else (f"{took}.")
    )
