"""A network put on the cores of a board."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from compile.place.bounds import Matrix, lower_bound
from compile.place.greedy import greedy
from compile.place.search import search
from compile.place.split import Split, split, split_in_order
from hardware.activity import Activity, assumed
from hardware.errors import LavaFedError
from hardware.network import Network
from hardware.placement.mesh import Mesh
from hardware.placement.part import Part
from hardware.placement.traffic import links
from hardware.program import Placement

METHODS = ("linear", "greedy", "search")
WORK = 20_000_000
"""Pairs of part and core that a search looks at, at most: a few seconds."""
WIDE = 1024
"""On boards of more cores a part of the board is searched: the squarest few chips that hold the network."""
LARGE = 1 << 22
"""Pairs of part and core beyond which nothing is searched; parts then follow each other."""


@dataclass(frozen=True)
class Placing:
    """How a placement is to be found.

    Attributes
    ----------
    method : str
        ``"linear"`` fills one core after the other; ``"greedy"`` cuts images into bands and puts each part where
        it costs least; ``"search"`` improves on both.
    seed : int
        For the random moves of the search, from 0.
    activity : Activity or None
        How often units send; every unit in every step where ``None``.

    Raises
    ------
    LavaFedError
        Where the method is unknown or the seed is negative.
    """

    method: str = "search"
    seed: int = 0
    activity: Activity | None = None

    def __post_init__(self) -> None:
        """Check method and seed."""
        if self.method not in METHODS:
            raise LavaFedError(f"no placement is called {self.method[:60]!r}; known: {', '.join(METHODS)}")
        if self.seed < 0:
            raise LavaFedError(f"the seed of a placement is {self.seed}, expected 0 or more")

    @property
    def words(self) -> str:
        """What is to be remembered of it."""
        rates = "every unit sending in every step"
        if self.activity is not None:
            measured = "measured over" if self.activity.measured else "assumed for"
            rates = f"rates {measured} {self.activity.steps:,} steps"
        return f"{self.method}, seed {self.seed}, {rates}"


USUAL = Placing()
"""A search, for rates that nobody has measured."""


def place(network: Network, mesh: Mesh, placing: Placing = USUAL) -> tuple[Placement, ...]:
    """Cut a network into parts that fit a core, and give each a core; no core is shared by two layers.

    Parameters
    ----------
    network : Network
        The integers. Every neuron of it should fit a core alone; what a single neuron breaks is left to the
        design rules.
    mesh : Mesh
        Chip and board. Cores are counted on beyond the last one, so that the design rules can say how many are
        missing.
    placing : Placing
        How.

    Returns
    -------
    tuple of Placement
        In the order of layers and of their parts; each neuron occurs exactly once.

    Raises
    ------
    LavaFedError
        Where the activity is of another network.
    """
    activity = assumed(network, 1) if placing.activity is None else placing.activity
    activity.check(network)
    if placing.method == "linear":
        cut = split_in_order(network, mesh.chip, activity)
        at = in_order(mesh, len(cut.parts))
    else:
        cut = split(network, mesh.chip, activity)
        at = _found(network, mesh, cut, activity, placing)
    return tuple(
        run
        for part, core in zip(cut.parts, at, strict=True)
        for run in Part(int(core), part.layer, part.units).placements()
    )


def in_order(mesh: Mesh, count: int) -> Matrix:
    """Return the first ``count`` cores; beyond the board's last one, cores that do not exist."""
    return np.array([mesh.core(index) for index in range(count)], np.int64)


def window(mesh: Mesh, parts: int) -> Matrix:
    """Return the cores to choose from: of a wide board the squarest few chips that hold all parts."""
    if mesh.cores <= WIDE:
        return in_order(mesh, mesh.cores)
    board, per_chip = mesh.board, mesh.board.cores_per_chip(mesh.chip)
    wanted = -(-parts // per_chip)
    rows = min(max(1, math.isqrt(wanted)), board.rows)
    columns = min(-(-wanted // rows), board.columns)
    rows = min(-(-wanted // columns), board.rows)
    chips = [row * board.columns + column for row in range(rows) for column in range(columns)]
    return np.concatenate([chip * mesh.chip.cores + np.arange(per_chip) for chip in chips])


def _found(network: Network, mesh: Mesh, cut: Split, activity: Activity, placing: Placing) -> Matrix:
    """Return the core of each part."""
    cores, plain = window(mesh, len(cut.parts)), in_order(mesh, len(cut.parts))
    if len(plain) > len(cores) or len(plain) * len(cores) > LARGE:
        return plain
    flow, hops = links(network, cut.parts, activity, cut.needs).between(), mesh.hops(cores, cores)
    start = greedy(flow, hops)
    if placing.method == "greedy":
        return cores[start]
    starts = [np.arange(len(plain)), start]
    bound = lower_bound(flow, hops)
    return cores[search(flow, hops, starts, bound=bound, seed=placing.seed, work=WORK)]
