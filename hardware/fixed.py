"""The chip's integer arithmetic, in one place.

Each function works on Python integers (the reference emulator calls them as they are) and inside numba
kernels (where operands must be 64-bit). Agreement with Lava's fixed-point models is proved in
``tests/versus_lava``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

from numba.extending import register_jitable

from hardware.chip.widths import ALIGN_SHIFT, DECAY_BITS, DECAY_UNITY, STATE_LIMIT

Function = TypeVar("Function", bound=Callable[..., Any])


def compilable(function: Function) -> Function:
    """Let a function be called from Python and from compiled kernels alike."""
    registered: Function = register_jitable(function)
    return registered


@compilable
def decay(state: int, constant: int) -> int:
    """Return ``state`` decayed by ``constant / 4096``, rounded toward zero.

    ``sign(x) * (|x| * (4096 - d) >> 12)``, as in Lava's ``AbstractPyLifModelFixed.subthr_dynamics``.

    Parameters
    ----------
    state : int
        24-bit state.
    constant : int
        Decay 0 (keep all) to 4096 (forget all).

    Examples
    --------
    >>> decay(-1000, 2048), decay(-1, 1), decay(7, 4096)
    (-500, 0, 0)
    """
    magnitude = (abs(state) * (DECAY_UNITY - constant)) >> DECAY_BITS
    return -magnitude if state < 0 else magnitude


@compilable
def word(value: int) -> int:
    """Keep the low 32 bits as a signed number, as the 32-bit arrays of Lava's models do.

    Matters only where the synaptic input of one step exceeds 2^18: then ``wrap`` cannot bring u back into
    24 bits in its one turn, and u lives on in 32.

    Examples
    --------
    >>> word(2**31 - 1), word(2**31), word(-(2**31) - 1)
    (2147483647, -2147483648, 2147483647)
    """
    return ((value + (1 << 31)) & ((1 << 32) - 1)) - (1 << 31)


@compilable
def wrap(state: int) -> int:
    """Bring a current back into (-2^23, 2^23] by one turn of 2^24.

    One turn only, and the interval is open below, exactly as in Lava's LIF: +2^23 stays, -2^23 becomes +2^23.

    Examples
    --------
    >>> wrap(2**23), wrap(-(2**23)) == 2**23, wrap(2**23 + 5) == 5 - 2**23
    (8388608, True, True)
    """
    if state > STATE_LIMIT:
        return state - 2 * STATE_LIMIT
    if state <= -STATE_LIMIT:
        return state + 2 * STATE_LIMIT
    return state


@compilable
def saturate(state: int) -> int:
    """Clip a voltage to ±(2^23 - 1), as in Lava's LIF.

    Examples
    --------
    >>> saturate(2**24), saturate(-(2**23)), saturate(3)
    (8388607, -8388607, 3)
    """
    return min(max(state, 1 - STATE_LIMIT), STATE_LIMIT - 1)


@compilable
def align(value: int) -> int:
    """Shift a synaptic input or a threshold mantissa left by 6 bits to meet the 24-bit state."""
    return value << ALIGN_SHIFT


@compilable
def scale(value: int, exponent: int) -> int:
    """Multiply by ``2**exponent``; a negative exponent shifts right arithmetically (toward minus infinity).

    Examples
    --------
    >>> scale(3, 2), scale(-3, -1)
    (12, -2)
    """
    return value << exponent if exponent > 0 else value >> -exponent


@compilable
def toward_zero(value: int, shift: int) -> int:
    """Divide by ``2**shift`` and round toward zero.

    Examples
    --------
    >>> toward_zero(-63, 6), toward_zero(-64, 6), toward_zero(130, 6)
    (0, -1, 2)
    """
    magnitude = abs(value) >> shift
    return -magnitude if value < 0 else magnitude


@compilable
def nearest(value: int, shift: int) -> int:
    """Divide by ``2**shift`` and round to nearest, halves away from zero.

    Examples
    --------
    >>> nearest(-3, 1), nearest(5, 2), nearest(6, 2), nearest(127, 7), nearest(-9, 0)
    (-2, 1, 2, 1, -9)
    """
    magnitude = (abs(value) + ((1 << shift) >> 1)) >> shift
    return -magnitude if value < 0 else magnitude


@compilable
def joined(plain: int, fine: int, drive: int) -> int:
    """Join plain input, graded input of 6 more fractional bits and a constant of the state's scale.

    Rounded toward zero as a whole, as SLAYER turns the input of a step into an integer.

    Examples
    --------
    >>> joined(2, 0, 0), joined(2, -1, 0), joined(0, -63, 1), joined(0, 127, 0)
    (128, 127, 0, 1)
    """
    return toward_zero((plain << 2 * ALIGN_SHIFT) + fine + (drive << ALIGN_SHIFT), ALIGN_SHIFT)


@compilable
def clamp(value: int, low: int, high: int) -> int:
    """Clip ``value`` to ``low..high``."""
    return min(max(value, low), high)


@compilable
def round_up_if(value: int, shift: int, draw: float) -> int:
    """Divide by ``2**shift`` with stochastic rounding.

    The floor, plus one where ``draw`` lies below the fraction that was cut off; so the expectation is exact.
    As ``lava.magma.core.learning.utils.stochastic_round``.

    Parameters
    ----------
    value : int
        Value with ``shift`` fractional bits.
    shift : int
        Fractional bits to remove.
    draw : float
        Uniform number in [0, 1).

    Examples
    --------
    >>> round_up_if(5, 2, 0.2), round_up_if(5, 2, 0.3), round_up_if(-1, 2, 0.5)
    (2, 1, 0)
    """
    fraction = value & ((1 << shift) - 1)
    return (value >> shift) + (1 if draw * (1 << shift) < fraction else 0)


@compilable
def decay_trace(value: int, factor: float, draw: float) -> int:
    """Decay a trace by one step with stochastic rounding, as Lava's ``_decay_trace``.

    Parameters
    ----------
    value : int
        Trace 0..127, or a signed third factor.
    factor : float
        ``exp(-1/tau)``.
    draw : float
        Uniform number in [0, 1), shared by all traces of a connection.

    Examples
    --------
    >>> decay_trace(10, 0.95, 0.4), decay_trace(10, 0.95, 0.6), decay_trace(0, 0.95, 0.0)
    (10, 9, 0)
    """
    product = factor * value
    floor = math.floor(product)
    return floor + (1 if draw < product - floor else 0)
