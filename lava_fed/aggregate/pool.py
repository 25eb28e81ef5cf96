"""Prototypes of one class that look for rows."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lava_fed.aggregate.distances import squared_norm
from lava_fed.aggregate.mean import exact_mean

Rank = tuple[int, int, tuple[int, ...]]


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
    def rank(self) -> Rank:
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
        members = list(self.prototypes)
        away = {pair: _distance(*pair) for pair in itertools.combinations(members, 2) if len(members) > most}
        while len(members) > most:
            least = min(away.values())
            nearest = [pair for pair, distance in away.items() if distance == least]
            first, second = min(nearest, key=_ranks) if len(nearest) > 1 else nearest[0]
            joined = first.joined(second)
            members = [each for each in members if each is not first and each is not second]
            away = {pair: far for pair, far in away.items() if first not in pair and second not in pair}
            away |= {(each, joined): _distance(each, joined) for each in members}
            members.append(joined)
        return Pool(tuple(sorted(members, key=lambda each: each.rank)))

    def placed(self, rows: NDArray[np.int64]) -> Iterator[tuple[int, Prototype]]:
        """Yield each prototype with its row, fewer than there are rows or as many."""
        fitted = self.fitted(len(rows))
        taken = {each.row for each in fitted.prototypes}
        free = (int(row) for row in rows if int(row) not in taken)
        for each in fitted.prototypes:
            yield (next(free) if each.row is None else each.row), each


def _ranks(pair: tuple[Prototype, Prototype]) -> list[Rank]:
    """Return the places of two prototypes, the first one first, so that equally near pairs have an order."""
    return sorted(each.rank for each in pair)


def _distance(first: Prototype, second: Prototype) -> int:
    return squared_norm({"": first.values - second.values})
