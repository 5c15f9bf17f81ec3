"""Label encoding of the classifier: one class per example, or several labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.utils import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted, column_or_1d

from neuralnet.checks import Array, InputError, check_name, check_number, describe, echo
from neuralnet.data.tasks import Task
from neuralnet.interop.estimator import NeuralNetEstimator
from neuralnet.interop.two_classes import two_outputs
from neuralnet.nn.network import NeuralNetMLP

# For each `loss` parameter, the network's loss and output activation.
_LOSSES = {
    "log_loss": ("cross_entropy", "softmax"),
    "cross_entropy": ("cross_entropy", "softmax"),
    "binary_cross_entropy": ("binary_cross_entropy", "sigmoid"),
    "mean_squared_error": ("mean_squared_error", "sigmoid"),
}
# With several labels per example, each label is a binary decision.
_MULTILABEL_LOSSES = ("log_loss", "binary_cross_entropy")


class LabelledEstimator(NeuralNetEstimator):
    """Estimator for labels of any type, or for an indicator matrix of several labels."""

    classes_: Array
    class_weight: Any
    label_smoothing: float

    @property
    def _multilabel(self) -> bool:
        check_is_fitted(self)
        return bool(self._indicator)

    @property
    def _one_output(self) -> bool:
        """Whether the network has one sigmoid output for two classes."""
        return not self._indicator and len(self.classes_) == 2 and self._network.num_classes == 1

    @property
    def _one_class(self) -> bool:
        """Whether there is one class, which is predicted whatever the network's output is."""
        return not self._indicator and len(self.classes_) == 1

    @property
    def network_(self) -> NeuralNetMLP:
        """The network; one with one output is converted to an equivalent one with two."""
        if not self._one_output:
            return self._network
        return two_outputs(self._network, self._class_names(), self._smoothing)

    def to_network(self, transformers: Sequence[Any] = ()) -> NeuralNetMLP:  # noqa: D102
        check_is_fitted(self)
        if self._one_class:
            raise InputError(
                f"The classifier was fitted with one class only, {echo(self.classes_.tolist())}, "
                f"which it always predicts; there is no network to save or export. Fit it with "
                f"examples of at least two classes."
            )
        return super().to_network(transformers)

    def _encode(self, y: Array, *, first: bool, incremental: bool) -> Array:
        self._smoothing = check_number(self.label_smoothing, "label_smoothing", minimum=0, below=1)
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        check_classification_targets(y)
        kind = type_of_target(y)
        if kind == "multiclass-multioutput":
            raise InputError(
                "y has several columns with more values than 0 and 1. Pass an indicator matrix of "
                "0 and 1, or wrap the classifier in sklearn.multioutput.MultiOutputClassifier."
            )
        indicator = kind == "multilabel-indicator"
        classes = np.arange(y.shape[1]) if indicator else np.unique(y)
        if first:
            declared = getattr(self, "_declared_classes", None) if incremental else None
            self._indicator = indicator
            self.classes_ = classes if declared is None else declared
        elif indicator != self._indicator:
            raise InputError(
                "y is an indicator matrix in one call and holds one label per example in another; "
                "pass the same kind of y in all calls."
            )
        elif self.warm_start and not incremental and not np.array_equal(classes, self.classes_):
            raise InputError(
                f"warm_start can only be used where `y` has the same classes as in the previous "
                f"call to fit. Previously got {self.classes_!s:.80}, `y` has {classes!s:.80}. Set "
                f"warm_start=False to start anew."
            )
        return self._encode_validation(y)

    def _encode_validation(self, y: Any) -> Array:
        if self._indicator:
            targets: Array = y.astype(np.float32)
            return targets
        y = column_or_1d(y)
        try:
            labels: Array = np.searchsorted(self.classes_, y).clip(max=len(self.classes_) - 1)
        except TypeError as error:  # structured arrays have no order
            raise InputError(f"y is {describe(y)}; its labels must be of one type.") from error
        unknown = self.classes_[labels] != y
        if unknown.any():
            raise InputError(
                f"`y` has classes not in `self.classes_`, for example {echo(y[unknown][0])}. "
                f"`self.classes_` has {echo(self.classes_.tolist(), 300)}. Fit with all classes, "
                f"or list them in partial_fit's argument classes."
            )
        return labels

    def _targets(self, y: Array) -> Array:
        if self._one_class:
            return np.zeros((len(y), 1))  # as in scikit-learn
        if not self._one_output:
            return y
        # Label smoothing distributes part of each target evenly over both classes.
        targets: Array = y * (1 - self._smoothing) + self._smoothing / 2
        return targets.astype(self._network.dtype)[:, np.newaxis]  # (N, 1)

    def _decode(self, y: Array) -> Array:
        return y.astype(np.int64) if self._indicator else self.classes_[y]

    def _task(self) -> Task:
        return "multilabel" if self._indicator else "classification"

    def _score_is_accuracy(self) -> bool:
        return not self._one_class

    def _stratify(self, y: Array) -> Array | None:
        if self._indicator:
            return None
        # scikit-learn stratifies two classes only, so that more classes may be as small as they are
        # there.
        sizes = np.bincount(y)
        num_valid = int(self.validation_fraction * len(y))
        possible = sizes[sizes > 0].min() > 1 and num_valid >= len(self.classes_)
        return y if possible or self._one_output else None

    def _class_weights(self, y: Array, *, incremental: bool) -> Array | None:
        if self.class_weight is None:
            return None
        if incremental and self.class_weight == "balanced":
            raise InputError(
                "class_weight is 'balanced', but partial_fit does not see all examples at once. "
                "Pass a dict of the weights that "
                "sklearn.utils.compute_class_weight('balanced', classes=..., y=...) returns."
            )
        weights: Array = compute_sample_weight(self.class_weight, y)
        return weights

    def _output_settings(self) -> dict[str, Any]:
        check_name(self.loss, _MULTILABEL_LOSSES if self._indicator else _LOSSES, "loss")
        loss, output = _LOSSES["binary_cross_entropy" if self._indicator else self.loss]
        names, smoothing = self._class_names(), self._smoothing
        if self._one_class:
            loss, output = _LOSSES["binary_cross_entropy"]
        if loss == "cross_entropy" and len(names) == 2:  # one output, for the second class
            loss, output = _LOSSES["binary_cross_entropy"]
            names, smoothing = names[1:], 0.0  # `_targets` applies the smoothing
        return {
            "num_classes": len(names),
            "loss": loss,
            "output_activation": output,
            "label_smoothing": smoothing,
            "classes": names,
        }

    def _class_names(self) -> list[str | int]:
        """Return the network's class names: non-negative integers or strings."""
        names = [c.item() if hasattr(c, "item") else c for c in self.classes_]
        valid = all(isinstance(c, str) or (type(c) is int and c >= 0) for c in names)
        return names if valid else [str(c) for c in names]
