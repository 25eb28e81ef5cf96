"""A code for motion: how high each channel stands, how fast it moves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from hardware.spikes import VALUES_LIMIT, SpikeTrain

LEVELS = (-3072, -2048, -1024, -512, 0, 512, 1024, 2048, 3072)
"""Signals above which a unit fires; 4096 is 1 g, or 1 radian a second."""
CHANGES = (128, 384, 1024)
"""Changes from one moment to the next beyond which a unit fires, upwards; another one downwards."""


def motion_units(channels: int) -> int:
    """Return how many units some channels have."""
    return channels * (len(LEVELS) + 2 * len(CHANGES)) + 1


def motion_code(signals: NDArray[np.int16], steps: int) -> SpikeTrain:
    """Encode signals as spikes.

    In each step, a moment each, for each channel: one unit a level, which fires where the signal lies above it;
    one a change, which fires where the signal rose by more than that since the moment before; one a change for
    falls. The last unit fires in every step of the window, for the biases of those who read it.

    Parameters
    ----------
    signals : int16 array, shape (samples, moments, channels)
        In 1/4096 of a unit.
    steps : int
        Length of the train, 1..65535; it ends early, or has empty steps after the window.

    Returns
    -------
    SpikeTrain
        Shape (samples, steps, units): units in order of channel, then levels, rises, falls.

    Raises
    ------
    LavaFedError
        Where shape or type do not fit, or the train would be too large.

    Examples
    --------
    >>> code = motion_code(np.array([[[0], [600]]], np.int16), steps=2)
    >>> code.values[0].tolist()
    [[1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], [1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1]]
    """
    if signals.dtype != np.int16 or signals.ndim != 3 or not signals.shape[2]:
        raise LavaFedError(
            f"motion code: expected 16-bit integers of shape (samples, moments, channels), found "
            f"{signals.dtype}{signals.shape}"
        )
    if not 1 <= steps < 2**16:
        raise LavaFedError(f"motion code: {steps} steps must lie in 1..{2**16 - 1}")
    samples, moments, channels = signals.shape
    units = motion_units(channels)
    if samples * steps * units > VALUES_LIMIT:
        raise LavaFedError(
            f"motion code: {samples} samples of {steps} steps and {units} units are over the limit of "
            f"{VALUES_LIMIT} values; use fewer samples"
        )
    seen = min(moments, steps)
    wide = signals[:, :seen].astype(np.int32)[..., np.newaxis]
    change = np.diff(wide, axis=1, prepend=wide[:, :1])
    fires = np.concatenate(
        [wide > np.array(LEVELS), change > np.array(CHANGES), -change > np.array(CHANGES)], axis=-1
    )
    train = np.zeros((samples, steps, units), np.uint8)
    train[:, :seen, :-1] = fires.reshape(samples, seen, -1)
    train[:, :seen, -1] = 1
    return SpikeTrain(train)
