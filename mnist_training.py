"""Train a network on MNIST, from the pixels to pictures of what it learned.

Run `python mnist_training.py` as it is, or ask it what it can do with `--help`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

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
from neuralnet.files import check_writable
from neuralnet.training.recipe_training import training_arguments
from neuralnet.training.recipes import Recipe
from neuralnet.training.settings import NetworkSettings, TrainingSettings

__all__ = ["main", "train"]  # `from mnist_training import train` is the textbook's own line


@click.command(cls=Command)
@click.option("--data", type=click.Path(path_type=Path), help="Folder of the four IDX files.")
@click.option(
    "--data-source",
    type=click.Choice(SOURCES),
    default="auto",
    show_default=True,
    help="Where to look; mnist takes nothing less than all 70,000 digits.",
)
@click.option(
    "--protocol",
    type=click.Choice(PROTOCOLS),
    default="textbook",
    show_default=True,
    help="How to split: the pooled digits 55,000/5,000/10,000, or MNIST's own test set.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default=".",
    help="Folder for images/ and models/; here if not given.",
)
@setting_options(NetworkSettings)
@setting_options(TrainingSettings)
def main(data: Path | None, data_source: str, protocol: str, output: Path, **options: Any) -> None:
    """Train a network on MNIST, test it, and draw what it learned."""
    network = settings_from(NetworkSettings, options)
    training = settings_from(TrainingSettings, options)
    # What is wrong with the settings should be heard of before anything is downloaded.
    NeuralNetMLP(1, **vars(network))
    arguments = training_arguments(Recipe("mnist", network=network, training=training))
    if network.output_activation == "identity":
        raise InputError(
            "output_activation is 'identity', whose outputs are no probabilities, but the pictures "
            "show how sure the network is; choose sigmoid or softmax."
        )
    for folder in ("images", "models"):  # better to hear of it now than after the training
        check_writable(output / folder)

    # 1. Load: 28x28 pixels an image, as bytes, and a label from 0 to 9.
    with DownloadBar() as progress:
        dataset = load_mnist(data, source=data_source, progress=progress)
    click.echo(f"Data: {dataset.name}, {len(dataset.labels):,} images from {dataset.source}.")
    if dataset.is_sample:
        click.secho("This is a small sample, not MNIST: expect less of the network.", bold=True)

    # 2. Split, each class in proportion. The images stay bytes until they are used: the network
    #    itself scales a batch of pixels from [0, 255] to [-1, 1], and makes labels one-hot.
    split = split_dataset(dataset, protocol=protocol, seed=training.seed)
    sizes = (len(split.y_train), len(split.y_valid), len(split.y_test))
    click.echo("Split: {:,} to train, {:,} to validate, {:,} to test.".format(*sizes))

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
        click.echo(f"Interrupted. The network as it was then is in {path}.", err=True)
        raise

    # 4. Evaluate, on digits that nothing above has looked at.
    test = model.evaluate(split.X_test, split.y_test)
    click.echo(f"Test accuracy: {100 * test.accuracy:.2f} % of {len(split.y_test):,} images.")

    # 5. Keep the network, and draw.
    model.notes["test_accuracy"] = f"{test.accuracy:.4f}"
    model.notes["history"] = json.dumps(history.as_dict())
    save(model, output / "models" / "mnist.safetensors")
    click.echo(f"Saved {output / 'models' / 'mnist.safetensors'}")
    draw(model, history, dataset, split, output / "images")


def draw(
    model: NeuralNetMLP, history: History, dataset: Dataset, split: Split, images: Path
) -> None:
    """Draw how the training went, what the network gets wrong, and what it looks at."""
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
        click.echo(f"Drew {images / name}")


if __name__ == "__main__":
    main()
