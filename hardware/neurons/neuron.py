"""What every kind of neuron tells about itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from hardware.errors import NetworkError
from hardware.spikes import frozen

PerUnit = int | NDArray[np.int32]
"""A parameter that all units share, or one value for each."""
ALIGNED = "a"
"""Port that takes weights times spikes; its sum is shifted left by 6 to meet a 24-bit state."""
FINE = "fine"
"""Port that takes weights times graded messages of 12 fractional bits; its sum is divided by 64, toward zero."""


class Neuron(ABC):
    """The dynamics of a population; the families are frozen dataclasses.

    Attributes
    ----------
    kind : str
        Name of the family in files.
    ports : tuple of str
        Where synaptic input may arrive; the first is the default.
    states : tuple of str
        State variables, as probes name them.
    units : int
        Number of neurons.
    """

    kind: ClassVar[str]
    ports: ClassVar[tuple[str, ...]] = (ALIGNED,)
    states: ClassVar[tuple[str, ...]]
    units: int

    @property
    @abstractmethod
    def sends_graded(self) -> bool:
        """Whether messages carry any 32-bit integer, instead of the 1 of a plain spike."""

    @property
    def third_factors(self) -> tuple[str, ...]:
        """Third factors, of y1 to y3, that the units themselves send to the rules of connections into them."""
        return ()

    @property
    def rest(self) -> dict[str, NDArray[np.int32]]:
        """State at the beginning of a sample, by name, each of shape (units,)."""
        return {state: np.zeros(self.units, np.int32) for state in self.states}


def check_units(units: int) -> None:
    """Check a number of neurons.

    Raises
    ------
    NetworkError
        Where it is not a positive integer.
    """
    if type(units) is not int or units < 1:
        raise NetworkError(f"units {units!r} must be a positive integer")


def per_unit(value: PerUnit, units: int, low: int, high: int, what: str) -> PerUnit:
    """Check a parameter and freeze it; a vector of equal values becomes the one value.

    Parameters
    ----------
    value : int or integer array, shape (units,)
        The parameter.
    units : int
        Number of neurons.
    low, high : int
        Its range, both ends included.
    what : str
        Its name, for errors.

    Raises
    ------
    NetworkError
        Where type, shape or range do not fit.
    """
    array = np.asarray(value)
    if array.dtype.kind not in "iu" or array.shape not in ((), (units,)):
        raise NetworkError(
            f"{what} must be one integer, or one for each of {units} units, found {array.dtype}{array.shape}"
        )
    if array.min() < low or array.max() > high:
        found = int(array.min()) if array.min() < low else int(array.max())
        raise NetworkError(f"{what} {found} must lie in {low}..{high}")
    if array.min() == array.max():
        return int(array.flat[0])
    return frozen(array.astype(np.int32))  # type: ignore[return-value]  # freezing keeps the type


def spread(value: PerUnit, units: int) -> NDArray[np.int32]:
    """Return a parameter as one value for each unit, shape (units,)."""
    return np.full(units, value, np.int32)
