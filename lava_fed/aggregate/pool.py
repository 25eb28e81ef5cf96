"""Prototypes of one class that look for rows."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lava_fed.aggregate.distances import squared_norm
from lava_fed.aggregate.mean import exact_mean


@dataclass(frozen=True, eq=False)
class Prototype:
    """The weights of one unit.

    Attributes
    ----------
    values : int64 array, shape (sources,)
        In master units.
    weight : int
        Samples that it stands for, at least 1.
    row : int or None
        Where it is; ``None`` where it looks for a row.
    """

    values: NDArray[np.int64]
    weight: int
    row: int | None

    @property
    def rank(self) -> tuple[int, int, tuple[int, ...]]:
        """Place in the order: old ones by row, then new ones by weight and values."""
        if self.row is not None:
            return (0, self.row, ())
        return (1, -self.weight, tuple(self.values.tolist()))

    def joined(self, other: Prototype) -> Prototype:
        """Return the mean of two by weight, in the lower of their rows."""
        total = self.weight + other.weight
        values = exact_mean((self.values, other.values), (self.weight, other.weight), total)
        rows = [row for row in (self.row, other.row) if row is not None]
        return Prototype(values, total, min(rows, default=None))


@dataclass(frozen=True)
class Pool:
    """Prototypes of one class, in order.

    Attributes
    ----------
    prototypes : tuple of Prototype
        Old ones before new ones; no two new ones are equal.
    """

    prototypes: tuple[Prototype, ...]

    @classmethod
    def of(cls, prototypes: Sequence[Prototype]) -> Pool:
        """Order prototypes, and join new ones that are equal."""
        old = [each for each in prototypes if each.row is not None]
        new: dict[bytes, Prototype] = {}
        for each in prototypes:
            if each.row is None:
                key = each.values.tobytes()
                weight = each.weight + (new[key].weight if key in new else 0)
                new[key] = Prototype(each.values, weight, None)
        return cls(tuple(sorted([*old, *new.values()], key=lambda each: each.rank)))

    def fitted(self, most: int) -> Pool:
        """Return a pool of at most so many, the two nearest joined again and again."""
        members = dict(enumerate(self.prototypes))
        distances = {pair: _distance(*(members[k] for k in pair)) for pair in itertools.combinations(members, 2)}
        while len(members) > most:
            # Equally near: those that come first in the order, whatever their keys are.
            first, second = min(
                distances, key=lambda pair: (distances[pair], *sorted(members[k].rank for k in pair))
            )
            joined, key = members[first].joined(members[second]), max(members) + 1
            members = {k: each for k, each in members.items() if k not in (first, second)}
            distances = {
                pair: distance for pair, distance in distances.items() if first not in pair and second not in pair
            }
            distances |= {(k, key): _distance(each, joined) for k, each in members.items()}
            members[key] = joined
        return Pool(tuple(sorted(members.values(), key=lambda each: each.rank)))

    def placed(self, rows: NDArray[np.int64]) -> Iterator[tuple[int, Prototype]]:
        """Yield each prototype with its row, fewer than there are rows or as many."""
        fitted = self.fitted(len(rows))
        taken = {each.row for each in fitted.prototypes}
        free = (int(row) for row in rows if int(row) not in taken)
        for each in fitted.prototypes:
            yield (next(free) if each.row is None else each.row), each


def _distance(first: Prototype, second: Prototype) -> int:
    return squared_norm({"": first.values - second.values})
