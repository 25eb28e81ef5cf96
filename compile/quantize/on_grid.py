"""Numbers that lie on a grid of integers, or are refused."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from compile.neurons import Real
from hardware.errors import NetworkError
from hardware.neurons.neuron import PerUnit

REMEDY = (
    "train it quantization aware and export it again (lava-fed train), or let it be rounded (lava-fed compile "
    "--bits 8); it is not rounded silently"
)


def on_grid(
    values: NDArray[np.float64],
    scale: float,
    low: int,
    high: int,
    step: int,
    where: str,
    what: str,
    hint: str = "",
) -> NDArray[np.int64]:
    """Turn real numbers into integers, all of them exactly.

    Parameters
    ----------
    values : float64 array
        Real numbers.
    scale : float
        The integer that 1.0 becomes.
    low, high, step : int
        The grid: multiples of ``step`` in ``low..high``.
    where, what : str
        The layer and the kind of number, for the error.
    hint : str
        What is known of their origin, for the error.

    Returns
    -------
    int64 array of the same shape
        ``values * scale``.

    Raises
    ------
    NetworkError
        Where a number is off the grid; names the layer, how many, the worst and the remedy.
    """
    scaled = values * scale
    nearest = np.clip(np.rint(scaled / step) * step, low, high)
    distance = np.abs(scaled - nearest)
    if wrong := int(np.count_nonzero(distance)):
        worst = float(scaled.flat[int(distance.argmax())])
        steps = f" in steps of {step}" if step > 1 else ""
        raise NetworkError(
            f"{where}: {wrong} of {values.size} {what} values are not integers in {low}..{high}{steps}; "
            f"the worst is {worst:g} (real {worst / scale:g}){hint}; {REMEDY}"
        )
    whole: NDArray[np.int64] = nearest.astype(np.int64)
    return whole


def parameter(value: Real, scale: int, low: int, high: int, where: str, what: str) -> PerUnit:
    """Turn a parameter of a population into one integer, or one for each unit.

    Raises
    ------
    NetworkError
        As ``on_grid``.
    """
    whole = on_grid(np.atleast_1d(np.asarray(value, np.float64)), scale, low, high, 1, where, what)
    if np.ndim(value) == 0:
        return int(whole[0])
    vector: NDArray[np.int32] = whole.astype(np.int32)
    return vector
