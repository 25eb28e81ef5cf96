"""One class that outweighs: each device has much of its own, a little of every other."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from lava_fed.partition.limits import check_enough


def dominant(
    labels: NDArray[np.integer[Any]],
    devices: int,
    share: float,
    rng: np.random.Generator,
    *,
    minimum: int = 1,
) -> list[NDArray[np.int64]]:
    """Give each device a share of one class, and equally many of all others.

    All devices get the same number of samples: the largest for which no class runs out. Device k gets
    ``round(share * number)`` of the class at position ``k mod classes``, and the rest from the other classes,
    whose numbers differ by one at most. No sample is used twice. Samples for which no device has room are left
    out; with as many of each class, as many devices as classes, and numbers that come out even, there are none.

    The strong skew of Event-FedAvg: ten devices of 6,000 images of Fashion-MNIST with 3,300 of one class and 300
    of each other, a share of 0.55.

    Parameters
    ----------
    labels : integer array, shape (samples,)
        Class of each sample.
    devices : int
        Number of devices.
    share : float
        Part of a device's samples that is of its own class, 0..1.
    rng : numpy.random.Generator
        Source of shuffles.
    minimum : int
        Fewest samples that a device may get, at least 1.

    Returns
    -------
    list of int64 arrays
        For each device its sample indices, ascending; no index twice.

    Raises
    ------
    LavaFedError
        Where the arguments are out of range, or the samples do not reach.
    """
    check_enough(len(labels), devices, minimum)
    if not 0 <= share <= 1:
        raise LavaFedError(f"partition by a dominant class: share {share} must lie in 0..1")
    known, there = np.unique(labels, return_counts=True)
    if len(known) == 1 and share < 1:
        raise LavaFedError("partition by a dominant class: the data have one class only, so the share must be 1")
    counts = _largest(devices, share, there)
    size = int(counts[0].sum())
    if size < minimum:
        raise LavaFedError(
            f"partition by a dominant class: each of {devices} devices would get {size} samples, fewer than "
            f"{minimum}; use fewer devices or a lower minimum"
        )
    parts: list[list[NDArray[np.int64]]] = [[] for _ in range(devices)]
    for number, label in enumerate(known):
        members = rng.permutation(np.flatnonzero(labels == label))
        ends = np.cumsum(counts[:, number])
        for part, piece in zip(parts, np.split(members[: ends[-1]], ends[:-1]), strict=True):
            part.append(piece)
    return [np.sort(np.concatenate(part)).astype(np.int64) for part in parts]


def _largest(devices: int, share: float, there: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return samples of each class on each device, shape (devices, classes), as many as there are."""
    for size in range(int(there.sum()) // devices, 0, -1):
        counts = _counts(devices, len(there), size, share)
        if np.all(counts.sum(axis=0) <= there):
            return counts
    return np.zeros((devices, len(there)), np.int64)


def _counts(devices: int, classes: int, size: int, share: float) -> NDArray[np.int64]:
    """Return samples of each class on each device, shape (devices, classes), for devices of one size."""
    own = size if classes == 1 else round(share * size)
    each, more = divmod(size - own, max(1, classes - 1))
    place = (np.arange(classes) - np.arange(devices)[:, np.newaxis]) % classes
    # place 0 is the device's own class; those who get one more move on with every round of the classes
    turn = (np.arange(devices)[:, np.newaxis] // classes) * more
    extra = (place - 1 - turn) % max(1, classes - 1) < more
    return np.where(place == 0, own, each + extra).astype(np.int64)
