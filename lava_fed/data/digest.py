"""The digest of a data set, taken sample by sample."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from hardware.spikes import SpikeTrain
from lava_fed.data.owners import Owners

VALUES_AT_ONCE = 1 << 22
"""Values that are laid out for hashing at once, or one sample where that has more."""


class Digest:
    """SHA-256 of spikes and labels; it does not depend on the parts in which they come.

    Parameters
    ----------
    shape : (int, int, int)
        Samples, steps and units of the whole data set.
    classes : int
        Number of classes.
    labelled : bool
        Whether there are labels.
    """

    def __init__(self, shape: tuple[int, int, int], classes: int, labelled: bool) -> None:
        head = repr((shape, classes, not labelled)).encode()
        # Whether any message is graded is known at the end, so both layouts are hashed until one is.
        self._plain, self._graded = hashlib.sha256(head), hashlib.sha256(head)
        self._is_graded, self._bits = False, np.zeros(0, np.uint8)

    def add(self, train: SpikeTrain) -> None:
        """Go on with the samples of ``train``."""
        self._is_graded = self._is_graded or train.graded
        stride = max(1, VALUES_AT_ONCE // max(1, train.steps * train.units))
        for first in range(0, train.samples, stride):
            values = np.ascontiguousarray(train.values[first : first + stride])
            self._graded.update(values.astype("<i4").tobytes())
            if not self._is_graded:
                bits = np.concatenate([self._bits, values.ravel()])
                whole = bits.size // 8 * 8
                self._plain.update(np.packbits(bits[:whole]).tobytes())
                self._bits = bits[whole:]

    def value(self, labels: NDArray[np.int32] | None, owners: Owners | None = None) -> str:
        """Return the digest of all that was added, with labels and owners, 64 hexadecimal digits."""
        sha = (self._graded if self._is_graded else self._plain).copy()
        if not self._is_graded:
            sha.update(np.packbits(self._bits).tobytes())
        if labels is not None:
            sha.update(labels.astype("<i4").tobytes())
        if owners is not None:
            sha.update(repr(owners.names).encode())
            sha.update(owners.index.astype("<i4").tobytes())
        return sha.hexdigest()
