"""FedProx on a chip: between epochs every synapse goes a part of the way back to the weight it began with.

Li et al., "Federated Optimization in Heterogeneous Networks", MLSys 2020, adds ``mu / 2 * |w - w_global|^2`` to
a device's loss; its gradient step is ``w -= rate * mu * (w - w_global)``. A chip takes that step now and then, in
whole weight units, with a random draw of each synapse in place of the fraction that it cannot hold.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError

FRACTION = 8
"""Bits of a share: the whole way is 2^8."""
WHOLE = 1 << FRACTION


def share_of(strength: float, what: str) -> int:
    """Return a strength as the part of the way that a chip takes, in 256ths, rounded to nearest.

    Parameters
    ----------
    strength : float
        0..1.
    what : str
        Where it stands in a config, for errors.

    Raises
    ------
    LavaFedError
        Where it lies outside, or is so small that nothing would be left of it.

    Examples
    --------
    >>> share_of(0.1, "work.proximal"), share_of(1.0, "work.proximal")
    (26, 256)
    """
    if not 0 <= strength <= 1:
        raise LavaFedError(
            f"{what} {strength:g} must lie in 0..1 where devices learn on chips: it is the part of its way back "
            "that a synapse goes at each pull"
        )
    share = round(strength * WHOLE)
    if strength and not share:
        raise LavaFedError(
            f"{what} {strength:g} is below half of 1/{WHOLE}, the finest part that a chip takes; take at least "
            f"{1 / WHOLE:g}, or 0 for none"
        )
    return share


def pulled(
    weights: NDArray[np.int16],
    anchor: NDArray[np.int16],
    share: int | NDArray[np.int64],
    rng: np.random.Generator,
    *,
    halvings: int = 0,
) -> NDArray[np.int16]:
    """Return weights that went a part of the way to their anchors.

    ``w - floor((share * (w - anchor) + draw) / 2^(8 + halvings))``, with a draw of each synapse's own, uniform
    over ``0..2^(8 + halvings) - 1``: on average exactly the part that was asked for, never beyond the anchor, so
    never out of a range that holds both.

    Parameters
    ----------
    weights, anchor : int16 array, shape (targets, sources)
        Chip units.
    share : int, or integer array of the same shape
        256ths of the way, 0..256.
    rng : numpy.random.Generator
        One number is drawn for each synapse, row by row.
    halvings : int
        How often the pull is halved, 0..7: as often as learning is, which it is a term of.

    Examples
    --------
    >>> back = pulled(np.array([[90]], np.int16), np.array([[50]], np.int16), 64, np.random.default_rng(0))
    >>> back.tolist(), back.dtype.name
    ([[80]], 'int16')
    """
    bits = FRACTION + halvings
    distance = weights.astype(np.int64) - anchor
    draw = rng.integers(0, 1 << bits, weights.shape, dtype=np.int64)
    kept: NDArray[np.int16] = (weights - ((distance * share + draw) >> bits)).astype(np.int16)
    return kept
