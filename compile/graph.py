"""The model as a graph in real numbers.

A frontend makes a Graph, passes rewrite it, ``compile.quantize`` turns it into integers. Every edge with weights
takes one time step, as in ``hardware.network``; edges into a view take none.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from compile.neurons import Model
from compile.norms import Norm, check_norms
from compile.synapses import OneToOne, Weights
from hardware import chip
from hardware.encoder import Encoder
from hardware.errors import NetworkError
from hardware.spikes import frozen


@dataclass(frozen=True)
class Source:
    """Units that the host drives.

    Attributes
    ----------
    name : str
        Unique.
    shape : tuple of int
        Axes in row-major order, as (channels, height, width); units are counted along the last axis first.
    graded : bool
        Whether the host sends numbers instead of plain spikes.
    encoder : Encoder or None
        How it makes them from real numbers.
    """

    name: str
    shape: tuple[int, ...]
    graded: bool = False
    encoder: Encoder | None = None

    @property
    def units(self) -> int:
        """Number of units."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class Flatten:
    """Views its one input as one axis, row-major; it holds no state and takes no time.

    Attributes
    ----------
    name : str
        Unique.
    units : int
        Number of units, equal to that of its input.
    """

    name: str
    units: int

    @property
    def shape(self) -> tuple[int, ...]:
        """One axis."""
        return (self.units,)


@dataclass(frozen=True)
class Concat:
    """Views its inputs, in the order of their edges, as one, joined along the first axis; takes no time.

    Attributes
    ----------
    name : str
        Unique.
    shape : tuple of int
        Its first axis is the sum of the inputs' first axes; the others are equal.
    """

    name: str
    shape: tuple[int, ...]

    @property
    def units(self) -> int:
        """Number of units."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class Average:
    """Means over groups of consecutive units of its one input; a readout, so nothing may follow it.

    Attributes
    ----------
    name : str
        Unique.
    units : int
        Number of groups; divides the units of the input.
    """

    name: str
    units: int

    @property
    def shape(self) -> tuple[int, ...]:
        """One axis."""
        return (self.units,)


@dataclass(frozen=True, eq=False)
class Population:
    """Neurons.

    Attributes
    ----------
    name : str
        Unique.
    shape : tuple of int
        Axes in row-major order, as (channels, height, width).
    model : Model
        Their equations.
    delays : uint8 array, shape (units,), or None
        Steps 0..63 for which each axon holds a message back.
    norms : tuple of Norm
        Norms of their input, at most one a port.
    """

    name: str
    shape: tuple[int, ...]
    model: Model
    delays: NDArray[np.uint8] | None = None
    norms: tuple[Norm, ...] = ()

    def __post_init__(self) -> None:
        """Check parameters, norms and delays against the number of units."""
        for field in dataclasses.fields(self.model):
            value = getattr(self.model, field.name)
            if isinstance(value, np.ndarray) and value.shape != (self.units,):
                raise NetworkError(
                    f"layer {self.name!r}: {field.name} has {value.size} values for {self.units} units"
                )
        try:
            check_norms(self.norms, self.model, self.units)
        except NetworkError as error:
            raise NetworkError(f"layer {self.name!r}: {error}") from error
        if self.delays is None:
            return
        delays = np.asarray(self.delays)
        if delays.dtype.kind not in "iu" or delays.shape != (self.units,):
            raise NetworkError(f"layer {self.name!r}: delays must be an integer for each of {self.units} units")
        if delays.min() < 0 or delays.max() > chip.DELAY_MAX:
            raise NetworkError(
                f"layer {self.name!r}: delays {delays.min()}..{delays.max()} must lie in 0..{chip.DELAY_MAX}"
            )
        object.__setattr__(self, "delays", frozen(delays.astype(np.uint8)) if delays.any() else None)

    @property
    def units(self) -> int:
        """Number of neurons."""
        return math.prod(self.shape)


View = Flatten | Concat | Average
Node = Source | Flatten | Concat | Average | Population


@dataclass(frozen=True, eq=False)
class Edge:
    """A way from one node to another.

    Attributes
    ----------
    source, target : str
        Names of nodes.
    weights : Weights or None
        How the target reads the source; ``None`` for the plain way into a view.
    port : str
        Where the input arrives, one of the target model's ``ports``; empty for its first.
    direct : bool
        The host drives the target's neurons in the same step; only from the source, one to one.
    """

    source: str
    target: str
    weights: Weights | None = None
    port: str = ""
    direct: bool = False

    @property
    def name(self) -> str:
        """Name used in errors."""
        return f"{self.source}->{self.target}" + (f":{self.port}" if self.port else "")


@dataclass(frozen=True)
class Graph:
    """A whole model.

    Attributes
    ----------
    nodes : tuple of Node
        Exactly one ``Source``; the last node that is not a view is the output, or an ``Average`` after it.
    edges : tuple of Edge
        Their connections.

    Raises
    ------
    NetworkError
        Where names, shapes or edges do not fit; the message names node or edge.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def __post_init__(self) -> None:
        """Check that the parts fit together."""
        nodes: dict[str, Node] = {}
        for node in self.nodes:
            if not node.name or any(c.isspace() for c in node.name) or node.name in nodes:
                raise NetworkError(f"node name {node.name!r} must be a single word, and unique")
            if node.units < 1 or any(axis < 1 for axis in node.shape):
                raise NetworkError(f"node {node.name!r} has no units: shape {node.shape}")
            nodes[node.name] = node
        sources = [node for node in self.nodes if isinstance(node, Source)]
        if len(sources) != 1 or not self.populations:
            raise NetworkError(
                f"a graph needs one source and at least one population, found {len(sources)} and "
                f"{len(self.populations)}"
            )
        seen: set[str] = set()
        for edge in self.edges:
            if edge.name in seen:
                raise NetworkError(f"edge {edge.name} occurs twice; add the weights into one")
            seen.add(edge.name)
            _check_edge(edge, nodes)
        for node in self.nodes:
            _check_inputs(node, [nodes[edge.source] for edge in self.into(node.name)])
        for node in self.nodes:
            self.origins(node.name)

    @property
    def source(self) -> Source:
        """The units that the host drives."""
        return next(node for node in self.nodes if isinstance(node, Source))

    @property
    def populations(self) -> tuple[Population, ...]:
        """The nodes that hold neurons, in order."""
        return tuple(node for node in self.nodes if isinstance(node, Population))

    def node(self, name: str) -> Node:
        """Return the node called ``name``."""
        for node in self.nodes:
            if node.name == name:
                return node
        raise NetworkError(f"no node {name!r}; this graph has {', '.join(n.name for n in self.nodes)}")

    def origins(self, name: str) -> tuple[str, ...]:
        """Return the names of the nodes whose units are seen at ``name``: itself, or what a view joins, in order.

        Raises
        ------
        NetworkError
            Where views only view each other.
        """
        return self._origins(name, ())

    def into(self, name: str) -> tuple[Edge, ...]:
        """Return the edges that lead to the node called ``name``."""
        return tuple(edge for edge in self.edges if edge.target == name)

    def out_of(self, name: str) -> tuple[Edge, ...]:
        """Return the edges that leave the node called ``name``."""
        return tuple(edge for edge in self.edges if edge.source == name)

    def _origins(self, name: str, passed: tuple[str, ...]) -> tuple[str, ...]:
        if isinstance(self.node(name), Source | Population):
            return (name,)
        if name in passed:
            raise NetworkError(
                f"views {' -> '.join([name, *reversed(passed)])} lead in a circle; put neurons between"
            )
        return tuple(origin for edge in self.into(name) for origin in self._origins(edge.source, (*passed, name)))


