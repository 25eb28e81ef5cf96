"""Types of the kernels' arrays, and the way out of 32 bits."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.fixed import compilable

Table = NDArray[np.int64]
States = NDArray[np.int32]
Weights = NDArray[np.int16]


@compilable
def wide(value: Any) -> int:
    """Widen a stored word to 64 bits, so that nothing overflows before it is stored again."""
    widened: Any = np.int64(value)
    result: int = widened
    return result
