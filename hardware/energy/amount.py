"""An amount of energy or time with the range that its constants leave."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from hardware.energy.model import Constant


@dataclass(frozen=True)
class Amount:
    """A value between two bounds.

    Bounds of a sum are sums of the bounds: constants of one source err together, so their errors are not taken
    to cancel.

    Attributes
    ----------
    value, low, high : float
        Joules or seconds, ``low <= value <= high``.
    """

    value: float
    low: float
    high: float

    def times(self, count: float) -> Amount:
        """Return ``count`` of it."""
        return Amount(self.value * count, self.low * count, self.high * count)

    def over(self, count: float) -> Amount:
        """Return the share of one of ``count``."""
        return Amount(self.value / count, self.low / count, self.high / count)

    def __add__(self, other: Amount) -> Amount:
        """Add value to value, bound to bound."""
        return Amount(self.value + other.value, self.low + other.low, self.high + other.high)


NOTHING = Amount(0.0, 0.0, 0.0)


def cost(constant: Constant | None, events: float, least: float | None = None) -> Amount:
    """Return what some events take; nothing where their constant is not known.

    Parameters
    ----------
    constant : Constant or None
        Of one event.
    events : float
        How many.
    least : float, optional
        How many at least, where that is less.
    """
    if constant is None or constant.value is None:
        return NOTHING
    fewest = events if least is None else least
    return Amount(
        constant.value * events,
        constant.value * (1 - constant.within) * fewest,
        constant.value * (1 + constant.within) * events,
    )


def total(amounts: Iterable[Amount]) -> Amount:
    """Add amounts; the sums are rounded once, so their order does not matter."""
    kept = list(amounts)
    return Amount(
        math.fsum(each.value for each in kept),
        math.fsum(each.low for each in kept),
        math.fsum(each.high for each in kept),
    )


def longest(amounts: Iterable[Amount]) -> Amount:
    """Return the largest value, the largest of the low bounds and of the high ones; nothing of none."""
    kept = [NOTHING, *amounts]
    return Amount(
        max(each.value for each in kept), max(each.low for each in kept), max(each.high for each in kept)
    )
