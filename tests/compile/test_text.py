"""Text in, text out."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from compile.graph import CubaPopulation, Edge, Flatten, Graph, Source
from compile.text import parse, show
from hardware.errors import NetworkError

TINY = """\
source input 1x2x1
flatten flat 2
cuba hidden 3 threshold=1.25 current_decay=1 voltage_decay=0.030029296875 bias=[0 -0.5 0]
cuba out 1 threshold=0 current_decay=0 voltage_decay=0 bias=[0]
edge input -> flat
edge flat -> hidden
  0.5 -0.25
  0 1
  -4 3.96875
edge hidden -> out
  1 2 3
edge out -> out
  -1
"""
REALS = st.floats(allow_nan=False, allow_infinity=False)
FRACTIONS = st.floats(0, 1)


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    sizes = draw(st.lists(st.integers(1, 4), min_size=2, max_size=4))
    nodes: list[Source | Flatten | CubaPopulation] = [Source("in", (sizes[0],))]
    edges = []
    if draw(st.booleans()):
        nodes.append(Flatten("flat", sizes[0]))
        edges.append(Edge("in", "flat"))
    for index, (before, units) in enumerate(pairwise(sizes)):
        edges.append(Edge(nodes[-1].name, f"l{index}", draw(arrays(np.float64, (units, before), elements=REALS))))
        bias = draw(arrays(np.float64, units, elements=REALS))
        threshold = draw(st.floats(0, allow_infinity=False))
        nodes.append(CubaPopulation(f"l{index}", threshold, draw(FRACTIONS), draw(FRACTIONS), bias))
    return Graph(tuple(nodes), tuple(edges))


def test_canonical_text_reads_back_as_itself() -> None:
    assert show(parse(TINY)) == TINY


@given(graphs())
def test_every_number_survives_the_text(graph: Graph) -> None:
    again = parse(show(graph))
    assert show(again) == show(graph)
    for before, after in zip(graph.edges, again.edges, strict=True):
        assert (before.weights is None) == (after.weights is None)
        if before.weights is not None and after.weights is not None:
            assert before.weights.tobytes() == after.weights.tobytes()
    for one, other in zip(graph.populations, again.populations, strict=True):
        assert (one.threshold, one.current_decay, one.voltage_decay) == (
            other.threshold,
            other.current_decay,
            other.voltage_decay,
        )
        assert one.bias.tobytes() == other.bias.tobytes()


def test_comments_blank_lines_and_spelling_of_numbers_do_not_matter() -> None:
    loose = (
        TINY.replace("1.25", "1.250").replace("  1 2 3", "  1.0 2e0   3  # row").replace("edge out", "\nedge out")
    )
    assert show(parse("# a graph\n" + loose)) == TINY


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("source input 1x2x1", "source input 1xx2", "line 1: 'source input 1xx2' is not a source"),
        ("flatten flat 2", "flatten flat 3", "edge input->flat has no weights, which only a flatten of 2 units"),
        ("bias=[0 -0.5 0]", "bias=[0 0]", "line 3: 3 neurons, but 2 biases"),
        ("  0 1\n", "  0 1 2\n", "its rows of weights differ in length"),
        ("  0 1\n", "", r"weights have shape \(2, 2\), expected \(3, 2\)"),
        ("  0 1\n", "  0 x\n", "line 8: 'x' is not a number"),
        ("  0 1\n", "  0 nan\n", "1 of 6 weights are not finite"),
        ("threshold=1.25", "threshold=-1", "layer 'hidden': threshold -1.0 must be finite"),
        ("threshold=1.25", "threshold=inf", "layer 'hidden': threshold inf must be finite"),
        ("current_decay=1 ", "current_decay=1.5 ", "current_decay 1.5 must lie in 0..1"),
        ("edge out -> out", "edge out -> nowhere", "'nowhere' is not a node"),
        ("edge out -> out", "edge hidden -> out", "edge hidden->out occurs twice"),
        ("edge out -> out", "edge out -> input", "leads into the source"),
        ("cuba out", "cuba hidden", "node name 'hidden' must be a single word, and unique"),
    ],
)
def test_what_is_wrong_is_named(old: str, new: str, sentence: str) -> None:
    assert old in TINY
    with pytest.raises(NetworkError, match=sentence):
        parse(TINY.replace(old, new, 1))


def test_an_image_must_be_flattened_before_synapses_read_it() -> None:
    text = (
        "source i 1x2x2\ncuba o 1 threshold=1 current_decay=1 voltage_decay=1 bias=[0]\nedge i -> o\n  1 1 1 1\n"
    )
    with pytest.raises(NetworkError, match="of shape 1x2x2, whose units have no agreed order; put a flatten"):
        parse(text)
    assert parse(text.replace("1x2x2", "4x1x1")).source.units == 4


def test_flattens_that_only_view_each_other_are_refused() -> None:
    text = (
        "source i 1\nflatten a 1\nflatten b 1\ncuba o 1 threshold=1 current_decay=1 voltage_decay=1 bias=[0]\n"
        "edge a -> b\nedge b -> a\nedge b -> o\n  1\n"
    )
    with pytest.raises(NetworkError, match="flattens a -> b -> a lead in a circle"):
        parse(text)


def test_weights_without_an_edge_and_graphs_without_layers() -> None:
    with pytest.raises(NetworkError, match="line 2: weights without an edge"):
        parse("source i 1\n  1 2\n")
    with pytest.raises(NetworkError, match="found 0 and 0"):
        parse("")
    with pytest.raises(NetworkError, match="'o' has 0 incoming edges"):
        parse("source i 1\ncuba o 1 threshold=1 current_decay=1 voltage_decay=1 bias=[0]\n")
