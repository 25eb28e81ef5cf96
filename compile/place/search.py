"""Local search for a placement of little traffic.

A step moves a part to a free core, or swaps two, whichever of all moves and swaps saves most. Where none saves,
a few moves are drawn at random and the search goes on from there, if that is not much worse; it keeps the best,
and ends when many such kicks brought nothing. The cost of every part on every core is kept up to date, so a step
takes as much work as there are pairs of part and core, and the budget is counted in those: the same seed gives
the same placement on any machine.
"""

from __future__ import annotations

import numpy as np

from compile.place.bounds import Matrix

KICK = 5
"""Most moves drawn between two descents."""
SWAP = 0.8
"""Share of those moves that are swaps of two parts."""
TILE = 0.3
"""Share of kicks that swap all that two tiles hold, instead of single parts."""
SLACK = 32
"""The search goes on from a placement that is worse by at most one part in so many."""
HOME = 100
"""Kicks in a row that bring nothing before it returns to the best."""
PATIENCE = 1500
"""Kicks in a row that bring nothing before it ends."""


def search(
    flow: Matrix,
    hops: Matrix,
    starts: list[Matrix],
    *,
    bound: int,
    seed: int,
    work: int,
) -> Matrix:
    """Improve placements until they meet the bound or the work is used up.

    Parameters
    ----------
    flow, hops : int64 arrays
        As in ``compile.place.bounds.lower_bound``.
    starts : list of int64 arrays, shape (parts,)
        Where to start from, the best of them first; of equals the first wins.
    bound : int
        Traffic that cannot be undercut.
    seed : int
        For the random swaps.
    work : int
        Pairs of part and core to look at.

    Returns
    -------
    int64 array, shape (parts,)
        The core of each part.
    """
    left = _Work(work, len(flow) * len(hops))
    starts = sorted(starts, key=lambda start: _cost(flow, hops, start))
    best, low = starts[0], _cost(flow, hops, starts[0])
    for start in starts:
        found = _descend(flow, hops, start, left)
        cost = _cost(flow, hops, found)
        if cost < low:
            best, low = found, cost
    random, vain, here, now = np.random.default_rng(seed), 0, best, low
    while low > bound and vain < PATIENCE and left:
        if vain and vain % HOME == 0:
            here, now = best, low
        found = _descend(flow, hops, _kicked(here, hops, random), left)
        cost = _cost(flow, hops, found)
        if (cost - now) * SLACK <= now:
            here, now = found, cost
        vain += 1
        if cost < low:
            best, low, vain = found, cost, 0
    return best


class _Work:
    """What is left of the budget; true while a step can be paid.

    Parameters
    ----------
    total, step : int
        Pairs altogether and in a step.
    """

    def __init__(self, total: int, step: int) -> None:
        self._steps = total // step

    def __bool__(self) -> bool:
        return self._steps > 0

    def take(self) -> None:
        """Pay for one step."""
        self._steps -= 1


def _cost(flow: Matrix, hops: Matrix, at: Matrix) -> int:
    return int((flow * hops[np.ix_(at, at)]).sum()) // 2


def _descend(flow: Matrix, hops: Matrix, start: Matrix, left: _Work) -> Matrix:
    """Take the best step as long as one saves and the budget pays for it."""
    at = start.copy()
    parts, cores = len(flow), len(hops)
    everyone, places = np.arange(parts), np.arange(cores)
    whole = np.vstack([flow, np.zeros((1, parts), np.int64)])
    wide = np.hstack([flow, np.zeros((parts, 1), np.int64)])
    cost = whole @ hops[at]
    holder = np.full(cores, parts, np.int64)
    holder[at] = everyone
    while left:
        left.take()
        saved = cost[everyone, at][:, None] - cost[:parts]
        saved += cost[holder, places] - cost[holder, at[:, None]]
        saved -= 2 * wide[:, holder] * hops[at]
        part, core = divmod(int(saved.argmax()), cores)
        if saved[part, core] <= 0:
            break
        partner, home = int(holder[core]), int(at[part])
        cost += whole[:, part, None] * (hops[core] - hops[home])
        if partner < parts:
            cost += whole[:, partner, None] * (hops[home] - hops[core])
            at[partner] = home
        at[part], holder[core], holder[home] = core, part, partner
    return at


def _kicked(at: Matrix, hops: Matrix, random: np.random.Generator) -> Matrix:
    """Move a few parts to the cores of others or to any core, or a whole tile, and who is there to theirs."""
    moved = at.copy()
    whole = random.random() < TILE
    for _ in range(1 if whole else random.integers(1, KICK + 1)):
        part, partner = random.integers(len(at), size=2)
        core = moved[partner] if random.random() < SWAP else random.integers(len(hops))
        pairs = [(moved[part], core)]
        if whole:
            pairs = list(zip(*(np.flatnonzero(hops[each] == 0) for each in pairs[0]), strict=False))
        for one, other in pairs:
            from_one, from_other = moved == one, moved == other
            moved[from_one], moved[from_other] = other, one
    return moved
