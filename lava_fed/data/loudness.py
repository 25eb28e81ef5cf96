"""A code for sound: which bands are loud now, and which were a moment ago."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from hardware.spikes import VALUES_LIMIT, SpikeTrain

BELOW_PEAK = (10, 20, 30, 40)
"""Decibels under the loudest band of a sample at which the units of a band begin to fire."""
LATE = (0, 6, 12, 18, 24)
"""Frames for which delay lines hold each band back, so that a unit that integrates sees half a second at once."""
BANDS = 40
STEPS = 64
"""Steps of a sample, a frame each; the last ones hold what the delay lines still bring."""
INPUT_UNITS = BANDS // 2 * len(BELOW_PEAK) * len(LATE)


def loudness_code(levels: NDArray[np.uint8], steps: int) -> SpikeTrain:
    """Encode loudness as spikes.

    Neighbouring bands are averaged in pairs. For each pair, delay and threshold there is a unit, which fires in
    every step in which the pair was louder, so many frames ago, than the sample's peak less the threshold.

    Parameters
    ----------
    levels : uint8 array, shape (samples, frames, bands)
        Decibels; an even number of bands.
    steps : int
        Length of the train, 1..65535, a frame each.

    Returns
    -------
    SpikeTrain
        Shape (samples, steps, units): units in order of delay, pair, threshold.

    Raises
    ------
    LavaFedError
        Where the shape does not fit, or the train would be too large.

    Examples
    --------
    >>> train = loudness_code(np.array([[[80, 80, 55, 57]]], np.uint8), steps=7)
    >>> train.values[0, 0, :8].tolist(), train.values[0, 6, 8:16].tolist()
    ([1, 1, 1, 1, 0, 0, 1, 1], [1, 1, 1, 1, 0, 0, 1, 1])
    """
    if levels.dtype != np.uint8 or levels.ndim != 3 or levels.shape[2] % 2 or not levels.shape[2]:
        raise LavaFedError(
            f"loudness code: expected bytes of shape (samples, frames, even bands), found "
            f"{levels.dtype}{levels.shape}"
        )
    if not 1 <= steps < 2**16:
        raise LavaFedError(f"loudness code: {steps} steps must lie in 1..{2**16 - 1}")
    samples, frames, bands = levels.shape
    units = bands // 2 * len(BELOW_PEAK) * len(LATE)
    if samples * steps * units > VALUES_LIMIT:
        raise LavaFedError(
            f"loudness code: {samples} samples of {steps} steps and {units} units are over the limit of "
            f"{VALUES_LIMIT} values; use fewer samples"
        )
    wide = levels.astype(np.int16)
    pairs = (wide[..., 0::2] + wide[..., 1::2]) // 2
    under = wide.max(axis=(1, 2), initial=0)[:, np.newaxis, np.newaxis] - pairs
    loud = (under[..., np.newaxis] < np.array(BELOW_PEAK)).reshape(samples, frames, -1)
    train = np.zeros((samples, steps, len(LATE), loud.shape[2]), np.uint8)
    for line, late in enumerate(LATE):
        seen = max(0, min(frames, steps - late))
        train[:, late : late + seen, line] = loud[:, :seen]
    return SpikeTrain(train.reshape(samples, steps, -1))
