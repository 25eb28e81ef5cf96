"""The graph that a row of SLAYER blocks becomes, built block by block.

The ``.net`` reader and the reader of live modules both build with it, so what holds for one holds for the other.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from compile.errors import UnsupportedLayerError
from compile.graph import Edge, Graph
from compile.neurons import Model, ResonatorModel, SigmaDeltaModel, SigmaModel
from compile.nodes import Average, Concat, Flatten, Node, Population, Source
from compile.norms import Norm
from compile.synapses import DenseWeights, OneToOne, Weights
from hardware.chip import widths
from hardware.encoder import DECIMATE_MAX, FINE, Encoder
from hardware.errors import ContainerError, NetworkError

INPUT = "input"
"""Name of the units that the host drives."""
UNITS_LIMIT = 1 << 20
"""Most units of one block: a whole chip has no more neurons. It also bounds what a small file can ask for."""
TOTAL_LIMIT = 1 << 21
"""Most units of all blocks together, input and views included."""

Shape = tuple[int, ...]


class Chain:
    """Collects nodes and edges; the next block reads the last node."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.edges: list[Edge] = []

    def start(self, shape: Shape) -> None:
        """Add the units that the host drives, with plain spikes unless something later asks for numbers."""
        self._add(Source(INPUT, shape), "the input")

    def encode(self, name: str, model: Model, encoder: Encoder, where: str) -> None:
        """Add an input block: the host drives each neuron with a graded number, in the same step."""
        source = self.nodes[0]
        self.nodes[0] = Source(source.name, source.shape, graded=True, encoder=encoder)
        self.populate(name, source.shape, model, {"": OneToOne(np.ones(source.units))}, where)
        self.edges[-1] = replace(self.edges[-1], direct=True)

    def populate(
        self,
        name: str,
        shape: Shape,
        model: Model,
        ways: Mapping[str, Weights],
        where: str,
        *,
        delays: NDArray[np.uint8] | None = None,
        own: NDArray[np.float64] | None = None,
        norms: tuple[Norm, ...] = (),
    ) -> None:
        """Add neurons that read the last node.

        Parameters
        ----------
        name, shape, model
            Of the population.
        ways : mapping of str to Weights
            How it reads, by port.
        where : str
            The block, for errors.
        delays : uint8 array, shape (units,), optional
            Axonal delays.
        own : float64 array, shape (units, units), optional
            Weights from itself.
        norms : tuple of Norm
            Of its input.
        """
        before = self.nodes[-1]
        if isinstance(model, SigmaDeltaModel | SigmaModel):
            self._grade_input()
        if isinstance(model, ResonatorModel) and self._source_encodes():
            raise UnsupportedLayerError(
                f"{where} has resonators, which read plain spikes, and the host sends it means over time; put a "
                "layer of CUBA or ALIF neurons between them, or leave the TimeDecimation block out"
            )
        population = Population(name, shape, model, delays, norms)
        if own is not None and population.delays is not None:
            raise UnsupportedLayerError(
                f"{where}: its axonal delays would also delay what it sends itself, which SLAYER does not do; "
                "train it with delay=False, or give the delays to the next block"
            )
        for port, weights in ways.items():
            if isinstance(weights, DenseWeights):
                check_fan_in(before, weights, where)
            if problem := weights.problem(before.shape, shape):
                raise ContainerError(f"{where}: {problem}")
            self.edges.append(Edge(before.name, name, weights, port))
        if own is not None:
            self.edges.append(Edge(name, name, DenseWeights(own)))
        self._add(population, where)

    def flatten(self, name: str, where: str) -> None:
        """View the last node as one axis."""
        before = self._before(where)
        self.edges.append(Edge(before.name, name))
        self._add(Flatten(name, before.units), where)

    def average(self, name: str, units: int, where: str) -> None:
        """Average groups of units of the last node."""
        before = self._before(where)
        if before.units % units:
            raise ContainerError(f"{where}: {units} groups do not divide the {before.units} units before it")
        self.edges.append(Edge(before.name, name))
        self._add(Average(name, units), where)

    def decimate(self, factor: int, where: str) -> None:
        """Let the host send means over windows of steps, as SLAYER's TimeDecimation block takes them."""
        source = self._source()
        if source is None:
            raise UnsupportedLayerError(
                f"{where} takes means over time behind other blocks, which only the host could; put it before "
                f"them, or, where it comes last, leave it out and take the mean of every {factor} steps of the "
                "output on the host"
            )
        if source.encoder is not None:
            factor *= source.encoder.decimate
        if factor > DECIMATE_MAX:
            raise UnsupportedLayerError(
                f"{where} makes windows of {factor} steps, over the limit of {DECIMATE_MAX}; take the mean of the "
                "data on the host, and compile the network without this block"
            )
        encoder = Encoder(decimate=factor, grid=FINE) if factor > 1 else None
        self.nodes[0] = replace(source, graded=encoder is not None, encoder=encoder)

    def join(self, name: str, others: Sequence[Node], where: str) -> None:
        """View the last node with others behind it, along the first axis."""
        parts = [self._before(where), *others]
        if len({part.shape[1:] for part in parts}) > 1:
            shapes = ", ".join(str(part.shape) for part in parts)
            raise UnsupportedLayerError(f"{where} joins shapes {shapes}; all axes but the first must be equal")
        self.edges += [Edge(part.name, name) for part in parts]
        self._add(Concat(name, (sum(part.shape[0] for part in parts), *parts[0].shape[1:])), where)

    def graph(self) -> Graph:
        """Return the whole."""
        if not any(isinstance(node, Population) for node in self.nodes):
            raise UnsupportedLayerError("it holds no layer of neurons, so there is nothing to compile")
        return Graph(tuple(self.nodes), tuple(self.edges))

    def _source(self) -> Source | None:
        """Return the source while the last node is nothing but a view of it."""
        source = self.nodes[0]
        seen = all(isinstance(node, Source | Flatten) for node in self.nodes)
        return source if isinstance(source, Source) and seen else None

    def _source_encodes(self) -> bool:
        source = self._source()
        return source is not None and source.encoder is not None

    def _grade_input(self) -> None:
        """Let the host send numbers, where the first neurons are sigma-delta units."""
        source = self.nodes[0]
        if isinstance(source, Source) and not source.graded:
            self.nodes[0] = Source(source.name, source.shape, graded=True, encoder=Encoder())

    def _before(self, where: str) -> Node:
        if not self.nodes:
            raise UnsupportedLayerError(f"{where} comes first; put an Input block first, which says the shape")
        return self.nodes[-1]

    def _add(self, node: Node, where: str) -> None:
        total = sum(each.units for each in self.nodes) + node.units
        if node.units > UNITS_LIMIT or total > TOTAL_LIMIT:
            raise ContainerError(
                f"{where} has {node.units} units, {total} with those before it; at most {UNITS_LIMIT} in one "
                f"block and {TOTAL_LIMIT} in all can be read"
            )
        self.nodes.append(node)


