"""What the synapses of a connection can sum to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.network import Connection
from hardware.ranges.interval import WORD_BITS, Interval
from hardware.synapses.convolution import SUM_BITS, Convolution
from hardware.synapses.dense import Dense
from hardware.synapses.sparse import Sparse
from hardware.synapses.synapse import Synapse

_SAFE = 1 << 62
"""Magnitude up to which sums are taken in 64 bits."""


@dataclass(frozen=True)
class SumRange:
    """What a connection can sum to and deliver.

    A message may always be missing, so each interval holds 0, and with the whole sum of a target also every sum of
    some of its synapses: whatever the order of additions, no partial sum or product leaves ``total``.

    Attributes
    ----------
    messages : Interval
        What its source sends.
    weights : Interval
        Weights, now or once they have learned.
    shift : int
        Low bits that are 0 in every weight, now or once they have learned.
    magnitude : int
        Largest sum of the weights' magnitudes at one target for one delay.
    total : Interval
        Sum of weight times message for one delay, before anything is cut off.
    kept_bits : int
        24 for a plain convolution, else 32: the low bits of ``total`` that are kept.
    scaled : Interval
        Sum of one delay after the exponent, before it is cut to 32 bits.
    delivered : Interval
        What is left of ``scaled``, a 32-bit word.
    arriving : Interval
        What arrives at a target in one step, all delays together, before it is added up to a 32-bit word.
    """

    messages: Interval
    weights: Interval
    shift: int
    magnitude: int
    total: Interval
    kept_bits: int
    scaled: Interval
    delivered: Interval
    arriving: Interval

    @property
    def exact(self) -> bool:
        """Whether cutting the sum to ``kept_bits`` changes nothing."""
        return self.total.fits(self.kept_bits)

    @property
    def exact_after_exponent(self) -> bool:
        """Whether cutting the sum to 32 bits after the exponent changes nothing either."""
        return self.exact and self.scaled.fits(WORD_BITS)

    @property
    def shifted(self) -> Interval:
        """``total`` where each weight is shifted right by ``shift``, which loses nothing."""
        return self.total.scaled(-self.shift)

    def fits(self, bits: int) -> bool:
        """Say whether a signed integer of ``bits`` holds every sum and partial sum of the shifted weights."""
        return self.shifted.fits(bits)

    def message_limit(self, bits: int) -> int:
        """Return the magnitude that messages may have for sums of shifted weights to fit ``bits``.

        It allows every sign of every message, so a step whose messages stay within it can be summed in ``bits``.
        """
        most = (1 << (bits - 1)) - 1
        return most // (self.magnitude >> self.shift) if self.magnitude else most


@dataclass(frozen=True, eq=False)
class WeightSums:
    """Sums of the weights of either sign at each target, which bound any sum with messages.

    Attributes
    ----------
    positive, negative : int64 array, shape (delays, targets)
        Sum of the weights above and below 0, for each delay on its own. Of a convolution the targets stand for the
        channels: the sums run over the whole kernel, which units at the image's border do not see in full.
    weights : Interval
        See ``SumRange``.
    magnitude, shift, kept_bits, exponent : int
        See ``SumRange``; the exponent of the synapses.
    """

    positive: NDArray[np.int64]
    negative: NDArray[np.int64]
    weights: Interval
    magnitude: int
    shift: int
    kept_bits: int
    exponent: int

    @classmethod
    def of(cls, connection: Connection) -> WeightSums:
        """Add up the weights of a connection; those that learn may have any value of ``learned_range``."""
        synapse = connection.synapse
        kept = WORD_BITS
        if isinstance(synapse, Convolution) and not synapse.transposed:
            kept = SUM_BITS
        if connection.rule is not None:
            weights = Interval(*connection.learned_range)
            fan = int(synapse.fan_in().max())
            positive, negative = (np.full((1, 1), end * fan) for end in (weights.high, weights.low))
            return cls(positive, negative, weights, weights.largest * fan, 0, kept, synapse.exponent)
        stored = synapse.weights
        common = int(np.bitwise_or.reduce(stored, axis=None))
        positive, negative = _by_sign(synapse)
        return cls(
            positive,
            negative,
            Interval(int(stored.min()), int(stored.max())),
            int((positive - negative).max()),
            (common & -common).bit_length() - 1 if common else 0,
            kept,
            synapse.exponent,
        )

    def of_messages(self, messages: Interval) -> SumRange:
        """Bound the sums with messages in an interval that holds 0."""
        low, high = self._ends(messages)
        total = _hull(low, high)
        low, high = _cut(low, high, self.kept_bits)
        low, high = (
            np.left_shift(end, self.exponent) if self.exponent > 0 else np.right_shift(end, -self.exponent)
            for end in (low, high)
        )
        scaled = _hull(low, high)
        low, high = _cut(low, high, WORD_BITS)
        return SumRange(
            messages,
            self.weights,
            self.shift,
            self.magnitude,
            total,
            self.kept_bits,
            scaled,
            _hull(low, high),
            _hull(low.sum(axis=0), high.sum(axis=0)),
        )

    def _ends(self, messages: Interval) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Least and greatest sum of each delay and target."""
        positive, negative = self.positive, self.negative
        if (int(positive.max()) - int(negative.min())) * max(messages.largest, 1) >= _SAFE:
            return np.full_like(positive, -_SAFE), np.full_like(positive, _SAFE)
        low = positive * messages.low + negative * messages.high
        return low, positive * messages.high + negative * messages.low


def _by_sign(synapse: Synapse) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Sum the weights above and below 0, each of shape (delays, targets)."""
    if isinstance(synapse, Sparse):
        return _by_cell(synapse, synapse.target_of, 1)
    if isinstance(synapse, Dense) and synapse.delays is not None:
        cells = synapse.delays * np.int64(synapse.targets) + np.arange(synapse.targets)[:, None]
        return _by_cell(synapse, cells.ravel(), synapse.longest_delay + 1)
    weights, axes = synapse.weights, tuple(range(1, synapse.weights.ndim))
    if isinstance(synapse, Convolution) and synapse.transposed:
        weights, axes = weights.reshape(synapse.groups, -1, *weights.shape[1:]), (1, 3, 4)
    positive = np.maximum(weights, 0).sum(axis=axes, dtype=np.int64).reshape(1, -1)
    return positive, weights.sum(axis=axes, dtype=np.int64).reshape(1, -1) - positive


def _by_cell(
    synapse: Synapse, cells: NDArray[np.integer[Any]], delays: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Sum the weights of each cell, one for each delay and target; exact, as doubles hold integers of 53 bits."""
    weights, size = synapse.weights.ravel(), delays * synapse.targets
    positive, negative = (
        np.bincount(cells, part, size).astype(np.int64).reshape(delays, -1)
        for part in (np.maximum(weights, 0), np.minimum(weights, 0))
    )
    return positive, negative


def _cut(
    low: NDArray[np.int64], high: NDArray[np.int64], bits: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Keep the low bits: an interval that does not fit becomes all that fits."""
    limit = 1 << (bits - 1)
    beyond = (low < -limit) | (high >= limit)
    if not beyond.any():
        return low, high
    return np.where(beyond, -limit, low), np.where(beyond, limit - 1, high)


def _hull(low: NDArray[np.int64], high: NDArray[np.int64]) -> Interval:
    return Interval(int(low.min()), int(high.max()))
