"""What would make a network fit, found by trying."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable

import numpy as np

from compile.rules.violation import Violation
from hardware.chip.known import CHIPS
from hardware.network import Connection, Network
from hardware.placement.mesh import Mesh

Fits = Callable[[Network, Mesh], bool]
"""Tells whether a network fits a board, every rule asked."""
_SIZES = ("cores of", "neurons of the network")
_MEMORY = ("synapses of a", "cores of")


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
    ways = [
        f"--chip {name}"
        for name, chip in CHIPS.items()
        if chip != mesh.chip and fits(network, Mesh.of(chip, None))
    ]
    if _all(violations, _SIZES):
        boards = sorted(mesh.chip.boards.values(), key=lambda board: board.chips)
        larger = (board for board in boards if board.chips > mesh.board.chips)
        ways += _first(f"--board {board.name}" for board in larger if fits(network, Mesh(mesh.chip, board)))
    if _all(violations, _MEMORY):
        widest = max(connection.synapse.grid.bits for connection in network.connections)
        ways += _first(f"--bits {bits}" for bits in range(widest - 1, 0, -1) if fits(_narrow(network, bits), mesh))
    return tuple(ways)


def _all(violations: tuple[Violation, ...], beginnings: tuple[str, ...]) -> bool:
    return all(violation.rule.startswith(beginnings) for violation in violations)


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
