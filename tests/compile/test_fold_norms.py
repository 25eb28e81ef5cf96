"""Norms stand in the graph until ``FoldNorms`` folds them, which keeps every spike."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from compile.graph import Edge, Graph
from compile.neurons import CubaModel, Model, SigmaDeltaModel
from compile.nodes import Population, Source
from compile.norms import Norm
from compile.pipeline import compile_graph
from compile.quantize import quantize, quantize_post_training
from compile.synapses import DenseWeights, OneToOne, Weights
from compile.text import parse, show
from compile.transforms.fold_norms import FoldNorms
from compile.transforms.remove_dead import RemoveDead
from hardware.emulator.reference import ReferenceBackend
from hardware.errors import NetworkError
from hardware.neurons.cuba import Message
from hardware.spikes import SpikeTrain
from tests.compile.float_run import run

STEPS = 12
STEP = st.integers(-64, 64).map(lambda step: step / 64)
WEIGHTS = st.integers(-15, 15).map(lambda step: step / 8)
CUBA = "threshold=1 current_decay=0.5 voltage_decay=0"
ALIF = "threshold=1 threshold_step=1 current_decay=0.5 voltage_decay=0 threshold_decay=0.5 refractory_decay=0.5"

VOLTAGE_BEFORE = f"""\
source input 2
cuba a 2 {CUBA} bias=0.25 norm_bias=[2 0.5 -1]
cuba b 2 {CUBA}
edge input -> a dense
  1 -2
  0.5 0
  delays
  0 1
  0 3
edge b -> a one-to-one
  4 0.125
edge a -> b dense
  1 0
  0 1
"""
VOLTAGE_AFTER = f"""\
source input 2
cuba a 2 {CUBA} bias=[0.75 -0.75]
cuba b 2 {CUBA}
edge input -> a dense
  2 -4
  1 0
  delays
  0 1
  0 3
edge b -> a one-to-one
  8 0.25
edge a -> b dense
  1 0
  0 1
"""
CURRENT_BEFORE = f"""\
source input 2
cuba a 2 {CUBA} bias=1 drive=0.125 norm_drive=[1 0.5 -1]
alif b 2 {ALIF} norm_drive=[0.5 3]
edge input -> a dense
  1 -2
  0.5 0
edge a -> a one-to-one
  -1 -1
edge a -> b sparse
  0 1 1
  1 0 1
"""
CURRENT_AFTER = f"""\
source input 2
cuba a 2 {CUBA} bias=1 drive=[0.625 -0.875]
alif b 2 {ALIF} drive=3
edge input -> a dense
  1 -2
  0.5 0
edge a -> a one-to-one
  -1 -1
edge a -> b sparse
  0 1 0.5
  1 0 0.5
"""
IMAGE_BEFORE = """\
source input 1x2x2
sigma_delta s 2x2x2 threshold=0.5 norm_bias=[0.25 1]
sigma_delta p 2x1x1 threshold=0.5 bias=[1 2] norm_bias=[4 -1]
flatten f 2
resonator r 1 threshold=1 sin_decay=0 cos_decay=1 norm_drive_real=[0.5 1] norm_drive_imag=[4 -2]
edge input -> s conv shape=2x1x1x1
  2
  4
edge s -> p pool stride=2x2
  1 1
  1 1
edge p -> f
edge f -> r dense
  1 2
edge f -> r dense port=imag
  3 4
"""
IMAGE_AFTER = """\
source input 1x2x2
sigma_delta s 2x2x2 threshold=0.5 bias=1
sigma_delta p 2x1x1 threshold=0.5 bias=[0 1]
flatten f 2
resonator r 1 threshold=1 sin_decay=0 cos_decay=1 drive_real=1 drive_imag=-2
edge input -> s conv shape=2x1x1x1
  0.5
  1
edge s -> p pool stride=2x2
  4 4
  4 4
edge p -> f
edge f -> r dense
  0.5 1
