"""What would make a network fit, found by trying."""

from __future__ import annotations

import dataclasses
import math
from bisect import bisect_left
from collections.abc import Callable, Iterable

import numpy as np

from compile.rules import cores, sizes
from compile.rules.rule import sentence
from compile.rules.violation import Violation
from hardware.chip.board import SIDE_MAX, Board
from hardware.chip.known import CHIPS
from hardware.network import Connection, Network
from hardware.placement.mesh import Mesh

Fits = Callable[[Network, Mesh], bool]
"""Tells whether a network fits a board, every rule asked."""
CORES = sentence(cores.cores_of_the_network_fit_the_board)
SIZES = frozenset({CORES, sentence(sizes.neurons_of_the_network_fit_the_board)})
"""Rules that more chips mend; a network of too many neurons needs too many cores as well."""
MEMORY = frozenset(
    {
        CORES,
        sentence(sizes.synapses_of_a_neuron_fit_a_core),
        sentence(cores.synapses_of_a_core_fit_its_memory),
    }
)
"""Rules that narrower weights may mend."""


def advice(network: Network, mesh: Mesh, violations: tuple[Violation, ...], fits: Fits) -> tuple[str, ...]:
    """Return options of the command line, each of which alone makes the network fit.

    Parameters
    ----------
    network : Network
        What does not fit.
    mesh : Mesh
        The chip and board that it does not fit.
    violations : tuple of Violation
        The rules that it breaks.
    fits : callable
        Tells of another network or board whether it does.

    Returns
    -------
    tuple of str
        The smallest change of each sort: another chip, a board with more chips, fewer weight bits.
    """
    rules = {violation.rule for violation in violations}
    others = (chip for chip in CHIPS.values() if chip != mesh.chip)
    ways = [f"--chip {chip.name}" for chip in others if fits(network, Mesh.of(chip, None))]
    if CORES in rules and rules <= SIZES:
        boards = _larger(mesh, max(each.used or 0 for each in violations if each.rule == CORES))
        ways += _first(f"--board {board.name}" for board in boards if fits(network, Mesh(mesh.chip, board)))
    if rules <= MEMORY:
        widest = max(connection.synapse.grid.bits for connection in network.connections)
        bits = bisect_left(range(1, widest), True, key=lambda bits: not fits(_narrow(network, bits), mesh))
        ways += [f"--bits {bits}"] if bits else []
    return tuple(ways)


def _larger(mesh: Mesh, needed: int) -> list[Board]:
    """Return the chip's larger boards, the smallest first; where it has none, a grid for so many cores."""
    boards = sorted(mesh.chip.boards.values(), key=lambda board: board.chips)
    chips = -(-needed // mesh.chip.cores)
    columns = math.isqrt(max(chips - 1, 0)) + 1
    grid = [Board.grid(mesh.chip, columns, -(-chips // columns))] if 0 < columns <= SIDE_MAX else []
    return [board for board in (*boards, *grid) if board.chips > mesh.board.chips]


def _first(ways: Iterable[str]) -> list[str]:
    return [way for way, _ in zip(ways, range(1), strict=False)]


def _narrow(network: Network, bits: int) -> Network:
    """Round all weights to so many bits; none becomes 0, so that lists of synapses stay as long as they are."""
    return dataclasses.replace(network, connections=tuple(_narrowed(each, bits) for each in network.connections))


def _narrowed(connection: Connection, bits: int) -> Connection:
    synapse = connection.synapse
    if synapse.grid.bits <= bits:
        return connection
    grid = dataclasses.replace(synapse.grid, bits=bits)
    least = grid.step if grid.high else -grid.step
    rounded = np.clip(synapse.weights // grid.step * grid.step, grid.low, grid.high)
    weights = np.where((rounded == 0) & (synapse.weights != 0), least, rounded).astype(np.int16)
    narrow = dataclasses.replace(synapse, weights=weights, grid=grid)  # type: ignore[type-var]  # a dataclass each
    return dataclasses.replace(connection, synapse=narrow)
