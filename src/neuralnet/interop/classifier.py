"""Drop-in replacement for scikit-learn's `MLPClassifier`."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import type_of_target

from neuralnet.checks import Array, InputError, echo
from neuralnet.interop.arguments import available_if_stochastic
from neuralnet.interop.base import with_callbacks
from neuralnet.interop.labels import LabelledEstimator
from neuralnet.nn.optimizers import Optimizer
from neuralnet.training.schedules import Schedule


class NeuralNetClassifier(ClassifierMixin, LabelledEstimator):  # type: ignore[misc]
    """Multilayer perceptron classifier, a drop-in replacement for scikit-learn's `MLPClassifier`.

    It has the parameters, methods and fitted attributes of `MLPClassifier`, and some more. It is
    trained by `neuralnet.train`. It does not scale its inputs; put a `StandardScaler` before it.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(100,)
        Number of units in each hidden layer, from the first to the last.
    activation : str, Activation, or a list of either, default="relu"
        "identity", "logistic" (or "sigmoid"), "tanh", "relu", "leaky_relu" or "gelu"; a list has
        one per hidden layer.
    solver : {"adam", "sgd", "lbfgs"}, default="adam"
        Optimizer, with the settings below. "lbfgs" uses all examples in each step, which suits data
        sets of up to some thousand examples; of the settings it uses `max_iter`, `max_fun` and
        `tol`.
    alpha : float, default=0.0001
        Strength of the L2 penalty: `alpha / 2` times the sum of the squared weights, divided by the
        number of examples in a batch (by their total weight if they are weighted).
    batch_size : int or "auto", default="auto"
        Examples per batch; "auto" is 200, or all examples if there are fewer.
    learning_rate : {"constant", "invscaling", "adaptive"}, default="constant"
        Learning rate of SGD: constant; `learning_rate_init` divided by `(t_ + 1) ** power_t`; or
        divided by 5 after more than `n_iter_no_change` epochs without an improvement.
    learning_rate_init : float, default=0.001
        Initial learning rate; with a `schedule`, the peak learning rate.
    power_t : float, default=0.5
        Exponent of the learning rate "invscaling".
    max_iter : int, default=200
        Maximum number of epochs.
    shuffle : bool, default=True
        Whether the examples are shuffled in each epoch.
    random_state : int, RandomState or None, default=None
        Seed or generator of the initial weights, the validation split, the order of the examples
        and dropout.
    tol : float, default=1e-4
        Smallest change that counts as an improvement of the training loss or, with
        `early_stopping`, of the score on the validation set. "lbfgs" has converged when no entry of
        the gradient is larger.
    verbose : bool, default=False
        Whether to print one line per epoch, as `MLPClassifier` does.
    warm_start : bool, default=False
        Whether `fit` continues with the weights of the previous call.
    momentum, nesterovs_momentum : float in [0, 1) and bool, default=0.9 and True
        Momentum of SGD, and whether it is Nesterov's.
    early_stopping : bool, default=False
        Whether the score on a validation set decides when to stop, and the weights of the best
        epoch are restored. A stratified validation set is split off unless one is passed to `fit`.
    validation_fraction : float, default=0.1
        Fraction of the examples that is split off for validation.
    beta_1, beta_2, epsilon : float, default=0.9, 0.999 and 1e-8
        Decay rates and stability constant of Adam.
    n_iter_no_change : int or inf, default=10
        Training stops after more than this number of epochs in a row without an improvement.
    max_fun : int, default=15000
        "lbfgs" stops after the iteration that reaches this number of evaluations of the loss.
    loss : str, default="log_loss"
        "log_loss" (or "cross_entropy"): softmax outputs with cross-entropy. Two classes have one
        sigmoid output, and several labels per example have one sigmoid output per label, both with
        binary cross-entropy. "binary_cross_entropy": one sigmoid output per class.
        "mean_squared_error": sigmoid outputs and one-hot targets, the classic network.
    dropout : float or sequence of float, default=0.0
        Dropout rate of the hidden layers: one for all, or one per layer.
    batch_norm : bool, default=False
        Whether hidden layers are batch-normalized.
    label_smoothing : float, default=0.0
        Fraction of each target that is distributed evenly over all classes.
    optimizer : str or Optimizer, optional
        "sgd", "adam", "adamw", "lbfgs" or an object, instead of `solver`.
    schedule : str or Schedule, default="constant"
        "step", "cosine", "one_cycle" or an object: the learning rate over `max_iter`
        epochs. Training that stops earlier does not complete the schedule; to complete it, set
        `n_iter_no_change=np.inf`.
    class_weight : dict, "balanced" or None, default=None
        Weight of each class, multiplied by `sample_weight`.
    scoring : str or callable, optional
        Score on the validation set: a scorer or its name in scikit-learn. The default is accuracy.
    callbacks : sequence of Callback, optional
        Callbacks of this package; pass scikit-learn's to `set_callbacks`. For two classes, they see
        the network in training, which has one output.
    device : {"cpu", "cuda"}, default="cpu"
        Device: the CPU with NumPy, or a GPU with CuPy. Inputs and outputs are NumPy arrays.
    dtype : {"float32", "float64"}, optional
        Floating-point type of the computation. The default is float32 for X in float32 and float64
        for any other, and always float64 with "lbfgs".

    Attributes
    ----------
    network_ : NeuralNetMLP
        The network, for saving, export or inspection. For two classes with "log_loss", each access
        builds an equivalent network with two softmax outputs: its last layer has the halved weights
        and biases of the trained sigmoid output, with both signs.
    classes_ : ndarray, shape (K,)
        The sorted class labels.
    coefs_, intercepts_ : list of ndarray
        Weights, shape (inputs, outputs), and biases of each layer. Two classes have one output, as
        in `MLPClassifier`.
    loss_, best_loss_ : float
        The last and the lowest entry of `loss_curve_`; `best_loss_` is None with early stopping.
    loss_curve_ : list of float
        Training loss of each epoch: the mean over its batches, each before its update.
    validation_loss_curve_, validation_scores_ : list of float, or None
        Loss and score of each epoch on the validation set; None without a validation set.
    best_validation_score_ : float or None
        The highest validation score, with early stopping; otherwise None.
    n_iter_, t_ : int
        Number of epochs of the last `fit` (iterations of "lbfgs"), and of training examples seen
        so far in mini-batches.
    n_features_in_, feature_names_in_ : int, ndarray
        Number of features, and their names if X was a data frame.
    n_layers_, n_outputs_, out_activation_ : int, int, str
        Number of layers including input and output, number of outputs in training, and their
        activation: "softmax" or "logistic".

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
        dtype: str | None = None,
    ) -> None:
        self._set_parameters(locals())

    @with_callbacks
    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, X_val: Any = None, y_val: Any = None
    ) -> Self:
        """Train the network.

        Parameters
        ----------
        X : array-like or sparse matrix, shape (N, D)
            The examples.
        y : array-like, shape (N,) or (N, K)
            Labels of any type; for several labels per example, an indicator matrix of 0 and 1.
        sample_weight : array-like, shape (N,), optional
            Weight of each example.
        X_val, y_val : array-like, optional
            Validation set. Its loss and score are recorded for each epoch, and `early_stopping`
            uses it instead of splitting one off.

        Returns
        -------
        NeuralNetClassifier
            The estimator itself.

        Raises
        ------
        InputError
            If an argument or a parameter is invalid.
        TrainingDivergedError
            If the loss becomes NaN or infinite.
        """
        return self._fit(X, y, sample_weight, X_val, y_val)

    @available_if_stochastic
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Self:
        """Train for one epoch, continuing with the weights and optimizer state of the last call.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`.
        classes : array-like, optional
            All classes that will occur in any call. Required in the first call, except for an
            indicator matrix.

        Returns
        -------
        NeuralNetClassifier
            The estimator itself.

        Raises
        ------
        InputError, TrainingDivergedError
            As for `fit`.
        """
        if classes is not None:
            try:
                declared = np.unique(np.asarray(classes))
            except (TypeError, ValueError) as error:
                raise InputError(
                    f"classes is {echo(classes)}; it must be an array of labels of one type."
                ) from error
        if hasattr(self, "classes_"):
            if classes is not None and not np.array_equal(self.classes_, declared):
                raise InputError(
                    f"`classes={echo(classes)}` is not the same as on last call to partial_fit, "
                    f"was: {echo(self.classes_)}. Pass the classes of the first call, or "
                    f"leave them out."
                )
        elif type_of_target(y) == "multilabel-indicator":
            classes = None
        elif classes is None:
            raise InputError(
                "classes must be passed on the first call to partial_fit: all labels that will "
                "occur in any call."
            )
        self._declared_classes = None if classes is None else declared
        return self._fit(X, y, sample_weight, incremental=True)

    def predict(self, X: Any) -> Array:
        """Return the label of each example, or an indicator matrix for several labels.

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
        if self._one_class:
            return np.repeat(self.classes_, len(rows))
        labels: Array = self.classes_[self._network.predict(rows)]
        return labels

    def predict_proba(self, X: Any) -> Array:
        """Return the probability of each class or, for several labels, of each label.

        Parameters
        ----------
        X : array-like or sparse matrix, shape (N, D)
            The examples.

        Returns
        -------
        ndarray, shape (N, K)
            Probabilities in the order of `classes_`. Each row sums to one, except for several
            labels per example.
        """
        rows = self._check_rows(X)
        if self._multilabel:
            return self._network.outputs(rows)
        if self._one_class:
            return np.ones((len(rows), 1), self._network.dtype)
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
        with np.errstate(divide="ignore"):  # log(0) is -inf
            return np.log(probabilities, out=probabilities)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
