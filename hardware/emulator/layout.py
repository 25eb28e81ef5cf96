"""A network laid out flat for the kernels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hardware.chip.widths import DECAY_UNITY
from hardware.emulator import tables as t
from hardware.emulator.blocks import BLOCK
from hardware.emulator.image import Image, Kept, Slots
from hardware.emulator.image_layers import fill_traffic, port_of
from hardware.emulator.image_learning import decay_factors, learning_tables, lesson_shape, places
from hardware.emulator.image_neurons import fill_neuron
from hardware.emulator.image_order import orders
from hardware.emulator.image_patterns import gathers_from
from hardware.emulator.image_plastic import fill_plastic
from hardware.emulator.image_synapses import Bank, fill_synapse
from hardware.emulator.kernels_events import SPARE
from hardware.emulator.proof import proved
from hardware.emulator.work import Work, allocate
from hardware.network import INPUT, Network
from hardware.ranges.analysis import ranges
from hardware.synapses.dense import Dense

LINE = 64
"""Populations begin at multiples of this, bytes of a cache line."""


@dataclass(frozen=True, eq=False)
class Layout:
    """A network as the kernels take it; any number of sessions may share it.

    Attributes
    ----------
    network : Network
        The network.
    image : Image
        Its tables.
    plastic : int16 array
        Weights of the connections that learn, as the network has them.
    slots : Slots
        Where things are.
    """

    network: Network
    image: Image
    plastic: NDArray[np.int16]
    slots: Slots
    _proved: dict[int, NDArray[np.bool_]]
    _images: dict[tuple[int | None, tuple[int, ...], frozenset[str]], Image] = field(default_factory=dict)
    _idle: list[Work] = field(default_factory=list)

    @contextmanager
    def work(self) -> Iterator[Work]:
        """Lend working memory to one thread at a time, all counts at 0; what was lent before is warm."""
        work = self._idle.pop() if self._idle else allocate(self.image)
        work.fired[:], work.spikes[:], work.operations[:] = 0, 0, 0
        yield work
        self._idle.append(work)

    def image_for(
        self, largest_input: int | None, trains: tuple[int, ...], probes: frozenset[str] = frozenset()
    ) -> Image:
        """Return the tables for a kind of run; made once, whatever the number of sessions.

        Parameters
        ----------
        largest_input : int or None
            Largest magnitude of an input message; ``None`` where they are plain spikes.
        trains : tuple of int
            Where the messages of each layer go, see the column TRAIN.
        probes : frozenset of str
            States that are recorded.
        """
        key = (largest_input, trains, probes)
        if key not in self._images:
            layers, populations = self.image.layers.copy(), self.image.populations.copy()
            if largest_input is not None:
                populations[0, [t.SENDS_INTEGERS, t.SILENCES]] = 1, 0
            layers[:, t.TRAIN] = trains
            layers[:, t.PROVED] = self._proves(largest_input or 1)
            layers[:, t.FORGETS] = layers[:, t.PROVED] & layers[:, t.UNIFORM]
            layers[:, t.FORGETS] &= layers[:, t.ALIKE_CURRENT_DECAY] == DECAY_UNITY
            layers[:, t.FORGETS] &= [f"{layer.name}.u" not in probes for layer in self.network.layers]
            self._images[key] = self.image._replace(layers=layers, populations=populations)
        return self._images[key]

    def _proves(self, largest_input: int) -> NDArray[np.bool_]:
        if largest_input not in self._proved:
            self._proved[largest_input] = proved(self.network, ranges(self.network, largest_input))
        return self._proved[largest_input]


def lay_out(networks: Sequence[Network]) -> list[Layout]:
    """Lay out networks that share arrays wherever they share synapses.

    Parameters
    ----------
    networks : sequence of Network
        The same one many times is laid out once.
    """
    bank, rows, done = Bank(), {}, {}
    for network in networks:
        if id(network) not in rows:
            rows[id(network)] = _Rows(network, bank)
    stores = (
        bank.narrow.joined(),
        bank.wide.joined(),
        bank.indices.joined(),
        bank.delays.joined(),
        bank.short_totals.joined(),
        bank.totals.joined(),
    )
    for key, laid_out in rows.items():
        done[key] = laid_out.layout(*stores)
    return [done[id(network)] for network in networks]


class _Rows:
    """The rows of one network, before the arrays of all networks are known."""

    def __init__(self, network: Network, bank: Bank) -> None:
        self._network, self._orders, self._bounds = network, orders(network), ranges(network)
        self._populations, start = {}, 0
        for name, order in self._orders.items():
            self._populations[name] = slice(start, start + order.units)
            start += -(-(order.units + SPARE) // LINE) * LINE
        self._parameters = np.zeros((t.PARAMETER_ROWS, start), np.int32)
        self._rest = np.zeros((t.STATE_ROWS, start), np.int32)
        self._plastic: list[NDArray[np.int16]] = [np.zeros(0, np.int16)]
        self._weights: dict[str, Kept] = {}
        self._places = places(network)
        self._ranks = np.zeros(start, np.int32)
        for name, order in self._orders.items():
            self._ranks[self._populations[name]] = order.kept()
        self._sizes = np.zeros(9, np.int64)
        self._layers = self._fill_layers()
        self._connections = self._fill_connections(bank)
        self._table = self._fill_populations()

    def layout(
        self,
        narrow: NDArray[np.int8],
        wide: NDArray[np.int16],
        indices: NDArray[np.int32],
        delays: NDArray[np.uint8],
        short_totals: NDArray[np.int16],
        totals: NDArray[np.int32],
    ) -> Layout:
        """Join the rows with what all networks share."""
        image = Image(
            self._layers,
            self._table,
            self._connections,
            *learning_tables(self._network),
            decay_factors(self._network),
            self._parameters,
            self._rest,
            self._ranks,
            narrow,
            wide,
            indices,
            delays,
            short_totals,
            totals,
            self._sizes,
        )
        sources = {c.name: c.source for c in self._network.plastic}
        targets = {c.name: c.target for c in self._network.plastic}
        slots = Slots(self._populations, self._orders, self._weights, self._places, sources, targets)
        plastic = np.concatenate([*self._plastic, np.zeros(BLOCK, np.int16)])
        return Layout(self._network, image, plastic, slots, {1: proved(self._network, self._bounds)})

    def _fill_layers(self) -> NDArray[np.int64]:
        network = self._network
        rows, inbox, outbox = np.zeros((len(network.layers), t.LAYER_COLUMNS), np.int64), 0, 0
        for index, (row, layer) in enumerate(zip(rows, network.layers, strict=True)):
            units, kept = self._populations[layer.name], self._orders[layer.name].kept()
            row[[t.FIRST, t.UNITS, t.INBOX, t.OUTBOX]] = units.start, layer.units, inbox, outbox
            row[[t.TRAIN, t.INTEGERS, t.POPULATION]] = -1, layer.neuron.sends_graded, index + 1
            fill_traffic(row, layer, network.into(layer.name))
            parameters = np.zeros((t.PARAMETER_ROWS, layer.units), np.int32)
            fill_neuron(row, parameters, layer.neuron)
            if layer.delays is not None:
                parameters[t.AXON] = layer.delays
            self._parameters[:, units] = parameters[:, kept]
            for slot, values in enumerate(layer.neuron.rest.values()):
                self._rest[slot, units] = values[kept]
            inbox += int(row[t.SLOTS] * row[t.ROOM])
            outbox += int(row[t.HELD] * row[t.UNITS])
        self._sizes[:2] = inbox, outbox
        return rows

    def _fill_connections(self, bank: Bank) -> NDArray[np.int64]:
        network, plastic = self._network, 0
        sums = self._bounds.connections
        rows = np.zeros((len(network.connections), t.CONNECTION_COLUMNS), np.int64)
        names = [layer.name for layer in network.layers]
        for row, c in zip(rows, network.connections, strict=True):
            synapse, source, target = c.synapse, self._orders[c.source], self._orders[c.target]
            row[[t.SOURCE, t.SOURCES]] = self._populations[c.source].start, synapse.sources
            row[[t.TARGET, t.TARGETS]] = self._populations[c.target].start, synapse.targets
            row[[t.LOWEST, t.HIGHEST]] = c.learned_range
            row[[t.LAYER, t.DIRECT, t.TRACE]] = names.index(c.target), c.direct, -1
            row[t.FROM] = 0 if c.source == INPUT else 1 + names.index(c.source)
            row[t.PORT] = port_of(network.layer(c.target), c, network.into(c.target))
            if c.rule is None:
                fill_synapse(row, synapse, sums[c.name], source, target, bank)
            else:
                row[t.TRACE] = self._places[c.name].traces.start
                weights, self._weights[c.name] = fill_plastic(row, synapse, source, target, plastic, bank)
                self._plastic.append(weights)
                plastic += weights.size
            longest = synapse.longest_delay if isinstance(synapse, Dense) else 0
            self._sizes[2] = max(self._sizes[2], (longest + 1) * synapse.targets)
            self._sizes[3] = max(self._sizes[3], synapse.targets if row[t.SHORT] else 0)
            self._sizes[8] = max(self._sizes[8], (row[t.HEIGHT] + 1) * max(row[t.WIDTH], row[t.OUT_WIDTH]))
        for place in self._places.values():
            self._sizes[4:6] = place.post.stop, place.tags.stop
        self._sizes[6:8] = lesson_shape(network)
        self._mark_fresh(rows)
        return rows

    def _mark_fresh(self, rows: NDArray[np.int64]) -> None:
        """Mark, for every port, the connection that delivers first; what the host drives comes last."""
        seen: dict[tuple[int, int], bool] = {}
        for row in sorted(rows, key=lambda row: bool(row[t.DIRECT])):
            port = (int(row[t.LAYER]), int(row[t.PORT]))
            once = self._layers[row[t.LAYER], t.SLOTS] == 1
            row[t.FRESH] = once and port not in seen
            row[t.STEADY] = once and seen.setdefault(port, bool(row[t.DIRECT]))

    def _fill_populations(self) -> NDArray[np.int64]:
        table = np.zeros((len(self._orders), t.POPULATION_COLUMNS), np.int64)
        for index, (row, name) in enumerate(zip(table, self._orders, strict=True)):
            units = self._populations[name]
            readers = self._connections[self._connections[:, t.FROM] == index]
            readers = readers[readers[:, t.ENCODING] != t.ONE_TO_ONE]
            row[[t.START, t.SIZE]] = units.start, units.stop - units.start
            row[t.LISTED] = len(readers) > 0
            row[t.SILENCES] = np.all(readers[:, t.TOTAL] >= 0)
            row[t.SENDS_INTEGERS] = name != INPUT and self._network.sends_graded(name)
            row[t.GATHERED] = max((gathers_from(reader) for reader in readers), default=-1)
            if np.any(readers[:, t.PATTERNS] < 0):
                row[t.GATHERED] = -1
        return table
