"""Synapses that learn, laid out for the kernels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.emulator import tables as t
from hardware.emulator.image import Kept
from hardware.emulator.image_order import Order
from hardware.emulator.image_synapses import Bank
from hardware.synapses.convolution import SUM_BITS, Convolution
from hardware.synapses.sparse import Sparse
from hardware.synapses.synapse import Synapse


def fill_plastic(
    row: NDArray[np.int64], synapse: Synapse, source: Order, target: Order, start: int, bank: Bank
) -> tuple[NDArray[np.int16], Kept]:
    """Write what the kernels know about synapses that learn.

    Parameters
    ----------
    row : int64 array, shape (CONNECTION_COLUMNS,)
        Its row of the connection table.
    synapse : Synapse
        The weights at first.
    source, target : Order
        How the populations at both ends are kept.
    start : int
        Where its weights will begin.
    bank : Bank
        Receives indices.

    Returns
    -------
    weights : int16 array
        What is to be kept from ``start`` on.
    kept : Kept
        How.
    """
    row[[t.STORE, t.WEIGHT, t.BITS, t.EXPONENT]] = t.PLASTIC_WEIGHTS, start, 32, synapse.exponent
    row[[t.TOTAL, t.FAN, t.PATTERNS, t.WINDOWS, t.SHARED]] = -1, -1, -1, -1, -1
    row[t.REACHES] = int(synapse.fan_out().sum())
    if isinstance(synapse, Sparse):
        order = _list_by_source(row, synapse.target_of, synapse.source_of, source, target, bank)
        part = slice(start, start + order.size)
        return synapse.weights[order], Kept(part, synapse.weights.shape, order)
    if isinstance(synapse, Convolution):
        return _fill_shared(row, synapse, source, target, start, bank)
    row[t.ENCODING] = t.DENSE
    weights = synapse.weights.T[source.kept()][:, target.kept()].ravel()
    return weights, Kept(slice(start, start + weights.size), synapse.weights.shape)


def _list_by_source(
    row: NDArray[np.int64],
    target_of: NDArray[np.integer[Any]],
    source_of: NDArray[np.integer[Any]],
    source: Order,
    target: Order,
    bank: Bank,
) -> NDArray[np.int64]:
    """List synapses source by source; return the number of each one in the list."""
    sources, targets = source.places()[source_of], target.places()[target_of]
    order: NDArray[np.int64] = np.lexsort((targets, sources))
    begins = np.searchsorted(sources[order], np.arange(source.units + 1))
    row[t.ENCODING] = t.SPARSE
    row[t.INDEX] = bank.indices.add(np.concatenate([begins, targets[order]]))
    return order


def _fill_shared(
    row: NDArray[np.int64], synapse: Convolution, source: Order, target: Order, start: int, bank: Bank
) -> tuple[NDArray[np.int16], Kept]:
    """List every place of a convolution, by source with a copy of its weight, and by target to learn."""
    target_of, source_of, weight_of = synapse.pairs()
    weights, order = synapse.weights.ravel(), _list_by_source(row, target_of, source_of, source, target, bank)
    copy_of = weight_of[order]
    by_target = np.lexsort((source_of, target_of))
    begins = np.searchsorted(target_of[by_target], np.arange(target.units + 1))
    synapse_at = np.empty_like(order)
    synapse_at[order] = np.arange(order.size)
    listed = source.places()[source_of[by_target]], synapse_at[by_target], weight_of[by_target]
    row[t.SHARED] = bank.indices.add(np.concatenate([begins, target.places(), *listed]))
    row[t.BITS] = 32 if synapse.transposed else SUM_BITS
    first = start + copy_of.size
    row[[t.MASTER, t.MASTERS]] = first, weights.size
    kept = Kept(
        slice(first, first + weights.size),
        synapse.weights.shape,
        np.arange(weights.size),
        slice(start, first),
        copy_of,
    )
    return np.concatenate([weights[copy_of], weights]), kept
