"""What the integers of a population can reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from hardware.chip import widths
from hardware.neurons.neuron import PerUnit
from hardware.ranges.interval import WORD_BITS, Interval

PLAIN = Interval(0, 1)
"""Plain spikes, or none."""
CURRENT = Interval(1 - widths.STATE_LIMIT, widths.STATE_LIMIT)
"""Where a turn leaves u."""


@dataclass(frozen=True)
class LayerRange:
    """What arrives at a population, what it holds and what it sends.

    Attributes
    ----------
    arriving : mapping of str to Interval
        By port that a connection leads to, the sum of what all deliver in one step, a 32-bit word.
    states : mapping of str to Interval
        Each state, at rest and at the end of every step.
    message : Interval
        What it sends; 0 is none.
    intermediates : mapping of str to Interval
        Results within a step as they are before they are wrapped, saturated, divided or cut to a word, each by the
        name of what becomes of it: a port (the sum that arrives), a state, ``joined`` (input at the scale of u),
        ``fine`` (what is divided by 64 for that, where the port is used), ``x`` and ``y`` (aligned input of a
        resonator; x also what changes are taken of), ``d``, ``magnitude`` (of d or the error, where one may be
        -2^31), ``margin`` (what is compared with a moving threshold).
    decays : mapping of str to int
        By state, the largest magnitude that meets a decay, times the largest factor 0..4096 that it can meet: what
        a decay computes before it divides by 4096.
    """

    arriving: Mapping[str, Interval]
    states: Mapping[str, Interval]
    message: Interval
    intermediates: Mapping[str, Interval]
    decays: Mapping[str, int] = field(default_factory=dict)

    @property
    def exact_in_words(self) -> bool:
        """Whether no intermediate leaves 32 bits: all of them can be computed in 32, and ``word`` changes nothing.

        Decays apart, see ``decays``. Terms of an intermediate may be added in any order, as what leaves 32 bits on
        the way comes back.
        """
        return all(value.fits(WORD_BITS) for value in self.intermediates.values())

    @property
    def decays_fit_words(self) -> bool:
        """Whether the products of decays fit signed 32 bits too."""
        return all(value < 1 << (WORD_BITS - 1) for value in self.decays.values())

    @property
    def current_stays(self) -> bool:
        """Whether u never leaves (-2^23, 2^23], as one turn brings it back always; False where there is no u.

        It is so wherever ``joined`` lies in ±2^24, since u before the turn then lies in ±3 * 2^23.
        """
        return "u" in self.states and self.states["u"] in CURRENT

    @property
    def current_turns(self) -> bool:
        """Whether u may ever have to be turned."""
        return "u" in self.states and self.intermediates["u"] not in CURRENT


def over_units(value: PerUnit) -> Interval:
    """Return the interval of a parameter over all units."""
    if isinstance(value, int):
        return Interval(value, value)
    return Interval(int(np.min(value)), int(np.max(value)))


def aligned(value: PerUnit) -> Interval:
    """Return the interval of a threshold's mantissa, shifted left by 6."""
    return over_units(value).scaled(widths.ALIGN_SHIFT)


def product(state: Interval, constants: Interval) -> int:
    """Return the largest product that the decay of a state takes."""
    return state.largest * (widths.DECAY_UNITY - constants.low)
