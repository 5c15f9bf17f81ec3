"""Base classes of the package's errors, what they quote, and the warning about inputs.

This module imports nothing, so that a name from it costs no import time.
"""


class NeuralNetError(Exception):
    """Base class of all errors that this package raises on purpose, with a message for the user.

    Characters that a terminal cannot print, or would obey, are escaped in the message, because a
    name in it may come from a stranger.

    Attributes
    ----------
    everywhere : bool
        Whether all processes of a training raise an error together, so that one may speak for all.
    """

    everywhere = False

    def __init__(self, *args: object) -> None:
        super().__init__(*(_escaped(one) if isinstance(one, str) else one for one in args))


class InputError(NeuralNetError, ValueError, TypeError):
    """Invalid argument.

    It is both a `ValueError` and a `TypeError`, like scikit-learn's `InvalidParameterError`,
    because callers rarely need to know which of the two applies.
    """


class InputWarning(UserWarning):
    """Inputs that are not of the kind that the network was trained on."""


def echo(value: object, length: int = 80) -> str:
    """Return the `repr` of a value for an error message, cut after `length` characters.

    A value whose `repr` fails, such as a whole number of 5,000 digits, is named by its type.
    """
    try:
        # A repr of a part: that of a million characters would be built only to be cut.
        text = repr(value[: length + 1] if isinstance(value, str | bytes) else value)
    except Exception:  # a repr may raise anything
        text = f"<{type(value).__name__}>"
    if "\n" in text:  # of an array, say
        text = " ".join(text.split())
    return text if len(text) <= length else f"{text[:length]}..."


def _escaped(text: str) -> str:
    """Return a text with escape sequences for the characters that cannot be printed."""
    if text.isprintable():
        return text
    return "".join(
        one if one.isprintable() or one in "\n\xa0" else ascii(one)[1:-1] for one in text
    )
