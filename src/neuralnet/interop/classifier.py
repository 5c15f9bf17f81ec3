"""`NeuralNetClassifier`: in the place of scikit-learn's `MLPClassifier`."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import type_of_target

from neuralnet.checks import Array, InputError
from neuralnet.interop import two_classes
from neuralnet.interop.labels import Labelled
from neuralnet.interop.outline import with_callbacks
from neuralnet.nn.optimizers import Optimizer
from neuralnet.nn.schedules import Schedule


class NeuralNetClassifier(ClassifierMixin, Labelled):  # type: ignore[misc]
    """A multilayer perceptron that takes the place of scikit-learn's `MLPClassifier`.

    Its parameters, methods and fitted attributes are those of `MLPClassifier`, and there are more.
    It is trained by `neuralnet.train`. Inputs are never scaled: put a `StandardScaler` before it.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(100,)
        Units of each hidden layer, from the first to the last.
    activation : str, Activation, or a list of either, default="relu"
        "identity", "logistic" (or "sigmoid"), "tanh", "relu", "leaky_relu" or "gelu"; a list gives
        one to each hidden layer.
    solver : {"adam", "sgd"}, default="adam"
        How steps are made, with the settings below. "lbfgs" is refused.
    alpha : float, default=0.0001
        Strength of the L2 penalty: `alpha / 2` times the sum of the squared weights, divided by the
        examples in a batch (by their total weight, where they are weighted).
    batch_size : int or "auto", default="auto"
        Examples a step; "auto" is 200, or all if there are fewer.
    learning_rate : {"constant", "invscaling", "adaptive"}, default="constant"
        For SGD: as it is; divided by `t_ ** power_t` after each epoch; or divided by 5 each time
        that an epoch brings no gain for `n_iter_no_change` epochs.
    learning_rate_init : float, default=0.001
        The learning rate at the beginning (at its peak, with a `schedule`).
    power_t : float, default=0.5
        The exponent of "invscaling".
    max_iter : int, default=200
        Epochs, at most.
    shuffle : bool, default=True
        Whether each epoch has an order of its own.
    random_state : int, RandomState or None, default=None
        What initial weights, split, order and dropout are drawn from.
    tol : float, default=1e-4
        What counts as a gain: of the training loss or, with `early_stopping`, of the score on the
        validation set.
    verbose : bool, default=False
        Whether to print a line an epoch.
    warm_start : bool, default=False
        Whether `fit` goes on from the weights of the last one.
    momentum, nesterovs_momentum : float in [0, 1) and bool, default=0.9 and True
        Of SGD.
    early_stopping : bool, default=False
        Whether the score on a validation set decides when to stop, and the weights of the best
        epoch are left. It is split off, each class in proportion, unless `fit` is given one.
    validation_fraction : float, default=0.1
        Share of the examples that is split off.
    beta_1, beta_2, epsilon : float, default=0.9, 0.999 and 1e-8
        Of Adam.
    n_iter_no_change : int or inf, default=10
        After more epochs than these without a gain the training stops.
    max_fun : int, default=15000
        For "lbfgs" in scikit-learn; nothing here.
    loss : str, default="log_loss"
        "log_loss" (or "cross_entropy"): softmax outputs with cross-entropy; for two classes one
        sigmoid output, and with several labels an example one each, with binary cross-entropy.
        "binary_cross_entropy": a sigmoid for each class. "mean_squared_error": sigmoids and one-hot
        targets, the classic network.
    dropout : float or sequence of float, default=0.0
        Share of each hidden layer's units left out at a time in training; one for all, or one each.
    batch_norm : bool, default=False
        Whether hidden layers are batch-normalized.
    label_smoothing : float, default=0.0
        Share of each target spread over all classes.
    optimizer : str or Optimizer, optional
        "sgd", "adam", "adamw" or an object, instead of `solver`.
    schedule : str or Schedule, default="constant"
        "step", "cosine", "one_cycle" or an object: the learning rate over `max_iter`
        epochs. A training that stops earlier does not see its end: `n_iter_no_change=np.inf` lets
        it run.
    class_weight : dict, "balanced" or None, default=None
        What the examples of each class weigh, beside `sample_weight`.
    scoring : str or callable, optional
        What the score on the validation set is, by scikit-learn's names; accuracy if not given.
    callbacks : sequence of Callback, optional
        neuralnet's own callbacks; scikit-learn's go to `set_callbacks`. Of two classes they see the
        network that is trained, of one output.
    device : {"cpu", "cuda"}, default="cpu"
        Where to compute: with NumPy, or with CuPy on a GPU. Data come and go as NumPy's arrays.
    dtype : {"float32", "float64"}, default="float32"
        What to compute in. `MLPClassifier` takes that of X.

    Attributes
    ----------
    network_ : NeuralNetMLP
        The network, to save, export or look into. Of two classes with "log_loss" it is an equal one
        of two softmax outputs, made at each access: the last layer's weights and biases are those
        of the sigmoid that is trained, halved, once with the other sign.
    classes_ : ndarray, shape (K,)
        The labels, sorted.
    coefs_, intercepts_ : list of ndarray
        Weights (inputs, outputs) and biases of each layer. Two classes have one output, as in
        `MLPClassifier`.
    loss_, best_loss_ : float
        The last and the lowest entry of `loss_curve_`; `best_loss_` is None with early stopping.
    loss_curve_ : list of float
        Each epoch's training loss: the mean over its batches, each before its update.
    validation_loss_curve_, validation_scores_ : list of float, or None
        Each epoch's loss and score on the validation set, where there is one.
    best_validation_score_ : float or None
        The highest score, with early stopping.
    n_iter_, t_ : int
        Epochs of the last `fit`, and examples seen in all.
    n_features_in_, feature_names_in_ : int, ndarray
        How many features there are, and what they are called if X was a data frame.
    n_layers_, n_outputs_, out_activation_ : int, int, str
        Layers with input and output, the outputs that are trained, and their activation:
        "softmax" or "logistic".

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from neuralnet import NeuralNetClassifier
    >>> X, y = load_wine(return_X_y=True)
    >>> model = make_pipeline(StandardScaler(), NeuralNetClassifier(max_iter=50, tol=0.01))
    >>> model.fit(X, y).score(X, y) > 0.9
    True
    """

    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        activation: Any = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        loss: str = "log_loss",
        dropout: Any = 0.0,
        batch_norm: bool = False,
        label_smoothing: float = 0.0,
        optimizer: str | Optimizer | None = None,
        schedule: str | Schedule = "constant",
        class_weight: Any = None,
        scoring: Any = None,
        callbacks: Any = None,
        device: str = "cpu",
        dtype: str = "float32",
    ) -> None:
        self._keep(locals())

    @with_callbacks
    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, X_val: Any = None, y_val: Any = None
    ) -> Self:
        """Train on these examples.

        Parameters
        ----------
        X : array-like or sparse matrix, shape (N, D)
            The examples.
        y : array-like, shape (N,) or (N, K)
            Labels of any kind; or, for several labels an example, an indicator matrix of 0 and 1.
        sample_weight : array-like, shape (N,), optional
            How much each example counts.
        X_val, y_val : array-like, optional
            A validation set of your own: its curves are kept, and with `early_stopping` it decides.

        Returns
        -------
        NeuralNetClassifier
            The estimator itself.

        Raises
        ------
        InputError
            If an argument or a parameter cannot be used.
        TrainingDivergedError
            If the loss becomes NaN or infinite.
        """
        return self._fit(X, y, sample_weight, X_val, y_val)

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Self:
        """Go once through these examples, from where the last call left weights and optimizer.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`.
        classes : array-like, optional
            All labels that will ever come; needed at the first call, except for an indicator
            matrix.

        Returns
        -------
        NeuralNetClassifier
            The estimator itself.

        Raises
        ------
        InputError, TrainingDivergedError
            As for `fit`.
        """
        if hasattr(self, "classes_"):
            if classes is not None and not np.array_equal(self.classes_, np.unique(classes)):
                raise InputError(
                    f"classes is {classes!r}, but the first call named {self.classes_.tolist()}; "
                    f"all calls go on with the same classes."
                )
        elif type_of_target(y) == "multilabel-indicator":
            classes = None
        elif classes is None:
            raise InputError("classes must be passed on the first call to partial_fit.")
        self._announced = None if classes is None else np.unique(classes)
        return self._fit(X, y, sample_weight, incremental=True)

    def predict(self, X: Any) -> Array:
        """Return the label of each example, or an indicator matrix of several.

        Parameters
        ----------
        X : array-like or sparse matrix, shape (N, D)
            The examples.

        Returns
        -------
        ndarray, shape (N,) or (N, K)
        """
        rows = self._check_rows(X)
        if self._multilabel:
            return (self._network.outputs(rows) > 0.5).astype(np.int64)
        one = self._one_output
        numbers = two_classes.labels(self._network, rows) if one else self._network.predict(rows)
        labels: Array = self.classes_[numbers]
        return labels

    def predict_proba(self, X: Any) -> Array:
        """Return the probability of each class; of several labels, that of each by itself.

        Parameters
        ----------
        X : array-like or sparse matrix, shape (N, D)
            The examples.

        Returns
        -------
        ndarray, shape (N, K)
            In the order of `classes_`. Rows sum to one, except with several labels an example.
        """
        rows = self._check_rows(X)
        if self._multilabel:
            return self._network.outputs(rows)
        if self._one_output:
            return two_classes.probabilities(self._network, rows)
        return self._network.predict_proba(rows)

    def predict_log_proba(self, X: Any) -> Array:
        """Return the logarithms of `predict_proba`.

        Parameters
        ----------
        X : array-like or sparse matrix, shape (N, D)
            The examples.

        Returns
        -------
        ndarray, shape (N, K)
        """
        probabilities = self.predict_proba(X)
        with np.errstate(divide="ignore"):  # a probability that rounds to 0 has -inf
            return np.log(probabilities, out=probabilities)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
