"""Whatever kinds and sizes of numbers it holds, a graph is rounded to a sound network or refused by name."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.random import Generator
from numpy.typing import NDArray

from compile.graph import Edge, Graph
from compile.neurons import (
    AlifModel,
    CubaModel,
    DeltaModel,
    Model,
    Real,
    RelayModel,
    ResonatorModel,
    SigmaDeltaModel,
    SigmaModel,
)
from compile.nodes import Population, Source
from compile.quantize import Method, Per, Scheme, quantize_post_training
from compile.synapses import ConvWeights, DenseWeights, OneToOne, SparseWeights, Weights
from hardware.encoder import Encoder
from hardware.errors import NetworkError
from hardware.neurons.cuba import Message, Reset
from hardware.neurons.resonator import Firing
from hardware.neurons.sigma_delta import Activation
from hardware.spikes import SpikeTrain
from hardware.synapses.grid import SignMode

SHAPES = ((2,), (4,), (2, 2, 1))
REFUSALS = ("feed each other in a circle", "a delta encoder shifts its input by 0..24 bits")
"""What no rounding can mend."""


def numbers(rng: Generator, count: int) -> NDArray[np.float64]:
    """Numbers of any size, now and then all 0."""
    return rng.normal(size=count) * 10.0 ** rng.integers(-6, 5) * rng.choice([0, 1, 1, 1, 1])


def values(rng: Generator, units: int, *, positive: bool = False) -> Real:
    drawn = numbers(rng, units if rng.random() < 0.5 else 1)
    drawn = np.abs(drawn) if positive else drawn
    return drawn if drawn.size == units else float(drawn[0])


def model(rng: Generator, units: int) -> Model:
    def decay() -> float:
        return float(rng.choice([0, 1, rng.random()]))

    def either() -> bool:
        return bool(rng.integers(2))

    threshold, step = values(rng, units, positive=True), float(np.abs(numbers(rng, 1)[0]))
    bias, drive = values(rng, units), values(rng, units)
    choices: list[Model] = [
        CubaModel(threshold, decay(), decay(), bias, drive, reset=list(Reset)[rng.integers(2)]),
        CubaModel(threshold, decay(), decay(), bias, drive, 3, list(Message)[rng.integers(3)]),
        AlifModel(threshold, step, decay(), decay(), decay(), decay(), bias, drive, either()),
        ResonatorModel(
            threshold, decay(), decay(), list(Firing)[rng.integers(2)], drive_real=bias, graded=either()
        ),
        ResonatorModel(threshold, decay(), decay(), Firing.PHASE, step, decay(), decay(), bias, drive, either()),
        DeltaModel(threshold, either()),
        SigmaDeltaModel(threshold, bias, list(Activation)[rng.integers(2)], either()),
        SigmaModel(),
        RelayModel(either(), float(rng.choice([1, 1 / 3, 1 / 64, 1 / 4096]))),
    ]
    return choices[rng.integers(len(choices))]


def weights(rng: Generator, source: tuple[int, ...], target: tuple[int, ...]) -> Weights:
    sources, targets = int(np.prod(source)), int(np.prod(target))
    choices: list[Weights] = []
    if sources == targets:
        choices += [OneToOne(numbers(rng, targets)), OneToOne(np.ones(targets))]
    if len(source) == len(target) == 3:
        choices.append(ConvWeights(numbers(rng, 4).reshape(2, 2, 1, 1)))
    pairs = np.sort(rng.choice(sources * targets, max(1, sources * targets // 2), replace=False))
    drawn = numbers(rng, pairs.size) if rng.random() < 0.7 else np.full(pairs.size, 0.5)
    choices.append(SparseWeights(drawn, pairs % targets, pairs // targets))
    if len(source) == 1:
        choices.append(DenseWeights(numbers(rng, sources * targets).reshape(targets, sources)))
    return choices[rng.integers(len(choices))]


def graph(rng: Generator) -> Graph:
    graded = bool(rng.integers(2))
    encoder = Encoder(divide=int(rng.choice([0, 1, 6]))) if graded and rng.integers(2) else None
    nodes: list[Source | Population] = [Source("input", SHAPES[rng.integers(3)], graded, encoder)]
    for number in range(rng.integers(1, 4)):
        shape = SHAPES[rng.integers(3)]
        nodes.append(Population(f"layer{number}", shape, model(rng, int(np.prod(shape)))))
    edges = []
    for index, node in enumerate(nodes[1:]):
        assert isinstance(node, Population)
        for source in {index} | ({int(rng.integers(len(nodes)))} if rng.random() < 0.4 else set()):
            read = weights(rng, nodes[source].shape, node.shape)
            edges.append(Edge(nodes[source].name, node.name, read, str(rng.choice(node.model.ports))))
    return Graph(tuple(nodes), tuple(edges))


@given(
    seed=st.integers(0, 2**32 - 1),
    scheme=st.builds(
        Scheme,
        bits=st.integers(1, 8),
        per=st.sampled_from(list(Per)),
        method=st.sampled_from(list(Method)),
        sign=st.sampled_from([SignMode.MIXED, None]),
    ),
    calibrated=st.booleans(),
)
@settings(deadline=None, max_examples=120)
def test_it_is_rounded_or_refused(seed: int, scheme: Scheme, calibrated: bool) -> None:
    rng = np.random.default_rng(seed)
    made = graph(rng)
    high = 5000 if made.source.graded else 2
    train = SpikeTrain(rng.integers(0, high, (2, 6, made.source.units)))
    try:
        network, report = quantize_post_training(made, train if calibrated else None, scheme)
    except NetworkError as error:
        assert any(words in str(error) for words in REFUSALS), str(error)
        return
    assert [layer.name for layer in network.layers] == [row.name for row in report.layers]
    assert report.error >= 0
    assert report.counts.total >= 0
    assert (report.scores.shape == (2, network.output.units)) is calibrated
