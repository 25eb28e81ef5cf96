"""The graph as text, and text as a graph.

One node or edge a line, in the graph's order; ``#`` begins a comment. Neurons and weights are written with the
fields of their classes in ``compile.neurons`` and ``compile.synapses``; fields at their defaults are left out::

    source input 1x2x2 graded=true encoder=[64 0 0]
    flatten flat 4
    cuba hidden 2 threshold=1.25 current_decay=1 voltage_decay=0.03125 delays=[0 3] norm_bias=[2 0 0.5]
    edge input -> flat
    edge flat -> hidden dense
      0.5 -0.25 0 1
      0.25 1 0 0

A norm is its scale, then its shift, for all or for each unit. The indented numbers are the weights: one line a
target unit (dense), one line in all (one-to-one), one line ``source target weight`` a synapse (sparse), one line a
row of a kernel (conv, whose shape the edge tells, and pool). The delays of dense weights follow theirs after a
line ``delays``. Numbers are written with the fewest digits that read back as the same number, so
``parse(show(graph))`` is the same graph and ``show(parse(text))`` is the canonical form of the text.
"""

from __future__ import annotations

import dataclasses
import math
import re
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from compile.fields import Fields, number, numbers, read_fields, show_fields
from compile.graph import Edge, Graph
from compile.neurons import MODELS
from compile.nodes import Average, Concat, Flatten, Node, Population, Source
from compile.norms import read_norms, show_norms
from compile.synapses import WEIGHTS, ConvWeights, DenseWeights, OneToOne, PoolWeights, SparseWeights, Weights
from hardware.chip import widths
from hardware.encoder import Encoder
from hardware.errors import NetworkError

_NODE = re.compile(r"(\S+) (\S+) (\d+(?:x\d+)*)((?: \w+=(?:\[[^\]]*\]|\S+))*)")
_EDGE = re.compile(r"edge (\S+) -> (\S+)(?: (\S+)((?: \w+=\S+)*))?")
_ARRAYS = ("weights", "delays", "target_of", "source_of")


def show(graph: Graph) -> str:
    r"""Write a graph as text.

    Examples
    --------
    >>> print(show(parse("source i 1\ncuba o 1 threshold=1.0 current_decay=1 voltage_decay=0\n"
    ...                  "edge i -> o dense\n  0.50")), end="")
    source i 1
    cuba o 1 threshold=1 current_decay=1 voltage_decay=0
    edge i -> o dense
      0.5
    """
    lines = [_show_node(node) for node in graph.nodes]
    for edge in graph.edges:
        lines += _show_edge(edge)
    return "\n".join(lines) + "\n"


def parse(text: str) -> Graph:
    """Read a graph from text.

    Raises
    ------
    NetworkError
        Naming the line that is not understood, or what does not fit in the graph.
    """
    nodes: list[Node] = []
    edges: list[_Edge] = []
    for count, raw in enumerate(text.splitlines(), start=1):
        line = raw.split("#", 1)[0].rstrip()
        if not line:
            continue
        if line[0].isspace():
            if not edges:
                raise NetworkError(f"line {count}: weights without an edge before them")
            edges[-1].add(line.split(), count)
        elif match := _EDGE.fullmatch(line):
            edges.append(_Edge(match[1], match[2], match[3] or "", Fields(match[4] or "", f"line {count}")))
        elif match := _NODE.fullmatch(line):
            axes = tuple(int(axis) for axis in match[3].split("x"))
            nodes.append(_node(match[1], match[2], axes, Fields(match[4], f"line {count}")))
        else:
            raise NetworkError(f"line {count}: {line!r} is neither a node nor an edge")
    return Graph(tuple(nodes), tuple(edge.made() for edge in edges))


def _show_node(node: Node) -> str:
    shape = "x".join(map(str, node.shape))
    match node:
        case Population():
            delays = "" if node.delays is None else f" delays=[{numbers(node.delays)}]"
            return (
                f"{node.model.kind} {node.name} {shape}{show_fields(node.model)}{delays}{show_norms(node.norms)}"
            )
        case Source():
            encoder = node.encoder
            graded = " graded=true" if node.graded else ""
            coded = "" if encoder is None else _show_encoder(encoder)
            return f"source {node.name} {shape}{graded}{coded}"
        case _:
            return f"{type(node).__name__.lower()} {node.name} {shape}"


def _node(kind: str, name: str, shape: tuple[int, ...], fields: Fields) -> Node:
    where = f"{fields.where}: layer {name!r}"
    node: Node
    if kind in MODELS:
        delays, norms = fields.take("delays"), read_norms(fields, where)
        model = read_fields(MODELS[kind], fields, f"layer {name!r}")
        node = Population(name, shape, model, None if delays is None else _delays(delays, where), norms)
    elif kind == "source":
        encoder = fields.take("encoder")
        if encoder is not None and len(coded := _integers(encoder, where)) not in (3, 5):
            wanted = "[weight bias divide] or [weight bias divide decimate grid]"
            raise NetworkError(f"{where}: an encoder is {wanted}, found {len(coded)} numbers")
        graded = fields.take("graded") or "false"
        if graded not in ("true", "false"):
            raise NetworkError(f"{where}: graded={graded} must be true or false")
        node = Source(name, shape, graded == "true", None if encoder is None else Encoder(*map(int, coded)))
    elif kind == "concat":
        node = Concat(name, shape)
    elif kind in ("flatten", "average"):
        if len(shape) != 1:
            raise NetworkError(f"{where}: {kind} makes one axis, found {len(shape)}")
        node = Flatten(name, shape[0]) if kind == "flatten" else Average(name, shape[0])
    else:
        raise NetworkError(
            f"{fields.where}: {kind!r} is no node; known: source, flatten, concat, average, {', '.join(MODELS)}"
        )
    fields.check_empty()
    return node


