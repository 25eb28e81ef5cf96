"""Parts put on cores one after the other, each where it costs least."""

from __future__ import annotations

import numpy as np

from compile.place.bounds import Matrix


def greedy(flow: Matrix, hops: Matrix) -> Matrix:
    """Put the part that exchanges most with those already placed on the free core where this costs least.

    Parameters
    ----------
    flow, hops : int64 arrays
        As in ``compile.place.bounds.lower_bound``.

    Returns
    -------
    int64 array, shape (parts,)
        The core of each; the first part gets core 0, and of equals the lowest core and the first part win.
    """
    parts = len(flow)
    at = np.full(parts, -1, np.int64)
    free = np.ones(len(hops), np.bool_)
    cost = np.zeros_like(hops[:parts])
    pull = np.zeros(parts, np.int64)
    for _ in range(parts):
        part = int(np.where(at < 0, pull, -1).argmax())
        choices = np.flatnonzero(free)
        core = int(choices[cost[part, choices].argmin()])
        at[part], free[core] = core, False
        cost += flow[:, part, None] * hops[core]
        pull += flow[:, part]
    return at
