"""What the devices of one round sent, as a combining rule sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lava_fed.aggregate.aggregator import MasterState, divide_half_even
from lava_fed.aggregate.staleness import FACTOR_BITS, factor
from lava_fed.messages.delta import WeightDelta
from lava_fed.shared import Shared

BLOCK_BYTES = 1 << 26
"""Memory for one block of all devices' changes, which bounds what a rule needs."""


@dataclass(frozen=True, eq=False)
class Updates:
    """Changes of all devices, in the order of their names.

    The mean of them is ``sum(numerators[k] * changes[k]) / sum(denominators)``.

    Attributes
    ----------
    shared : Shared
        What is trained.
    names : tuple of str
        The connections that the rule is asked for.
    master : mapping of str to int64 array, shape (targets, sources)
        Master weights before the round.
    devices : tuple of str
        Who sent each change.
    numerators, denominators : tuple of int
        Samples of each device times what is left of its change at its age, and times 2^16.
    changes : tuple of mappings of str to integer array, shape (targets, sources)
        Each device's change, in master units.
    memory : mapping of str to int64 array
        What the rule remembers.
    """

    shared: Shared
    names: tuple[str, ...]
    master: Mapping[str, NDArray[np.int64]]
    devices: tuple[str, ...]
    numerators: tuple[int, ...]
    denominators: tuple[int, ...]
    changes: tuple[Mapping[str, NDArray[np.integer[Any]]], ...]
    memory: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)

    @classmethod
    def of(cls, state: MasterState, deltas: Sequence[WeightDelta], staleness: float = 0.0) -> Updates:
        """Take the deltas of a round, as ``check_deltas`` returns them.

        Parameters
        ----------
        state : MasterState
            Before the round.
        deltas : sequence of WeightDelta
            Ordered by device and turn.
        staleness : float
            Exponent by which age counts; see ``staleness``.
        """
        return cls(
            state.shared,
            state.shared.names,
            state.arrays,
            tuple(delta.device for delta in deltas),
            tuple(delta.samples * factor(delta.age, staleness) for delta in deltas),
            tuple(delta.samples << FACTOR_BITS for delta in deltas),
            tuple(delta.weights for delta in deltas),
            state.memory,
        )

    def __len__(self) -> int:
        """Count the changes."""
        return len(self.devices)

    def only(self, names: Sequence[str]) -> Updates:
        """Return the same updates with fewer connections to combine."""
        return replace(self, names=tuple(names))

    def take(self, indices: Sequence[int]) -> Updates:
        """Return the updates of some devices, in their order."""
        chosen = sorted(indices)
        return replace(
            self,
            devices=tuple(self.devices[k] for k in chosen),
            numerators=tuple(self.numerators[k] for k in chosen),
            denominators=tuple(self.denominators[k] for k in chosen),
            changes=tuple(self.changes[k] for k in chosen),
        )

    def changed(self, change: Callable[[int], Mapping[str, NDArray[np.integer[Any]]]]) -> Updates:
        """Return the updates with the changes that ``change`` gives for each index."""
        return replace(self, changes=tuple(change(k) for k in range(len(self))))

    def damped(self) -> Updates:
        """Return the updates with age taken into the changes, each rounded once, half to even.

        Rules that compare changes work on these; the mean does without the rounding.
        """
        if self.numerators == self.denominators:
            return self
        damped = self.changed(self._damped)
        return replace(damped, numerators=self.denominators)

    def _damped(self, index: int) -> Mapping[str, NDArray[np.integer[Any]]]:
        numerator, denominator = self.numerators[index], self.denominators[index]
        if numerator == denominator:
            return self.changes[index]
        left = (numerator << FACTOR_BITS) // denominator
        return {
            name: divide_half_even(self.changes[index][name].astype(np.int64) * left, 1 << FACTOR_BITS).astype(
                np.int32
            )
            for name in self.names
        }

    def blocks(self) -> Iterator[tuple[str, slice, NDArray[np.int32]]]:
        """Yield all changes in pieces of bounded size.

        Yields
        ------
        name : str
            The connection.
        where : slice
            Of its weights, in row-major order.
        block : int32 array, shape (devices, weights)
            Their changes.
        """
        most = max(1, min(1 << 20, BLOCK_BYTES // (8 * len(self))))
        for name in self.names:
            flat = [change[name].reshape(-1) for change in self.changes]
            for first in range(0, flat[0].size, most):
                where = slice(first, min(first + most, flat[0].size))
                yield name, where, np.stack([each[where] for each in flat]).astype(np.int32, copy=False)
