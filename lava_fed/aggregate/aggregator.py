"""The contract of an aggregator: state in, deltas in, state out.

An aggregator is registered under the entry point group ``lava_fed.aggregators`` as a class that is called
without arguments. It keeps nothing between calls: all that it must remember is in the ``MasterState``, which a
run directory stores after every round. A small one follows the device that has most samples::

    class Largest(Aggregator):
        name = "largest"

        def init(self, program):
            return MasterState.of(program)

        def apply(self, state, deltas):
            largest = max(check_deltas(state, deltas), key=lambda delta: delta.samples)
            steps = {name: change.astype(np.int64) << FRACTION_BITS for name, change in largest.weights.items()}
            return state.moved({name: state.arrays[name] + step for name, step in steps.items()})

        def weights(self, state):
            return requantize(state)
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from hardware.program import Program
from hardware.spikes import frozen
from lava_fed.delta import WeightDelta
from lava_fed.task import check_shapes

FRACTION_BITS = 16
"""Fractional bits of master weights: steps down to 2^-16 of a chip unit add up over the rounds."""


@dataclass(frozen=True, eq=False)
class MasterState:
    """What the coordinator knows between two rounds.

    Attributes
    ----------
    program : Program
        The Program that is trained.
    arrays : mapping of str to int64 array, shape (targets, sources)
        Master weights of every connection that learns, with ``FRACTION_BITS`` fractional bits, within the range
        of the connection's grid; read-only.
    clipped : int
        Weights that the last step wanted beyond their grid's range, and that stopped at its edge.
    """

    program: Program
    arrays: Mapping[str, NDArray[np.int64]]
    clipped: int = 0

    def __post_init__(self) -> None:
        """Check names, shapes and ranges, and freeze the arrays."""
        check_shapes(self.program, self.arrays, "master weights")
        kept: dict[str, NDArray[np.int64]] = {}
        for name in sorted(self.arrays):
            array, (low, high) = self.arrays[name], _limits(self.program, name)
            if array.dtype != np.int64 or array.min() < low or array.max() > high:
                raise LavaFedError(
                    f"master weights: connection {name} must be int64 in {low}..{high}, "
                    f"found {array.dtype} {array.min()}..{array.max()}"
                )
            kept[name] = np.asarray(frozen(array), dtype=np.int64)
        object.__setattr__(self, "arrays", MappingProxyType(kept))

    @classmethod
    def of(cls, program: Program) -> MasterState:
        """Return the state before the first round: the Program's own weights."""
        if not program.network.plastic:
            raise LavaFedError("this Program has no connection that learns; compile it with a learning rule")
        arrays = {name: array.astype(np.int64) << FRACTION_BITS for name, array in program.weights().items()}
        return cls._saturated(program, arrays)

    def moved(self, arrays: Mapping[str, NDArray[np.int64]]) -> MasterState:
        """Return the state with new master weights, saturated at the grid's range with the clips counted."""
        return self._saturated(self.program, arrays)

    @classmethod
    def _saturated(cls, program: Program, arrays: Mapping[str, NDArray[np.int64]]) -> MasterState:
        inside = {name: np.clip(array, *_limits(program, name)) for name, array in arrays.items()}
        clipped = sum(int(np.count_nonzero(inside[name] != arrays[name])) for name in arrays)
        return cls(program, inside, clipped)


class Aggregator(ABC):
    """A way to combine what devices learned."""

    name: str
    """Identifier in configs."""

    @abstractmethod
    def init(self, program: Program) -> MasterState:
        """Return the state before the first round."""

    @abstractmethod
    def apply(self, state: MasterState, deltas: Sequence[WeightDelta]) -> MasterState:
        """Return the state after a round; the order of ``deltas`` must not matter."""

    @abstractmethod
    def weights(self, state: MasterState) -> dict[str, NDArray[np.int16]]:
        """Return the weights to send to devices, on each connection's grid."""


def check_deltas(state: MasterState, deltas: Sequence[WeightDelta]) -> list[WeightDelta]:
    """Return the deltas ordered by device, once they are known to fit the state and each other.

    Raises
    ------
    LavaFedError
        Where there is none, a device answers twice, or Program, round or shapes differ.
    """
    if not deltas:
        raise LavaFedError("aggregation needs the delta of at least one device")
    ordered = sorted(deltas, key=lambda delta: delta.device)
    digest = state.program.digest
    for before, delta in zip([None, *ordered], ordered, strict=False):
        if before is not None and before.device == delta.device:
            raise LavaFedError(f"device {delta.device} answered twice in round {delta.round}")
        if delta.program != digest:
            raise LavaFedError(
                f"delta of {delta.device} is for Program {delta.program[:12]}, expected {digest[:12]}"
            )
        if delta.round != ordered[0].round:
            raise LavaFedError(
                f"deltas of {ordered[0].device} and {delta.device} are of rounds {ordered[0].round} and "
                f"{delta.round}; aggregate one round at a time"
            )
        check_shapes(state.program, delta.weights, f"delta of {delta.device}")
    return ordered


def requantize(state: MasterState) -> dict[str, NDArray[np.int16]]:
    """Return the grid points nearest to the master weights; halfway goes to the even multiple of the step."""
    weights = {}
    for name, array in state.arrays.items():
        step = state.program.network.connection(name).synapse.grid.step
        points = divide_half_even(array, step << FRACTION_BITS)
        weights[name] = (points * step).astype(np.int16)
    return weights


def divide_half_even(numerator: NDArray[np.int64], divisor: int) -> NDArray[np.int64]:
    """Divide integers by a positive integer, rounded to nearest, halfway to even.

    Parameters
    ----------
    numerator : int64 array
        Any values.
    divisor : int
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


def _limits(program: Program, name: str) -> tuple[int, int]:
    connection = program.network.connection(name)
    grid, (low, high) = connection.synapse.grid, connection.learned_range
    low, high = max(grid.low, -(-low // grid.step) * grid.step), min(grid.high, high // grid.step * grid.step)
    return low << FRACTION_BITS, high << FRACTION_BITS
