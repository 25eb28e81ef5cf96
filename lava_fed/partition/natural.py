"""Owners: each person, place or machine that the data set names is a device."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from lava_fed.data.owners import Owners


def natural(owners: Owners | None, *, minimum: int = 1) -> dict[str, NDArray[np.int64]]:
    """Give every sample to its owner.

    Parameters
    ----------
    owners : Owners or None
        Whose samples they are.
    minimum : int
        Fewest samples that an owner may have, at least 1.

    Returns
    -------
    dict of str to int64 array
        For each owner who has any, the sample indices, ascending; together each sample once.

    Raises
    ------
    LavaFedError
        Where the data set names no owners, or one has too few samples.
    """
    if owners is None:
        raise LavaFedError(
            "the natural partition needs to know whose samples they are, and this data set does not say; add an "
            "array owner to the archive, or choose another partition"
        )
    parts = owners.parts()
    for name, part in parts.items():
        if len(part) < minimum:
            raise LavaFedError(
                f"natural partition: {name} has {len(part)} samples, fewer than {minimum}; lower the minimum"
            )
    return parts