def _show_encoder(encoder: Encoder) -> str:
    values, usual = dataclasses.astuple(encoder), dataclasses.astuple(Encoder())
    shown = values[:3] if values[3:] == usual[3:] else values
    return f" encoder=[{' '.join(map(str, shown))}]"


def _delays(word: str, where: str) -> NDArray[np.uint8]:
    delays = _integers(word, where)
    if delays.size and (delays.min() < 0 or delays.max() > widths.DELAY_MAX):
        raise NetworkError(f"{where}: delays {delays.min()}..{delays.max()} must lie in 0..{widths.DELAY_MAX}")
    return delays.astype(np.uint8)


def _integers(word: str, where: str) -> NDArray[np.int64]:
    try:
        return np.array([int(part) for part in word.strip("[]").split()], np.int64)
    except (ValueError, OverflowError) as error:
        raise NetworkError(f"{where}: {word} must be whole numbers in brackets") from error


def _show_edge(edge: Edge) -> list[str]:
    head, weights = f"edge {edge.source} -> {edge.target}", edge.weights
    if weights is None:
        return [head]
    head += f" {weights.kind}" + (f" port={edge.port}" if edge.port else "") + " direct=true" * edge.direct
    values = weights.weights
    if isinstance(weights, ConvWeights):
        head += f" shape={'x'.join(map(str, values.shape))}"
    head += show_fields(weights, leave_out=_ARRAYS)
    if isinstance(weights, SparseWeights):
        rows = [
            f"{source} {target} {number(value)}"
            for source, target, value in zip(weights.source_of, weights.target_of, values, strict=True)
        ]
    else:
        rows = [numbers(row) for row in values.reshape(-1, values.shape[-1])]
    if isinstance(weights, DenseWeights) and weights.delays is not None:
        rows += ["delays", *map(numbers, weights.delays)]
    return [head, *("  " + row for row in rows)]


@dataclass
class _Edge:
    """An edge while its lines are read."""

    source: str
    target: str
    kind: str
    fields: Fields
    rows: list[list[float]] = field(default_factory=list)
    delays: list[list[float]] | None = None

    def add(self, words: list[str], line: int) -> None:
        """Take an indented line."""
        if words == ["delays"] and self.kind == DenseWeights.kind and self.delays is None:
            self.delays = []
            return
        rows = self.rows if self.delays is None else self.delays
        try:
            rows.append([float(word) for word in words])
        except ValueError as error:
            raise NetworkError(f"line {line}: {' '.join(words)!r} is not a row of numbers") from error

    def made(self) -> Edge:
        """Return the edge."""
        if not self.kind:
            if self.rows:
                raise NetworkError(f"{self._where}: weights need a kind; known: {', '.join(WEIGHTS)}")
            return Edge(self.source, self.target)
        if self.kind not in WEIGHTS:
            raise NetworkError(f"{self._where}: unknown kind {self.kind!r}; known: {', '.join(WEIGHTS)}")
        port = self.fields.take("port") or ""
        direct = self.fields.truth("direct")
        weights = self._weights()
        self.fields.check_empty()
        return Edge(self.source, self.target, weights, port, direct)

    @property
    def _where(self) -> str:
        return f"{self.fields.where}: edge {self.source}->{self.target}"

    def _weights(self) -> Weights:
        kind, where = WEIGHTS[self.kind], f"edge {self.source}->{self.target}"
        rows = self._matrix(self.rows)
        arrays: dict[str, NDArray[np.generic]] = {"weights": rows}
        if kind is OneToOne:
            arrays["weights"] = rows.ravel() if len(rows) == 1 else rows
        elif kind is SparseWeights:
            if rows.shape[1] != 3 or np.any(rows[:, :2] % 1) or np.any(np.abs(rows[:, :2]) >= 1 << 31):
                raise NetworkError(f"{self._where}: each synapse is a line of source, target and weight")
            source_of, target_of, weights = rows.T
            arrays = {
                "weights": weights,
                "target_of": target_of.astype(np.int32),
                "source_of": source_of.astype(np.int32),
            }
        elif kind is ConvWeights:
            axes = (self.fields.take("shape") or "").split("x")
            shape = tuple(int(axis) for axis in axes if axis.isdecimal())
            if len(axes) != 4 or len(shape) != 4 or math.prod(shape) != rows.size:
                raise NetworkError(f"{self._where}: {rows.size} weights do not fill shape={'x'.join(axes)}")
            arrays["weights"] = rows.reshape(shape)
        elif kind is not PoolWeights and self.delays is not None:
            delays = self._matrix(self.delays)
            arrays["delays"] = delays if np.any(delays % 1) else delays.astype(np.int64)
        return read_fields(kind, self.fields, where, arrays)

    def _matrix(self, rows: list[list[float]]) -> NDArray[np.float64]:
        if not rows or len({len(row) for row in rows}) != 1:
            problem = "its rows of weights differ in length" if rows else "it has no weights"
            raise NetworkError(f"{self._where}: {problem}")
        return np.array(rows, np.float64)
