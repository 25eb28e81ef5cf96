"""Passes that claim to keep the spikes do, in real numbers and in the integers of the specification."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from compile.graph import Edge, Graph
from compile.neurons import CubaModel, RelayModel
from compile.nodes import Average, Concat, Flatten, Node, Population, Source
from compile.passes import run_passes
from compile.pipeline import PASSES, place_network
from compile.quantize import quantize
from compile.synapses import ConvWeights, DenseWeights, OneToOne, PoolWeights, SparseWeights, Weights
from compile.transforms.absorb_scales import AbsorbScales
from compile.transforms.align_skips import AlignSkips
from compile.transforms.fold_concat import FoldConcat
from compile.transforms.fold_flatten import FoldFlatten
from compile.transforms.lower_average import LowerAverage
from compile.transforms.lower_pooling import LowerPooling
from compile.transforms.name_layers import NameLayers
from compile.transforms.remove_dead import RemoveDead
from hardware.chip.known import LOIHI2
from hardware.emulator.reference import ReferenceBackend
from hardware.spikes import SpikeTrain
from tests.compile.float_run import run

STEPS = 12
WEIGHTS = st.integers(-16, 16).map(lambda step: step / 32)
DELAYS = st.integers(0, 3)


def emulated(graph: Graph, inputs: NDArray[np.uint8]) -> dict[str, NDArray[Any]]:
    """Run a lowered graph on the specification."""
    with ReferenceBackend().load(place_network(quantize(graph), LOIHI2)) as session:
        spikes = session.run(SpikeTrain(inputs[None])).spikes
    return {name: values[0] for name, values in spikes.items()}


@st.composite
def models(draw: st.DrawFn, units: int) -> CubaModel:
    """Neurons whose every state is a number that both sides hold exactly."""
    bias = draw(st.just(0.0) | arrays(np.float64, units, elements=WEIGHTS))
    decays = st.sampled_from([0.0, 1.0])
    return CubaModel(draw(st.integers(0, 64)) / 64, 1.0, draw(decays), bias)


@st.composite
def populations(draw: st.DrawFn, name: str, *shape: int) -> Population:
    units = int(np.prod(shape))
    delays = draw(st.none() | arrays(np.uint8, units, elements=DELAYS))
    return Population(name, shape, draw(models(units)), delays)


@st.composite
def vector_weights(draw: st.DrawFn, sources: int, targets: int) -> Weights:
    kind = draw(st.sampled_from(["dense", "delayed", "sparse", "one-to-one"]))
    if kind == "one-to-one" and sources == targets:
        return OneToOne(draw(arrays(np.float64, sources, elements=WEIGHTS)))
    matrix = draw(arrays(np.float64, (targets, sources), elements=WEIGHTS))
    if kind != "sparse":
        delays = draw(arrays(np.uint8, matrix.shape, elements=DELAYS)) if kind == "delayed" else None
        return DenseWeights(matrix, delays)
    source_of, target_of = np.nonzero(draw(arrays(np.bool_, (sources, targets), elements=st.booleans())))
    if source_of.size == 0:
        return DenseWeights(matrix)
    return SparseWeights(matrix[target_of, source_of], target_of.astype(np.int32), source_of.astype(np.int32))


@st.composite
def kernels(draw: st.DrawFn, inputs: int, outputs: int) -> ConvWeights:
    groups = draw(st.sampled_from([g for g in (1, 2) if inputs % g == outputs % g == 0]))
    transposed = draw(st.booleans())
    first, second = (inputs, outputs // groups) if transposed else (outputs, inputs // groups)
    kernel = draw(arrays(np.float64, (first, second, 1, 3), elements=WEIGHTS))
    return ConvWeights(kernel, padding=(0, 1), groups=groups, transposed=transposed)


@st.composite
def image_graphs(draw: st.DrawFn) -> Graph:
    """A source image read by a convolution and by pooling, both joined, read as an image and, flattened, twice."""
    pool = PoolWeights(
        draw(arrays(np.float64, (1, 3), elements=WEIGHTS)), padding=(0, 1), unpool=draw(st.booleans())
    )
    other = PoolWeights(
        draw(arrays(np.float64, (1, 1), elements=WEIGHTS)), stride=draw(st.sampled_from([(1, 1), (1, 2)]))
    )
    size = ConvWeights(np.zeros((1, 1, 1, 1)), stride=other.stride).reaches((1, 2, 3))[1:]
    first, second = draw(st.permutations(["conv", "pool"]))
    nodes: list[Node] = [
        Source("in", (2, 2, 3)),
        draw(populations("conv", 2, 2, 3)),
        draw(populations("pool", 2, 2, 3)),
        Concat("joined", (4, 2, 3)),
        draw(populations("mixed", 2, 2, 3)),
        draw(populations("small", 2, *size)),
        Flatten("flat", 24),
        Flatten("again", 12),
        draw(populations("extra", 2)),
        Concat("outer", (38,)),
        draw(populations("last", 4)),
    ]
    twice = draw(vector_weights(38, 4).filter(lambda weights: getattr(weights, "delays", None) is None))
    edges = [
        Edge("in", "conv", draw(kernels(2, 2))),
        Edge("in", "pool", pool),
        Edge(first, "joined"),
        Edge(second, "joined"),
        Edge("joined", "mixed", draw(kernels(4, 2))),
        Edge("mixed", "small", other),
        Edge("joined", "flat"),
        Edge("flat", "extra", draw(vector_weights(24, 2))),
        Edge("flat", "outer"),
        Edge("extra", "outer"),
        Edge("pool", "again"),
        Edge("again", "outer"),
        Edge("outer", "last", twice),
        Edge("small", "last", draw(vector_weights(2 * size[0] * size[1], 4))),
    ]
    if draw(st.booleans()):
        nodes.append(Average("mean", 2))
        edges.append(Edge("last", "mean"))
    return Graph(tuple(nodes), tuple(edges))


def trains(units: int) -> st.SearchStrategy[NDArray[np.uint8]]:
    return st.integers(0, 2**16).map(
        lambda seed: (np.random.default_rng(seed).random((STEPS, units)) < 0.5).astype(np.uint8)
    )


@settings(max_examples=20, deadline=None)
@given(image_graphs(), st.data())
def test_folding_and_lowering_keep_every_spike(graph: Graph, data: st.DataObject) -> None:
    inputs = data.draw(trains(graph.source.units))
    before = run(graph, inputs)
    steps = [LowerAverage(), LowerPooling(), FoldConcat(), FoldFlatten()]
    for count in range(1, 5):
        after = run(run_passes(graph, steps[:count]), inputs)
        for name in after:
            if name != "mean":
                assert np.array_equal(before[name], after[name]), name
    lowered = run_passes(graph, [NameLayers(), *steps])
    assert not [node for node in lowered.nodes if isinstance(node, Flatten | Concat | Average)]
    integers = emulated(lowered, inputs)
    assert [name for name in integers if name != "average"] == [
        node.name for node in lowered.populations if node.name != "average"
    ]
    for old, new in zip(graph.populations, lowered.populations, strict=False):
        assert np.array_equal(before[old.name], integers[new.name]), new.name
    if "average" in integers:
        assert np.array_equal(before["mean"][:-1] * 2, integers["average"][1:]), "sums of two, one step later"


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_removing_the_dead_keeps_the_spikes_of_the_living(data: st.DataObject) -> None:
    mostly_zero = st.just(0.0) | WEIGHTS
    sizes = {"a": 3, "b": 4, "c": 2, "out": 2}
    nodes: list[Node] = [Source("input", (3,))]
    nodes += [Population(name, (units,), data.draw(models(units))) for name, units in sizes.items()]
    units = {"input": 3, **sizes}
    edges = []
    for ends in [("input", "a"), ("a", "b"), ("b", "c"), ("c", "b"), ("b", "out"), ("c", "out"), ("a", "c")]:
        matrix = data.draw(arrays(np.float64, (units[ends[1]], units[ends[0]]), elements=mostly_zero))
        delays = data.draw(st.none() | arrays(np.uint8, matrix.shape, elements=DELAYS))
        edges.append(Edge(*ends, DenseWeights(matrix, delays)))
    graph = Graph(tuple(nodes), tuple(edges))
    inputs = data.draw(trains(3))
    smaller = RemoveDead()(graph)
    before, after = run(graph, inputs), run(smaller, inputs)
    assert np.array_equal(before["out"], after["out"])
    assert np.array_equal(emulated(graph, inputs)["out"], emulated(smaller, inputs)["out"])
    for name in after:
        columns = list(before[name].T)
        for column in after[name].T:
            index = next(i for i, old in enumerate(columns) if np.array_equal(old, column))
            columns = columns[index + 1 :]
    again = RemoveDead()(smaller)
    assert [node.units for node in again.nodes] == [node.units for node in smaller.nodes]


@pytest.mark.parametrize("seed", range(4))
def test_with_aligned_skips_every_layer_gets_at_once_what_it_got_at_once(seed: int) -> None:
    """A stack that takes no step, with skips, equals its own chain of matrices, each layer its depth later."""
    rng = np.random.default_rng(seed)

    def dense(name: str, units: int, sources: int) -> tuple[Population, DenseWeights]:
        weights = DenseWeights(rng.integers(-16, 17, (units, sources)) / 32)
        return Population(name, (units,), CubaModel(0.25, 1.0, 1.0)), weights

    a, in_a = dense("a", 4, 3)
    b, a_b = dense("b", 5, 4)
    out, b_out = dense("out", 3, 5)
    skip, from_input = DenseWeights(rng.integers(-16, 17, (3, 4)) / 32), OneToOne(np.array([0.5, 0.25, -0.5]))
    graph = Graph(
        (Source("input", (3,)), a, b, out),
        (
            Edge("input", "a", in_a),
            Edge("a", "b", a_b),
            Edge("b", "out", b_out),
            Edge("a", "out", skip),
            Edge("input", "out", from_input),
            Edge("input", "b", DenseWeights(rng.integers(-16, 17, (5, 3)) / 32)),
        ),
    )
    inputs = (rng.random((STEPS, 3)) < 0.6).astype(np.uint8)

    def fires(total: NDArray[np.float64]) -> NDArray[np.float64]:
        return (total > 0.25).astype(np.float64)

    spikes_a = fires(inputs @ in_a.weights.T)
    to_b = graph.edges[5].weights
    assert to_b is not None
    spikes_b = fires(spikes_a @ a_b.weights.T + inputs @ to_b.weights.T)
    spikes_out = fires(spikes_b @ b_out.weights.T + spikes_a @ skip.weights.T + inputs * from_input.weights)
    assert spikes_out.any()
    sent = emulated(run_passes(AlignSkips(0)(graph), PASSES[1:]), inputs)
    for lag, name, expected in ((1, "a", spikes_a), (2, "b", spikes_b), (3, "out", spikes_out)):
        assert np.array_equal(sent[name][lag:], expected[:-lag]), name
    assert AlignSkips(1)(graph).nodes == graph.nodes, "where every block takes a step, as here, nothing is missing"


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_an_absorbed_scale_leaves_the_same_spikes_one_step_earlier(data: st.DataObject) -> None:
    scale = data.draw(arrays(np.float64, 3, elements=st.sampled_from([-2.0, -1.0, 0.5, 2.0])))
    nodes = (
        Source("input", (3,)),
        Population("scale", (3,), RelayModel(scale=1 / 64)),
        Population(
            "out", (4,), CubaModel(data.draw(st.integers(0, 64)) / 64, 1.0, data.draw(st.sampled_from([0.0, 1.0])))
        ),
    )
    weights = data.draw(arrays(np.float64, (4, 3), elements=WEIGHTS))
    graph = Graph(nodes, (Edge("input", "scale", OneToOne(scale)), Edge("scale", "out", DenseWeights(weights))))
    inputs = data.draw(trains(3))
    absorbed = AbsorbScales()(graph)
    assert [node.name for node in absorbed.nodes] == ["input", "out"]
    late, early = run(graph, inputs)["out"], run(absorbed, inputs)["out"]
    assert np.array_equal(late[1:], early[:-1])
