"""The errors that everything else builds on; nothing heavy is imported to name them."""


class NeuralNetError(Exception):
    """Any error that this package raises on purpose; its text is a sentence for the user."""


class InputError(NeuralNetError, ValueError, TypeError):
    """An argument that cannot be used.

    Both a `ValueError` and a `TypeError`, as scikit-learn's own parameter error is, because the
    caller cares that the argument is wrong, not in which of the two ways.
    """
