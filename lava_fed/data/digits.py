"""Handwritten digits that ship with scikit-learn: 1797 images of 8×8 pixels, grey values 0..16.

Source: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI machine learning repository,
1998 (its test part, as packaged by scikit-learn).
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from lava_fed.data.rated import Rated

SPLITS = {"public": 300, "device": 1137, "test": 360}
"""Samples of each split: the vendor's, the devices', and the ones that nobody learns from."""
FULL_SCALE = 16
SIDE = 8
"""Rows and columns of an image."""
CLASSES = 10


def images(split: str, steps: int) -> Rated:
    """Return one split.

    The splits are disjoint, stratified, and the same everywhere: within each class, images are ordered by the
    SHA-256 of their pixels, then all classes are interleaved evenly and the order is cut in three.

    Parameters
    ----------
    split : str
        A key of ``SPLITS``.
    steps : int
        Time steps of each sample.

    Returns
    -------
    Rated
        Taken as spikes, ``x`` has shape (samples, steps, 64).
    """
    if split not in SPLITS:
        raise LavaFedError(f"digits have no split {split!r}; known: {', '.join(SPLITS)}")
    from sklearn.datasets import load_digits

    bunch = load_digits()
    pixels = bunch.data.astype(np.int64)
    labels = bunch.target.astype(np.int32)
    order = _interleaved(pixels, labels)
    first = sum(list(SPLITS.values())[: list(SPLITS).index(split)])
    chosen = order[first : first + SPLITS[split]]
    return Rated(
        pixels=pixels[chosen].astype(np.uint8).reshape(-1, SIDE, SIDE),
        y=labels[chosen],
        classes=CLASSES,
        title=f"handwritten digits, {split} split",
        white=FULL_SCALE,
        steps=steps,
    )


def _interleaved(images: NDArray[np.int64], labels: NDArray[np.int32]) -> NDArray[np.int64]:
    """Order all samples so that every stretch of the order holds the classes in their overall proportion."""
    position = np.empty(len(labels))
    for label in range(CLASSES):
        members = np.flatnonzero(labels == label)
        hashes = [hashlib.sha256(images[i].astype("<i8").tobytes()).hexdigest() for i in members]
        rank = np.argsort(np.array(hashes), kind="stable")
        position[members[rank]] = (np.arange(len(members)) + 0.5) / len(members)
    order: NDArray[np.int64] = np.lexsort((labels, position)).astype(np.int64)
    return order
