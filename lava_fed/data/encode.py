"""Deterministic rate code: an integrate-and-fire unit per value."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from hardware.spikes import VALUES_LIMIT, SpikeTrain


def rate_code(values: NDArray[np.integer[Any]], full_scale: int, steps: int) -> SpikeTrain:
    """Encode integers as evenly spaced spikes.

    Each unit adds its value to an accumulator in every step; where that reaches ``full_scale`` the unit fires
    and ``full_scale`` is taken away. So after t steps a unit has fired ``value * t // full_scale`` times,
    which is how the train is computed.

    Parameters
    ----------
    values : integer array, shape (samples, ...)
        Values ``0..full_scale``; the axes after the first are flattened in row-major order.
    full_scale : int
        The value that fires in every step, 1..2^31-1.
    steps : int
        Length of the train, 1..65535.

    Returns
    -------
    SpikeTrain
        Shape (samples, steps, units).

    Raises
    ------
    LavaFedError
        Where a value, the full scale, the number of steps or the size of the train is out of range.

    Examples
    --------
    >>> rate_code(np.array([[0, 1, 2, 4]]), full_scale=4, steps=4).values[0].T.tolist()
    [[0, 0, 0, 0], [0, 0, 0, 1], [0, 1, 0, 1], [1, 1, 1, 1]]
    """
    values = np.asarray(values)
    if not 1 <= full_scale < 2**31:
        raise LavaFedError(f"rate code: full scale {full_scale} must lie in 1..{2**31 - 1}")
    if not 1 <= steps < 2**16:
        raise LavaFedError(f"rate code: {steps} steps must lie in 1..{2**16 - 1}")
    if values.dtype.kind not in "iu" or values.ndim < 2:
        raise LavaFedError(
            f"rate code: expected integers of shape (samples, units), found {values.dtype}{values.shape}"
        )
    if values.size and (values.min() < 0 or values.max() > full_scale):
        raise LavaFedError(
            f"rate code: values {values.min()}..{values.max()} must lie in 0..{full_scale}, the full scale"
        )
    flat = values.reshape(values.shape[0], -1).astype(np.int64)
    if flat.size * steps > VALUES_LIMIT:
        raise LavaFedError(
            f"rate code: {len(flat)} samples of {steps} steps and {flat.shape[1]} units make {flat.size * steps} "
            f"values, over the limit of {VALUES_LIMIT}; use fewer steps or samples"
        )
    train = np.empty((len(flat), steps, flat.shape[1]), np.uint8)
    fired = np.zeros_like(flat)
    for step in range(steps):
        before, fired = fired, flat * (step + 1) // full_scale
        train[:, step] = fired - before
    return SpikeTrain(train)
