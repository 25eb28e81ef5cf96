"""What resonators can reach."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from hardware.chip.widths import ALIGN_SHIFT, DECAY_UNITY, STATE_LIMIT
from hardware.neurons.resonator import IMAGINARY, REAL, Firing, Resonator
from hardware.ranges.adaptation import adapted
from hardware.ranges.interval import NOTHING, Interval
from hardware.ranges.layer_range import PLAIN, LayerRange, aligned, over_units


def of_resonator(neuron: Resonator, arriving: Mapping[str, Interval]) -> LayerRange:
    """Bound resonators.

    Both parts together are a point z that turns and shrinks by rho = sqrt(sin^2 + cos^2) / 4096 and moves by the
    input I: ``|z'| <= rho * |z| + |I| + sqrt(8)``, as each part is a difference of two numbers that are rounded
    by less than 1. Saturation does not move z away from 0, nor does a reset, which replaces im' >= threshold by
    threshold - 1 and re' by 0, but for a threshold of 0, where |z| becomes 1. So where rho < 1,
    ``|z| <= max((|I| + sqrt(8)) / (1 - rho), 1)``; else only saturation bounds it.
    A spike needs a compared part of at least theta + r >= 0, so a message is not negative.
    """
    shifted = [arriving.get(port, NOTHING).scaled(ALIGN_SHIFT) for port in (REAL, IMAGINARY)]
    drives = over_units(neuron.drive_real), over_units(neuron.drive_imag)
    into = [part.word() + drive for part, drive in zip(shifted, drives, strict=True)]
    reach = min(_radius(neuron, math.hypot(*(float(part.largest) for part in into))), STATE_LIMIT - 1)
    whole = Interval(-reach, reach)
    sin, cos = (over_units(value) for value in (neuron.sin_decay, neuron.cos_decay))
    before_re = _turned(whole, cos) - _turned(whole, sin) + into[0]
    before_im = _turned(whole, sin) + _turned(whole, cos) + into[1]
    re = (before_re.saturated() | NOTHING).within(whole)
    im = (before_im.saturated() | NOTHING).within(whole)
    threshold, by_phase = aligned(neuron.threshold), neuron.firing is Firing.PHASE
    compared, theta, r = re if by_phase else im, threshold, NOTHING
    inner = {"x": shifted[0], "y": shifted[1], "re": before_re, "im": before_im}
    decays: dict[str, int] = {}
    if neuron.adaptation is not None:
        theta, r, more = adapted(neuron.adaptation, threshold, compared)
        inner, decays = inner | more.intermediates, more.decays
    elif not by_phase and im.high >= threshold.low:
        im = Interval(min(im.low, threshold.low - 1), min(im.high, max(threshold.high - 1, 0)))
    largest = max(int(np.max(neuron.sin_decay)), int(np.max(neuron.cos_decay)))
    return LayerRange(
        arriving,
        {"re": re, "im": im, "theta": theta, "r": r},
        Interval(0, max(compared.high, 0)) if neuron.graded else PLAIN,
        inner,
        {"re": re.largest * largest, "im": im.largest * largest, **decays},
    )


def _turned(part: Interval, factors: Interval) -> Interval:
    """Multiply by a sine or cosine."""
    return part.decayed(Interval(DECAY_UNITY - factors.high, DECAY_UNITY - factors.low))


def _radius(neuron: Resonator, input_radius: float) -> int:
    """Bound |z|, rounded up."""
    square = int(np.max(np.square(neuron.sin_decay, dtype=np.int64) + np.square(neuron.cos_decay, dtype=np.int64)))
    root = math.isqrt(square)
    root += root * root < square
    if root >= DECAY_UNITY:
        return STATE_LIMIT
    return (math.ceil(input_radius) + 4) * DECAY_UNITY // (DECAY_UNITY - root) + 1
