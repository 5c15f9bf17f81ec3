"""Textbook counterpart of `mnist_training.py`.

The data, the split and the plots come from the package, so that only the network and its training
differ: the pixels are scaled to float64 beforehand, and a plain loop trains on them and evaluates
training and validation examples after each epoch.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from benchmarks.peers.textbook import Textbook
from benchmarks.workloads import CLASSIC, Array
from neuralnet import confusion_matrix, load_mnist, plots, split_dataset
from neuralnet.training.history import History


def main() -> None:
    """Load and split the data, train, evaluate and plot."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--num-epochs", type=int, default=50)
    arguments = parser.parse_args()

    dataset = load_mnist(arguments.data)
    split = split_dataset(dataset, seed=0)
    X_train, X_valid, X_test = map(scale, (split.X_train, split.X_valid, split.X_test))

    model = Textbook(CLASSIC, CLASSIC.start(seed=0))
    history = History()
    generator = np.random.default_rng(0)
    for _ in range(arguments.num_epochs):
        model.train_epoch(X_train, split.y_train, generator.permutation(len(X_train)))
        train_loss, train_accuracy = model.loss_and_accuracy(X_train, split.y_train)
        valid_loss, valid_accuracy = model.loss_and_accuracy(X_valid, split.y_valid)
        history.train_loss.append(train_loss)
        history.train_accuracy.append(train_accuracy)
        history.valid_loss.append(valid_loss)
        history.valid_accuracy.append(valid_accuracy)
        history.learning_rate.append(CLASSIC.learning_rate)
        history.seconds.append(0.0)
    model.loss_and_accuracy(X_test, split.y_test)

    probabilities = model.probabilities(X_test)
    predictions = probabilities.argmax(axis=1)
    classes, shape, title = dataset.classes, dataset.image_shape, dataset.name
    matrix = confusion_matrix(split.y_test, predictions, len(classes))
    figures = {
        "training_plots.png": plots.plot_history(history, title),
        "misclassified_images.png": plots.plot_misclassified(
            split.X_test,
            split.y_test,
            predictions,
            probabilities,
            classes,
            image_shape=shape,
            title=title,
        ),
        "confusion_matrix.png": plots.plot_confusion_matrix(matrix, classes, title),
        "hidden_units.png": plots.plot_hidden_units(model.weights[0], shape, title),
    }
    (arguments.output / "textbook").mkdir(parents=True, exist_ok=True)
    for name, figure in figures.items():
        plots.save_figure(figure, arguments.output / "textbook" / name)


def scale(images: Array) -> Array:
    """Scale pixels to float64 in [-1, 1]."""
    scaled: Array = (images / 255.0 - 0.5) * 2
    return scaled


if __name__ == "__main__":
    main()
