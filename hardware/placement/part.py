"""The neurons that a placement puts on one core."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardware.program import Placement


@dataclass(frozen=True, eq=False)
class Part:
    """Neurons of one layer that share a core.

    Attributes
    ----------
    core : int
        Global number of the core.
    layer : str
        The layer.
    units : int64 array, shape (neurons,)
        Which of its neurons, in ascending order.
    """

    core: int
    layer: str
    units: NDArray[np.int64]

    def placements(self) -> tuple[Placement, ...]:
        """Write the part as runs of neurons."""
        ends = np.flatnonzero(np.diff(self.units) != 1) + 1
        firsts = self.units[np.concatenate([[0], ends])]
        lasts = self.units[np.concatenate([ends - 1, [len(self.units) - 1]])] + 1
        return tuple(
            Placement(self.layer, self.core, int(first), int(last))
            for first, last in zip(firsts, lasts, strict=True)
        )


def parts_of(placement: Iterable[Placement]) -> tuple[Part, ...]:
    """Gather the runs of each core and layer.

    Parameters
    ----------
    placement : iterable of Placement
        In any order.

    Returns
    -------
    tuple of Part
        By core; those of one core in the order in which their layers occur.
    """
    runs: dict[tuple[int, str], list[NDArray[np.int64]]] = {}
    for run in placement:
        runs.setdefault((run.core, run.layer), []).append(np.arange(run.first, run.last))
    return tuple(
        Part(core, layer, np.sort(np.concatenate(units)))
        for (core, layer), units in sorted(runs.items(), key=lambda item: item[0][0])
    )
