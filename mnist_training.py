"""Train a network on MNIST, test it, and plot what it learned.

Run `python mnist_training.py` without options, or with `--help` to list them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

try:
    import click

    import neuralnet  # noqa: F401
except ModuleNotFoundError as error:
    sys.exit(
        f"{error.name} is not installed for {sys.executable}. Install neuralnet, "
        f"from the folder of this file, with: python -m pip install -e ."
    )

from neuralnet import (
    Dataset,
    History,
    InputError,
    NeuralNetMLP,
    ProgressBar,
    load_mnist,
    plots,
    save,
    split_dataset,
    train,
)
from neuralnet.cli.command import Command
from neuralnet.cli.options import setting_options, settings_from
from neuralnet.cli.progress import DownloadBar
from neuralnet.data.preprocessing import PROTOCOLS, Split
from neuralnet.data.sources import SOURCES
from neuralnet.storage.lock import check_writable
from neuralnet.training.recipe_training import training_arguments
from neuralnet.training.recipes import Recipe
from neuralnet.training.settings import NetworkSettings, TrainingSettings

__all__ = ["main", "train"]  # the textbook has `from mnist_training import train`


@click.command(cls=Command)
@click.option("--data", type=click.Path(path_type=Path), help="Folder with the four IDX files.")
@click.option(
    "--data-source",
    type=click.Choice(SOURCES),
    default="auto",
    show_default=True,
    help="Source of the data; mnist accepts only the complete 70,000 digits.",
)
@click.option(
    "--protocol",
    type=click.Choice(PROTOCOLS),
    default="textbook",
    show_default=True,
    help="Split: 55,000/5,000/10,000 of all digits pooled, or MNIST's own test set.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default=".",
    help="Folder for images/ and models/; by default the current one.",
)
@setting_options(NetworkSettings)
@setting_options(TrainingSettings)
def main(data: Path | None, data_source: str, protocol: str, output: Path, **options: Any) -> None:
    """Train a network on MNIST, test it, and plot what it learned."""
    network = settings_from(NetworkSettings, options)
    training = settings_from(TrainingSettings, options)
    # Report invalid settings before anything is downloaded.
    NeuralNetMLP(1, **vars(network))
    arguments = training_arguments(Recipe("mnist", network=network, training=training))
    if network.output_activation == "identity":
        raise InputError(
            "output_activation is 'identity', whose outputs are not probabilities, but the plots "
            "show the confidence of the network; choose sigmoid or softmax."
        )
    for folder in ("images", "models"):  # before the training, whose result would be lost
        check_writable(output / folder)

    # 1. Load: 28x28 pixels per image, as bytes, and a label from 0 to 9.
    with DownloadBar() as progress:
        dataset = load_mnist(data, source=data_source, progress=progress)
    click.echo(f"Data: {dataset.name}, {len(dataset.labels):,} images from {dataset.source}.")
    if dataset.is_sample:
        click.secho("This is a small sample, not MNIST; expect a lower accuracy.", bold=True)

    # 2. Split, with the same proportions for each class. The images stay bytes: the network scales
    #    the pixels of each batch from [0, 255] to [-1, 1], and encodes the labels one-hot.
    split = split_dataset(dataset, protocol=protocol, seed=training.seed)
    sizes = (len(split.y_train), len(split.y_valid), len(split.y_test))
    click.echo("Split: {:,} training, {:,} validation, {:,} test images.".format(*sizes))

    # 3. Train.
    model = NeuralNetMLP(
        num_features=dataset.images.shape[1],
        num_classes=len(dataset.classes),
        classes=dataset.classes,
        seed=training.seed,
        **vars(network),
    )
    model.notes = {
        "data": f"{dataset.name}, from {dataset.source}",
        "protocol": protocol,
        "training": json.dumps(vars(training)),
    }
    click.echo(f"Network: {model!r}")
    try:
        history = train(
            model,
            split.X_train,
            split.y_train,
            split.X_valid,
            split.y_valid,
            seed=training.seed,
            **arguments | {"callbacks": [ProgressBar(), *arguments["callbacks"]]},
        )
    except KeyboardInterrupt:
        path = output / "models" / "mnist_interrupted.safetensors"
        save(model, path)
        click.echo(f"Interrupted. Saved the network in its current state as {path}.", err=True)
        raise

    # 4. Evaluate on the test set, which is not used above.
    test = model.evaluate(split.X_test, split.y_test)
    click.echo(f"Test accuracy: {100 * test.accuracy:.2f} % on {len(split.y_test):,} images.")

    # 5. Save the network, and plot.
    model.notes["test_accuracy"] = f"{test.accuracy:.4f}"
    model.notes["history"] = json.dumps(history.as_dict())
    save(model, output / "models" / "mnist.safetensors")
    click.echo(f"Saved {output / 'models' / 'mnist.safetensors'}")
    draw(model, history, dataset, split, output / "images")


def draw(
    model: NeuralNetMLP, history: History, dataset: Dataset, split: Split, images: Path
) -> None:
    """Plot the history, the misclassified images, the confusion matrix and the hidden units."""
    title, shape = dataset.name, dataset.image_shape
    X, y = split.X_test, split.y_test
    figures = {
        "training_plots.png": plots.history(history, title=title),
        "misclassified_images.png": plots.misclassified(
            model, X, y, image_shape=shape, title=title
        ),
        "confusion_matrix.png": plots.confusion(model, X, y, title=title),
        "hidden_units.png": plots.hidden_units(model, image_shape=shape, title=title),
    }
    for name, figure in figures.items():
        plots.save_figure(figure, images / name)
        click.echo(f"Saved {images / name}")


if __name__ == "__main__":
    main()
