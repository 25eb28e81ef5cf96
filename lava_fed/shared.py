"""What a federation trains together: some connections of a Program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from hardware.program import Program
from hardware.synapses.dense import Dense

LEARNING, ALL = "learning", "all"
"""Which connections: those with a learning rule; every one that drives a layer."""


@dataclass(frozen=True)
class SharedConnection:
    """The weights of one connection, as the federation sees them.

    Attributes
    ----------
    name : str
        Of the connection.
    shape : tuple of int
        (targets, sources).
    low, high, step : int
        Lowest and highest weight in chip units, and the distance between neighbours: steps of one where the
        connection learns, its grid where its weights are trained off the chip.
    """

    name: str
    shape: tuple[int, int]
    low: int
    high: int
    step: int


@dataclass(frozen=True, eq=False)
class Shared:
    """The connections of a Program whose weights all devices have in common.

    Other connections that learn are personal: what they learn never leaves the device.

    Attributes
    ----------
    program : Program
        What every device runs.
    names : tuple of str
        The shared connections, sorted.

    Raises
    ------
    LavaFedError
        Where there is none, or one is unknown or no dense matrix.
    """

    program: Program
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        """Check that each can be shared, and sort them."""
        object.__setattr__(self, "names", tuple(sorted(set(self.names))))
        if not self.names:
            raise LavaFedError(
                "this Program has no connection that learns; compile it with a learning rule (--learn), or train "
                'it off the chip with program.share = "all"'
            )
        known = [connection.name for connection in self.program.network.connections]
        for name in self.names:
            if name not in known:
                raise LavaFedError(f"no connection {name!r} to share; the Program has {', '.join(known)}")
            if not isinstance(self.program.network.connection(name).synapse, Dense):
                raise LavaFedError(f"connection {name} is no dense matrix, so its weights cannot be shared")

    @classmethod
    def of(cls, program: Program, share: str | Sequence[str] = LEARNING) -> Shared:
        """Choose connections: ``"learning"``, ``"all"``, or their names."""
        network = program.network
        if share == LEARNING:
            return cls(program, tuple(connection.name for connection in network.plastic))
        if share == ALL:
            return cls(program, tuple(connection.name for connection in network.connections))
        return cls(program, (share,) if isinstance(share, str) else tuple(share))

    @cached_property
    def connections(self) -> tuple[SharedConnection, ...]:
        """The shared connections, in the order of ``names``."""
        return tuple(map(self._described, self.names))

    def connection(self, name: str) -> SharedConnection:
        """Return one of them.

        Raises
        ------
        LavaFedError
            Where it is not shared.
        """
        if name not in self.names:
            raise LavaFedError(f"connection {name!r} is not shared here; those that are: {', '.join(self.names)}")
        return self.connections[self.names.index(name)]

    @property
    def learns(self) -> bool:
        """Whether all of them learn on the chip."""
        return all(self.program.network.connection(name).rule is not None for name in self.names)

    @property
    def personal(self) -> tuple[str, ...]:
        """Connections that learn and are not shared, sorted."""
        plastic = {connection.name for connection in self.program.network.plastic}
        return tuple(sorted(plastic - set(self.names)))

    @cached_property
    def shapes(self) -> dict[str, tuple[int, int]]:
        """Shape of each shared connection."""
        return {connection.name: connection.shape for connection in self.connections}

    @property
    def size(self) -> int:
        """Shared weights in all."""
        return sum(targets * sources for targets, sources in self.shapes.values())

    def base(self) -> dict[str, NDArray[np.int16]]:
        """Return the Program's own weights, in chip units."""
        network = self.program.network
        return {name: network.connection(name).synapse.weights.astype(np.int16) for name in self.names}

    def program_with(self, weights: Mapping[str, NDArray[Any]]) -> Program:
        """Return the Program with other shared weights, in chip units."""
        return self.program.with_weights(dict(weights))

    def check(self, arrays: Mapping[str, NDArray[Any]], what: str) -> None:
        """Check that ``arrays`` has every shared connection, each in its shape.

        Raises
        ------
        LavaFedError
            Naming the first connection that does not fit.
        """
        if set(arrays) != set(self.names):
            odd = sorted(set(arrays) ^ set(self.names))[0]
            raise LavaFedError(
                f"{what}: connection {odd!r} {'is not shared here' if odd in arrays else 'is missing'}; "
                f"this federation shares {', '.join(self.names)}"
            )
        for name, array in arrays.items():
            if array.shape != self.shapes[name]:
                raise LavaFedError(
                    f"{what}: connection {name} has shape {array.shape}, expected {self.shapes[name]}"
                )

    def _described(self, name: str) -> SharedConnection:
        connection = self.program.network.connection(name)
        grid, (targets, sources) = connection.synapse.grid, connection.synapse.weights.shape
        if connection.rule is None:
            return SharedConnection(name, (targets, sources), grid.low, grid.high, grid.step)
        return SharedConnection(name, (targets, sources), *connection.learned_range, 1)
