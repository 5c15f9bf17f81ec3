"""Plots. Each function returns a Matplotlib figure, and `save_figure` writes a figure to a file.

Matplotlib is imported inside the functions, because its import takes longer than that of the rest
of the package.
"""

from neuralnet.plots.confusion import plot_confusion_matrix
from neuralnet.plots.figures import save_figure
from neuralnet.plots.hidden_units import plot_hidden_units
from neuralnet.plots.history import plot_history
from neuralnet.plots.misclassified import plot_misclassified

__all__ = [
    "plot_confusion_matrix",
    "plot_hidden_units",
    "plot_history",
    "plot_misclassified",
    "save_figure",
]
