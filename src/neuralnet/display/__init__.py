"""How objects show themselves: HTML and SVG for a notebook, aligned lines for print."""

from neuralnet.display.markup import (
    Cell,
    boxed_picture,
    bullets,
    chart,
    escape,
    image_grid,
    panel,
    png,
    table,
    text_table,
)
from neuralnet.display.network import layer_line, network_line, network_panel, network_text

__all__ = [
    "Cell",
    "boxed_picture",
    "bullets",
    "chart",
    "escape",
    "image_grid",
    "layer_line",
    "network_line",
    "network_panel",
    "network_text",
    "panel",
    "png",
    "table",
    "text_table",
]
