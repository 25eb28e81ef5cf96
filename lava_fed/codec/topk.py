"""The codec that sends the largest changes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from lava_fed.codec.codec import Change, Codec
from lava_fed.codec.options import check_choice, check_number, check_whole
from lava_fed.codec.rounding import at_random, rounded_up, to_nearest
from lava_fed.errors import ConfigError

MESSAGE, CONNECTION = "message", "connection"
NEAREST, STOCHASTIC = "nearest", "stochastic"


@dataclass(frozen=True)
class TopK(Codec):
    """Sends the changes that are largest in magnitude, each in a few bits.

    Aji & Heafield, "Sparse Communication for Distributed Gradient Descent", EMNLP 2017. Among equals the first
    ones are sent, by connection, then row by row.

    Attributes
    ----------
    fraction : float
        Share of the weights whose change is sent, above 0, up to 1; rounded up to whole weights.
    count : int
        How many instead, 0 for ``fraction``.
    among : str
        ``"message"``: the largest of all connections together; ``"connection"``: that many of each.
    bits : int
        Of a value, its sign among them, 1..16: ``2^(bits - 1)`` sizes up to the largest of its connection. With
        one bit all have the mean size.
    rounding : str
        ``"nearest"``, and never to zero; ``"stochastic"``, right on average.
    """

    name: ClassVar[str] = "topk"

    fraction: float = 0.01
    count: int = 0
    among: str = MESSAGE
    bits: int = 3
    rounding: str = NEAREST

    def __post_init__(self) -> None:
        """Check the options."""
        check_number(self.name, "fraction", self.fraction, 1e-9, 1)
        check_whole(self.name, "count", self.count, 0, 2**31 - 1)
        if self.count and self.fraction != type(self).fraction:
            raise ConfigError(
                f"codec topk: count = {self.count} and fraction = {self.fraction:g} say two things; leave one out"
            )
        check_choice(self.name, "among", self.among, MESSAGE, CONNECTION)
        check_whole(self.name, "bits", self.bits, 1, 16)
        check_choice(self.name, "rounding", self.rounding, NEAREST, STOCHASTIC)

    def reduce(self, change: Change, rng: np.random.Generator) -> dict[str, NDArray[np.int32]]:
        """Return the largest changes, and zero for the rest."""
        names = sorted(change)
        if self.among == MESSAGE:
            kept = self._largest(np.concatenate([change[name].ravel() for name in names]).astype(np.int64))
            ends = np.cumsum([change[name].size for name in names])[:-1]
            parts = [
                part.reshape(change[name].shape) for name, part in zip(names, np.split(kept, ends), strict=True)
            ]
        else:
            parts = [
                self._largest(change[name].ravel().astype(np.int64)).reshape(change[name].shape) for name in names
            ]
        return {name: self._rounded(part, rng) for name, part in zip(names, parts, strict=True)}

    def _largest(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        count = min(self.count or math.ceil(self.fraction * values.size), values.size)
        sizes = np.abs(values)
        edge = np.partition(sizes, values.size - count)[values.size - count]
        chosen = sizes > edge
        chosen[np.flatnonzero(sizes == edge)[: count - np.count_nonzero(chosen)]] = True
        return np.where(chosen, values, 0)

    def _rounded(self, values: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int32]:
        sizes = np.abs(values[values != 0])
        if not sizes.size:
            return values.astype(np.int32)
        levels = 1 << (self.bits - 1)
        quantum = rounded_up(int(sizes.sum()) // sizes.size if levels == 1 else -(-int(sizes.max()) // levels))
        if self.rounding == STOCHASTIC:
            return at_random(values, quantum, rng)
        if levels == 1:
            return (np.sign(values) * quantum).astype(np.int32)
        return to_nearest(values, quantum, least=1)
