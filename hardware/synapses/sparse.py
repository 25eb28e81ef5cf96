"""Synapses listed one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from hardware.errors import NetworkError
from hardware.spikes import frozen
from hardware.synapses.grid import WeightGrid
from hardware.synapses.synapse import Synapse, check_exponent, stored


@dataclass(frozen=True, eq=False)
class Sparse(Synapse):
    """Listed synapses: ``a = scale(W @ s, exponent)``, as ``lava.proc.sparse.models.PySparseModelBitAcc``.

    Sorted by source, then target; no pair occurs twice. Sums are 32-bit words.

    Attributes
    ----------
    weights : int16 array, shape (synapses,)
        On ``grid``.
    target_of, source_of : int32 array, shape (synapses,)
        The units that each synapse joins.
    shape : (int, int)
        Units that receive, units that send.
    exponent : int
        Shared exponent -8..7 of the summed input.
    grid : WeightGrid
        Signs and bits.
    """

    kind: ClassVar[str] = "sparse"

    weights: NDArray[np.int16]
    target_of: NDArray[np.int32]
    source_of: NDArray[np.int32]
    shape: tuple[int, int]
    exponent: int = 0
    grid: WeightGrid = WeightGrid()

    def __post_init__(self) -> None:
        """Check that indices are in range, sorted and unique; freeze the arrays."""
        weights = stored(self.weights, "sparse", "an integer vector (synapses)", 1)
        check_exponent(self.exponent)
        shape = tuple(self.shape)
        if len(shape) != 2 or any(type(axis) is not int or axis < 1 for axis in shape):
            raise NetworkError(f"sparse synapses need a shape (targets, sources), found {shape}")
        for name, limit in (("target_of", shape[0]), ("source_of", shape[1])):
            index = np.asarray(getattr(self, name))
            if index.dtype.kind not in "iu" or index.shape != weights.shape:
                raise NetworkError(f"{name} must be an integer for each of {weights.size} synapses")
            if index.min() < 0 or index.max() >= limit:
                raise NetworkError(f"{name} {index.min()}..{index.max()} must lie in 0..{limit - 1}")
            object.__setattr__(self, name, frozen(index.astype(np.int32, copy=False)))
        order = self.source_of.astype(np.int64) * shape[0] + self.target_of
        if np.any(np.diff(order) <= 0):
            raise NetworkError("sparse synapses must be sorted by source, then target, each pair once")
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "shape", shape)

    @classmethod
    def diagonal(
        cls, weights: NDArray[np.integer[Any]], grid: WeightGrid = WeightGrid(), exponent: int = 0
    ) -> Sparse:
        """Join each unit to its counterpart.

        Parameters
        ----------
        weights : integer array, shape (units,)
            A weight for each unit.
        """
        units = np.arange(len(weights), dtype=np.int32)
        return cls(np.asarray(weights), units, units, (len(weights), len(weights)), exponent, grid)

    @property
    def targets(self) -> int:
        """Units that receive."""
        return self.shape[0]

    @property
    def sources(self) -> int:
        """Units that send."""
        return self.shape[1]

    def fan_out(self) -> NDArray[np.int64]:
        """Synapses of each source unit."""
        return np.bincount(self.source_of, minlength=self.sources)

    def fan_in(self) -> NDArray[np.int64]:
        """Synapses of each target unit."""
        return np.bincount(self.target_of, minlength=self.targets)

    def accumulator_bound(self) -> int:
        """Largest magnitude that plain spikes can sum to at one target."""
        sums = np.bincount(self.target_of, weights=np.abs(self.weights.astype(np.float64)), minlength=self.targets)
        return int(sums.max()) << max(self.exponent, 0)

    def matrix(self) -> NDArray[np.int16]:
        """Return all weights as a matrix."""
        full = np.zeros(self.shape, np.int16)
        full[self.target_of, self.source_of] = self.weights
        return full
