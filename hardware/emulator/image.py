"""Flat tables that the kernels read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hardware.emulator.image_learning import Places
from hardware.emulator.image_order import Element, Order


class Image(NamedTuple):
    """Tables that a kernel reads; units are numbered input first, then layer by layer.

    Attributes
    ----------
    layers, populations, connections, rules, products, parts : int64 array, shape (rows, columns)
        See the column names of ``tables``.
    factors : float64 array, shape (connections, 5)
        Decay factors of the traces x1, x2, y1, y2 and y3.
    parameters : int32 array, shape (PARAMETER_ROWS, units)
        Parameters of neurons; 0 for the input.
    rest : int32 array, shape (STATE_ROWS, units)
        State at the beginning of a sample.
    ranks : int32 array, shape (units,)
        Number of the unit at each place, within its population.
    narrow, wide : int8 and int16 array
        Weights that learning does not change, source by source.
    indices : int32 array
        Of a sparse connection: where the synapses of each source begin, then all their targets; of a convolution
        see ``fill_convolution``; of some dense ones how many synapses each source has.
    delays : uint8 array
        Further steps of each synapse, source by source, for the dense connections that have any.
    short_totals, totals : int16 and int32 array
        Sum of all weights of each target.
    sizes : int64 array, shape (9,)
        Sums under way, messages under way, sums of a connection in 32 and in 16 bits, traces, tags, rows of a
        lesson, and its columns, pixels of an image or places of patterns.
    """

    layers: NDArray[np.int64]
    populations: NDArray[np.int64]
    connections: NDArray[np.int64]
    rules: NDArray[np.int64]
    products: NDArray[np.int64]
    parts: NDArray[np.int64]
    factors: NDArray[np.float64]
    parameters: NDArray[np.int32]
    rest: NDArray[np.int32]
    ranks: NDArray[np.int32]
    narrow: NDArray[np.int8]
    wide: NDArray[np.int16]
    indices: NDArray[np.int32]
    delays: NDArray[np.uint8]
    short_totals: NDArray[np.int16]
    totals: NDArray[np.int32]
    sizes: NDArray[np.int64]


class Kept(NamedTuple):
    """Where and how the weights of a connection that learns are kept.

    Attributes
    ----------
    part : slice
        Where they are.
    shape : tuple of int
        Shape in the network, (targets, sources) of dense ones.
    order : int64 array, shape (weights,), or None
        Number of each one in the network; ``None`` of dense ones, which are kept source by source.
    copies : slice
        Copies of shared weights, one for each place; empty where nothing is shared.
    copy_of : int64 array, shape (copies,), or None
        The weight that each is a copy of.
    """

    part: slice
    shape: tuple[int, ...]
    order: NDArray[np.int64] | None = None
    copies: slice = slice(0, 0)
    copy_of: NDArray[np.int64] | None = None


@dataclass(frozen=True, eq=False)
class Slots:
    """Where the kernel's flat arrays hold each named thing.

    Attributes
    ----------
    populations : dict of str to slice
        Units of a population.
    orders : dict of str to Order
        The order in which they are kept.
    weights : dict of str to Kept
        Weights of a connection that learns.
    places : dict of str to Places
        Traces and tags of a plastic connection.
    sources, targets : dict of str to str
        The populations that a plastic connection joins.
    """

    populations: dict[str, slice]
    orders: dict[str, Order]
    weights: dict[str, Kept]
    places: dict[str, Places]
    sources: dict[str, str]
    targets: dict[str, str]

    def restored(self, connection: str, kept: NDArray[Element]) -> NDArray[Element]:
        """Turn weights or tags as they are kept, (..., weights), into the shape that they have in the network."""
        own, before = self.weights[connection], kept.shape[:-1]
        if own.order is not None:
            found = np.empty_like(kept)
            found[..., own.order] = kept
            return found.reshape(*before, *own.shape)
        source, target = self.orders[self.sources[connection]], self.orders[self.targets[connection]]
        turned = kept.reshape(*before, *own.shape[::-1])
        return source.restored(np.swapaxes(target.restored(turned), -1, -2))

    def keep(self, plastic: NDArray[np.int16], connection: str, weights: NDArray[np.int16]) -> None:
        """Write the weights of a connection among those of all."""
        own = self.weights[connection]
        if own.order is not None:
            plastic[own.part] = weights.ravel()[own.order]
            plastic[own.copies] = [] if own.copy_of is None else weights.ravel()[own.copy_of]
            return
        source, target = self.orders[self.sources[connection]], self.orders[self.targets[connection]]
        plastic[own.part] = target.arranged(np.swapaxes(source.arranged(weights), -1, -2)).ravel()
