"""The graph as text, and text as a graph.

One node or edge a line, in the graph's order; the weights of an edge follow it, one indented line a target
unit; ``#`` begins a comment::

    source input 1x2
    flatten flat 2
    cuba hidden 2 threshold=1.25 current_decay=1 voltage_decay=0.03125 bias=[0 0.5]
    edge input -> flat
    edge flat -> hidden
      0.5 -0.25
      0.25 1

Numbers are written with the fewest digits that read back as the same number, so ``parse(show(graph))`` is the
same graph and ``show(parse(text))`` is the canonical form of the text.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from compile.graph import CubaPopulation, Edge, Flatten, Graph, Node, Source
from hardware.errors import NetworkError

_CUBA = re.compile(
    r"cuba (?P<name>\S+) (?P<units>\d+) threshold=(?P<threshold>\S+) current_decay=(?P<current_decay>\S+) "
    r"voltage_decay=(?P<voltage_decay>\S+) bias=\[(?P<bias>[^\]]*)\]"
)


def show(graph: Graph) -> str:
    r"""Write a graph as text.

    Examples
    --------
    >>> print(show(parse("source i 1\ncuba o 1 threshold=1.0 current_decay=1 voltage_decay=0 bias=[0]\n"
    ...                  "edge i -> o\n  0.50")), end="")
    source i 1
    cuba o 1 threshold=1 current_decay=1 voltage_decay=0 bias=[0]
    edge i -> o
      0.5
    """
    lines = [_show_node(node) for node in graph.nodes]
    for edge in graph.edges:
        lines.append(f"edge {edge.source} -> {edge.target}")
        if edge.weights is not None:
            lines += ["  " + _numbers(row) for row in edge.weights]
    return "\n".join(lines) + "\n"


def parse(text: str) -> Graph:
    """Read a graph from text.

    Raises
    ------
    NetworkError
        Naming the line that is not understood, or what does not fit in the graph.
    """
    nodes: list[Node] = []
    edges: list[tuple[str, str, list[list[float]]]] = []
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.split("#", 1)[0].rstrip()
        if not line:
            continue
        if line[0].isspace():
            if not edges:
                raise NetworkError(f"line {number}: weights without an edge before them")
            edges[-1][2].append([_real(word, number) for word in line.split()])
        elif match := re.fullmatch(r"edge (\S+) -> (\S+)", line):
            edges.append((match[1], match[2], []))
        else:
            nodes.append(_parse_node(line, number))
    return Graph(tuple(nodes), tuple(Edge(a, b, _matrix(rows, f"{a}->{b}")) for a, b, rows in edges))


def _show_node(node: Node) -> str:
    if isinstance(node, Source):
        return f"source {node.name} {'x'.join(map(str, node.shape))}"
    if isinstance(node, Flatten):
        return f"flatten {node.name} {node.units}"
    return (
        f"cuba {node.name} {node.units} threshold={_number(node.threshold)} "
        f"current_decay={_number(node.current_decay)} voltage_decay={_number(node.voltage_decay)} "
        f"bias=[{_numbers(node.bias)}]"
    )


def _parse_node(line: str, number: int) -> Node:
    if match := re.fullmatch(r"source (\S+) (\d+(?:x\d+)*)", line):
        return Source(match[1], tuple(int(axis) for axis in match[2].split("x")))
    if match := re.fullmatch(r"flatten (\S+) (\d+)", line):
        return Flatten(match[1], int(match[2]))
    if match := _CUBA.fullmatch(line):
        bias = [_real(word, number) for word in match["bias"].split()]
        if len(bias) != int(match["units"]):
            raise NetworkError(f"line {number}: {match['units']} neurons, but {len(bias)} biases")
        return CubaPopulation(
            match["name"],
            _real(match["threshold"], number),
            _real(match["current_decay"], number),
            _real(match["voltage_decay"], number),
            np.array(bias, dtype=np.float64),
        )
    raise NetworkError(f"line {number}: {line!r} is not a source, flatten, cuba or edge")


def _matrix(rows: list[list[float]], name: str) -> NDArray[np.float64] | None:
    if not rows:
        return None
    if len({len(row) for row in rows}) != 1:
        raise NetworkError(f"edge {name}: its rows of weights differ in length")
    return np.array(rows, dtype=np.float64)


def _real(word: str, number: int) -> float:
    try:
        return float(word)
    except ValueError as error:
        raise NetworkError(f"line {number}: {word!r} is not a number") from error


def _number(value: float) -> str:
    return repr(float(value)).removesuffix(".0")


def _numbers(values: NDArray[np.float64]) -> str:
    return " ".join(_number(value) for value in values)
