"""What every kind of synapse tells about itself."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from hardware.chip import widths
from hardware.errors import NetworkError
from hardware.spikes import frozen
from hardware.synapses.grid import WeightGrid


class Synapse(ABC):
    """The weights between two populations; the encodings are frozen dataclasses.

    What arrives at a target is ``scale(sum of weight * message, exponent)``. Units are counted row-major,
    (channels, height, width) for an image.

    Attributes
    ----------
    kind : str
        Name of the encoding in files.
    weights : int16 array
        The stored weights, in the encoding's own shape.
    exponent : int
        Shared exponent -8..7 of the summed input.
    grid : WeightGrid
        Signs and bits.
    """

    kind: ClassVar[str]
    weights: NDArray[np.int16]
    exponent: int
    grid: WeightGrid

    def with_weights(self, weights: NDArray[np.int16]) -> Synapse:
        """Return these synapses with other weights."""
        return dataclasses.replace(self, weights=weights)  # type: ignore[type-var]  # each encoding is a dataclass

    @property
    @abstractmethod
    def targets(self) -> int:
        """Units that receive."""

    @property
    @abstractmethod
    def sources(self) -> int:
        """Units that send."""

    @abstractmethod
    def fan_out(self) -> NDArray[np.int64]:
        """Synapses of each source unit, shape (sources,)."""

    @abstractmethod
    def fan_in(self) -> NDArray[np.int64]:
        """Synapses of each target unit, shape (targets,)."""

    @abstractmethod
    def accumulator_bound(self) -> int:
        """Largest magnitude that plain spikes can sum to at one target, after the exponent."""

    @abstractmethod
    def matrix(self) -> NDArray[np.int16]:
        """Return all weights as a matrix, shape (targets, sources); large, meant for tests and small layers."""


def check_exponent(exponent: int) -> None:
    """Check a weight exponent.

    Raises
    ------
    NetworkError
        Where it is outside -8..7.
    """
    if not widths.WEIGHT_EXPONENT_MIN <= exponent <= widths.WEIGHT_EXPONENT_MAX:
        raise NetworkError(
            f"weight exponent {exponent} must lie in {widths.WEIGHT_EXPONENT_MIN}..{widths.WEIGHT_EXPONENT_MAX}"
        )


def stored(weights: NDArray[np.int16], what: str, axes: str, dimensions: int) -> NDArray[np.int16]:
    """Check weights against the widest grid, and freeze them; the connection checks its own grid.

    Raises
    ------
    NetworkError
        Where type, shape or range do not fit.
    """
    weights = np.asarray(weights)
    if weights.dtype.kind not in "iu" or weights.ndim != dimensions or weights.size == 0:
        raise NetworkError(f"{what} weights must be {axes}, found {weights.dtype}{weights.shape}")
    if weights.min() < -widths.WEIGHT_LIMIT or weights.max() >= widths.WEIGHT_LIMIT:
        raise NetworkError(
            f"weights {weights.min()}..{weights.max()} exceed the chip's "
            f"{-widths.WEIGHT_LIMIT}..{widths.WEIGHT_LIMIT - 1}; quantize first"
        )
    return frozen(weights.astype(np.int16, copy=False))  # type: ignore[return-value]  # freezing keeps the type
