"""Data sets by name."""

from __future__ import annotations

from collections.abc import Callable

from hardware.errors import LavaFedError
from lava_fed.data import digits
from lava_fed.data.dataset import DataSet

_LOADERS: dict[str, tuple[tuple[str, ...], Callable[[str, int], DataSet]]] = {
    "digits": (tuple(digits.SPLITS), digits.load),
}


def names() -> list[str]:
    """Return the names of all data sets, sorted."""
    return sorted(_LOADERS)


def splits(name: str) -> tuple[str, ...]:
    """Return the splits of a data set.

    Raises
    ------
    LavaFedError
        Where no data set has that name.
    """
    if name not in _LOADERS:
        raise LavaFedError(f"no data set is called {name!r}; known: {', '.join(names())}")
    return _LOADERS[name][0]


def load(name: str, split: str, steps: int) -> DataSet:
    """Return one split of a named data set.

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
        raise LavaFedError(f"data set {name!r} has no split {split!r}; known: {', '.join(_LOADERS[name][0])}")
    return _LOADERS[name][1](split, steps)
