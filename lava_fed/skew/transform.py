"""What one device's sensor makes of its samples."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from lava_fed.learning.samples import Samples


class Transform(ABC):
    """A change of samples, drawn once for a device; equal draws give equal changes.

    Attributes
    ----------
    name : str
        As configs have it.
    unit : str
        What the amount counts.
    most : float
        Largest amount.
    """

    name: ClassVar[str]
    unit: ClassVar[str]
    most: ClassVar[float]

    @classmethod
    @abstractmethod
    def draw(cls, amount: float, rng: np.random.Generator) -> Transform:
        """Draw a device's transform.

        Parameters
        ----------
        amount : float
            How far the transform may go, 0..``most``.
        rng : numpy.random.Generator
            The device's.
        """

    @abstractmethod
    def __call__(self, samples: Samples, places: NDArray[np.int64]) -> Samples:
        """Return samples transformed.

        Parameters
        ----------
        samples : Samples
            Some of the device's.
        places : int64 array, shape (samples,)
            Where each stands among all of the device's samples; what is random of a sample depends on it alone.

        Raises
        ------
        LavaFedError
            Where samples of this kind cannot be transformed so.
        """

    def unfit(self, samples: Samples) -> LavaFedError:
        """Return the error that says that such samples cannot be transformed so."""
        return LavaFedError(
            f"the transform {self.name!r} does not suit {samples.title}; choose one for this kind of samples"
        )


def between(rng: np.random.Generator, amount: float) -> float:
    """Draw a number between -``amount`` and ``amount``."""
    return float(rng.uniform(-1, 1)) * amount


def rounded(values: NDArray[Any], low: int, high: int) -> NDArray[np.int64]:
    """Round to nearest, as a sensor that cannot tell more than ``low``..``high`` apart."""
    found: NDArray[np.int64] = np.clip(np.rint(values), low, high).astype(np.int64)
    return found
