"""A bound on how far one device can push.

Sun, Kairouz, Suresh and McMahan, "Can You Really Backdoor Federated Learning?", 2019 (norm thresholding).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from lava_fed.aggregate.distances import squared_norm
from lava_fed.aggregate.updates import Updates
from lava_fed.messages.delta import FRACTION_BITS

SCALE_BITS = 30
"""Changes are scaled by multiples of 2^-30."""
BOUND_LIMIT = 1e6
"""Largest bound, in chip units."""
MEDIAN = "median"


@dataclass(frozen=True)
class Clip:
    """Changes whose norm is too large are scaled down.

    The norm is the Euclidean one over all connections, exact. A change x beyond the bound becomes
    ``x * floor(2^30 * bound / ceil(norm)) / 2^30`` rounded towards 0, so its norm is never above the bound;
    changes within the bound stay as they are.

    Attributes
    ----------
    bound : float or str
        In chip units, above 0; ``"median"``: the lower median of the norms in this round, which a minority of
        attackers cannot raise above the norms of honest devices.

    Raises
    ------
    LavaFedError
        Where the bound is neither.
    """

    bound: float | str

    def __post_init__(self) -> None:
        """Check the bound."""
        if self.bound == MEDIAN:
            return
        if isinstance(self.bound, str) or not 2.0**-FRACTION_BITS <= self.bound <= BOUND_LIMIT:
            raise LavaFedError(
                f"aggregate.clip is {self.bound!r}, it must be {MEDIAN!r}, 0 for none, or a norm of at least "
                f"2^-{FRACTION_BITS} and at most {BOUND_LIMIT:g} chip units"
            )

    def apply(self, updates: Updates) -> Updates:
        """Return the updates within the bound."""
        squares = [squared_norm({name: change[name] for name in updates.names}) for change in updates.changes]
        if isinstance(self.bound, str):
            limit = _root(sorted(squares)[(len(squares) - 1) // 2])
        else:
            limit = int(self.bound * (1 << FRACTION_BITS))
        bounds = [_scale(square, limit) for square in squares]
        return updates.changed(lambda k: _scaled(updates, k, bounds[k]))


def _scale(square: int, limit: int) -> int | None:
    """Return the factor in units of 2^-30, ``None`` where there is nothing to scale."""
    return None if square <= limit * limit else (limit << SCALE_BITS) // _root(square)


def _root(square: int) -> int:
    """Return the square root, rounded up."""
    return math.isqrt(square - 1) + 1 if square else 0


def _scaled(updates: Updates, index: int, scale: int | None) -> dict[str, NDArray[np.integer[Any]]]:
    change = updates.changes[index]
    if scale is None:
        return dict(change)
    scaled: dict[str, NDArray[np.integer[Any]]] = {}
    for name in updates.names:
        wide = change[name].astype(np.int64)
        scaled[name] = (np.sign(wide) * ((np.abs(wide) * scale) >> SCALE_BITS)).astype(np.int32)
    return {**change, **scaled}
