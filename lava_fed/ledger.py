"""The account of traffic: the length of every message that was really encoded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Traffic:
    """What one device exchanged with the coordinator in one round.

    Attributes
    ----------
    device : str
        Its name.
    down, up : int
        Bytes to the device and from it, message frames included.
    """

    device: str
    down: int
    up: int


def total(entries: Iterable[Traffic]) -> Traffic:
    """Return the sum over all entries, booked under ``"all"``."""
    down = up = 0
    for entry in entries:
        down += entry.down
        up += entry.up
    return Traffic("all", down, up)
