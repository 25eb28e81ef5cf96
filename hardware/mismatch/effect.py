"""What a mechanism did to one part of a Program."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Effect:
    """What a mechanism did to a layer or connection.

    Attributes
    ----------
    mechanism : str
        A key of the device profile, as ``"bit_flips"``; leaks by constant, as ``"leak.voltage_decay"``.
    where : str
        The layer or connection.
    hit : int
        Faults drawn; of a variation, integers that differ after rounding.
    of : int
        Things that could be hit: neurons, stored weights, or bits.
    clamped : int
        Values that would have left the chip's range and stand at its end instead.
    """

    mechanism: str
    where: str
    hit: int
    of: int
    clamped: int = 0
