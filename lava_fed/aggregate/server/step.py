"""The contract of a server step: a change in, a step of the master out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from lava_fed.aggregate.aggregator import divide_half_even
from lava_fed.shared import Shared

RATE_BITS = 16
"""Rates and decays are multiples of 2^-16."""
RATE_LIMIT = 8.0
"""Largest rate."""
MEMORY_BITS = 12
"""Averages of changes are kept in units of 2^-12 of a master unit."""

Arrays = Mapping[str, NDArray[np.int64]]


class ServerStep(ABC):
    """A server optimizer in integers; it keeps nothing but what it returns as memory."""

    name: ClassVar[str]
    """Identifier in configs."""

    def start(self, shared: Shared, names: Sequence[str]) -> dict[str, NDArray[np.int64]]:
        """Return what is remembered before the first round; by default nothing."""
        del shared, names
        return {}

    @abstractmethod
    def step(self, changes: Arrays, memory: Arrays) -> tuple[dict[str, NDArray[np.int64]], Arrays]:
        """Return by how much the master moves, in master units, and what is to be remembered.

        Parameters
        ----------
        changes : mapping of str to int64 array
            One change of each connection, in master units, below 2^31.
        memory : mapping of str to int64 array
            As ``start`` or the last step returned it, perhaps with arrays of others.
        """


def fixed(value: float, what: str, low: float, high: float) -> int:
    """Return a number in units of 2^-16, to nearest.

    Raises
    ------
    LavaFedError
        Where it does not lie in ``low..high``.
    """
    if not low <= value <= high:
        raise LavaFedError(f"{what} is {value!r}, it must be a number in {low:g}..{high:g}")
    return round(value * (1 << RATE_BITS))


def scaled(values: NDArray[np.int64], factor: int) -> NDArray[np.int64]:
    """Return ``values * factor / 2^16``, rounded once, half to even.

    The value is split at bit 16, so only a result that does not fit could overflow.
    """
    whole = (values >> RATE_BITS) * factor
    rest: NDArray[np.int64] = whole + divide_half_even((values & 0xFFFF) * factor, 1 << RATE_BITS)
    return rest


def recalled(memory: Arrays, key: str) -> NDArray[np.int64]:
    """Return what was remembered.

    Raises
    ------
    LavaFedError
        Where it is missing, as in a run that was begun with another server step.
    """
    if key not in memory:
        raise LavaFedError(f"the state of this run does not hold {key}; go on with the server step that began it")
    return memory[key]
