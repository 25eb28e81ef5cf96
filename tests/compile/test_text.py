"""Text in, text out."""

from __future__ import annotations

import dataclasses
import typing
from enum import Enum
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from compile.graph import Edge, Graph
from compile.neurons import MODELS, Model
from compile.nodes import Average, Concat, Flatten, Node, Population, Source
from compile.norms import CONSTANTS, Norm
from compile.synapses import WEIGHTS, ConvWeights, DenseWeights, OneToOne, PoolWeights, SparseWeights, Weights
from compile.text import parse, show
from hardware.encoder import Encoder
from hardware.errors import NetworkError

TINY = """\
source input 1x2x1
flatten flat 2
cuba hidden 3 threshold=1.25 current_decay=1 voltage_decay=0.030029296875 bias=[0 -0.5 0]
cuba out 1 threshold=0 current_decay=0 voltage_decay=0
edge input -> flat
edge flat -> hidden dense
  0.5 -0.25
  0 1
  -4 3.96875
edge hidden -> out dense
  1 2 3
edge out -> out one-to-one
  -1
"""
EVERYTHING = """\
source input 1x2x4 graded=true encoder=[40 36 0]
relay same 1x2x4 scale=0.015625
delta change 1x2x4 threshold=0.5 cumulative=true
sigma_delta conv 2x1x3 threshold=[0 0.25 0.5 0.75 1 1.25] bias=0.125 activation=unit norm_bias=[0.5 1]
sigma up 2x2x4
concat both 3x2x4
flatten flat 24
alif a 4 threshold=1 threshold_step=0.5 current_decay=0.25 voltage_decay=0.5 threshold_decay=1 refractory_decay=0
resonator r 2 threshold=1 sin_decay=0.5 cos_decay=0.25 firing=izhikevich drive_imag=-1 norm_drive_imag=[2 0 -1]
cuba out 4 threshold=1 current_decay=0 voltage_decay=0 refractory=63 message=graded reset=subtract delays=[0 0 9 1]
average mean 2
edge input -> same one-to-one direct=true
  1 1 1 1 1 1 1 1
edge same -> change one-to-one
  1 1 1 1 1 1 1 1
edge change -> conv conv shape=2x1x2x2 stride=2x1
  1 2
  3 4
  -1 -2
  -3 -4
edge conv -> up conv shape=2x1x2x2 groups=2 transposed=true
  1 1
  1 1
  0.5 0.5
  0.5 0.5
edge up -> both
edge same -> both
edge both -> flat
edge flat -> a sparse
  0 1 0.5
  23 3 -1e+300
edge conv -> conv pool padding=0x1 unpool=true
  1 1
edge a -> r dense
  1 0 0 0
  0 1 0 0
  delays
  63 0 0 0
  0 1 0 0
edge a -> r dense port=imag
  0 0 1 0
  0 0 0 1
edge r -> out dense
  1 2
  3 4
  5 6
  7 8
edge out -> mean
"""
REALS = st.floats(allow_nan=False, allow_infinity=False)
DELAYS = st.integers(0, 63)


def parameter(hint: Any, name: str, units: int) -> st.SearchStrategy[Any]:
    """Values of a model's field."""
    number = st.floats(0, 1) if name.endswith("_decay") else REALS
    special: dict[Any, st.SearchStrategy[Any]] = {
        bool: st.booleans(),
        int: st.integers(1, 63),
        float: st.floats(0, allow_infinity=False, exclude_min=True) if name == "scale" else number,
    }
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(hint)
    if hint in special:
        return special[hint]
    return number | (st.none() if name == "threshold_step" else arrays(np.float64, units, elements=number))


@st.composite
def models(draw: st.DrawFn, units: int) -> Model:
    kind = draw(st.sampled_from(sorted(MODELS)))
    hints = typing.get_type_hints(MODELS[kind])
    return MODELS[kind](
        **{
            field.name: draw(parameter(hints[field.name], field.name, units))
            for field in dataclasses.fields(MODELS[kind])
        }
    )


@st.composite
def populations(draw: st.DrawFn, name: str, *shape: int) -> Population:
    units = int(np.prod(shape))
    delays = draw(st.none() | arrays(np.uint8, units, elements=DELAYS))
    model = draw(models(units))
    return Population(name, shape, model, delays, draw(norms(model, units)))


