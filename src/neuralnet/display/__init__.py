"""How objects show themselves: HTML and SVG for a notebook, aligned lines for print."""
