"""All-to-all synapses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from hardware.chip import widths
from hardware.errors import NetworkError
from hardware.spikes import frozen
from hardware.synapses.grid import WeightGrid
from hardware.synapses.synapse import Synapse, check_exponent, stored


@dataclass(frozen=True, eq=False)
class Dense(Synapse):
    """All-to-all synapses: ``a = scale(W @ s, exponent)``, as ``lava.proc.dense.models.PyDenseModelBitAcc``.

    With ``delays``, a message takes ``delay`` steps more to its target, and the sum of each delay is scaled on
    its own, as ``PyDelayDenseModelBitAcc``. Sums are 32-bit words.

    Attributes
    ----------
    weights : int16 array, shape (targets, sources)
        On ``grid``; where the connection learns, any integer in ``grid.learned_range``.
    exponent : int
        Shared exponent -8..7 of the summed input.
    grid : WeightGrid
        Signs and bits.
    delays : uint8 array, shape (targets, sources), or None
        Further steps 0..63 of each synapse; ``None`` where there are none.
    """

    kind: ClassVar[str] = "dense"

    weights: NDArray[np.int16]
    exponent: int = 0
    grid: WeightGrid = WeightGrid()
    delays: NDArray[np.uint8] | None = None

    def __post_init__(self) -> None:
        """Check type and shape, and freeze the arrays; the connection checks the values."""
        weights = stored(self.weights, "dense", "an integer matrix (targets, sources)", 2)
        check_exponent(self.exponent)
        object.__setattr__(self, "weights", weights)
        if self.delays is None:
            return
        delays = np.asarray(self.delays)
        if delays.dtype.kind not in "iu" or delays.shape != weights.shape:
            raise NetworkError(
                f"delays must be integers of the weights' shape {weights.shape}, "
                f"found {delays.dtype}{delays.shape}"
            )
        if delays.min() < 0 or delays.max() > widths.DELAY_MAX:
            raise NetworkError(f"delays {delays.min()}..{delays.max()} must lie in 0..{widths.DELAY_MAX}")
        kept = frozen(delays.astype(np.uint8, copy=False)) if delays.any() else None
        object.__setattr__(self, "delays", kept)

    @property
    def targets(self) -> int:
        """Units that receive."""
        return int(self.weights.shape[0])

    @property
    def sources(self) -> int:
        """Units that send."""
        return int(self.weights.shape[1])

    @property
    def longest_delay(self) -> int:
        """Further steps of the slowest synapse."""
        return 0 if self.delays is None else int(self.delays.max())

    def fan_out(self) -> NDArray[np.int64]:
        """Synapses of each source unit."""
        return np.full(self.sources, self.targets, np.int64)

    def fan_in(self) -> NDArray[np.int64]:
        """Synapses of each target unit."""
        return np.full(self.targets, self.sources, np.int64)

    def accumulator_bound(self) -> int:
        """Largest magnitude that plain spikes can sum to at one target."""
        bound = int(np.abs(self.weights.astype(np.int64)).sum(axis=1).max())
        return bound << max(self.exponent, 0)

    def matrix(self) -> NDArray[np.int16]:
        """Return the weights."""
        return self.weights
