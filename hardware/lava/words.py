"""The chip's integer arithmetic on whole arrays: ``hardware.fixed``, element by element, for our Lava processes.

States live in 32-bit arrays; each function takes and returns 64-bit ones, where nothing overflows.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hardware.chip.widths import ALIGN_SHIFT, DECAY_BITS, DECAY_UNITY, STATE_LIMIT, TRACE_MAX

Words = NDArray[np.int64]


def wide(values: ArrayLike) -> Words:
    """Return integers in 64 bits."""
    return np.asarray(values, np.int64)


def word(values: Words) -> Words:
    """Keep the low 32 bits as signed numbers."""
    return wide(values.astype(np.int32))


def decay(values: Words, constant: ArrayLike) -> Words:
    """Forget ``constant / 4096`` and round toward zero."""
    kept: Any = np.sign(values) * (np.abs(values) * (DECAY_UNITY - wide(constant)) >> DECAY_BITS)
    return wide(kept)


def turn(values: Words, constant: ArrayLike) -> Words:
    """Keep ``constant / 4096`` and round toward zero."""
    return decay(values, DECAY_UNITY - wide(constant))


def wrap(values: Words) -> Words:
    """Bring currents back into (-2^23, 2^23] by one turn of 2^24."""
    down = np.where(values > STATE_LIMIT, values - 2 * STATE_LIMIT, values)
    return wide(np.where(values <= -STATE_LIMIT, values + 2 * STATE_LIMIT, down))


def saturate(values: Words) -> Words:
    """Clip voltages to ±(2^23 - 1)."""
    return wide(np.clip(values, 1 - STATE_LIMIT, STATE_LIMIT - 1))


def align(values: ArrayLike) -> Words:
    """Shift left by 6 bits, in 32-bit words, to meet the 24-bit state."""
    return word(wide(values) << ALIGN_SHIFT)


def joined(plain: ArrayLike, fine: ArrayLike, drive: ArrayLike) -> Words:
    """Join what arrives at a current's two ports, and its drive."""
    scaled = (wide(plain) << 2 * ALIGN_SHIFT) + wide(fine) + (wide(drive) << ALIGN_SHIFT)
    return toward_zero(scaled, ALIGN_SHIFT)


def toward_zero(values: Words, shift: int) -> Words:
    """Divide by ``2**shift`` and round toward zero."""
    return wide(np.sign(values) * (np.abs(values) >> shift))


def nearest(values: Words, shift: int) -> Words:
    """Divide by ``2**shift`` and round to nearest, halves away from zero."""
    return wide(np.sign(values) * ((np.abs(values) + ((1 << shift) >> 1)) >> shift))


def hinge(sums: ArrayLike, label: int, margin: int, rest: int, shift: int) -> Words:
    """Return how wrong sums are: ``hardware.learning.Teacher``'s squared hinge, without annealing."""
    sums = wide(sums)
    errors = -np.clip((sums - rest) >> shift, 0, TRACE_MAX)
    errors[label] = np.clip((margin - sums[label]) >> shift, 0, TRACE_MAX)
    return wide(errors)
