"""Plots. Each function returns a Matplotlib figure, and `save_figure` writes a figure to a file.

`misclassified`, `confusion`, `hidden_units`, `history` and `digits` take a model, its data or the
history of its training. The functions named `plot_...` draw predictions, counts and weights that
have been computed already. In a notebook, a figure appears below a cell that ends with it.
`animate` writes a GIF or MP4 of a training, from the `Snapshots` that were taken during it.

Matplotlib is imported inside the functions, because its import takes longer than that of the rest
of the package.
"""

from neuralnet.plots._animation import Snapshots, animate
from neuralnet.plots._confusion import confusion, plot_confusion_matrix
from neuralnet.plots._digits import digits
from neuralnet.plots._figures import save_figure
from neuralnet.plots._hidden_units import hidden_units, plot_hidden_units
from neuralnet.plots._history import history, plot_history
from neuralnet.plots._misclassified import misclassified, plot_misclassified

__all__ = [
    "Snapshots",
    "animate",
    "confusion",
    "digits",
    "hidden_units",
    "history",
    "misclassified",
    "plot_confusion_matrix",
    "plot_hidden_units",
    "plot_history",
    "plot_misclassified",
    "save_figure",
]
