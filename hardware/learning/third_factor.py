"""What every kind of third factor tells about itself.

A third factor is what the units of a layer send, in each step, to the rules of the connections into them: y1 to
y3. It is computed beside the neurons, from the layer's input and what the host tells of a sample.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from hardware.errors import NetworkError


class ThirdFactor(ABC):
    """How a layer computes its third factors; the kinds are frozen dataclasses of integers.

    Attributes
    ----------
    kind : str
        Name in files.
    ports : tuple of str
        Ports that the layer has for it, beside those of its neurons.
    states : tuple of str
        What it keeps for each unit, as probes name it; third factors by their own names.
    """

    kind: ClassVar[str]
    ports: ClassVar[tuple[str, ...]] = ()
    states: ClassVar[tuple[str, ...]]

    @property
    @abstractmethod
    def sends(self) -> tuple[str, ...]:
        """Third factors that its units send, of y1 to y3."""


def check_whole(kind: str, name: str, value: int, low: int, high: int) -> None:
    """Check a parameter.

    Raises
    ------
    NetworkError
        Where it is not an integer of ``low..high``.
    """
    if type(value) is not int or not low <= value <= high:
        raise NetworkError(f"{kind}: {name} {value} must lie in {low}..{high}")
