"""Base classes of the package's errors, and its warning about inputs.

This module imports nothing, so that a name from it costs no import time.
"""


class NeuralNetError(Exception):
    """Base class of all errors that this package raises on purpose, with a message for the user.

    Attributes
    ----------
    everywhere : bool
        Whether all processes of a training raise an error together, so that one may speak for all.
    """

    everywhere = False


class InputError(NeuralNetError, ValueError, TypeError):
    """Invalid argument.

    It is both a `ValueError` and a `TypeError`, like scikit-learn's `InvalidParameterError`,
    because callers rarely need to know which of the two applies.
    """


class InputWarning(UserWarning):
    """Inputs that are not of the kind that the network was trained on."""
