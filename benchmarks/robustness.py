"""Accuracy of saved networks on test digits with corruptions that were not used in training.

Run `python -m benchmarks.robustness MODEL...`. The corruptions use SciPy's image functions, which
share no code with the deformations in neuralnet.data. Rotated, sheared and scaled digits are
centred again by their centre of mass, as the reader centres its input; shifted digits are not.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from neuralnet import load, load_mnist
from neuralnet.training.metrics import expected_calibration_error

Images = NDArray[np.float64]  # (N, 28, 28), from 0 to 255


def centred(images: Images) -> Images:
    """Shift each image by whole pixels so that its centre of mass is at pixel 14 on both axes."""
    moved = np.empty_like(images)
    for image, out in zip(images, moved, strict=True):
        shift = np.rint(14 - np.array(ndimage.center_of_mass(image)))
        ndimage.shift(image, shift, output=out, order=0)
    return moved


def transformed(images: Images, matrix: NDArray[np.float64]) -> Images:
    """Apply a linear map about the centre of each image."""
    offset = np.full(2, 13.5) - matrix @ np.full(2, 13.5)
    out = [ndimage.affine_transform(image, matrix, offset, order=3) for image in images]
    return centred(np.clip(out, 0, 255))


def rotated(images: Images, degrees: float) -> Images:
    """Rotate each image."""
    result = ndimage.rotate(images, degrees, axes=(1, 2), reshape=False, order=3)
    return centred(np.clip(result, 0, 255))


def with_line(images: Images, generator: np.random.Generator) -> Images:
    """Draw a line one pixel wide across each image, from edge to edge."""
    corrupted = images.copy()
    at = np.linspace(0, 27, 200)
    for image in corrupted:
        start, end = generator.uniform(4, 23, 2)
        along = np.rint(np.linspace(start, end, 200)).astype(int)
        steps = np.rint(at).astype(int)
        rows, columns = (steps, along) if generator.random() < 0.5 else (along, steps)
        image[rows, columns] = 255
    return corrupted


def shifted(images: Images, generator: np.random.Generator) -> Images:
    """Shift each image by 3 pixels in a random direction along one axis."""
    out = np.empty_like(images)
    for image, moved in zip(images, out, strict=True):
        axis, sign = generator.integers(2), generator.choice([-3, 3])
        ndimage.shift(image, [sign, 0] if axis == 0 else [0, sign], output=moved, order=0)
    return out


def noisy(images: Images, generator: np.random.Generator) -> Images:
    """Add Gaussian noise with a standard deviation of 0.2 of the pixel range."""
    return np.clip(images + generator.normal(0, 0.2 * 255, images.shape), 0, 255)


CROSS = ndimage.generate_binary_structure(2, 1)[np.newaxis]
CORRUPTIONS: dict[str, Callable[[Images, np.random.Generator], Images]] = {
    "none": lambda x, _: x,
    "rotated by 20 degrees": lambda x, _: rotated(x, 20),
    "rotated by -20 degrees": lambda x, _: rotated(x, -20),
    "sheared by 0.3": lambda x, _: transformed(x, np.array([[1, 0], [0.3, 1]])),
    "sheared by -0.3": lambda x, _: transformed(x, np.array([[1, 0], [-0.3, 1]])),
    "strokes eroded, 2x2": lambda x, _: ndimage.grey_erosion(x, (1, 2, 2)),
    "strokes dilated, cross": lambda x, _: ndimage.grey_dilation(x, footprint=CROSS),
    "Gaussian noise of 0.2": noisy,
    "blurred, sigma 1": lambda x, _: ndimage.gaussian_filter(x, (0, 1, 1)),
    "a line across": with_line,
    "shifted by 3 pixels": shifted,
    "scaled by 0.7": lambda x, _: transformed(x, np.eye(2) / 0.7),
    "scaled by 1.3": lambda x, _: transformed(x, np.eye(2) / 1.3),
}


def main() -> None:
    """Print the accuracy of each network for each corruption."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="+", type=Path, help="saved networks")
    parser.add_argument("--data", type=Path, help="folder with the four MNIST files")
    parser.add_argument("--json", type=Path, help="also write the results to this JSON file")
    options = parser.parse_args()
    dataset = load_mnist(options.data, source="mnist")
    labels = dataset.labels[dataset.num_train :]
    images = dataset.images[dataset.num_train :].reshape(-1, 28, 28).astype(np.float64)
    networks = {path.stem: load(path) for path in options.models}
    results: dict[str, dict[str, float]] = {}
    print("| corruption | " + " | ".join(networks) + " |")  # noqa: T201
    print("|---|" + "---|" * len(networks))  # noqa: T201
    for name, corrupt in CORRUPTIONS.items():
        corrupted = corrupt(images, np.random.default_rng(0)).reshape(len(images), -1)
        pixels = np.rint(corrupted).astype(np.uint8)
        results[name] = {
            which: float(np.mean(network.predict(pixels) == labels))
            for which, network in networks.items()
        }
        cells = " | ".join(f"{100 * accuracy:.2f} %" for accuracy in results[name].values())
        print(f"| {name} | {cells} |", flush=True)  # noqa: T201
    errors = {
        which: expected_calibration_error(labels, network.predict_proba(pixels))
        for pixels in [dataset.images[dataset.num_train :]]
        for which, network in networks.items()
    }
    results["expected calibration error"] = errors
    cells = " | ".join(f"{100 * error:.2f} %" for error in errors.values())
    print(f"| expected calibration error | {cells} |")  # noqa: T201
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
