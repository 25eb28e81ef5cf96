"""Exact quantization: the same numbers as integers, or an error.

A graph whose numbers lie on the chip's grids (what SLAYER's quantization-aware training exports) becomes the
same numbers as integers; anything else is an error that names layer, count and worst value. Nothing is rounded,
clipped or truncated. The scales are those of ``compile.quantize.messages`` and ``compile.quantize.neurons``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from compile.graph import Edge, Graph
from compile.neurons import ResonatorModel
from compile.nodes import Average, Concat, Flatten, Population
from compile.quantize.messages import WEIGHT_SCALE, weight_scale
from compile.quantize.neurons import neuron
from compile.quantize.weights import FORMATS, WeightFormat, synapse
from hardware.errors import NetworkError
from hardware.network import INPUT, Connection, Layer, Network

_FOLDED_BY = {Flatten: "fold-flatten", Concat: "fold-concat", Average: "lower-average"}
FREE: Mapping[str, WeightFormat] = MappingProxyType({})


def quantize(graph: Graph, formats: Mapping[str, WeightFormat] = FREE) -> Network:
    """Turn a graph into an integer network.

    Parameters
    ----------
    graph : Graph
        Without views, pooling and norms, its source called ``input`` (``compile.transforms`` sees to these).
    formats : mapping of str to WeightFormat
        How to store the weights of the edges of these names; others as their numbers ask for.

    Returns
    -------
    Network
        Layers and connections in the graph's order and under its names.

    Raises
    ------
    NetworkError
        Where a number is not on its grid; the message names the layer, how many, the worst and the remedy.
    """
    check_lowered(graph)
    return Network(
        inputs=graph.source.units,
        layers=tuple(
            Layer(population.name, neuron(graph, population), delays=population.delays)
            for population in graph.populations
        ),
        connections=tuple(_connection(graph, edge, formats.get(edge.name)) for edge in graph.edges),
        graded_input=graph.source.graded,
        encoder=graph.source.encoder,
    )


def check_lowered(graph: Graph) -> None:
    """Check that the passes have run.

    Raises
    ------
    NetworkError
        Where a view or a norm is left, or the source has another name.
    """
    for node in graph.nodes:
        if isinstance(node, Flatten | Concat | Average):
            kind = type(node).__name__.lower()
            raise NetworkError(
                f"node {node.name!r} is a view ({kind}); fold it before quantizing ({_FOLDED_BY[type(node)]})"
            )
    for population in graph.populations:
        if population.norms:
            raise NetworkError(f"layer {population.name!r} has a norm; fold it before quantizing (fold-norms)")
    if graph.source.name != INPUT:
        raise NetworkError(f"the source is called {graph.source.name!r}; name it {INPUT!r} before quantizing")


def _connection(graph: Graph, edge: Edge, wanted: WeightFormat | None) -> Connection:
    if edge.weights is None:
        raise NetworkError(f"edge {edge.name} has no weights to quantize")
    scale, port = weight_scale(graph, edge)
    if wanted is None:
        _check_fineness(graph, edge, scale)
    shapes = graph.node(edge.source).shape, graph.node(edge.target).shape
    weights = synapse(edge.weights, scale, *shapes, edge.name, edge.target, wanted)
    return Connection(edge.source, edge.target, weights, port=port, direct=edge.direct)


def _check_fineness(graph: Graph, edge: Edge, scale: float) -> None:
    target = graph.node(edge.target)
    if not isinstance(target, Population) or not isinstance(target.model, ResonatorModel) or edge.weights is None:
        return
    if scale >= WEIGHT_SCALE or any(form.holds(edge.weights.weights * scale) for form in FORMATS):
        return
    raise NetworkError(
        f"layer {edge.target!r}: resonators have no port for messages as fine as the graded ones of "
        f"{edge.source!r}, where weights would have to be multiples of {1 / scale:g}; let {edge.source!r} send "
        "plain spikes, or put a layer between them that does"
    )