edge f -> r dense port=imag
  12 16
"""
ONE_PART_BEFORE = """\
source input 1
resonator r 1 threshold=1 sin_decay=0 cos_decay=1 drive_real=3 norm_drive_imag=[2 1]
edge input -> r sparse
  0 0 1
edge input -> r dense port=imag
  3
"""
ONE_PART_AFTER = """\
source input 1
resonator r 1 threshold=1 sin_decay=0 cos_decay=1 drive_real=3 drive_imag=1
edge input -> r sparse
  0 0 1
edge input -> r dense port=imag
  6
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (VOLTAGE_BEFORE, VOLTAGE_AFTER),
        (CURRENT_BEFORE, CURRENT_AFTER),
        (IMAGE_BEFORE, IMAGE_AFTER),
        (ONE_PART_BEFORE, ONE_PART_AFTER),
    ],
    ids=["voltage", "current", "image", "one-part-of-two"],
)
def test_scales_go_into_weights_and_shifts_into_constants(before: str, after: str) -> None:
    graph = parse(before)
    assert show(FoldNorms()(graph)) == after
    assert show(graph) == before, "a pass must leave its input as it was"
    assert show(FoldNorms()(parse(after))) == after, "nothing is folded where there is no norm"


@st.composite
def normed(draw: st.DrawFn, name: str, model: Model) -> Population:
    """Two units behind a norm of numbers that both sides hold exactly."""
    shift = draw(STEP | arrays(np.float64, 2, elements=STEP))
    into = draw(st.sampled_from([into for into in ("bias", "drive") if hasattr(model, into)]))
    return Population(name, (2,), model, norms=(Norm(into, draw(st.sampled_from([0.25, 0.5, 1.0, 2.0])), shift),))


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Neurons behind norms that feed each other, themselves and a population without norm."""
    decays = st.sampled_from([0.0, 0.5, 1.0])
    first = CubaModel(draw(st.integers(0, 64)) / 64, draw(decays), draw(decays), bias=draw(STEP), drive=draw(STEP))
    second = CubaModel(draw(st.integers(0, 64)) / 64, 1.0, draw(decays))

    def way() -> Weights:
        matrix = arrays(np.float64, (2, 2), elements=WEIGHTS)
        return draw(matrix.map(DenseWeights) | arrays(np.float64, 2, elements=WEIGHTS).map(OneToOne))

    ends = [("input", "a"), ("a", "a"), ("b", "a"), ("a", "b"), ("a", "c"), ("b", "c")]
    nodes = (
        Source("input", (2,)),
        draw(normed("a", first)),
        draw(normed("b", second)),
        Population("c", (2,), CubaModel(0.5, 1.0, 1.0)),
    )
    return Graph(nodes, tuple(Edge(*pair, way()) for pair in ends))


@settings(max_examples=60, deadline=None)
@given(graphs(), st.integers(0, 2**16))
def test_folding_keeps_every_spike(graph: Graph, seed: int) -> None:
    inputs = (np.random.default_rng(seed).random((STEPS, 2)) < 0.5).astype(np.uint8)
    folded = FoldNorms()(graph)
    assert not any(population.norms for population in folded.populations)
    before, after = run(graph, inputs), run(folded, inputs)
    for name in before:
        assert np.array_equal(before[name], after[name]), name


@settings(max_examples=20, deadline=None)
@given(graphs(), st.integers(0, 2**16))
def test_the_chip_spikes_as_the_graph_with_its_norms(graph: Graph, seed: int) -> None:
    inputs = (np.random.default_rng(seed).random((STEPS, 2)) < 0.5).astype(np.uint8)
    rounded = replace(graph, nodes=tuple(map(_without_fractions, graph.nodes)))
    with ReferenceBackend().load(compile_graph(rounded)) as session:
        spikes = session.run(SpikeTrain(inputs[None])).spikes
    for found, (name, expected) in zip(spikes.values(), run(rounded, inputs).items(), strict=True):
        assert np.array_equal(found[0], expected), name


def _without_fractions(node: Population | Source) -> Population | Source:
    """Let every decay be all or nothing, so that the chip's integers have no rounding."""
    if not isinstance(node, Population) or not isinstance(node.model, CubaModel):
        return node
    decays = {"current_decay": 1.0, "voltage_decay": float(node.model.voltage_decay == 1)}
    return replace(node, model=replace(node.model, **decays))


