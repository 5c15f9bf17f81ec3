"""Options that select the examples for a saved network, and functions that load them."""

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
    "--target",
    help="CSV column that holds the class, or the number to predict; a network that the command "
    "line trained knows it.",
)
ignore_option = click.option(
    "--ignore-column",
    "ignore_columns",
    metavar="NAME",
    multiple=True,
    help="CSV column that is not an input, such as a row number; may be given several times.",
)
input_option = click.option(
    "--input",
    "input_kind",
    type=click.Choice(["pixels", "features"]),  # data.inputs.INPUT_KINDS, which needs NumPy
    help="Kind of input: pixels from 0 to 255, which the network scales, or features, which it "
    "uses unchanged. By default the kind in the network's notes, or pixels if they name none.",
)
invert_option = click.option(
    "--invert",
    is_flag=True,
    help="Invert pictures; MNIST has bright digits on a dark background.",
)


def table_path(path: Path) -> Path:
    """Return the path of a table, in which - stands for standard input."""
    return Path("/dev/stdin") if str(path) == "-" else path


def resolve_input_kind(model: NeuralNetMLP, chosen: InputKind | None) -> InputKind:
    """Return the kind of input that was chosen, or else the one in the network's notes."""
    from neuralnet.data.inputs import input_kind

    return chosen or input_kind(model.notes)


def load_examples(
    model: NeuralNetMLP,
    path: Path | None,
    *,
    target: str | None,
    ignore_columns: tuple[str, ...],
    kind: InputKind,
    invert: bool,
    quiet: bool,
) -> Dataset:
    """Load the labelled examples for the test of a network, with the network's class order.

    Raises
    ------
    NeuralNetError
        If the examples cannot be loaded or do not fit the network.
    """
    from neuralnet.cli.progress import DownloadBar
    from neuralnet.data.inputs import input_columns, input_target
    from neuralnet.data.loading import check_input_size, load_data
    from neuralnet.data.table_files import is_table

    if kind == "features" and (path is None or path.is_dir()):
        raise pictures_error(path or "MNIST")
    if path is not None and is_table(path) and target is None:
        target = input_target(model.notes)
    with DownloadBar() as progress:
        dataset = load_data(
            path,
            target=target,
            kind=kind,
            columns=input_columns(model.notes),
            ignore_columns=ignore_columns,
            num_columns=model.num_features,
            classes=model.classes,
            invert=invert,
            progress=None if quiet else progress,
        )
    check_input_size(dataset, model.num_features)
    return dataset


def pictures_error(source: object) -> InputError:
    """Return the error for pictures that are given to a network trained on features."""
    return InputError(
        f"{source} contains pictures, but this network takes features. If it was trained on "
        f"pixels, add --input pixels."
    )


def select_part(dataset: Dataset, part: str, notes: Mapping[str, str]) -> tuple[Any, Any, str]:
    """Return the training or the test part of a data set, or all of it.

    If the network was trained on the same data with a split of its own, the parts are those of that
    split. Otherwise they are the parts that the data set defines.

    Returns
    -------
    X, y : ndarray
        The examples and their labels.
    description : str
        The part, in words.

    Raises
    ------
    InputError
        If the part is empty.
    """
    if part == "all":
        return dataset.images, dataset.labels, "all examples"
    split = _training_split(dataset, notes)
    if split is not None:
        from neuralnet.data.preprocessing import split_dataset

        protocol, seed, sizes = split
        parts = split_dataset(dataset, protocol=protocol, seed=seed, **sizes)
        description = f"{part} part of the split used in training ({protocol}, seed {seed})"
        X, y = (parts.X_test, parts.y_test) if part == "test" else (parts.X_train, parts.y_train)
    elif dataset.num_train < len(dataset.labels):
        rows = slice(dataset.num_train) if part == "train" else slice(dataset.num_train, None)
        X, y = dataset.images[rows], dataset.labels[rows]
        description = f"{part} part of the data set"
    else:
        return dataset.images, dataset.labels, "all examples, because the data set has no parts"
    if not len(y):
        raise InputError(f"The {description} is empty in {dataset.source}; use --part all.")
    return X, y, description


def _training_split(
    dataset: Dataset, notes: Mapping[str, str]
) -> tuple[str, int, dict[str, Any]] | None:
    """Return the split of a network's training if it was trained on this data set.

    Returns
    -------
    (protocol, seed, sizes) or None
        Arguments of `split_dataset`; `sizes` are those of the notes, if they have them.
    """
    from neuralnet.data.preprocessing import PROTOCOLS

    settings, split = _parsed(notes.get("training")), _parsed(notes.get("split"))
    seed = settings.get("seed") if isinstance(settings, dict) else None
    protocol = notes.get("protocol")
    is_same = notes.get("data", "").startswith(f"{dataset.name}, ")
    is_known = protocol in PROTOCOLS and type(seed) is int and seed >= 0
    if not (is_same and is_known):
        return None
    sizes: dict[str, Any] = {}
    if isinstance(split, list) and len(split) == 3 and all(type(n) is int for n in split):
        if sum(split) != len(dataset.labels):  # other data of the same name
            return None
        sizes = {"sizes": split} if protocol == "textbook" else {"num_valid": split[1]}
    return str(protocol), int(str(seed)), sizes


def _parsed(text: str | None) -> Any:
    """Return the value of a JSON note, or None if there is none or it is damaged."""
    import json

    try:
        return json.loads(text or "null")
    except (ValueError, RecursionError):
        return None
