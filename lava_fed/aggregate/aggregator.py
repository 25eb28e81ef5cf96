"""The contract of an aggregator: state in, deltas in, state out.

An aggregator is registered under the entry point group ``lava_fed.aggregators`` as a class whose constructor takes
its options by keyword, each with a default. It keeps nothing between calls: all that it must remember is in the
``MasterState``, which a run directory stores after every round. A small one follows the device that has most
samples::

    class Largest(Aggregator):
        name = "largest"

        def apply(self, state, deltas):
            largest = max(check_deltas(state, deltas), key=lambda delta: delta.samples)
            return state.moved({name: state.arrays[name] + change for name, change in largest.weights.items()})
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from hardware.spikes import frozen
from lava_fed.messages.delta import FRACTION_BITS, WeightDelta
from lava_fed.shared import Shared


@dataclass(frozen=True, eq=False)
class MasterState:
    """What the coordinator knows between two rounds.

    Attributes
    ----------
    shared : Shared
        What is trained.
    arrays : mapping of str to int64 array, shape (targets, sources)
        Master weights of every shared connection, in master units, within the connection's range; read-only.
    memory : mapping of str to int64 array
        Whatever else the aggregator must remember, of any shapes; read-only.
    clipped : int
        Weights that the last step wanted beyond their range, and that stopped at its edge.
    """

    shared: Shared
    arrays: Mapping[str, NDArray[np.int64]]
    memory: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)
    clipped: int = 0

    def __post_init__(self) -> None:
        """Check names, shapes and ranges, and freeze the arrays."""
        self.shared.check(self.arrays, "master weights")
        kept: dict[str, NDArray[np.int64]] = {}
        for name in sorted(self.arrays):
            array, (low, high) = self.arrays[name], _limits(self.shared, name)
            if array.dtype != np.int64 or array.min() < low or array.max() > high:
                raise LavaFedError(
                    f"master weights: connection {name} must be int64 in {low}..{high}, "
                    f"found {array.dtype} {array.min()}..{array.max()}"
                )
            kept[name] = np.asarray(frozen(array), dtype=np.int64)
        object.__setattr__(self, "arrays", MappingProxyType(kept))
        for name, array in self.memory.items():
            if array.dtype != np.int64:
                raise LavaFedError(f"memory of the aggregator: {name} must be int64, found {array.dtype}")
        remembered = {name: np.asarray(frozen(self.memory[name]), np.int64) for name in sorted(self.memory)}
        object.__setattr__(self, "memory", MappingProxyType(remembered))

    @classmethod
    def of(cls, shared: Shared) -> MasterState:
        """Return the state before the first round: the Program's own weights."""
        arrays = {name: array.astype(np.int64) << FRACTION_BITS for name, array in shared.base().items()}
        return cls._saturated(shared, arrays, {})

    def moved(
        self,
        arrays: Mapping[str, NDArray[np.int64]],
        memory: Mapping[str, NDArray[np.int64]] | None = None,
    ) -> MasterState:
        """Return the state with new master weights, saturated at their range with the clips counted.

        Parameters
        ----------
        arrays : mapping of str to int64 array
            New master weights.
        memory : mapping of str to int64 array, optional
            What is to be remembered now; by default what was.
        """
        return self._saturated(self.shared, arrays, self.memory if memory is None else memory)

    @classmethod
    def _saturated(
        cls, shared: Shared, arrays: Mapping[str, NDArray[np.int64]], memory: Mapping[str, NDArray[np.int64]]
    ) -> MasterState:
        inside = {name: np.clip(array, *_limits(shared, name)) for name, array in arrays.items()}
        clipped = sum(int(np.count_nonzero(inside[name] != arrays[name])) for name in arrays)
        return cls(shared, inside, memory, clipped)


class Aggregator(ABC):
    """A way to combine what devices learned."""

    name: ClassVar[str]
    """Identifier in configs."""

    def init(self, shared: Shared) -> MasterState:
        """Return the state before the first round."""
        return MasterState.of(shared)

    @abstractmethod
    def apply(self, state: MasterState, deltas: Sequence[WeightDelta]) -> MasterState:
        """Return the state after a round; the order of ``deltas`` must not matter."""

    def forwarded(self, state: MasterState, deltas: Sequence[WeightDelta]) -> dict[str, int]:
        """Return the bytes that each edge sends on to the coordinator, by edge; none where there are none."""
        del state, deltas
        return {}

    def weights(self, state: MasterState) -> dict[str, NDArray[np.int16]]:
        """Return the weights to send to devices: the nearest that each connection can hold."""
        return requantize(state)


def check_deltas(state: MasterState, deltas: Sequence[WeightDelta]) -> list[WeightDelta]:
    """Return the deltas ordered by device and turn, once they are known to fit the state and each other.

    Raises
    ------
    LavaFedError
        Where there is none, a device answers a task twice, or Program or shapes differ.
    """
    if not deltas:
        raise LavaFedError("aggregation needs the delta of at least one device")
    ordered = sorted(deltas, key=lambda delta: (delta.device, delta.turn))
    digest = state.shared.program.digest
    for before, delta in zip([None, *ordered], ordered, strict=False):
        if before is not None and (before.device, before.turn) == (delta.device, delta.turn):
            raise LavaFedError(f"device {delta.device} answered twice in turn {delta.turn}")
        if delta.program != digest:
            raise LavaFedError(
                f"delta of {delta.device} is for Program {delta.program[:12]}, expected {digest[:12]}"
            )
        state.shared.check(delta.weights, f"delta of {delta.device}")
    return ordered


def requantize(state: MasterState) -> dict[str, NDArray[np.int16]]:
    """Return the weights nearest to the master weights; halfway goes to the even multiple of the step."""
    weights = {}
    for name, array in state.arrays.items():
        step = state.shared.connection(name).step
        points = divide_half_even(array, step << FRACTION_BITS)
        weights[name] = (points * step).astype(np.int16)
    return weights


def divide_half_even(numerator: NDArray[np.int64], divisor: int | NDArray[np.int64]) -> NDArray[np.int64]:
    """Divide integers by positive integers, rounded to nearest, halfway to even.

    Parameters
    ----------
    numerator : int64 array
        Any values.
    divisor : int or int64 array
        1..2^62-1, so that twice a remainder fits.

    Examples
    --------
    >>> divide_half_even(np.array([-3, -1, 1, 3, 5]), 2).tolist()
    [-2, 0, 0, 2, 2]
    """
    quotient, remainder = np.divmod(numerator, divisor)
    twice = 2 * remainder
    up = (twice > divisor) | ((twice == divisor) & (quotient % 2 == 1))
    rounded: NDArray[np.int64] = quotient + up
    return rounded


def _limits(shared: Shared, name: str) -> tuple[int, int]:
    connection = shared.connection(name)
    return connection.low << FRACTION_BITS, connection.high << FRACTION_BITS