@pytest.mark.parametrize("into", ["bias", "drive"])
def test_a_shift_enters_the_voltage_or_stays_in_the_current(into: str) -> None:
    """With a current that never decays, a shift of the voltage adds 1 a step, one of the current ever more."""
    model = CubaModel(100.0, 0.0, 0.0, message=Message.VOLTAGE)
    population = Population("a", (1,), model, norms=(Norm(into, 2.0, 1.0),))
    graph = Graph((Source("input", (1,)), population), (Edge("input", "a", DenseWeights(np.array([[3.0]]))),))
    expected = {"bias": [1, 8, 15, 22], "drive": [1, 9, 18, 28]}[into]
    given = np.array([[1], [0], [0], [0]])
    assert run(graph, given)["a"].ravel().tolist() == expected
    assert run(FoldNorms()(graph), given)["a"].ravel().tolist() == expected


def test_sigma_delta_units_add_the_shift_once_behind_their_sum() -> None:
    population = Population("a", (1,), SigmaDeltaModel(0.0), norms=(Norm("bias", 0.5, 3.0),))
    edge = Edge("input", "a", OneToOne(np.array([4.0])))
    graph = Graph((Source("input", (1,), graded=True), population), (edge,))
    given = np.array([[1.0], [0], [-4], [0]])
    assert run(graph, given)["a"].ravel().tolist() == [3, 2, 0, -5], "3, 5, 5, then at least 0"
    assert run(FoldNorms()(graph), given)["a"].ravel().tolist() == [3, 2, 0, -5]


def test_what_needs_weights_alone_refuses_norms_by_the_name_of_the_pass() -> None:
    graph = parse(VOLTAGE_BEFORE)
    for quantizer in (quantize, quantize_post_training):
        with pytest.raises(NetworkError, match=r"layer 'a' has a norm; fold it before quantizing \(fold-norms\)"):
            quantizer(graph)
    with pytest.raises(NetworkError, match="layer 'a' has a norm; fold it before dead units are removed"):
        RemoveDead()(graph)


def test_nir_gets_the_folded_graph() -> None:
    nir = pytest.importorskip("nir")
    from compile.nir_export import to_nir

    text = VOLTAGE_BEFORE.replace("  delays\n  0 1\n  0 3\n", "").replace("voltage_decay=0", "voltage_decay=0.5")
    with_norms, folded = to_nir(parse(text)), to_nir(FoldNorms()(parse(text)))
    assert isinstance(with_norms, nir.NIRGraph) and with_norms.nodes.keys() == folded.nodes.keys()
    for name, node in folded.nodes.items():
        for key, value in vars(node).items():
            assert np.array_equal(getattr(with_norms.nodes[name], key), value), f"{name}.{key}"


def test_norms_that_no_neuron_has_are_refused() -> None:
    with pytest.raises(NetworkError, match="a norm cannot shift 'leak'; known: bias, drive, drive_real"):
        Norm("leak")
    with pytest.raises(NetworkError, match="norm_bias: scale -1 must be a finite number above 0"):
        Norm("bias", -1.0)
    with pytest.raises(NetworkError, match="norm_bias: shift must be a finite number"):
        Norm("bias", 1.0, np.array([[1.0]]))
    with pytest.raises(NetworkError, match="layer 'a': delta neurons have no bias that a norm could shift"):
        parse("source i 1\ndelta a 1 threshold=1 norm_bias=[1 1]\nedge i -> a one-to-one\n  1\n")
