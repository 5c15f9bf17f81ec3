"""How a command is told which examples a saved network should see, and gets them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from neuralnet.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from neuralnet.data.dataset import Dataset
    from neuralnet.data.inputs import InputKind
    from neuralnet.nn.network import NeuralNetMLP

Function = TypeVar("Function", bound="Callable[..., Any]")

model_argument = click.argument("model_path", metavar="MODEL", type=click.Path(path_type=Path))
target_option = click.option(
    "--target", help="The CSV column that holds the class; as in training if not given."
)
input_option = click.option(
    "--input",
    "input_kind",
    type=click.Choice(["pixels", "features"]),  # data.inputs.INPUT_KINDS, which needs NumPy
    help="Pixels from 0 to 255 that the network scales, or numbers taken as they are; as the "
    "network's notes have it if not given, and pixels if they say nothing.",
)
invert_option = click.option(
    "--invert", is_flag=True, help="Pictures are dark on bright, where MNIST is bright on dark."
)


def kind_for(model: NeuralNetMLP, chosen: InputKind | None) -> InputKind:
    """Return whether a network is given pixels or features."""
    from neuralnet.data.inputs import input_kind

    return chosen or input_kind(model.notes)


def labelled_examples(
    model: NeuralNetMLP,
    path: Path | None,
    *,
    target: str | None,
    kind: InputKind,
    invert: bool,
    quiet: bool,
) -> Dataset:
    """Load the examples that a network is to be tested on, labelled as it labels them.

    Raises
    ------
    NeuralNetError
        If they cannot be had, or are not what the network takes.
    """
    from neuralnet.cli.progress import DownloadBar
    from neuralnet.data.inputs import input_columns, input_target
    from neuralnet.data.loading import check_input_size, load_data

    if kind == "features" and (path is None or path.is_dir()):
        raise no_pictures(path or "MNIST")
    if path is not None and path.is_file() and target is None:
        target = input_target(model.notes)
    with DownloadBar() as progress:
        dataset = load_data(
            path,
            target=target,
            kind=kind,
            columns=input_columns(model.notes),
            num_columns=model.num_features,
            classes=model.classes,
            invert=invert,
            progress=None if quiet else progress,
        )
    check_input_size(dataset, model.num_features)
    return dataset


def no_pictures(source: object) -> InputError:
    """Word the error for pictures given to a network of features."""
    return InputError(
        f"{source} has pictures, but this network takes features, numbers as they are. If it was "
        f"trained on pixels all the same, say --input pixels."
    )


def part_of(dataset: Dataset, part: str, notes: Mapping[str, str]) -> tuple[Any, Any, str]:
    """Choose the examples of a part: those of the network's own split, or of the authors'.

    Returns
    -------
    X, y : ndarray
        The examples and their labels.
    story : str
        Which ones they are, for people.
    """
    if part == "all":
        return dataset.images, dataset.labels, "all of them"
    split = _noted_split(dataset, notes)
    if split is not None:
        from neuralnet.data.preprocessing import split_dataset

        protocol, seed = split
        parts = split_dataset(dataset, protocol=protocol, seed=seed)
        story = f"the {part} part of its training's own split: {protocol}, seed {seed}"
        X, y = (parts.X_test, parts.y_test) if part == "test" else (parts.X_train, parts.y_train)
    elif dataset.num_train < len(dataset.labels):
        rows = slice(dataset.num_train) if part == "train" else slice(dataset.num_train, None)
        X, y, story = dataset.images[rows], dataset.labels[rows], f"the data set's {part} part"
    else:
        return dataset.images, dataset.labels, "all of them, for it has no parts"
    if not len(y):
        raise InputError(f"{dataset.source} has no {part} part in {story}; say --part all.")
    return X, y, story


def _noted_split(dataset: Dataset, notes: Mapping[str, str]) -> tuple[str, int] | None:
    """Return protocol and seed of the split that a network was trained with, if on these data."""
    import json

    from neuralnet.data.preprocessing import PROTOCOLS

    try:
        settings = json.loads(notes.get("training", "{}"))
    except ValueError:
        return None
    seed = settings.get("seed") if isinstance(settings, dict) else None
    protocol = notes.get("protocol")
    same = notes.get("data", "").startswith(f"{dataset.name}, ")
    known = protocol in PROTOCOLS and type(seed) is int and seed >= 0
    return (str(protocol), int(str(seed))) if same and known else None
