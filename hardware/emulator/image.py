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


@dataclass(frozen=True, eq=False)
class Slots:
    """Where the kernel's flat arrays hold each named thing.

    Attributes
    ----------
    populations : dict of str to slice
        Units of a population.
    orders : dict of str to Order
        The order in which they are kept.
    weights : dict of str to (slice, (sources, targets))
        Weights of a connection that learns, stored source by source.
    places : dict of str to Places
        Traces and tags of a plastic connection.
    sources, targets : dict of str to str
        The populations that a plastic connection joins.
    """

    populations: dict[str, slice]
    orders: dict[str, Order]
    weights: dict[str, tuple[slice, tuple[int, int]]]
    places: dict[str, Places]
    sources: dict[str, str]
    targets: dict[str, str]

    def matrix(self, connection: str, kept: NDArray[Element]) -> NDArray[Element]:
        """Turn weights as they are kept, (..., sources, targets), into a matrix (targets, sources)."""
        source, target = self.orders[self.sources[connection]], self.orders[self.targets[connection]]
        return source.restored(np.swapaxes(target.restored(kept), -1, -2))

    def kept(self, connection: str, matrix: NDArray[Element]) -> NDArray[Element]:
        """Turn a matrix (targets, sources) around: what ``matrix`` gives back."""
        source, target = self.orders[self.sources[connection]], self.orders[self.targets[connection]]
        return target.arranged(np.swapaxes(source.arranged(matrix), -1, -2))
