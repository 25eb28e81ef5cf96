"""What no placement of given parts can undercut, and what one drawn at random takes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.int64]


def lower_bound(flow: Matrix, hops: Matrix) -> int:
    """Bound the traffic of every placement of the same parts from below.

    Wherever a part sits, at best its heaviest partner is on the nearest core, the next on the second nearest, and
    so on. Each part takes the core where this costs least, and every flow is counted from both ends
    (Gilmore 1962, Lawler 1963, without their assignment problem).

    Parameters
    ----------
    flow : int64 array, shape (parts, parts)
        Messages between two parts, both ways; symmetric, the diagonal 0.
    hops : int64 array, shape (cores, cores)
        Distances; at least as many cores as parts.

    Returns
    -------
    int
        Messages times hops.
    """
    parts = len(flow)
    if parts < 2:
        return 0
    heaviest = -np.sort(-flow, axis=1)[:, : parts - 1]
    nearest = np.sort(hops, axis=1)[:, 1:parts]
    kinds = np.unique(nearest, axis=0)
    return int(-(-(heaviest @ kinds.T).min(axis=1).sum() // 2))


def expected(flow: Matrix, hops: Matrix) -> float:
    """Return the mean traffic over all placements of the same parts.

    Parameters
    ----------
    flow, hops : int64 arrays
        As in ``lower_bound``.

    Returns
    -------
    float
        Messages times hops.
    """
    cores = len(hops)
    return 0.0 if cores < 2 else float(flow.sum()) / 2 * float(hops.sum()) / (cores * (cores - 1))
