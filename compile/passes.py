"""Rewriting a graph in steps.

A pass is a frozen value: its fields are its options, its docstring says what holds before and after, and
calling it returns another graph.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from compile.graph import Graph


@runtime_checkable
class Pass(Protocol):
    """One rewriting step."""

    @property
    def name(self) -> str:
        """Name shown while it runs."""

    def __call__(self, graph: Graph) -> Graph:
        """Return the rewritten graph; the given one stays as it is."""


def run_passes(
    graph: Graph, passes: Sequence[Pass], *, between: Callable[[str, Graph], None] | None = None
) -> Graph:
    """Apply passes in order.

    Parameters
    ----------
    graph : Graph
        Where to begin.
    passes : sequence of Pass
        What to do.
    between : callable, optional
        Called after each pass with its name and the graph it made.
    """
    for step in passes:
        graph = step(graph)
        if between is not None:
            between(step.name, graph)
    return graph