@st.composite
def norms(draw: st.DrawFn, model: Model, units: int) -> tuple[Norm, ...]:
    """At most one norm a port, in any order."""
    scales, shifts = (
        st.floats(0, allow_infinity=False, exclude_min=True),
        REALS | arrays(np.float64, units, elements=REALS),
    )
    by_port = {CONSTANTS[into]: into for into in draw(st.permutations(list(CONSTANTS))) if hasattr(model, into)}
    kept = [into for into in by_port.values() if draw(st.booleans())]
    return tuple(Norm(into, draw(scales), draw(shifts)) for into in kept)


@st.composite
def vector_weights(draw: st.DrawFn, sources: int, targets: int) -> Weights:
    if sources == targets and draw(st.booleans()):
        return OneToOne(draw(arrays(np.float64, sources, elements=REALS)))
    if draw(st.booleans()):
        pairs = sorted(
            draw(st.sets(st.tuples(st.integers(0, sources - 1), st.integers(0, targets - 1)), min_size=1))
        )
        weights = draw(arrays(np.float64, len(pairs), elements=REALS))
        return SparseWeights(weights, np.array([b for _, b in pairs]), np.array([a for a, _ in pairs]))
    delays = draw(st.none() | arrays(np.uint8, (targets, sources), elements=DELAYS))
    return DenseWeights(draw(arrays(np.float64, (targets, sources), elements=REALS)), delays)


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """A source image, a way through a convolution and one through pooling, joined, flattened and read."""
    groups, stride, channels = draw(st.sampled_from([1, 2])), draw(st.integers(1, 2)), 2
    decimate = 1 << draw(st.integers(0, 6))
    encoder = Encoder(draw(st.integers(-128, 127)) * 2, draw(st.integers(-128, 127)) * 2, 0, decimate)
    if draw(st.booleans()):
        encoder = Encoder(decimate=decimate, grid=4096)
    graded = draw(st.booleans())
    source = Source("in", (channels, 3, 3), graded, encoder if graded and draw(st.booleans()) else None)
    kernel = draw(arrays(np.float64, (2 * groups, channels // groups, 1, 2), elements=REALS))
    conv = ConvWeights(kernel, (stride, 1), (0, 1), (1, draw(st.integers(1, 2))), groups)
    image = conv.reaches(source.shape)
    pool = PoolWeights(draw(arrays(np.float64, (2, 1), elements=REALS)), stride=(1, 2), unpool=draw(st.booleans()))
    joined = Concat("joined", (2 * groups + channels, *image[1:]))
    units = draw(st.integers(1, 4))
    nodes: tuple[Node, ...] = (
        source,
        draw(populations("conv", *image)),
        draw(populations("pool", channels, *image[1:])),
        joined,
        Flatten("flat", joined.units),
        draw(populations("last", units)),
    )
    edges = (
        Edge("in", "conv", conv),
        Edge("in", "pool", pool),
        Edge("conv", "joined"),
        Edge("pool", "joined"),
        Edge("joined", "flat"),
        Edge("flat", "last", draw(vector_weights(joined.units, units))),
        Edge("last", "last", draw(vector_weights(units, units))),
    )
    if draw(st.booleans()):
        nodes, edges = (*nodes, Average("mean", 1)), (*edges, Edge("last", "mean"))
    return Graph(nodes, edges)


def values_of(thing: Any) -> list[tuple[str, Any]]:
    """Every field, arrays as their bytes."""
    return [
        (field.name, (value.dtype.str, value.shape, value.tobytes()) if isinstance(value, np.ndarray) else value)
        for field in dataclasses.fields(thing)
        for value in [getattr(thing, field.name)]
    ]


def test_canonical_text_reads_back_as_itself() -> None:
    assert show(parse(TINY)) == TINY


def test_every_kind_of_node_and_edge_has_a_text() -> None:
    graph = parse(EVERYTHING)
    assert show(graph) == EVERYTHING
    assert {type(node) for node in graph.nodes} == {Source, Flatten, Concat, Average, Population}
    assert {type(edge.weights) for edge in graph.edges} == {type(None), *WEIGHTS.values()}
    assert {node.model.kind for node in graph.populations} == set(MODELS)


@settings(max_examples=60, deadline=None)
@given(graphs())
def test_every_number_and_option_survives_the_text(graph: Graph) -> None:
    again = parse(show(graph))
    assert show(again) == show(graph)
    for one, other in zip(graph.nodes, again.nodes, strict=True):
        assert type(one) is type(other)
        if isinstance(one, Population) and isinstance(other, Population):
            assert type(one.model) is type(other.model)
            assert values_of(one.model) == values_of(other.model)
            assert {norm.into: values_of(norm) for norm in one.norms} == {
                norm.into: values_of(norm) for norm in other.norms
            }
        same = {"model", "norms"} if isinstance(one, Population) else set()
        assert [each for each in values_of(one) if each[0] not in same] == [
            each for each in values_of(other) if each[0] not in same
        ]
    for before, after in zip(graph.edges, again.edges, strict=True):
        assert (before.name, before.direct, type(before.weights)) == (
            after.name,
            after.direct,
            type(after.weights),
        )
        if before.weights is not None:
            assert values_of(before.weights) == values_of(after.weights)


def test_comments_blank_lines_and_spelling_of_numbers_do_not_matter() -> None:
    loose = (
        TINY.replace("1.25", "1.250").replace("  1 2 3", "  1.0 2e0   3  # row").replace("edge out", "\nedge out")
    )
    assert show(parse("# a graph\n" + loose)) == TINY


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("source input 1x2x1", "source input 1xx2", "line 1: 'source input 1xx2' is neither a node nor an edge"),
        ("source input 1x2x1", "source input 1x2x1 graded=1", "line 1: layer 'input': graded=1 must be true or"),
        ("source input 1x2x1", "source input 2 encoder=[1 2]", "encoder is .weight bias divide. or .*, found 2"),
        (
            "source input 1x2x1",
            "source input 2 encoder=[a]",
            r"line 1: layer 'input': \[a\] must be whole numbers",
        ),
        (
            "source input",
            "sauce input",
            "line 1: 'sauce' is no node; known: source, flatten, concat, average, cuba",
        ),
        ("flatten flat 2", "flatten flat 1x2", "line 2: layer 'flat': flatten makes one axis, found 2"),
        ("flatten flat 2", "flatten flat 3", r"edge flat->hidden: weights have shape \(3, 2\), expected \(3, 3\)"),
        ("bias=[0 -0.5 0]", "bias=[0 0.5]", "layer 'hidden': bias has 2 values for 3 units"),
        ("bias=[0 -0.5 0]", "bias=[0 x 0]", r"line 3: layer 'hidden': bias=\[0 x 0\] is not understood"),
        ("bias=[0 -0.5 0]", "offset=1", "line 3: unknown field offset"),
        ("bias=[0 -0.5 0]", "threshold=1", "line 3: threshold is given twice"),
        ("bias=[0 -0.5 0]", "message=voltag", "message=voltag is not understood; known: spike, graded, voltage"),
        ("bias=[0 -0.5 0]", "refractory=1.5", "refractory=1.5 is not understood"),
        ("bias=[0 -0.5 0]", "delays=[0 1]", "layer 'hidden': delays must be an integer for each of 3 units"),
        ("bias=[0 -0.5 0]", "delays=[0 1 64]", r"delays 0\.\.64 must lie in 0\.\.63"),
        ("bias=[0 -0.5 0]", "delays=[0 1 .5]", r"line 3: layer 'hidden': \[0 1 .5\] must be whole numbers"),
        ("bias=[0 -0.5 0]", "norm_bias=[1 2 3]", "layer 'hidden': norm_bias shifts 2 of 3 units"),
        (
            "bias=[0 -0.5 0]",
            "norm_bias=2",
            "line 3: layer 'hidden': norm_bias: shift must be a finite number, or a",
        ),
        ("bias=[0 -0.5 0]", "norm_bias=[]", r"line 3: layer 'hidden': norm_bias=\[\] must be \[scale shift"),
        ("bias=[0 -0.5 0]", "norm_bias=[1 x]", r"line 3: layer 'hidden': norm_bias=\[1 x\] must be \[scale shift"),
        (
            "bias=[0 -0.5 0]",
            "norm_bias=[0 1]",
            "layer 'hidden': norm_bias: scale 0 must be a finite number above 0",
        ),
        ("bias=[0 -0.5 0]", "norm_bias=[1 nan]", "norm_bias: shift must be a finite number"),
        (
            "bias=[0 -0.5 0]",
            "norm_drive_imag=[1 1]",
            "layer 'hidden': cuba neurons have no drive_imag that a norm",
        ),
        ("bias=[0 -0.5 0]", "norm_bias=[1 1] norm_drive=[1 1]", "two norms scale the input at the plain port"),
        ("bias=[0 -0.5 0]", "norm_leak=[1 1]", "line 3: unknown field norm_leak"),
        (" voltage_decay=0\n", "\n", "line 4: layer 'out' needs voltage_decay="),
        ("threshold=1.25", "threshold=inf", "layer 'hidden': threshold must be a finite number"),
        ("current_decay=1 ", "current_decay=1.5 ", "layer 'hidden': current_decay 1.5 must lie in 0..1"),
        ("  0 1\n", "  0 1 2\n", "line 6: edge flat->hidden: its rows of weights differ in length"),
        ("  0 1\n", "", r"weights have shape \(2, 2\), expected \(3, 2\)"),
        ("  0 1\n", "  0 x\n", "line 8: '0 x' is not a row of numbers"),
        ("  0 1\n", "  0 nan\n", "edge flat->hidden: 1 of 6 weights are not finite"),
        (" dense\n  1 2 3", " dense", "line 10: edge hidden->out: it has no weights"),
        (" dense\n  1 2 3", "", "edge hidden->out has no weights, and 'out' holds neurons"),
        (" dense\n  1 2 3", "\n  1 2 3", "line 10: edge hidden->out: weights need a kind; known: dense"),
        (
            "hidden -> out dense",
            "hidden -> out thin",
            "line 10: edge hidden->out: unknown kind 'thin'; known: dense",
        ),
        ("hidden -> out dense", "hidden -> out dense groups=2", "line 10: unknown field groups"),
        ("hidden -> out dense", "hidden -> out dense port=imag", "cuba neurons have no port 'imag'"),
        (
            "hidden -> out dense",
            "hidden -> out dense direct=1",
            "line 10: direct must be true or false, found '1'",
        ),
        ("hidden -> out dense", "hidden -> out dense direct=true", "only the source can drive neurons directly"),
        ("hidden -> out dense", "hidden -> out conv", "line 10: edge hidden->out: 3 weights do not fill shape="),
        ("hidden -> out dense", "hidden -> out conv shape=1x1x1x2", "3 weights do not fill shape=1x1x1x2"),
        ("dense\n  1 2 3", "sparse\n  0.5 0 1", "each synapse is a line of source, target and weight"),
        ("dense\n  1 2 3", "sparse\n  1e99 0 1", "each synapse is a line of source, target and weight"),
        ("dense\n  1 2 3", "sparse\n  3 0 1", "synapses lead from unit 3 of 3 to 0 of 1"),
        ("  1 2 3", "  1 2 3\n  delays\n  0 0 0.5", "delays must be integers of the weights' shape"),
        ("  1 2 3", "  1 2 3\n  delays\n  0 0 64", r"edge hidden->out: delays 0\.\.64 must lie in 0\.\.63"),
        ("  1 2 3", "  1 2 3\n  delays\n  0 0 0\n  delays", "line 14: 'delays' is not a row of numbers"),
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


def test_views_that_only_view_each_other_are_refused() -> None:
    text = (
        "source i 1\nflatten a 1\nflatten b 1\ncuba o 1 threshold=1 current_decay=1 voltage_decay=1\n"
        "edge a -> b\nedge b -> a\nedge b -> o dense\n  1\n"
    )
    with pytest.raises(NetworkError, match="views a -> b -> a lead in a circle"):
        parse(text)


def test_weights_without_an_edge_and_graphs_without_layers() -> None:
    with pytest.raises(NetworkError, match="line 2: weights without an edge"):
        parse("source i 1\n  1 2\n")
    with pytest.raises(NetworkError, match="found 0 and 0"):
        parse("")
    with pytest.raises(NetworkError, match="'o' has 0 incoming edges"):
        parse("source i 1\ncuba o 1 threshold=1 current_decay=1 voltage_decay=1\n")
