"""Images with their augmentation, as `train` takes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuralnet.checks import InputError, describe
from neuralnet.data.augmentation import Augmentation


@dataclass(frozen=True)
class AugmentedImages:
    """Training images that `train` deforms, differently in each epoch.

    Parameters
    ----------
    images : ndarray of uint8, shape (N, H W)
        The original images.
    augmentation : Augmentation
        Their deformations.

    Raises
    ------
    InputError
        If the images cannot be augmented.
    """

    images: NDArray[np.uint8]
    augmentation: Augmentation

    def __post_init__(self) -> None:
        if not isinstance(self.augmentation, Augmentation):
            raise InputError(
                f"augmentation is {describe(self.augmentation)}; it must be an Augmentation."
            )
        self.augmentation.check_images(self.images)

    @staticmethod
    def unwrap(X: Any) -> tuple[Any, Augmentation | None]:
        """Return the original images and their augmentation, or X itself and None."""
        return (X.images, X.augmentation) if isinstance(X, AugmentedImages) else (X, None)
