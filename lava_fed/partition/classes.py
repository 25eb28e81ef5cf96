"""Few classes: each device sees the same number of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from lava_fed.partition.limits import check_enough


def by_classes(
    labels: NDArray[np.integer[Any]],
    devices: int,
    classes: int,
    rng: np.random.Generator,
    *,
    minimum: int = 1,
) -> list[NDArray[np.int64]]:
    """Deal the samples out so that each device sees exactly ``classes`` classes.

    One device after the other takes the classes that the fewest have taken so far, ties broken at random, so the
    numbers of devices that hold two classes differ by one at most. Then the shuffled samples of each class are
    shared equally among those who hold it.

    After the pathological partition of McMahan et al., "Communication-Efficient Learning of Deep Networks from
    Decentralized Data", AISTATS 2017, where each device gets two of 200 stretches of the samples sorted by label;
    there both may be of one class, or one may hold two.

    Parameters
    ----------
    labels : integer array, shape (samples,)
        Class of each sample.
    devices : int
        Number of devices.
    classes : int
        Classes of each device, at least 1 and at most those that there are.
    rng : numpy.random.Generator
        Source of ties and shuffles.
    minimum : int
        Fewest samples that a device may get, at least 1.

    Returns
    -------
    list of int64 arrays
        For each device its sample indices, ascending; together each sample once.

    Raises
    ------
    LavaFedError
        Where the arguments are out of range, a class would belong to nobody, or a share would be too small.
    """
    check_enough(len(labels), devices, minimum)
    known = np.unique(labels)
    if not 1 <= classes <= len(known):
        raise LavaFedError(
            f"partition by classes: {classes} classes a device must lie in 1..{len(known)}, those of the data"
        )
    if devices * classes < len(known):
        raise LavaFedError(
            f"partition by classes: {devices} devices of {classes} classes each leave some of {len(known)} "
            "classes out; raise one of both"
        )
    held = _held(devices, classes, len(known), rng)
    parts: list[list[NDArray[np.int64]]] = [[] for _ in range(devices)]
    for number, label in enumerate(known):
        holders = np.flatnonzero(held[:, number])
        members = np.flatnonzero(labels == label)
        if len(members) < len(holders):
            raise LavaFedError(
                f"partition by classes: {len(members)} samples of class {label} are too few for the "
                f"{len(holders)} devices that hold it; use fewer devices"
            )
        for device, piece in zip(holders, np.array_split(rng.permutation(members), len(holders)), strict=True):
            parts[device].append(piece)
    dealt = [np.sort(np.concatenate(part)).astype(np.int64) for part in parts]
    least = min(len(part) for part in dealt)
    if least < minimum:
        raise LavaFedError(
            f"partition by classes: a device would get {least} samples, fewer than {minimum}; use fewer devices, "
            "more classes or a lower minimum"
        )
    return dealt


def _held(devices: int, classes: int, known: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Draw which device holds which class, shape (devices, known)."""
    held, taken = np.zeros((devices, known), bool), np.zeros(known, np.int64)
    for device in range(devices):
        chosen = np.lexsort((rng.random(known), taken))[:classes]
        held[device, chosen] = True
        taken[chosen] += 1
    return held
