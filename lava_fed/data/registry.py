"""Data sets that are known by a name alone."""

from __future__ import annotations

from collections.abc import Callable

from hardware.errors import LavaFedError
from lava_fed.data import digits
from lava_fed.data.dataset import DataSet
from lava_fed.data.rated import Rated

_IMAGES: dict[str, tuple[tuple[str, ...], Callable[[str, int], Rated]]] = {
    "digits": (tuple(digits.SPLITS), digits.images),
}


def names() -> list[str]:
    """Return the names of all data sets, sorted."""
    return sorted(_IMAGES)


def splits(name: str) -> tuple[str, ...]:
    """Return the splits of a data set.

    Raises
    ------
    LavaFedError
        Where no data set has that name.
    """
    if name not in _IMAGES:
        raise LavaFedError(f"no data set is called {name!r}; known: {', '.join(names())}")
    return _IMAGES[name][0]


def images(name: str, split: str, steps: int) -> Rated:
    """Return one split of a named data set, whose images become spikes when they are taken.

    Parameters
    ----------
    name : str
        One of ``names()``.
    split : str
        One of ``splits(name)``.
    steps : int
        Time steps of each sample, 1..65535.

    Raises
    ------
    LavaFedError
        Where name or split is unknown, or the number of steps is out of range.
    """
    if split not in splits(name):
        raise LavaFedError(f"data set {name!r} has no split {split!r}; known: {', '.join(_IMAGES[name][0])}")
    return _IMAGES[name][1](split, steps)


def load(name: str, split: str, steps: int) -> DataSet:
    """Return one split of a named data set as spikes; see ``images``.

    Raises
    ------
    LavaFedError
        As ``images``, and where the spikes would be too large.
    """
    return images(name, split, steps).take(slice(None))
