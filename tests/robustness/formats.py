"""The formats that are read, each with valid files, damage to them, and a check of one file."""

from __future__ import annotations

import gzip
import io
import random
import struct
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from neuralnet import (
    BestWeights,
    Callback,
    Checkpoint,
    NeuralNetError,
    NeuralNetMLP,
    WeightAverage,
    load,
    load_table,
    save,
    train,
)
from neuralnet.data.idx import read_idx
from neuralnet.data.pictures import read_pictures
from neuralnet.reading.pictures import open_grey
from neuralnet.storage.networks import network_metadata
from neuralnet.training.recipe_training import recipe_augmentation, training_arguments
from neuralnet.training.recipes import load_recipe, recipe_names, recipe_text
from neuralnet.training.resuming import resume
from neuralnet.training.run import TrainingRun
from tests.robustness.mutations import damaged, damaged_container


class Format(NamedTuple):
    """A format: valid files, a way to damage one, and a check.

    `check` reads the file at a path and returns whether it was accepted. It may raise nothing but
    an `AssertionError`, if what was read is inconsistent.
    """

    valid: list[bytes]
    damage: Callable[[bytes, random.Random], bytes]
    check: Callable[[Path], bool]


def networks(folder: Path) -> Format:
    """Return the format of saved networks."""
    made = [
        NeuralNetMLP(3, (4, 2), 2, hidden_activation="leaky_relu", initial_weights="he_normal"),
        NeuralNetMLP(2, 3, 3, batch_norm=True, dropout=0.2, classes=["a", "b", "größe"]),
    ]
    made[0].notes["data"] = "none"
    valid = []
    for number, network in enumerate(made):
        save(network, folder / f"{number}", half_precision=bool(number))
        valid.append((folder / f"{number}").read_bytes())
    samples = Path(__file__).parents[1] / "files"
    valid += [path.read_bytes() for path in sorted(samples.glob("network-v*.safetensors"))]

    def check(path: Path) -> bool:
        try:
            network = load(path)
        except NeuralNetError:
            return False
        again = path.with_name("again")
        save(network, again)
        loaded = load(again)
        assert network_metadata(loaded) == network_metadata(network)
        assert loaded.parameters.state.tobytes() == network.parameters.state.tobytes()
        return True

    return Format(valid, damaged_container, check)


class _Capture(Callback):
    """Keeps the run, and ends the training in its third epoch."""

    run: TrainingRun

    def on_train_begin(self, run: TrainingRun) -> None:
        self.run = run

    def on_batch_end(self, run: TrainingRun) -> None:
        if run.epoch == 3:
            run.stop("enough")


