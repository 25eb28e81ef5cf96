"""The model as a graph in real numbers.

A frontend makes a Graph, passes rewrite it, ``compile.quantize`` turns it into integers. Every connection takes
one time step, as in ``hardware.network``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
    """

    name: str
    shape: tuple[int, ...]

    @property
    def units(self) -> int:
        """Number of units."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class Flatten:
    """Views its input as one axis, row-major; it holds no state and takes no time.

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


@dataclass(frozen=True, eq=False)
class CubaPopulation:
    """Current-based leaky integrate-and-fire neurons, in discrete time.

    With a[t] the weighted spikes that arrive in step t::

        u[t] = (1 - current_decay) * u[t-1] + a[t]
        v[t] = (1 - voltage_decay) * v[t-1] + u[t] + bias
        s[t] = v[t] > threshold, and then v[t] = 0

    Attributes
    ----------
    name : str
        Unique.
    threshold : float
        In the unit of weights.
    current_decay, voltage_decay : float
        Fractions forgotten per step, 0..1.
    bias : float64 array, shape (units,)
        Constant drive, in the unit of weights.
    """

    name: str
    threshold: float
    current_decay: float
    voltage_decay: float
    bias: NDArray[np.float64]

    def __post_init__(self) -> None:
        """Check ranges, and freeze the bias."""
        bias = np.asarray(self.bias, dtype=np.float64)
        if bias.ndim != 1 or not np.isfinite(bias).all():
            raise NetworkError(f"layer {self.name!r}: its bias must be a vector of finite numbers")
        if not (math.isfinite(self.threshold) and self.threshold >= 0):
            raise NetworkError(f"layer {self.name!r}: threshold {self.threshold} must be finite, 0 or above")
        for field in ("current_decay", "voltage_decay"):
            if not 0 <= getattr(self, field) <= 1:
                raise NetworkError(f"layer {self.name!r}: {field} {getattr(self, field)} must lie in 0..1")
        object.__setattr__(self, "bias", frozen(bias))

    @property
    def units(self) -> int:
        """Number of neurons."""
        return int(self.bias.shape[0])

    @property
    def shape(self) -> tuple[int, ...]:
        """One axis."""
        return (self.units,)


Node = Source | Flatten | CubaPopulation


@dataclass(frozen=True, eq=False)
class Edge:
    """A way from one node to another.

    Attributes
    ----------
    source, target : str
        Names of nodes.
    weights : float64 array, shape (target units, source units), or None
        All-to-all synapses; ``None`` for the plain way into a ``Flatten``.
    """

    source: str
    target: str
    weights: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        """Check that weights are a finite matrix, and freeze them."""
        if self.weights is None:
            return
        weights = np.asarray(self.weights, dtype=np.float64)
        if weights.ndim != 2 or weights.size == 0:
            raise NetworkError(f"edge {self.name}: weights must be a matrix, found shape {weights.shape}")
        if bad := int(weights.size - np.isfinite(weights).sum()):
            raise NetworkError(f"edge {self.name}: {bad} of {weights.size} weights are not finite numbers")
        object.__setattr__(self, "weights", frozen(weights))

    @property
    def name(self) -> str:
        """Name used in errors."""
        return f"{self.source}->{self.target}"


@dataclass(frozen=True)
class Graph:
    """A whole model.

    Attributes
    ----------
    nodes : tuple of Node
        Exactly one ``Source``; the last population is the output.
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
            count = len(self.into(node.name))
            if isinstance(node, Source):
                continue
            if count == 0 or (isinstance(node, Flatten) and count > 1):
                wanted = "exactly one" if isinstance(node, Flatten) else "at least one"
                raise NetworkError(f"node {node.name!r} has {count} incoming edges, it needs {wanted}")
        for node in self.nodes:
            self.origin(node.name)

    @property
    def source(self) -> Source:
        """The units that the host drives."""
        return next(node for node in self.nodes if isinstance(node, Source))

    @property
    def populations(self) -> tuple[CubaPopulation, ...]:
        """The nodes that hold neurons, in order."""
        return tuple(node for node in self.nodes if isinstance(node, CubaPopulation))

    def node(self, name: str) -> Node:
        """Return the node called ``name``."""
        for node in self.nodes:
            if node.name == name:
                return node
        raise NetworkError(f"no node {name!r}; this graph has {', '.join(n.name for n in self.nodes)}")

    def origin(self, name: str) -> str:
        """Return the name of the node whose units are seen at ``name``: itself, or what a flatten views.

        Raises
        ------
        NetworkError
            Where flattens only view each other.
        """
        passed: list[str] = []
        while isinstance(self.node(name), Flatten):
            if name in passed:
                raise NetworkError(
                    f"flattens {' -> '.join([name, *passed])} lead in a circle; put neurons between"
                )
            passed.insert(0, name)
            name = self.into(name)[0].source
        return name

    def into(self, name: str) -> tuple[Edge, ...]:
        """Return the edges that lead to the node called ``name``."""
        return tuple(edge for edge in self.edges if edge.target == name)


def _check_edge(edge: Edge, nodes: dict[str, Node]) -> None:
    for end in (edge.source, edge.target):
        if end not in nodes:
            raise NetworkError(f"edge {edge.name}: {end!r} is not a node of this graph")
    source, target = nodes[edge.source], nodes[edge.target]
    if isinstance(target, Source):
        raise NetworkError(f"edge {edge.name} leads into the source, which only the host drives")
    if edge.weights is None:
        if not isinstance(target, Flatten) or source.units != target.units:
            raise NetworkError(
                f"edge {edge.name} has no weights, which only a flatten of {source.units} units can take"
            )
        return
    if isinstance(target, Flatten):
        raise NetworkError(f"edge {edge.name} has weights, but a flatten takes none")
    if sum(axis > 1 for axis in source.shape) > 1:
        raise NetworkError(
            f"edge {edge.name}: synapses read {source.name!r} of shape "
            f"{'x'.join(map(str, source.shape))}, whose units have no agreed order; put a flatten between"
        )
    expected = (target.units, source.units)
    if edge.weights.shape != expected:
        raise NetworkError(f"edge {edge.name}: weights have shape {edge.weights.shape}, expected {expected}")