def check_fan_in(before: Node, weights: DenseWeights, where: str) -> None:
    """Check that dense weights fit what they read.

    Raises
    ------
    ContainerError
        Where the numbers of units differ.
    UnsupportedLayerError
        Where they read an image, whose units have no agreed order.
    """
    if before.units != weights.weights.shape[1]:
        raise ContainerError(
            f"{where} reads {weights.weights.shape[1]} units, the layer before it has {before.units}"
        )
    if sum(axis > 1 for axis in before.shape) > 1:
        raise UnsupportedLayerError(
            f"{where} reads an image of shape {'x'.join(map(str, before.shape))} whose pixels have no agreed "
            "order; put a Flatten block before it"
        )


def axonal_delays(delays: NDArray[np.floating], shape: Shape, where: str) -> NDArray[np.uint8]:  # type: ignore[type-arg]  # of any width
    """Spread delays of channels over units.

    Parameters
    ----------
    delays : float array
        Whole steps: one, or one a channel, or one a unit.
    shape : tuple of int
        Of the population.
    where : str
        The block, for errors.

    Raises
    ------
    ContainerError
        Where they are no whole numbers, do not fit, or exceed the chip's 63.
    """
    check_delays(delays, where)
    units = math.prod(shape)
    if delays.size not in (1, shape[0], units):
        raise ContainerError(f"{where}: {delays.size} delays for {shape[0]} channels of {units} units")
    return np.repeat(delays.reshape(-1).astype(np.uint8), units // delays.size)


def check_delays(delays: NDArray[np.floating], where: str) -> None:  # type: ignore[type-arg]  # of any width
    """Check that delays are whole steps that the chip has."""
    if delays.size == 0 or np.any(delays != np.floor(delays)):
        raise ContainerError(f"{where}: its delays must be whole numbers of steps, as SLAYER exports them")
    if delays.min() < 0 or delays.max() > widths.DELAY_MAX:
        raise UnsupportedLayerError(
            f"{where}: delays {delays.min():g}..{delays.max():g} must lie in 0..{widths.DELAY_MAX}; train it with "
            f"a max_delay of at most {widths.DELAY_MAX}, or spread the delay over two blocks"
        )


@contextmanager
def named(where: str) -> Iterator[None]:
    """Say in errors of the graph's parts which block they come from."""
    try:
        yield
    except NetworkError as error:
        raise ContainerError(f"{where}: {error}") from error
