"""Generated pages of digits and of other marks, with the box and label of every digit.

Each page combines a layout (page_layouts.py) with light, with what lies around the page, and with a
camera (page_camera.py). The digits are MNIST's training digits and digits drawn from strokes
(page_glyphs.py). Nothing is shared with the pages in `tests/reading`, on which the reader is
measured.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from page_camera import photographed
from page_layouts import LAYOUTS, Layouts
from page_sheet import Page


class PageGenerator:
    """Generator of pages.

    Parameters
    ----------
    images, labels : ndarray of uint8, shapes (N, 784) and (N,)
        MNIST digits.
    seed : int
        Seed of the random numbers; the page with a number is the same in every run.
    without : tuple of str
        Layouts that are not drawn, in order to measure the reader on kinds it was not trained on.
    """

    def __init__(
        self,
        images: NDArray[np.uint8],
        labels: NDArray[np.integer],
        seed: int,
        without: tuple[str, ...] = (),
    ) -> None:
        self.images, self.labels, self.seed = images.reshape(-1, 28, 28), labels, seed
        self.layouts = [(n, w) for n, w in LAYOUTS if n not in without]

    def page(self, number: int) -> Page:
        """Return the page with a number."""
        rng = np.random.default_rng((self.seed, number))
        names, weights = zip(*self.layouts, strict=True)
        kind = str(rng.choice(names, p=np.array(weights) / sum(weights)))
        drawn = getattr(Layouts(self.images, self.labels, rng), kind)()
        return drawn if isinstance(drawn, Page) else photographed(drawn, kind, rng)
