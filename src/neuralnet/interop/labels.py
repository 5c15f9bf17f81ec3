"""What a classifier's y means to the network: one class an example, or several labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted, column_or_1d

from neuralnet.checks import Array, InputError, check_name, check_number
from neuralnet.interop.estimator import NeuralNetEstimator
from neuralnet.interop.two_classes import two_outputs
from neuralnet.nn.network import NeuralNetMLP

# What `loss` may be, and the output activation that goes with it.
_LOSSES = {
    "log_loss": ("cross_entropy", "softmax"),
    "cross_entropy": ("cross_entropy", "softmax"),
    "binary_cross_entropy": ("binary_cross_entropy", "sigmoid"),
    "mean_squared_error": ("mean_squared_error", "sigmoid"),
}
# Several labels an example: a yes or a no for each.
_MULTILABEL_LOSSES = ("log_loss", "binary_cross_entropy")


class Labelled(NeuralNetEstimator):
    """An estimator whose y are labels of any kind, or an indicator matrix of several an example."""

    classes_: Array
    class_weight: Any
    label_smoothing: float

    @property
    def _multilabel(self) -> bool:
        check_is_fitted(self)
        return bool(self._indicator)

    @property
    def _one_output(self) -> bool:
        """Whether two classes are one sigmoid output."""
        return not self._indicator and self._network.num_classes == 1

    @property
    def network_(self) -> NeuralNetMLP:
        """The network, which predicts by itself; of one output, an equal one of two."""
        if not self._one_output:
            return self._network
        return two_outputs(self._network, self._class_names(), self._smoothing)

    def _encode(self, y: Array, *, first: bool, incremental: bool) -> Array:
        self._smoothing = check_number(self.label_smoothing, "label_smoothing", minimum=0, below=1)
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        check_classification_targets(y)
        kind = type_of_target(y)
        if kind == "multiclass-multioutput":
            raise InputError(
                "y is a matrix of more than 0 and 1: several outputs of several classes each. Give "
                "an indicator matrix, or wrap this in sklearn.multioutput.MultiOutputClassifier."
            )
        indicator = kind == "multilabel-indicator"
        classes = np.arange(y.shape[1]) if indicator else np.unique(y)
        if first:
            announced = getattr(self, "_announced", None) if incremental else None
            self._indicator = indicator
            self.classes_ = classes if announced is None else announced
            self._check_class_count()
        elif indicator != self._indicator:
            raise InputError(
                "y changed between labels and an indicator matrix since the last call."
            )
        elif self.warm_start and not incremental and not np.array_equal(classes, self.classes_):
            raise InputError(
                f"y has the classes {classes.tolist()}, but warm_start goes on with "
                f"{self.classes_.tolist()}; give the same classes, or set warm_start=False."
            )
        return self._encode_validation(y)

    def _check_class_count(self) -> None:
        if len(self.classes_) < 2 and not self._indicator:
            raise InputError(
                f"y has one class only, {self.classes_.tolist()}; a classifier needs examples of "
                f"at least two classes."
            )

    def _encode_validation(self, y: Any) -> Array:
        if self._indicator:
            targets: Array = y.astype(self.dtype)
            return targets
        y = column_or_1d(y)
        labels: Array = np.searchsorted(self.classes_, y).clip(max=len(self.classes_) - 1)
        unknown = self.classes_[labels] != y
        if unknown.any():
            raise InputError(
                f"y has the class {y[unknown][0]!r}, which is none of classes_, "
                f"{self.classes_.tolist()}."
            )
        return labels

    def _targets(self, y: Array) -> Array:
        if not self._one_output:
            return y
        # Smoothing spreads a share evenly over both classes.
        targets: Array = y * (1 - self._smoothing) + self._smoothing / 2
        return targets.astype(self._network.dtype)[:, np.newaxis]  # (N, 1)

    def _decode(self, y: Array) -> Array:
        return y.astype(np.int64) if self._indicator else self.classes_[y]

    def _stratify(self, y: Array) -> Array | None:
        return None if self._indicator else y

    def _class_weights(self, y: Array, *, incremental: bool) -> Array | None:
        if self.class_weight is None:
            return None
        if incremental and self.class_weight == "balanced":
            raise InputError(
                "class_weight is 'balanced', but partial_fit does not see all examples at once. "
                "Give weights: sklearn.utils.compute_class_weight('balanced', classes=..., y=...)."
            )
        weights: Array = compute_sample_weight(self.class_weight, y)
        return weights

    def _output_settings(self) -> dict[str, Any]:
        check_name(self.loss, _MULTILABEL_LOSSES if self._indicator else _LOSSES, "loss")
        loss, output = _LOSSES["binary_cross_entropy" if self._indicator else self.loss]
        names, smoothing = self._class_names(), self._smoothing
        if loss == "cross_entropy" and len(names) == 2:  # one output, which speaks for the second
            loss, output = _LOSSES["binary_cross_entropy"]
            names, smoothing = names[1:], 0.0  # `_targets` smooths
        return {
            "num_classes": len(names),
            "loss": loss,
            "output_activation": output,
            "label_smoothing": smoothing,
            "classes": names,
        }

    def _class_names(self) -> list[str | int]:
        """Return what the network calls the classes: whole numbers from 0 on, or text."""
        named = [c.item() if hasattr(c, "item") else c for c in self.classes_]
        plain = all(isinstance(c, str) or (type(c) is int and c >= 0) for c in named)
        return named if plain else [str(c) for c in named]
