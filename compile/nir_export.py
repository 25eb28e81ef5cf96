"""A graph in real numbers as a NIR graph, the other way round than ``compile.frontends.nir_frontend``."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from compile.errors import UnsupportedLayerError
from compile.frontends.nir_reading import Begin, NirReading
from compile.graph import Edge, Graph
from compile.nir_nodes import flat, makes_image, neuron_node, weight_nodes
from compile.nodes import Average, Concat, Population, Source
from compile.passes import run_passes
from compile.synapses import ConvWeights, DenseWeights, Shape
from compile.transforms.fold_concat import FoldConcat
from compile.transforms.fold_norms import FoldNorms
from compile.transforms.lower_average import LowerAverage
from compile.transforms.lower_pooling import LowerPooling
from hardware.encoder import Encoder
from hardware.errors import LavaFedError

if TYPE_CHECKING:
    import nir


def to_nir(graph: Graph, dt: float = 1e-4) -> nir.NIRGraph:
    """Write a graph as NIR.

    Parameters
    ----------
    graph : Graph
        CUBA neurons, and ways between them.
    dt : float
        Seconds of a step; time constants are in its multiples.

    Returns
    -------
    nir.NIRGraph
        Its metadata say how ``read_nir`` is to read it: then it comes back with the same spikes, step by step. NIR
        simulators pass spikes through all layers within one step, so ways that skip layers must be meant so.

    Raises
    ------
    LavaFedError
        Where the nir library is missing.
    UnsupportedLayerError
        Where NIR cannot say something; the message names layer or edge.
    """
    try:
        import nir
    except ImportError as error:
        raise LavaFedError("NIR needs the nir library; install it with: pip install 'lava-fed[nir]'") from error

    reading = NirReading(dt=dt, begin=Begin.ZERO, graded=graph.source.graded)
    encoder = graph.source.encoder
    if encoder is not None and encoder.decimate > 1:
        raise UnsupportedLayerError(
            f"input {graph.source.name!r} is the mean of every {encoder.decimate} steps, which NIR does not know; "
            "take the mean of the data, and export the network without its TimeDecimation block"
        )
    if encoder not in (None, Encoder()):
        raise UnsupportedLayerError(
            f"input {graph.source.name!r} scales what the host sends, which NIR does not know; train it without "
            "an "
            "Input block that encodes"
        )
    graph = FoldNorms()(graph)
    if any(isinstance(node, Average | Concat) for node in graph.nodes):
        graph = run_passes(graph, (LowerAverage(), LowerPooling(), FoldConcat()))
    export = _Export(graph)
    for population in graph.populations:
        _write_population(export, population, dt)
    last = graph.populations[-1]
    export.add("output", nir.Output({"output": np.asarray(export.shape(last.name))}), [export.ends[last.name]])
    return nir.NIRGraph(export.nodes, export.edges, metadata=reading.described())


def write_nir(graph: Graph, path: Path, dt: float = 1e-4) -> None:
    """Write a graph to a NIR file.

    Parameters
    ----------
    graph, dt
        As for ``to_nir``.
    path : Path
        The file.

    Raises
    ------
    LavaFedError
        As ``to_nir``, or where the file cannot be written.
    """
    made = to_nir(graph, dt)
    import nir

    try:
        nir.write(path, made)
    except OSError as error:
        raise LavaFedError(f"cannot write {path}: {error.strerror or error}") from error


@dataclass
class _Export:
    graph: Graph
    nodes: dict[str, Any] = field(default_factory=dict)
    edges: list[tuple[str, str]] = field(default_factory=list)
    ends: dict[str, str] = field(default_factory=dict)
    shapes: dict[str, Shape] = field(default_factory=dict)

    def __post_init__(self) -> None:
        import nir

        source = self.graph.source
        self.nodes[source.name] = nir.Input({"input": np.asarray(source.shape)})
        self.ends[source.name] = source.name
        for population in self.graph.populations:
            self.ends[population.name] = population.name + (".delay" if population.delays is not None else "")

    def add(self, name: str, node: Any, after: list[str]) -> str:
        """Add a node behind others; return the name that it got."""
        taken = {*self.nodes, *self.ends, *self.ends.values()}
        while name in self.nodes or (name in taken and name == "output"):
            name += "_"
        self.nodes[name] = node
        self.edges += [(before, name) for before in after]
        return name

    def origin(self, edge: Edge) -> str:
        """Return the node whose units an edge reads."""
        (origin,) = self.graph.origins(edge.source)
        return origin

    def shape(self, name: str) -> Shape:
        """Return the shape in which NIR has a node's units: an image only where all that leads to it makes one."""
        node = self.graph.node(name)
        if isinstance(node, Source) or len(node.shape) == 1:
            return node.shape
        if name not in self.shapes:
            self.shapes[name] = node.shape
            images = [
                makes_image(edge.weights, self.shape(self.origin(edge)))
                for edge in self.graph.into(name)
                if edge.weights is not None
            ]
            self.shapes[name] = node.shape if all(images) else (math.prod(node.shape),)
        return self.shapes[name]


def _write_population(export: _Export, population: Population, dt: float) -> None:
    import nir

    name, shape = population.name, export.shape(population.name)
    node, constant = neuron_node(population, shape, dt)
    edges = sorted(
        export.graph.into(name), key=lambda edge: not isinstance(edge.weights, DenseWeights | ConvWeights)
    )
    ways = [_write_edge(export, edge, constant if index == 0 else None) for index, edge in enumerate(edges)]
    export.nodes[name] = node
    export.edges += [(way, name) for way in ways]
    if population.delays is not None:
        export.nodes[name + ".delay"] = nir.Delay(population.delays.reshape(shape) * dt)
        export.edges.append((name, name + ".delay"))


def _write_edge(export: _Export, edge: Edge, constant: NDArray[np.float64] | None) -> str:
    """Add the nodes of an edge; return the last one's name."""
    if edge.weights is None or edge.port:
        raise UnsupportedLayerError(f"edge {edge.name} leads into port {edge.port!r}, which NIR does not know")
    origin = export.origin(edge)
    source, target = export.shape(origin), export.shape(edge.target)
    image = makes_image(edge.weights, source)
    if isinstance(edge.weights, ConvWeights) and len(source) != 3:
        raise UnsupportedLayerError(
            f"edge {edge.name} reads as an image what NIR has as one axis, since a matrix leads to {origin!r}; "
            "NIR "
            "cannot fold it"
        )
    full = export.graph.node(edge.target).shape if image else target
    nodes = weight_nodes(edge.weights, source, full, constant, edge.name)
    if image and len(target) == 1 and len(full) == 3:
        nodes += flat(full)
    at = export.ends[origin]
    for node in nodes:
        kind = type(node).__name__.lower()
        at = export.add(f"{origin}.to.{edge.target}.{kind}", node, [at])
    return at
