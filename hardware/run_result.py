"""What a session observed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hardware.counters import Counters


@dataclass(frozen=True, eq=False)
class RunResult:
    """What a session observed.

    Attributes
    ----------
    spikes : mapping of str to uint8 or int32 array, shape (samples, steps, units)
        What every layer that was asked for sends, after its axonal delays: uint8 for plain spikes, int32 where it
        is graded.
    probes : mapping of str to int32 array, shape (samples, steps, ...)
        The states asked for, at the end of each step.
    counters : Counters
        Events.
    """

    spikes: Mapping[str, NDArray[np.uint8] | NDArray[np.int32]]
    probes: Mapping[str, NDArray[np.int32]]
    counters: Counters

    def scores(self, layer: str) -> NDArray[np.int64]:
        """Return what a classifier compares, shape (samples, units).

        Spike counts of a plain layer; of a graded one the messages of the last step, such as sums or voltages.
        """
        sent = self.spikes[layer]
        if sent.dtype == np.uint8:
            counts: NDArray[np.int64] = sent.sum(axis=1, dtype=np.int64)
            return counts
        return sent[:, -1].astype(np.int64)

    def keeping(self, layers: Sequence[str]) -> RunResult:
        """Return the same result with the messages of some layers only."""
        return replace(self, spikes={name: self.spikes[name] for name in layers})
