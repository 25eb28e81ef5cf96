"""Pixels as spikes: an integrator for each grey value, with a unit that is always on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from hardware.spikes import VALUES_LIMIT, SpikeTrain

FULL = 512
"""What makes an integrator fire, twice the largest grey value and a little: white fires in every second step."""
WHITE = 255
STEPS = 16
"""Steps of a sample."""
SHOWN = 11
"""Steps for which an image is shown; the rest of a sample is for what learns from it."""


def integrate(pixels: NDArray[np.uint8], *, steps: int = STEPS, shown: int = SHOWN) -> SpikeTrain:
    """Encode grey values by a unit each, and add one unit that sees white in every image.

    A unit begins at half of ``FULL``, adds its grey value in each of the first ``shown`` steps, and where it
    reaches ``FULL`` it fires and loses that much: so after t steps it has fired ``(value * t + FULL / 2) // FULL``
    times, ``value * t / FULL`` rounded to nearest. The last unit stands in for the biases of those who read it.

    Parameters
    ----------
    pixels : uint8 array, shape (samples, ...)
        Grey values 0..255; the axes after the first are flattened in row-major order.
    steps : int
        Length of the train.
    shown : int
        Steps in which spikes may come, 1..``steps``.

    Returns
    -------
    SpikeTrain
        Shape (samples, steps, pixels of a sample + 1).

    Raises
    ------
    LavaFedError
        Where type, shape, steps or the size of the train do not fit.

    Examples
    --------
    >>> integrate(np.array([[0, 31, 32, 255]], np.uint8), shown=8).values[0].sum(axis=0).tolist()
    [0, 0, 1, 4, 4]
    """
    pixels = np.asarray(pixels)
    if pixels.dtype != np.uint8 or pixels.ndim < 2:
        raise LavaFedError(f"pixels must be bytes of shape (samples, ...), found {pixels.dtype}{pixels.shape}")
    if not 1 <= shown <= steps:
        raise LavaFedError(f"an image shown for {shown} steps does not fit a sample of {steps}; give 1..{steps}")
    flat = pixels.reshape(len(pixels), -1)
    size = len(flat) * steps * (flat.shape[1] + 1)
    if size > VALUES_LIMIT:
        raise LavaFedError(
            f"{len(flat)} samples of {steps} steps and {flat.shape[1] + 1} units make {size} values, over the "
            f"limit of {VALUES_LIMIT}; encode fewer at a time"
        )
    # when each grey value fires: a table of 256 rows, looked up for all pixels at once
    sums = np.arange(WHITE + 1)[:, np.newaxis] * np.arange(shown + 1) + FULL // 2
    fires = np.diff(sums // FULL, axis=1).astype(np.uint8)
    train = np.zeros((len(flat), steps, flat.shape[1] + 1), np.uint8)
    for step in range(shown):
        train[:, step, :-1] = fires[:, step][flat]
        train[:, step, -1] = fires[WHITE, step]
    train.flags.writeable = False
    return SpikeTrain(train)