def _check_edge(edge: Edge, nodes: dict[str, Node]) -> None:
    for end in (edge.source, edge.target):
        if end not in nodes:
            raise NetworkError(f"edge {edge.name}: {end!r} is not a node of this graph")
    source, target = nodes[edge.source], nodes[edge.target]
    if isinstance(target, Source):
        raise NetworkError(f"edge {edge.name} leads into the source, which only the host drives")
    if isinstance(source, Average):
        raise NetworkError(f"edge {edge.name} leaves an average, which is a readout; nothing may follow it")
    if isinstance(target, View):
        if edge.weights is not None or edge.port:
            raise NetworkError(f"edge {edge.name} has weights, but a {type(target).__name__.lower()} takes none")
        return
    if edge.weights is None:
        raise NetworkError(f"edge {edge.name} has no weights, and {edge.target!r} holds neurons")
    if edge.direct and not (isinstance(source, Source) and isinstance(edge.weights, OneToOne)):
        raise NetworkError(f"edge {edge.name}: only the source can drive neurons directly, one to one")
    if edge.port not in target.model.ports:
        known = ", ".join(port or "the plain one" for port in target.model.ports)
        raise NetworkError(
            f"edge {edge.name}: {target.model.kind} neurons have no port {edge.port!r}; known: {known}"
        )
    if problem := edge.weights.problem(source.shape, target.shape):
        raise NetworkError(f"edge {edge.name}: {problem}")


def _check_inputs(node: Node, inputs: list[Node]) -> None:
    if isinstance(node, Source):
        return
    one = isinstance(node, Flatten | Average)
    if not inputs or (one and len(inputs) > 1):
        wanted = "exactly one" if one else "at least one"
        raise NetworkError(f"node {node.name!r} has {len(inputs)} incoming edges, it needs {wanted}")
    if isinstance(node, Flatten) and inputs[0].units != node.units:
        raise NetworkError(f"flatten {node.name!r} makes {node.units} units of {inputs[0].units}")
    if isinstance(node, Average) and inputs[0].units % node.units:
        raise NetworkError(f"average {node.name!r}: {node.units} groups do not divide {inputs[0].units} units")
    if isinstance(node, Concat):
        joined = (sum(each.shape[0] for each in inputs), *inputs[0].shape[1:])
        if any(each.shape[1:] != node.shape[1:] for each in inputs) or joined != node.shape:
            raise NetworkError(
                f"concat {node.name!r}: shapes {', '.join(str(each.shape) for each in inputs)} do not join to "
                f"{node.shape}"
            )