def checkpoints(folder: Path) -> Format:
    """Return the format of checkpoints."""
    path, capture = folder / "checkpoint", _Capture()
    listed = [WeightAverage(0.9, every=1), BestWeights(), capture]
    X, y = np.random.default_rng(0).normal(size=(12, 3)), np.arange(12) % 2
    model = NeuralNetMLP(3, 4, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        arguments: dict[str, Any] = {"num_epochs": 5, "minibatch_size": 4, "optimizer": "adam"}
        train(model, X, y, X, y, callbacks=[*listed, Checkpoint(path)], **arguments)
    run, content = capture.run, path.read_bytes()
    before = model.parameters.state.tobytes()
    values, generators = model.parameters.state.copy(), {}
    for name, generator in run.generators.items():
        generators[name] = generator.bit_generator.state

    def check(changed: Path) -> bool:
        try:
            resume(run, changed)
        except NeuralNetError:
            assert model.parameters.state.tobytes() == before, "a refused checkpoint changed it"
            for name, generator in run.generators.items():
                assert generator.bit_generator.state == generators[name]
            return False
        assert 0 <= run.epoch <= run.num_epochs
        assert run.peak_rate >= 0
        model.parameters.state[...] = values
        for name, generator in run.generators.items():
            generator.bit_generator.state = generators[name]
        return True

    return Format([content], damaged_container, check)


def idx(folder: Path) -> Format:
    """Return the IDX format, gzipped and not."""
    rng = np.random.default_rng(0)
    images = struct.pack(">4I", 0x803, 5, 4, 3) + rng.bytes(60)
    labels = struct.pack(">2I", 0x801, 9) + rng.bytes(9)
    valid = [images, labels, gzip.compress(images, mtime=0), gzip.compress(labels, mtime=0)]

    def check(path: Path) -> bool:
        accepted = False
        for kind, dimensions in (("images", 3), ("labels", 1)):
            for memory_map in (False, True):
                try:
                    array = read_idx(path, kind, memory_map=memory_map)  # type: ignore[arg-type]
                except NeuralNetError:
                    continue
                assert (array.dtype.name, array.ndim) == ("uint8", dimensions)
                int(array.sum())
                accepted = True
        return accepted

    return Format(valid, _damaged_content, check)


def tables(folder: Path) -> Format:
    """Return CSV tables, gzipped and not, with commas, semicolons or tabs."""
    text = "a,b,class\n1,2.5,x\n-3e2,4,y\n5,.5,x\n1,2,y\n"
    semicolons = text.replace(",", ";")
    texts = [text, semicolons, text.replace(",", "\t"), '"a","b","class"\r\n1,2,0\r\n3,4,1\r\n']
    valid = [one.encode() for one in texts]
    valid.append(gzip.compress(text.encode(), mtime=0))

    def check(path: Path) -> bool:
        try:
            table = load_table(path, "class")
        except NeuralNetError:
            return False
        assert table.images.shape == (len(table.labels), len(table.columns))
        assert np.isfinite(table.images).all()
        assert 0 <= table.labels.min() <= table.labels.max() < len(table.classes)
        return True

    return Format(valid, _damaged_content, check)


def _damaged_content(content: bytes, rng: random.Random) -> bytes:
    """Damage a file, or what is in it if it is gzipped."""
    if content.startswith(b"\x1f\x8b") and rng.random() < 0.5:  # a sound stream of damaged data
        return gzip.compress(damaged(gzip.decompress(content), rng), 1, mtime=0)
    return damaged(content, rng)


def _valid_pictures() -> list[bytes]:
    """Return the same digit in every format that this build of Pillow writes."""
    pixels = np.zeros((16, 12), np.uint8)
    pixels[3:5, 2:9] = pixels[3:13, 7:9] = 255
    grey = Image.fromarray(pixels)
    valid = []
    for kind, mode in (
        *(("PNG", "L"), ("PNG", "RGBA"), ("PNG", "P"), ("PNG", "I;16"), ("JPEG", "L")),
        *(("JPEG", "RGB"), ("GIF", "P"), ("BMP", "RGB"), ("TIFF", "L"), ("TIFF", "RGB")),
        *(("WEBP", "RGB"), ("PPM", "L"), ("TGA", "RGB"), ("PCX", "L"), ("ICO", "RGBA")),
        *(("JPEG2000", "L"), ("AVIF", "RGB"), ("DIB", "L")),
    ):
        if kind in Image.SAVE:
            file = io.BytesIO()
            compressed = {"compression": "tiff_lzw"} if (kind, mode) == ("TIFF", "RGB") else {}
            grey.convert(mode).save(file, kind, **compressed)
            valid.append(file.getvalue())
    return valid


def pictures(folder: Path) -> Format:
    """Return cropped pictures, as `predict` and `train` read them."""
    Image.init()

    def check(path: Path) -> bool:
        try:
            read = read_pictures([path])
        except NeuralNetError:
            return False
        assert (read.ndim, read.dtype.name) == (3, "uint8")
        return True

    return Format(_valid_pictures(), damaged, check)


def photographs(folder: Path) -> Format:
    """Return pictures of any size, as `read_digits` opens them."""
    Image.init()

    def check(path: Path) -> bool:
        try:
            grey = open_grey(path)
        except NeuralNetError:
            return False
        assert (grey.levels.ndim, grey.levels.dtype.name) == (2, "uint8")
        return True

    return Format(_valid_pictures(), damaged, check)


def recipes(folder: Path) -> Format:
    """Return recipes in TOML."""
    valid = [recipe_text(load_recipe(name)).encode() for name in recipe_names()]
    target = folder / "recipe.toml"

    def check(path: Path) -> bool:
        target.write_bytes(path.read_bytes())
        try:
            recipe = load_recipe(target)
        except NeuralNetError:
            return False
        text = recipe_text(recipe)
        target.write_text(text, encoding="utf-8")
        assert recipe_text(load_recipe(target)) == text, "what was written is not what is read"
        try:
            training_arguments(recipe)
            recipe_augmentation(recipe)
        except NeuralNetError:
            pass
        return True

    return Format(valid, damaged, check)


FORMATS: dict[str, Callable[[Path], Format]] = {
    one.__name__: one
    for one in (networks, checkpoints, idx, tables, pictures, photographs, recipes)
}
