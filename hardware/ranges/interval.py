"""Intervals of integers, ends included."""

from __future__ import annotations

from dataclasses import dataclass

from hardware.chip.widths import DECAY_UNITY, STATE_LIMIT
from hardware.fixed import clamp, decay, saturate, scale, toward_zero

WORD_BITS = 32


@dataclass(frozen=True)
class Interval:
    """All integers from ``low`` to ``high``.

    Each operation returns an interval that holds the result for every pair of members.

    Attributes
    ----------
    low, high : int
        Least and greatest member; of any size.

    Examples
    --------
    >>> Interval(-3, 5) + Interval(1, 2), Interval(-3, 5) | Interval(9, 9), Interval(-3, 5).bits
    (Interval(low=-2, high=7), Interval(low=-3, high=9), 4)
    """

    low: int
    high: int

    def __contains__(self, value: object) -> bool:
        """Say whether a number, or every member of another interval, lies in it."""
        if isinstance(value, Interval):
            return self.low <= value.low and value.high <= self.high
        return isinstance(value, int) and self.low <= value <= self.high

    def __add__(self, other: Interval) -> Interval:
        """Add a member of either."""
        return Interval(self.low + other.low, self.high + other.high)

    def __sub__(self, other: Interval) -> Interval:
        """Take a member of ``other`` off one of this."""
        return Interval(self.low - other.high, self.high - other.low)

    def __or__(self, other: Interval) -> Interval:
        """Return the least interval that holds both."""
        return Interval(min(self.low, other.low), max(self.high, other.high))

    @property
    def largest(self) -> int:
        """Largest magnitude."""
        return max(abs(self.low), abs(self.high))

    @property
    def bits(self) -> int:
        """Bits of the narrowest signed integer that holds every member."""
        return 1 + max(
            (~self.low if self.low < 0 else self.low).bit_length(),
            (~self.high if self.high < 0 else self.high).bit_length(),
        )

    def fits(self, bits: int) -> bool:
        """Say whether a signed integer of ``bits`` holds every member."""
        return self.bits <= bits

    def within(self, other: Interval) -> Interval:
        """Clip both ends to ``other``."""
        return Interval(clamp(self.low, other.low, other.high), clamp(self.high, other.low, other.high))

    def word(self, bits: int = WORD_BITS) -> Interval:
        """Keep the low bits as a signed number: nothing changes where it fits, else it may be anything."""
        return self if self.fits(bits) else signed(bits)

    def scaled(self, exponent: int) -> Interval:
        """Shift left, or right toward minus infinity, as ``hardware.fixed.scale``."""
        return Interval(scale(self.low, exponent), scale(self.high, exponent))

    def toward_zero(self, shift: int) -> Interval:
        """Divide by ``2**shift`` as ``hardware.fixed.toward_zero``."""
        return Interval(toward_zero(self.low, shift), toward_zero(self.high, shift))

    def saturated(self) -> Interval:
        """Clip as ``hardware.fixed.saturate``."""
        return Interval(saturate(self.low), saturate(self.high))

    def wrapped(self) -> Interval:
        """Turn once as ``hardware.fixed.wrap``: what lies in (-2^23, 2^23] stays, the rest moves by 2^24."""
        parts = []
        for low, high, turn in (
            (self.low, min(self.high, -STATE_LIMIT), 2 * STATE_LIMIT),
            (max(self.low, 1 - STATE_LIMIT), min(self.high, STATE_LIMIT), 0),
            (max(self.low, STATE_LIMIT + 1), self.high, -2 * STATE_LIMIT),
        ):
            if low <= high:
                parts.append((low + turn, high + turn))
        return Interval(min(low for low, _ in parts), max(high for _, high in parts))

    def decayed(self, constants: Interval) -> Interval:
        """Decay as ``hardware.fixed.decay`` by any of ``constants``: the weakest leaves the far end farthest."""
        slow, fast = constants.low, constants.high
        return Interval(
            decay(self.low, slow if self.low < 0 else fast), decay(self.high, slow if self.high > 0 else fast)
        )

    def widened(self) -> Interval:
        """Move an end below 0 down to a power of two, and one above 0 up to one less, so that growth ends.

        Examples
        --------
        >>> Interval(-5, 8).widened(), Interval(0, 7).widened()
        (Interval(low=-8, high=15), Interval(low=0, high=7))
        """
        low = -(1 << (-1 - self.low).bit_length()) if self.low < 0 else self.low
        return Interval(low, (1 << self.high.bit_length()) - 1 if self.high > 0 else self.high)


def signed(bits: int) -> Interval:
    """Return what a signed integer of ``bits`` holds.

    Examples
    --------
    >>> signed(8)
    Interval(low=-128, high=127)
    """
    return Interval(-(1 << (bits - 1)), (1 << (bits - 1)) - 1)


def integrated(constants: Interval, into: Interval) -> Interval:
    """Return what ``x = decay(x, constant) + input`` can reach from 0, in any number of steps.

    Let d be the least constant and A > 0 the greatest input. The greatest x is the least m that is not
    exceeded by ``floor(m * (4096 - d) / 4096) + A``, that is, the least with ``ceil(m * d / 4096) >= A``, so
    ``m = floor(4096 * (A - 1) / d) + 1``. It is reached, or approached to the end, by constant input A; where
    A <= 0 it is 0. The lower end is its mirror image, as decay rounds toward zero. Where d is 0 nothing bounds
    x; then the end is 2^62.

    Examples
    --------
    >>> integrated(Interval(2048, 4096), Interval(-3, 10))
    Interval(low=-5, high=19)
    """
    return Interval(-_reached(constants.low, -into.low), _reached(constants.low, into.high))


def _reached(constant: int, most: int) -> int:
    if most <= 0:
        return 0
    return DECAY_UNITY * (most - 1) // constant + 1 if constant else 1 << 62


WORD = signed(WORD_BITS)
"""What a 32-bit word holds."""
NOTHING = Interval(0, 0)
"""Zero alone."""
