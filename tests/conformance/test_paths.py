"""Whatever way the emulator takes through dense or listed synapses, it arrives where the specification does."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hardware.network import Connection, Layer
from hardware.neurons.neuron import Neuron
from hardware.neurons.relay import Relay
from hardware.program import Program
from hardware.spikes import SpikeTrain
from hardware.synapses.dense import Dense
from hardware.synapses.grid import SignMode, WeightGrid
from hardware.synapses.sparse import Sparse
from hardware.synapses.synapse import Synapse
from tests.any_network import EXPONENTS
from tests.conformance.comparison import assert_equal_run
from tests.densities import EXCITATORY, MIXED, counting, drawn, graded, narrow_and_wide, sums_of
from tests.every_kind import HIGH, LOW, network, sparse
from tests.programs import cuba, dense

WIDTHS = [1, 2, 3, 15, 16, 17, 31, 32, 33, 64, 100]
SOURCES = [1, 2, 7, 8, 16, 17, 33]


def listed(synapse: Dense) -> Sparse:
    """The same synapses one by one, those of weight zero too."""
    target_of, source_of = (index.T.ravel() for index in np.indices(synapse.weights.shape))
    shape = synapse.targets, synapse.sources
    return Sparse(synapse.weights.T.ravel(), target_of, source_of, shape, synapse.exponent, synapse.grid)


def both_ways(*synapses: Synapse, plain: bool = True) -> Program:
    """A layer for each, driven by the input itself, and another one driven by a layer that repeats the input."""
    sources = synapses[0].sources
    repeat = Sparse.diagonal(np.full(sources, 2))
    layers, connections = [Layer("repeat", Relay(sources, binary=plain))], [Connection("input", "repeat", repeat)]
    for index, synapse in enumerate(synapses):
        for source in ("input", "repeat"):
            name = f"{source}.{index}"
            layers.append(Layer(name, Relay(synapse.targets)))
            connections.append(Connection(source, name, synapse))
    return network(sources, layers, connections, graded=not plain)


@pytest.mark.parametrize("sources", SOURCES)
@pytest.mark.parametrize("targets", WIDTHS)
def test_every_number_of_spikes_reaches_layers_of_every_width(targets: int, sources: int) -> None:
    synapse = dense(targets, sources, seed=targets)
    ways = both_ways(
        synapse, listed(synapse), sparse(targets, sources, share=0.5 if targets * sources > 8 else 1.0)
    )
    assert assert_equal_run(ways, counting(sources)).spikes["input.0"].any()


@pytest.mark.parametrize("neuron", [cuba(17, threshold=60), cuba(17, du=4096, dv=4096)], ids=["keeps", "forgets"])
def test_every_number_of_spikes_of_a_layer_that_drives_itself(neuron: Neuron) -> None:
    built = network(
        33,
        [Layer("a", neuron), Layer("b", neuron)],
        [
            Connection("input", "a", dense(17, 33)),
            Connection("a", "a", dense(17, 17, seed=1, low=-20, high=40)),
            Connection("a", "b", sparse(17, 17, seed=2, share=0.9)),
            Connection("b", "a", sparse(17, 17, seed=3, share=0.1)),
        ],
    )
    sent = assert_equal_run(built, counting(33)).spikes["a"].mean(axis=2)
    assert sent.min() == 0
    assert sent.max() > 0.5


@pytest.mark.parametrize("graded_input", [False, True], ids=["plain", "graded"])
@pytest.mark.parametrize("name", narrow_and_wide(7, 9))
def test_weights_of_every_kind_and_exponent(name: str, graded_input: bool) -> None:
    synapse = narrow_and_wide(7, 9)[name]
    scaled = [dataclasses.replace(synapse, exponent=exponent) for exponent in range(-8, 8)]
    program = both_ways(*scaled, listed(scaled[2]), listed(scaled[12]), plain=not graded_input)
    assert_equal_run(program, counting(9))
    if graded_input:
        assert_equal_run(program, graded(9, -3, 3))
        assert_equal_run(program, graded(9, LOW, HIGH))


_LIMITS = [2**15, 2**16, 2**15 * 2**1, 2**7, 2**8]
_SUMS = sorted({sign * limit + off for limit in _LIMITS for off in (-2, -1, 0, 1, 2) for sign in (-1, 1)})


def _at_limits(step: int, seed: int) -> Dense:
    """Rows that add up to just under, at and above the limits of narrow types, or hold both signs of it."""
    sources = 270
    half = [total for total in _SUMS if total % step == 0 and total > 0]
    if step == 1:
        rows, grid = sums_of(half, sources, 0, 255, 1), EXCITATORY
    else:
        up = sums_of(half, sources, -256, 254, 2)
        down = sums_of([-total for total in half], sources, -256, 254, 2)
        rows, grid = np.concatenate([up, down, up[:, ::-1] // 4 * 2 + down // 4 * 2]), MIXED
    order = np.random.default_rng(seed).permutation(sources)
    return Dense(rows[:, order].astype(np.int16), grid=grid)


@pytest.mark.parametrize("step", [1, 2])
@pytest.mark.parametrize("exponent", [0, -3, 5])
def test_sums_at_the_ends_of_narrow_types(step: int, exponent: int) -> None:
    synapse = dataclasses.replace(_at_limits(step, seed=exponent + 9), exponent=exponent)
    spikes = drawn(270, 1.0, 0.0, 0.5, 0.51, 0.2, 0.99, 1.0, 0.8, samples=1)
    sums = synapse.weights.astype(int).sum(axis=1)
    assert {2**15 - 2, 2**15, 2**16, 2**16 - 2} <= set(np.abs(sums))
    assert_equal_run(both_ways(synapse, listed(synapse)), spikes)


@pytest.mark.parametrize("half", [128, 300])
@pytest.mark.parametrize("share", [0.3, 0.9, 1.0])
def test_only_the_excitatory_or_only_the_inhibitory_half_fires(share: float, half: int) -> None:
    weights = np.repeat([[254, -256], [-256, 254], [254, 254], [-256, -256]], half, axis=1).astype(np.int16)
    spikes = np.zeros((2, 5, 2 * half), np.uint8)
    fired = (np.random.default_rng(3).random((2, 5, half)) < share).astype(np.uint8)
    spikes[0, :, :half], spikes[1, :, half:] = fired[0], fired[1]
    spikes[:, 3] = 1
    program = both_ways(Dense(weights), listed(Dense(weights)))
    sums = assert_equal_run(program, SpikeTrain(spikes)).spikes["input.0"]
    assert share < 1 or (sums.max() == 2 * half * 254 and sums.min() == -2 * half * 256)


def test_sums_that_fit_a_narrow_type_meet_at_one_port() -> None:
    rows = sums_of([32766, -32768, 30000, -30000], 130, -256, 254, 2)
    late = np.random.default_rng(4).integers(0, 3, rows.shape)
    connections = [
        Connection("input", "a", Dense(rows)),
        Connection("repeat", "a", Dense(rows)),
        Connection("later", "a", listed(Dense(rows[:, ::-1]))),
        Connection("input", "repeat", Sparse.diagonal(np.full(130, 2))),
        Connection("input", "later", Sparse.diagonal(np.full(130, 2))),
        Connection("input", "b", Dense(rows)),
        Connection("later", "b", Dense(rows, exponent=3, delays=late)),
    ]
    layers = [Layer("repeat", Relay(130, binary=True)), Layer("later", Relay(130, binary=True))]
    layers += [Layer("a", Relay(4)), Layer("b", cuba(4, threshold=131071))]
    sums = assert_equal_run(network(130, layers, connections), drawn(130, *[1.0] * 6, 0.6, 0.4, 1.0)).spikes["a"]
    assert sums.max() == 3 * 32766
    assert sums.min() == -3 * 32768


def test_sums_as_large_as_the_chip_allows() -> None:
    weights = sums_of([131071, 131070, 65535, 1], 515, 0, 255, 1)
    largest = Dense(weights, exponent=7, grid=EXCITATORY)
    smallest = Dense(-weights, exponent=7, grid=WeightGrid(SignMode.INHIBITORY))
    spikes = drawn(515, 1.0, 0.0, 0.49, 0.51, 0.999, 1.0, samples=1)
    sums = assert_equal_run(both_ways(largest, smallest, listed(largest)), spikes).spikes
    assert sums["input.0"].max() == 2**24 - 128
    assert sums["input.1"].min() == -(2**24) + 128
    for synapse in (largest, smallest):
        layers = [Layer("a", cuba(4, du=0, dv=0, threshold=131071))]
        assert_equal_run(network(515, layers, [Connection("input", "a", synapse)]), spikes)


def _one_target_each(targets: int, target_of: list[int], weights: list[int], **more: int) -> Sparse:
    sources = len(target_of)
    return Sparse(np.array(weights), np.array(target_of), np.arange(sources), (targets, sources), **more)


ONE_TO_ONE = {
    "each to its own": _one_target_each(6, [0, 1, 2, 3, 4, 5], [2, -2, 254, -256, 0, 64]),
    "the same weight": _one_target_each(6, [0, 1, 2, 3, 4, 5], [64] * 6),
    "reversed": _one_target_each(6, [5, 4, 3, 2, 1, 0], [2, -2, 254, -256, 0, 64]),
    "permuted": _one_target_each(6, [2, 0, 1, 5, 3, 4], [2, 4, 6, 8, -256, 10]),
    "into some of a larger layer": _one_target_each(11, [9, 0, 3, 4, 10, 7], [2, 4, 6, 8, -256, 10]),
    "into the first of a larger layer": _one_target_each(7, [0, 1, 2, 3, 4, 5], [2, 4, 6, 8, -256, 10]),
    "two meet": _one_target_each(6, [0, 1, 2, 2, 4, 5], [2, 4, 6, 8, -256, 10]),
    "all meet": _one_target_each(2, [1] * 6, [2, 4, 6, 8, -256, 10]),
    "shifted up": _one_target_each(6, [0, 1, 2, 3, 4, 5], [2, -2, 254, -256, 0, 64], exponent=7),
    "shifted down": _one_target_each(6, [5, 1, 2, 3, 4, 0], [2, -2, 254, -256, 0, 64], exponent=-5),
    "one source leads nowhere": Sparse(np.array([2, 4, 6]), np.array([0, 2, 1]), np.array([0, 2, 5]), (3, 6)),
    "one source leads to two": Sparse(np.array([2, 4, 6]), np.array([0, 2, 1]), np.array([0, 0, 5]), (3, 6)),
}


@pytest.mark.parametrize("graded_input", [False, True], ids=["plain", "graded"])
@pytest.mark.parametrize("name", ONE_TO_ONE)
def test_one_to_one_connections(name: str, graded_input: bool) -> None:
    program = both_ways(ONE_TO_ONE[name], plain=not graded_input)
    assert_equal_run(program, counting(6))
    if graded_input:
        assert_equal_run(program, graded(6, LOW, HIGH))


@st.composite
def ways(draw: st.DrawFn) -> Program:
    """Dense and listed synapses of any size, weights and exponent, plain or graded."""
    sources = draw(st.integers(1, 40))
    chosen: list[Synapse] = []
    for _ in range(draw(st.integers(1, 3))):
        targets, seed = draw(st.sampled_from(WIDTHS) | st.integers(1, 40)), draw(st.integers(0, 99))
        kinds = narrow_and_wide(targets, sources) if targets * sources >= 6 else {"any": dense(targets, sources)}
        full = kinds[draw(st.sampled_from(sorted(kinds)))]
        full = dataclasses.replace(full, exponent=draw(EXPONENTS))
        if draw(st.booleans()):
            chosen.append(full)
            continue
        every = listed(full)
        kept = np.random.default_rng(seed).random(every.weights.size) < draw(st.sampled_from([0.1, 0.5, 0.9, 1.0]))
        kept[0] = True
        parts = every.weights[kept], every.target_of[kept], every.source_of[kept]
        chosen.append(Sparse(*parts, every.shape, every.exponent, every.grid))
    return both_ways(*chosen, plain=draw(st.booleans()))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), program=ways(), seed=st.integers(0, 99))
def test_any_synapses_at_any_density(data: st.DataObject, program: Program, seed: int) -> None:
    shares = st.sampled_from([0.0, 0.1, 0.49, 0.5, 0.51, 0.75, 1.0]) | st.floats(0, 1)
    steps = data.draw(st.lists(shares, min_size=1, max_size=6))
    spikes = drawn(program.network.inputs, *steps, samples=data.draw(st.integers(1, 3)), seed=seed)
    if program.network.graded_input and data.draw(st.booleans()):
        spikes = graded(program.network.inputs, LOW, HIGH, steps=len(steps), seed=seed)
    assert_equal_run(program, spikes)
