"""Synapses laid out for the kernels, in the smallest form that gives every bit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from hardware.emulator import tables as t
from hardware.emulator.arrays import aligned
from hardware.emulator.blocks import BLOCK
from hardware.emulator.image_convolution import fill_convolution, spread_kernel, sum_of_all
from hardware.emulator.image_order import Order, is_one_to_one
from hardware.emulator.image_patterns import is_tabled, pattern_sums
from hardware.emulator.image_windows import has_windows, listens_from, window_kernel, window_shape
from hardware.ranges.sums import SumRange
from hardware.synapses.convolution import SUM_BITS, Convolution
from hardware.synapses.dense import Dense
from hardware.synapses.sparse import Sparse
from hardware.synapses.synapse import Synapse

Element = TypeVar("Element", bound=np.generic)
_SHORT_BITS = 16
SPARSE_BYTES = 6
"""A listed synapse takes so many bytes; a dense matrix of bytes is smaller where it has fewer empty places."""


class Store(Generic[Element]):
    """Arrays that will lie in one row.

    Parameters
    ----------
    dtype : type
        Of all of them.
    """

    def __init__(self, dtype: type[Element]) -> None:
        self._parts: list[NDArray[Element]] = [np.zeros(0, dtype)]
        self.size, self.zeros = 0, BLOCK

    def add(self, array: NDArray[Any]) -> int:
        """Append an array, and return where it begins."""
        begin = self.size
        self._parts.append(np.ascontiguousarray(array, self._parts[0].dtype).ravel())
        self.size += array.size
        return begin

    def joined(self) -> NDArray[Element]:
        """Return everything in one row, and the zeros that kernels may read beyond it."""
        joined = aligned(self.size + self.zeros, self._parts[0].dtype)
        np.concatenate(self._parts, out=joined[: self.size])
        return joined


@dataclass
class Bank:
    """What the connections laid out so far need beside their rows; networks that are laid out together share it.

    Attributes
    ----------
    narrow, wide : Store
        Weights that learning does not change, int8 and int16.
    indices : Store
        See ``Image.indices``.
    delays : Store
        See ``Image.delays``.
    short_totals, totals : Store
        Sums of all weights of each target, in the units of the weights, int16 and int32.
    known : dict
        Rows of synapses that were laid out already.
    """

    narrow: Store[np.int8] = field(default_factory=lambda: Store(np.int8))
    wide: Store[np.int16] = field(default_factory=lambda: Store(np.int16))
    indices: Store[np.int32] = field(default_factory=lambda: Store(np.int32))
    delays: Store[np.uint8] = field(default_factory=lambda: Store(np.uint8))
    short_totals: Store[np.int16] = field(default_factory=lambda: Store(np.int16))
    totals: Store[np.int32] = field(default_factory=lambda: Store(np.int32))
    known: dict[tuple[int, Order, Order], tuple[Synapse, NDArray[np.int64]]] = field(default_factory=dict)


def fill_synapse(
    row: NDArray[np.int64], synapse: Synapse, sums: SumRange, source: Order, target: Order, bank: Bank
) -> None:
    """Write what the kernels know about synapses that do not learn.

    Parameters
    ----------
    row : int64 array, shape (CONNECTION_COLUMNS,)
        Its row of the connection table.
    synapse : Synapse
        The weights, in any encoding.
    sums : SumRange
        What plain spikes can sum to.
    source, target : Order
        How the populations at both ends are kept.
    bank : Bank
        Receives weights and indices, unless it has them already.

    Raises
    ------
    TypeError
        Where no kernel knows the encoding.
    """
    key = (id(synapse), source, target)
    if key not in bank.known:
        fresh = np.zeros_like(row)
        fresh[[t.UNIT, t.SHORT]] = sums.shift, sums.fits(_SHORT_BITS)
        _fill(fresh, synapse, source, target, bank)
        bank.known[key] = (synapse, fresh)
    row[_OWN] = bank.known[key][1][_OWN]


_OWN = [t.WEIGHT, t.EXPONENT, t.ENCODING, t.INDEX, t.DELAY, t.FAN, *range(t.STORE, t.ZEROS + 1)]
_OWN += [t.PATTERNS, t.WINDOWS, t.FRAME, t.LISTENS]
"""Columns that depend on synapses and orders alone."""


def _fill(row: NDArray[np.int64], synapse: Synapse, source: Order, target: Order, bank: Bank) -> None:
    row[[t.EXPONENT, t.BITS, t.TOTAL, t.FAN, t.PATTERNS, t.WINDOWS]] = synapse.exponent, 32, -1, -1, -1, -1
    row[t.REACHES] = int(synapse.fan_out().sum())
    if isinstance(synapse, Convolution):
        if _fits(source, synapse.source_shape[0]) and _fits(target, synapse.target_shape[0]):
            row[t.ENCODING] = t.CONVOLUTION
            row[t.BITS] = 32 if synapse.transposed else SUM_BITS
            indices = fill_convolution(row, synapse, bank.indices.size)
            bank.indices.add(indices)
            row[t.ZEROS] = row[t.ROW_SIZE]
            for store in (bank.narrow, bank.wide):
                store.zeros = max(store.zeros, int(row[t.ROW_SIZE]))
            _store(row, spread_kernel(synapse), sum_of_all(synapse), bank)
            if row[t.SHORT] and has_windows(synapse):
                _fill_windows(row, synapse, bank)
            return
        row[t.BITS] = 32 if synapse.transposed else SUM_BITS
        target_of, source_of, weight_of = synapse.pairs()
        _fill_listed(row, synapse.weights.ravel()[weight_of], target_of, source_of, source, target, bank)
    elif isinstance(synapse, Dense):
        _fill_dense(row, synapse, source, target, bank)
    elif isinstance(synapse, Sparse):
        if is_one_to_one(synapse) and source == target:
            row[t.ENCODING] = t.ONE_TO_ONE
            _store(row, synapse.weights[source.kept()], None, bank)
            return
        _fill_listed(row, synapse.weights, synapse.target_of, synapse.source_of, source, target, bank)
    else:
        raise TypeError(f"the emulator has no kernel for {synapse.kind} synapses")


def _fill_windows(row: NDArray[np.int64], synapse: Convolution, bank: Bank) -> None:
    kernel = synapse.weights >> row[t.UNIT]
    row[t.TARGETS] = synapse.targets
    row[t.FRAME], row[t.WINDOWS] = bank.indices.add(window_shape(synapse)), bank.narrow.add(window_kernel(kernel))
    row[t.LISTENS] = listens_from(row)
    if is_tabled(synapse):
        row[t.PATTERNS] = bank.wide.add(pattern_sums(kernel))


def _fits(order: Order, channels: int) -> bool:
    return order.channels == channels or (order.plain and channels in (1, order.units))


def _fill_dense(row: NDArray[np.int64], synapse: Dense, source: Order, target: Order, bank: Bank) -> None:
    weights = synapse.weights.T[source.kept()][:, target.kept()]
    if synapse.delays is not None:
        row[[t.ENCODING, t.STORE, t.UNIT]] = t.LATE, t.WIDE_WEIGHTS, 0
        row[t.WEIGHT] = bank.wide.add(weights)
        row[t.DELAY] = bank.delays.add(synapse.delays.T[source.kept()][:, target.kept()])
        return
    row[t.ENCODING] = t.DENSE
    _store_matrix(row, weights, bank)


def _fill_listed(
    row: NDArray[np.int64],
    weights: NDArray[np.int16],
    target_of: NDArray[Any],
    source_of: NDArray[Any],
    source: Order,
    target: Order,
    bank: Bank,
) -> None:
    """List synapses by source, or, where a matrix is smaller, spread them out into one."""
    source_of, target_of = source.places()[source_of], target.places()[target_of]
    if SPARSE_BYTES * weights.size >= source.units * target.units:
        matrix = np.zeros((source.units, target.units), np.int16)
        matrix[source_of, target_of] = weights
        row[t.ENCODING] = t.DENSE
        row[t.FAN] = bank.indices.add(np.bincount(source_of, minlength=source.units))
        _store_matrix(row, matrix, bank)
        return
    order = np.lexsort((target_of, source_of))
    begins = np.searchsorted(source_of[order], np.arange(source.units + 1))
    row[t.ENCODING] = t.SPARSE
    row[t.INDEX] = bank.indices.add(np.concatenate([begins, target_of[order]]))
    _store(row, weights[order], None, bank)


def _store_matrix(row: NDArray[np.int64], weights: NDArray[np.int16], bank: Bank) -> None:
    """Store weights of shape (sources, targets)."""
    _store(row, weights, weights.sum(axis=0, dtype=np.int64), bank)


def _store(
    row: NDArray[np.int64], weights: NDArray[np.int16], total: NDArray[np.int64] | None, bank: Bank
) -> None:
    """Store weights without the low bits that all of them lack, in 8 bits where they fit.

    Sums of plain spikes that fit 16 bits may be taken in 16 bits in any order, also as the sum of all less
    those of the silent: what leaves 16 bits on the way comes back into them.
    """
    units, narrow = weights >> row[t.UNIT], np.iinfo(np.int8)
    fits = narrow.min <= units.min() and units.max() <= narrow.max
    row[t.STORE] = t.NARROW_WEIGHTS if fits else t.WIDE_WEIGHTS
    row[t.WEIGHT] = bank.narrow.add(units) if fits else bank.wide.add(units)
    row[t.SHORT] &= fits
    if total is not None:
        row[t.TOTAL] = (bank.short_totals if row[t.SHORT] else bank.totals).add(total >> row[t.UNIT])
