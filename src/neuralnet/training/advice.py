"""Advice: signs that a training goes wrong, each in one sentence with its number and a remedy.

`train` observes itself with an `Advisor`. A few numbers are computed at one step per epoch, so that
the cost is small; the rest follows from the history.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from neuralnet.checks import Array, Labelled, Rows
from neuralnet.checks.inputs import warn
from neuralnet.nn.activations import ReLU, Sigmoid, Tanh
from neuralnet.nn.layers import ActivationLayer, Dense
from neuralnet.training.magnitudes import large_targets
from neuralnet.training.run import Callback, TrainingRun

# Thresholds. Each was chosen so that none of the healthy trainings in the tests of this module
# reaches it and the mistakes do.
MIN_UPDATES = 100  # with fewer updates in all, a network learns little
CHANCE_EPOCHS = 3  # a network should be better than chance after these epochs
CHANCE_LOSS = 0.95  # at chance, the loss is at least this fraction of a constant prediction's
CHANCE_MARGIN = 0.02  # and the accuracy at most this much above the largest class share
LARGE_UPDATE = 0.3  # norm of an update over the norm of the weights that is too large
SMALL_UPDATE = 1e-4  # and one that is too small, if no update was larger
RISE = 1.5  # final loss over the larger of the first loss and a constant prediction's
SATURATED = 0.02  # distance from the ends of a sigmoid's or tanh's range, as a fraction of it
SATURATED_SHARE = 0.5  # share of a layer's outputs that are that close to the ends
DEAD_SHARE = 0.75  # share of a layer's ReLUs that are 0 for all examples of two batches
VANISHING = 1e-3  # relative gradient of the first layer over that of the last
EXPLODING = 30.0  # norm of a layer's gradient over the norm of its weights
OVERFIT_LOSS = 1.25  # final validation loss over its minimum
OVERFIT_GAP = 0.03  # training minus validation accuracy, beyond two standard errors
SHUFFLED_ACCURACY = 0.5  # training accuracy of labels learned by heart, and more than any class
LARGE_L2 = 0.05  # l2 times the learning rate: the relative decay of each weight per step
LARGE_INPUT = 50.0  # absolute value of an input; standardized features stay well below
SAMPLED_ROWS = 1000  # number of examples whose inputs are examined

# Added for floating-point examples, which are the rows of a table more often than not.
_ADVICE_FOR_TABLES = " For a table, the recipe 'table' does: neuralnet train --data FILE.csv."


class TrainingWarning(UserWarning):
    """A sign that a training goes wrong; the message gives the number and the likely remedy."""


class Advisor(Callback):
    """Looks for signs of trouble, and reports each once: as a warning and in `history.advice`.

    Parameters
    ----------
    training_set : (X, y, sample_weight)
        The training set, validated.
    num_valid : int
        Number of validation examples.
    """

    def __init__(self, training_set: Labelled, num_valid: int) -> None:
        self._X, self._y, self._weights = training_set
        self._num_valid = num_valid
        self._reported: set[str] = set()
        self._first_loss = math.nan
        self._sample: Array | None = None
        self._largest_update = 0.0
        self._silent: dict[int, Array] = {}
        self._saturated = ""

    def report(self, run: TrainingRun, kind: str, sentence: str) -> None:
        """Warn, unless this kind of trouble or its likely cause has been reported."""
        if not self._reported & {kind, "data"}:
            self._reported.add(kind)
            run.history.advice.append(sentence)
            warn(sentence, TrainingWarning)

    def on_train_begin(self, run: TrainingRun) -> None:
        """Examine the data and the number of updates."""
        updates = run.num_epochs * run.num_batches
        if updates < MIN_UPDATES and not any(one.incremental for one in run.callbacks):
            self.report(
                run,
                "updates",
                f"The training has only {updates} update{'s' * (updates > 1)} in all "
                f"(num_epochs {run.num_epochs}, {run.num_batches} per epoch), but a network "
                f"usually needs thousands. Raise num_epochs, or lower minibatch_size."
                f"{_ADVICE_FOR_TABLES if self._X.dtype.kind == 'f' else ''}",
            )
        trouble = _trouble_with_inputs(self._X) or _trouble_with_labels(self._y)
        if trouble:
            self.report(run, "data", trouble)

    def on_gradients(self, run: TrainingRun) -> None:
        """Examine activations and gradients at the first step of each epoch."""
        if run.batch == 1:
            if math.isnan(self._first_loss):
                self._first_loss = run.batch_loss
            self._examine_units(run)
            if run.epoch == 1:
                self._examine_gradients(run)
            self._sample = _some_weights(run).copy()

    def on_batch_end(self, run: TrainingRun) -> None:
        """Measure how far that step moved the weights."""
        if self._sample is not None:
            norm = float(np.linalg.norm(self._sample))
            if norm:
                moved = float(np.linalg.norm(_some_weights(run) - self._sample)) / norm
                self._largest_update = max(self._largest_update, moved)
            self._sample = None

    def on_epoch_end(self, run: TrainingRun) -> None:
        """Compare the loss and the accuracy with those of a constant prediction."""
        enough = max(CHANCE_EPOCHS, math.ceil(MIN_UPDATES / run.num_batches))
        last = run.epoch == run.num_epochs or run.history.stopped is not None
        if run.epoch == enough or (last and run.epoch > enough):
            self._compare_with_chance(run, last)

    def on_train_end(self, run: TrainingRun) -> None:
        """Examine the curves, unless the training was interrupted."""
        history = run.history
        if not history.num_epochs or (history.num_epochs < run.num_epochs and not history.stopped):
            return
        first, last, constant = self._first_loss, history.train_loss[-1], self._constant_loss(run)
        if "chance" not in self._reported and last > RISE * first and not last < RISE * constant:
            cause = large_targets(self._y, run.model.loss.name) or (
                f"the learning rate, {run.peak_rate:g}, is likely too high; try a tenth of it"
            )
            self.report(
                run,
                "rise",
                f"The training loss ends at {last:.4g}, above {first:.4g}, where it began; "
                f"{cause}.",
            )
        self._examine_validation(run)

    def _examine_units(self, run: TrainingRun) -> None:
        pairs = zip(run.model.layers, run.buffers.caches, strict=True)
        hidden = [(one, cache.outputs) for one, cache in pairs if isinstance(one, ActivationLayer)]
        self._saturated = ""
        for number, (layer, a) in enumerate(hidden, start=1):
            function = layer.function
            if isinstance(function, Sigmoid | Tanh):
                low, width = (0.0, 1.0) if isinstance(function, Sigmoid) else (-1.0, 2.0)
                near = (a < low + SATURATED * width) | (a > low + (1 - SATURATED) * width)
                share = float(near.mean())
                if share > SATURATED_SHARE and not self._saturated:
                    self._saturated = (
                        f"{100 * share:.0f} % of the outputs of hidden layer {number} "
                        f"({function.name}) are saturated, where gradients are nearly 0"
                    )
                    if run.epoch == 1:  # later, a network may be saturated with good reason
                        self.report(
                            run,
                            "units",
                            f"{self._saturated}, before the first update. Scale the inputs to "
                            f"about [-1, 1], or use smaller initial weights.",
                        )
            elif isinstance(function, ReLU) and len(a) > 1:
                self._examine_relus(run, number, ~(a > 0).any(axis=0))

    def _examine_relus(self, run: TrainingRun, number: int, silent: Array) -> None:
        before = self._silent.get(number)
        self._silent[number] = silent
        dead = 0 if before is None else int((silent & before).sum())
        if dead > DEAD_SHARE * len(silent):
            self.report(
                run,
                "units",
                f"{dead} of {len(silent)} ReLUs of hidden layer {number} are 0 for all examples of "
                f"two batches, so they no longer learn. Lower the learning rate, "
                f"{run.peak_rate:g}, or use hidden_activation='leaky_relu'.",
            )

    def _examine_gradients(self, run: TrainingRun) -> None:
        dense = [layer for layer in run.model.layers if isinstance(layer, Dense)]
        ratios = [float(np.linalg.norm(one.dW) / (np.linalg.norm(one.W) or 1)) for one in dense]
        if not all(map(math.isfinite, ratios)):
            return
        largest = max(ratios)
        if largest > EXPLODING:
            cause = large_targets(self._y, run.model.loss.name)
            remedy = "Scale the inputs to about [-1, 1], use smaller initial weights"
            self.report(
                run,
                "gradients",
                f"The gradient of layer {ratios.index(largest) + 1} is {largest:.3g} times as "
                f"large as its weights: gradients explode. {cause or remedy}, or add "
                f"GradientClipping(1) to callbacks.",
            )
        elif len(ratios) > 2 and ratios[0] < VANISHING * ratios[-1]:
            self.report(
                run,
                "gradients",
                f"The gradient of the first layer is {ratios[0]:.1e} of its weights, that of the "
                f"last layer {ratios[-1]:.1e}: gradients vanish in the backward pass. Use "
                f"hidden_activation='relu', batch_norm=True, or fewer layers.",
            )

    def _compare_with_chance(self, run: TrainingRun, last: bool) -> None:
        history, constant = run.history, self._constant_loss(run)
        accuracy = history.train_accuracy[-1]
        loss = history.train_loss[-1] - run.model.objective.penalty()
        if not loss >= CHANCE_LOSS * constant:
            return
        found = f"the loss is {loss:.4g}, where a constant prediction has {constant:.4g}"
        if self._y.ndim == 1 and not math.isnan(accuracy):
            share = float(self._class_shares(run).max())
            if accuracy > share + CHANCE_MARGIN:
                return
            found = (
                f"{100 * accuracy:.1f} % of the training set are classified correctly, where the "
                f"most frequent class has {100 * share:.1f} %"
            )
        if run.model.l2 * run.peak_rate > LARGE_L2:
            cause = f"l2, {run.model.l2:g}, is likely too high; try a hundredth of it"
        elif self._largest_update > LARGE_UPDATE:
            cause = f"the learning rate, {run.peak_rate:g}, is likely too high; try a tenth of it"
        elif self._largest_update < SMALL_UPDATE:
            cause = (
                f"the learning rate, {run.peak_rate:g}, is likely too low; try ten times as much"
            )
        elif not last:  # it may only be slow
            return
        else:
            cause = (
                "check that labels and examples are in the same order and that the inputs are "
                "scaled, or try another learning rate"
            )
        if self._saturated:
            found = f"{found}, and {self._saturated}"
        self.report(
            run,
            "chance",
            f"After {run.epoch} epochs the network is no better than chance: {found}; {cause}.",
        )

    def _class_shares(self, run: TrainingRun) -> Array:
        """Return the (weighted) share of each class in the training set."""
        classes = run.model.num_classes
        counts: Array = np.bincount(self._y, weights=self._weights, minlength=classes)
        shares: Array = counts / counts.sum()
        return shares

    def _constant_loss(self, run: TrainingRun) -> float:
        """Return the loss of the best constant prediction; NaN if it is unknown."""
        y, loss, smoothing = self._y, run.model.loss.name, run.model.label_smoothing
        if y.ndim == 2:
            if loss == "mean_squared_error":
                mean = np.average(y, axis=0, weights=self._weights)
                return float(np.average((y - mean) ** 2, axis=0, weights=self._weights).sum())
            shares = np.average(y, axis=0, weights=self._weights)
        else:
            classes, shares = run.model.num_classes, self._class_shares(run)
            if loss == "mean_squared_error":
                return (1 - smoothing) ** 2 * float((shares * (1 - shares)).sum())
            shares = shares * (1 - smoothing) + smoothing / classes
        inner = shares[(shares > 0) & (shares < 1)]
        if loss == "cross_entropy":
            return float(-(inner * np.log(inner)).sum())
        if loss == "binary_cross_entropy":
            return float(-(inner * np.log(inner) + (1 - inner) * np.log(1 - inner)).sum())
        return math.nan

    def _examine_validation(self, run: TrainingRun) -> None:
        history = run.history
        keeps_best = any(getattr(one, "keeps_best", False) for one in run.callbacks)
        if not history.valid_loss or keeps_best:
            return
        best = int(np.argmin(history.valid_loss))
        lowest, last = history.valid_loss[best], history.valid_loss[-1]
        train, valid = history.train_accuracy[-1], history.valid_accuracy[-1]
        if self._y.ndim == 1 and not math.isnan(train):
            share = float(self._class_shares(run).max())
            if valid <= share + CHANCE_MARGIN and train > SHUFFLED_ACCURACY > share:
                self.report(
                    run,
                    "labels",
                    f"Accuracy is {100 * train:.1f} % in training but {100 * valid:.1f} % in "
                    f"validation, where the most frequent class has {100 * share:.1f} %: the "
                    f"labels of one of the two sets look shuffled. Check that examples and labels "
                    f"are in the same order.",
                )
                return
        if last <= OVERFIT_LOSS * lowest or history.train_loss[-1] > history.train_loss[best]:
            return
        found = f"the training loss is {history.train_loss[-1]:.4g}"
        if not math.isnan(train + valid):
            error = 2 * math.sqrt(valid * (1 - valid) / self._num_valid)
            if train - valid < OVERFIT_GAP + error:
                return
            found = (
                f"accuracy is {100 * train:.1f} % in training and {100 * valid:.1f} % in validation"
            )
        self.report(
            run,
            "overfitting",
            f"The network has overfitted since epoch {best + 1}: the validation loss has risen "
            f"from {lowest:.4g} to {last:.4g}, and {found}. Keep the best epoch with "
            f"callbacks=[BestWeights()], or use fewer units, more data, augmentation or dropout.",
        )


def _trouble_with_inputs(X: Any) -> str:
    """Return what is wrong with the inputs, or an empty string."""
    if X.dtype == np.uint8 or isinstance(X, Rows):
        return ""
    some = np.asarray(X[:: max(1, len(X) // SAMPLED_ROWS)])
    low, high = float(some.min()), float(some.max())
    if low == high:
        return f"All inputs are {low:g}, so the examples do not differ. Check how X_train was made."
    if low >= 0 and 100 < high <= 255 and np.array_equal(some, np.floor(some)):
        return (
            f"X_train holds floating-point numbers from {low:g} to {high:g}, which look like "
            f"pixels that are not scaled. Pass X_train.astype('uint8'), which the network "
            f"scales itself."
        )
    if max(-low, high) > LARGE_INPUT:
        return (
            f"X_train holds numbers from {low:.4g} to {high:.4g}, which are too large to learn "
            f"from well. Standardize each feature: subtract its mean and divide by its "
            f"standard deviation."
        )
    return ""


def _trouble_with_labels(y: Array) -> str:
    """Return what is wrong with the labels, or an empty string."""
    if y.ndim == 1 and (y == y[0]).all():
        return (
            f"All {len(y):,} training examples have the label {y[0]}, so there is nothing to "
            f"learn. Check how y_train was made."
        )
    return ""


def _some_weights(run: TrainingRun) -> Array:
    """Return every 16th weight, as a view."""
    parameters = run.model.parameters
    some: Array = parameters.values[: parameters.num_weights : 16]
    return some
