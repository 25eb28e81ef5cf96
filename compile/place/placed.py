"""A network on the cores of a board, with what that costs."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from compile.place.bounds import Matrix, expected, lower_bound
from compile.place.greedy import greedy
from compile.place.search import search
from compile.place.split import Split, split, split_in_order
from hardware.activity import Activity, assumed
from hardware.chip.board import Board
from hardware.chip.spec import ChipSpec
from hardware.errors import LavaFedError
from hardware.network import Network
from hardware.placement.mesh import Mesh
from hardware.placement.part import Part
from hardware.placement.traffic import Links, links
from hardware.program import Placement

METHODS = ("linear", "greedy", "search")
"""Linear fills core after core; greedy cuts images into bands and puts parts where they cost least; search goes on
from there."""
WORK = 40_000_000
"""Pairs of part and core that a search looks at by default, about a second."""
WIDE = 4096
"""On boards of more cores a part of the board is searched: the smallest grid of chips that holds the network."""
LARGE = 1 << 22
"""Pairs of part and core beyond which nothing is searched; parts then follow each other."""


@dataclass(frozen=True)
class Traffic:
    """Messages times hops per step of a placement, with what it is to be held against.

    Attributes
    ----------
    method : str
        How it was found.
    seed : int
        Of the search.
    measured : bool
        Whether the activity was; else every unit is taken to send in every step, the most that is possible.
    messages : float
        Messages per step between different cores.
    found : float
        This placement.
    linear : float
        Cores filled in order, one after the other.
    random : float
        The mean over all placements of the same parts on the same chips.
    bound : float
        Not undercut by any placement of the same parts there.
    """

    method: str
    seed: int
    measured: bool
    messages: float
    found: float
    linear: float
    random: float
    bound: float

    @property
    def words(self) -> str:
        """One line for a Program's provenance."""
        if not self.messages:
            return f"{self.method}; no messages between cores"
        rates = "measured rates" if self.measured else "every unit sending in every step"
        share = f" ({100 * self.found / self.linear:.0f} % of linear)" if self.linear else ""
        return (
            f"{self.method}, seed {self.seed}; {self.found:,.0f} messages x hops a step{share}, at least "
            f"{self.bound:,.0f}, at random {self.random:,.0f}, linear {self.linear:,.0f}, with {rates}"
        )


@dataclass(frozen=True)
class Placed:
    """Where everything sits.

    Attributes
    ----------
    placement : tuple of Placement
        In the order of layers; each neuron occurs exactly once. Cores are counted on beyond the board's last one,
        so that the design rules can say how many are missing.
    traffic : Traffic
        What it costs.
    """

    placement: tuple[Placement, ...]
    traffic: Traffic


def place(
    network: Network,
    chip: ChipSpec,
    *,
    board: Board | None = None,
    activity: Activity | None = None,
    method: str = "search",
    seed: int = 0,
    work: int = WORK,
    on_work: Callable[[int, int], None] | None = None,
) -> Placed:
    """Cut a network into parts that fit a core, and give each a core; no core is shared by two layers.

    Parameters
    ----------
    network : Network
        The integers.
    chip : ChipSpec
        Limits of a core.
    board : Board, optional
        Carries several such chips; one alone by default.
    activity : Activity, optional
        How often units send; every unit in every step by default.
    method : str
        One of ``METHODS``.
    seed : int
        For the search.
    work : int
        Pairs of part and core that the search looks at.
    on_work : callable, optional
        Told how many of those are done, and of how many.

    Raises
    ------
    LavaFedError
        Where the method is unknown, or the activity is of another network.
    """
    if method not in METHODS:
        raise LavaFedError(f"no placement method is called {method!r}; known: {', '.join(METHODS)}")
    if activity is not None:
        activity.check(network)
    used = assumed(network, 1) if activity is None else activity
    mesh = Mesh.of(chip, board)
    plain = split_in_order(network, chip, used)
    linear = _joined(network, plain, in_order(mesh, len(plain.parts)), used)
    chosen = plain if method == "linear" else split(network, chip, used)
    at = in_order(mesh, len(chosen.parts))
    window = _window(mesh, len(at))
    flow, hops = _joined(network, chosen, at, used).between(), mesh.hops(window, window)
    bound = lower_bound(flow, hops)
    if method != "linear" and len(at) <= len(window) and len(at) * len(window) <= LARGE:
        starts = [greedy(flow, hops)]
        if method == "search":
            starts = [np.flatnonzero(np.isin(window, at)), *starts] if np.isin(at, window).all() else starts
            told = None if on_work is None else (lambda done: on_work(done, work))
            starts = [search(flow, hops, starts, bound=bound, seed=seed, work=work, on_work=told)]
        at = window[starts[0]]
    mine = _joined(network, chosen, at, used)
    placement = tuple(
        run
        for part, core in zip(chosen.parts, at, strict=True)
        for run in Part(int(core), part.layer, part.units).placements()
    )
    traffic = Traffic(
        method=method,
        seed=seed,
        measured=used.measured,
        messages=float(flow.sum()) / 2 / used.steps,
        found=mine.traffic(mesh) / used.steps,
        linear=linear.traffic(mesh) / used.steps,
        random=expected(flow, hops) / used.steps,
        bound=bound / used.steps,
    )
    return Placed(placement, traffic)


def in_order(mesh: Mesh, count: int) -> Matrix:
    """Return the first ``count`` cores; beyond the board's last one, cores that do not exist."""
    return np.array([mesh.core(index) for index in range(count)], np.int64)


def _window(mesh: Mesh, parts: int) -> Matrix:
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


def _joined(network: Network, cut: Split, at: Matrix, activity: Activity) -> Links:
    """Return what joins the parts when each sits on its core, in ascending order of cores."""
    parts = [Part(int(core), part.layer, part.units) for part, core in zip(cut.parts, at, strict=True)]
    return links(network, parts, activity, cut.needs)
