"""Every picture: each function returns a Matplotlib figure, and `save_figure` writes one.

Matplotlib is imported where a figure is made: to import it takes longer than all else here.
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
