"""What the integers of a population can reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from hardware import chip
from hardware.neurons.neuron import PerUnit
from hardware.ranges.interval import Interval

PLAIN = Interval(0, 1)
"""Plain spikes, or none."""


@dataclass(frozen=True)
class LayerRange:
    """What arrives at a population, what it holds and what it sends.

    Attributes
    ----------
    arriving : mapping of str to Interval
        By port, the sum of what all connections deliver in one step, a 32-bit word.
    states : mapping of str to Interval
        Each state, at rest and at the end of every step.
    message : Interval
        What it sends; 0 is none.
    intermediates : mapping of str to Interval
        Results within a step before they are wrapped, saturated, shifted or cut to a word, by what they become:
        each port's sum, ``joined``, ``fine`` (what ``joined`` is shifted from), ``u``, ``v``, ``re``, ``im``,
        ``x``, ``d``, ``error``, ``sigma``, ``r``, ``theta``, ``margin`` (the compared part less r), ``m``. All but
        the products of decays.
    decays : mapping of str to int
        Largest magnitude that meets a decay, times the largest factor that it meets, by state.
    """

    arriving: Mapping[str, Interval]
    states: Mapping[str, Interval]
    message: Interval
    intermediates: Mapping[str, Interval]
    decays: Mapping[str, int] = field(default_factory=dict)

    @property
    def exact_in_words(self) -> bool:
        """Whether no intermediate leaves 32 bits, so that cutting to a word changes nothing; decays apart."""
        return all(value.fits(32) for value in self.intermediates.values())

    @property
    def current_stays(self) -> bool:
        """Whether u never leaves (-2^23, 2^23], since one turn always brings it back; False where there is no u.

        True wherever the joined input stays within ±2^24: before the turn u then stays within ±3 * 2^23.
        """
        return "u" in self.states and self.states["u"] in Interval(1 - chip.STATE_LIMIT, chip.STATE_LIMIT)

    @property
    def current_turns(self) -> bool:
        """Whether u may have to be turned at all."""
        return "u" in self.states and self.intermediates["u"] not in Interval(
            1 - chip.STATE_LIMIT, chip.STATE_LIMIT
        )


def over_units(value: PerUnit) -> Interval:
    """Return the interval of a parameter over all units."""
    if isinstance(value, int):
        return Interval(value, value)
    return Interval(int(np.min(value)), int(np.max(value)))


def aligned(value: PerUnit) -> Interval:
    """Return the interval of a threshold's mantissa, shifted left by 6."""
    return over_units(value).scaled(chip.ALIGN_SHIFT)


def product(state: Interval, constants: Interval) -> int:
    """Return the largest product that the decay of a state takes."""
    return state.largest * (chip.DECAY_UNITY - constants.low)
