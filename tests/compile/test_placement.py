"""Placements found by the compiler, judged by a checker that shares no code with it."""

from __future__ import annotations

import dataclasses
import importlib.util
import itertools
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from compile.errors import RuleViolationError
from compile.pipeline import compile_model, place_network
from compile.place.bounds import expected, lower_bound
from compile.place.comparison import Comparison, compare
from compile.place.greedy import greedy
from compile.place.placing import METHODS, USUAL, Placing, place, window
from compile.place.search import search
from hardware.activity import Activity, assumed
from hardware.chip.board import Board
from hardware.chip.known import LOIHI1, LOIHI2
from hardware.chip.spec import ChipSpec
from hardware.emulator.engine import EmulatorBackend
from hardware.errors import LavaFedError
from hardware.network import INPUT, Connection, Layer, Network
from hardware.neurons.cuba import Cuba
from hardware.placement.mesh import Mesh
from hardware.placement.part import parts_of
from hardware.placement.traffic import links, needs_of
from hardware.program import Placement, Program
from hardware.spikes import SpikeTrain
from hardware.synapses.convolution import Convolution
from hardware.synapses.dense import Dense
from hardware.synapses.sparse import Sparse
from hardware.synapses.synapse import Synapse
from tests.any_network import cases_of_every_kind
from tests.placement_checker import broken_limits
from tests.programs import Case

NETS = "mnist.net tiny.net gts/ntidigits/ntidigits.net gts/pilotnet_lif/network.net " + (
    "gts/pilotnet_sdnn/network.net gts/pilotnet_sdnn/square_network.net"
)
ONE = Mesh.of(LOIHI2, None)
NEURON = Cuba(2048, 300, 90, np.zeros(1, np.int16))


@pytest.fixture(scope="module")
def nets() -> Path:
    spec = importlib.util.find_spec("lava")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("lava-dl is not installed")
    return Path(next(iter(spec.submodule_search_locations))).parent / "tests/lava/lib/dl/netx"


def chip(**changes: int | None) -> ChipSpec:
    """Loihi 2 with other limits."""
    return dataclasses.replace(LOIHI2, **changes)  # type: ignore[arg-type]


def chain(*synapses: Synapse) -> Network:
    """Layers one after the other."""
    layers, connections, source = [], [], INPUT
    for index, synapse in enumerate(synapses):
        name = f"l{index}"
        bias = np.zeros(synapse.targets, np.int16)
        layers.append(Layer(name, dataclasses.replace(NEURON, bias_mantissa=bias)))
        connections.append(Connection(source, name, synapse))
        source = name
    return Network(synapses[0].sources, tuple(layers), tuple(connections))


def dense(targets: int, sources: int) -> Dense:
    return Dense(np.full((targets, sources), 2, np.int16))


def image(source: tuple[int, int, int], target: tuple[int, int, int]) -> Convolution:
    return Convolution(np.full((target[0], source[0], 3, 3), 2, np.int16), source, target, padding=(1, 1))


def compared(program: Program, activity: Activity | None = None) -> Comparison:
    rates = assumed(program.network, 1) if activity is None else activity
    joined = links(program.network, parts_of(program.placement), rates)
    return compare(program.network, Mesh.of(program.chip, program.board), joined, rates)


@pytest.mark.parametrize("net", NETS.split())
def test_every_network_of_lava_dl_is_placed_legally_on_loihi_2(nets: Path, net: str) -> None:
    program = compile_model(nets / net)
    assert broken_limits(program.network, program.chip, None, program.placement) == set()


@pytest.mark.parametrize("net", NETS.split())
def test_every_network_of_lava_dl_is_refused_for_loihi_1_with_all_reasons_or_placed_legally(
    nets: Path, net: str
) -> None:
    network = compile_model(nets / net).network
    try:
        program = place_network(network, LOIHI1)
    except RuleViolationError as error:
        broken = {violation.rule for violation in error.violations}
        assert any("programmable" in rule or "graded" in rule for rule in broken), broken
        placement = place(network, Mesh.of(LOIHI1, None))
        found = {what for what, _ in broken_limits(network, LOIHI1, None, placement)}
        assert ("a core that exists" in found) == any(rule.startswith("cores of") for rule in broken)
    else:
        assert broken_limits(network, LOIHI1, None, program.placement) == set()


@pytest.mark.parametrize(("net", "share"), [("pilotnet_lif", 0.07), ("pilotnet_sdnn", 0.45)])
def test_pilotnet_is_placed_in_seconds_with_a_fraction_of_linear_traffic(
    nets: Path, net: str, share: float
) -> None:
    network = compile_model(nets / "gts" / net / "network.net").network
    start = time.perf_counter()
    placement = place(network, ONE)
    assert time.perf_counter() - start < 10
    seen = compared(Program(network, LOIHI2, placement))
    assert seen.bound <= seen.found <= share * seen.linear
    assert seen.found < seen.random / 8
    once = compared(Program(network, LOIHI2, place(network, ONE, Placing("greedy"))))
    assert seen.found <= once.found < once.linear


def test_rates_that_were_measured_decide_what_sits_together() -> None:
    """Two sources of equal size feed one layer; the one that sends stays on its tile."""
    small = chip(neurons_per_core=4, cores_per_tile=2, columns=4, rows=1, cores=8)
    names = ("busy", "quiet")
    layers = [Layer(name, Cuba(4096, 128, 64, np.zeros(4, np.int16))) for name in ("quiet", "busy", "reader")]
    wires = [Connection(INPUT, name, dense(4, 2)) for name in names]
    wires += [Connection(name, "reader", dense(4, 4)) for name in names]
    network = Network(2, tuple(layers), tuple(wires))
    for busy, quiet in (names, names[::-1]):
        sent = {INPUT: np.ones(2, int), "reader": np.zeros(4, int), busy: np.full(4, 9), quiet: np.ones(4, int)}
        placement = place(network, Mesh.of(small, None), Placing(activity=Activity(1, 10, sent)))
        tile = {run.layer: run.core // 2 for run in placement}
        assert tile[busy] == tile["reader"] != tile[quiet]
    with pytest.raises(LavaFedError, match="counts 0 units of 'reader'"):
        del sent["reader"]
        place(network, ONE, Placing(activity=Activity(1, 10, sent)))


def test_a_network_over_four_chips_is_placed_legally() -> None:
    small = chip(neurons_per_core=100, cores=16, columns=4, rows=4, cores_per_tile=1)
    shapes = [(2, 32, 24), (3, 32, 24), (3, 32, 24)]
    network = chain(*(image(a, b) for a, b in itertools.pairwise(shapes)), dense(200, 3 * 32 * 24))
    with pytest.raises(RuleViolationError, match="the network needs 52 cores, over the 16"):
        place_network(network, small)
    board = Board.grid(small, 2, 2)
    program = place_network(network, small, board=board)
    assert {run.core // small.cores for run in program.placement} == {0, 1, 2, 3}
    assert broken_limits(network, small, board, program.placement) == set()
    seen = compared(program)
    assert seen.bound <= seen.found <= 0.6 * seen.linear


def test_cores_that_a_board_keeps_for_itself_are_left_free() -> None:
    small = chip(neurons_per_core=1, cores=4, columns=2, rows=2, cores_per_tile=1)
    board = Board("most", "Most", small.name, 2, 1, usable_cores=3)
    program = place_network(chain(dense(6, 1)), small, board=board)
    assert {run.core for run in program.placement} == {0, 1, 2, 4, 5, 6}
    with pytest.raises(RuleViolationError, match="7 cores"):
        place_network(chain(dense(7, 1)), small, board=board)


def test_bands_of_an_image_are_taken_before_groups_of_channels() -> None:
    small = chip(neurons_per_core=64)
    network = chain(image((2, 8, 8), (2, 8, 8)), image((2, 8, 8), (4, 8, 8)))
    banded = place(network, Mesh.of(small, None))
    assert [(run.first, run.last) for run in banded[:2]] == [(0, 32), (64, 96)]
    lines = {run.core: set() for run in banded if run.layer == "l1"}
    for run in banded:
        if run.layer == "l1":
            lines[run.core] |= {unit % 64 // 8 for unit in range(run.first, run.last)}
    assert sorted(map(sorted, lines.values())) == [[0, 1], [2, 3], [4, 5], [6, 7]]


def test_an_image_that_comes_one_to_one_from_the_host_is_cut_into_bands_too() -> None:
    network = chain(Sparse.diagonal(np.full(128, 2)), image((2, 8, 8), (2, 8, 8)))
    placement = place(network, Mesh.of(chip(neurons_per_core=64), None))
    assert [(run.first, run.last) for run in placement if run.layer == "l0"] == [
        (0, 32), (64, 96), (32, 64), (96, 128),
    ]  # fmt: skip


def test_a_bound_by_hand() -> None:
    """Three parts on a row of three cores: the middle one has two neighbours, the others one and a farther one."""
    hops = np.array([[0, 1, 2], [1, 0, 1], [2, 1, 0]])
    flow = np.array([[0, 5, 3], [5, 0, 1], [3, 1, 0]])
    assert lower_bound(flow, hops) == (5 + 3 + 5 + 1 + 3 + 1) // 2
    assert expected(flow, hops) == 9 * 8 / 6
    assert lower_bound(flow[:1, :1], hops) == 0


def test_channels_are_split_where_the_kernels_of_all_do_not_fit() -> None:
    kernels = 4 * 2 * 9
    small = chip(neurons_per_core=1000, synapse_bytes_per_core=kernels // 2)
    placement = place(chain(image((2, 8, 8), (4, 8, 8))), Mesh.of(small, None))
    assert [(run.first, run.last) for run in placement] == [(0, 128), (128, 256)]


def test_channels_are_split_where_their_thresholds_do_not_fit_the_table_of_a_core() -> None:
    """Four channels of eight pixels, each with its threshold, and a table of two."""
    network = chain(image((1, 2, 4), (4, 2, 4)))
    neuron = dataclasses.replace(
        NEURON, threshold=np.repeat([5, 6, 7, 8], 8), bias_mantissa=np.zeros(32, np.int16)
    )
    network = dataclasses.replace(network, layers=(Layer("l0", neuron),))
    small = chip(threshold_configs_per_core=2)
    for method in METHODS:
        program = place_network(network, small, placing=Placing(method))
        assert [(run.first, run.last) for run in program.placement] == [(0, 16), (16, 32)]
        assert broken_limits(network, small, None, program.placement) == set()
        assert broken_limits(network, small, None, (Placement("l0", 3, 0, 32),)) == {("thresholds", 3)}
    several = dataclasses.replace(neuron, threshold=6, current_decay=np.arange(32) // 11)
    network = dataclasses.replace(network, layers=(Layer("l0", several),))
    small = chip(compartment_configs_per_core=1)
    program = place_network(network, small, placing=Placing("linear"))
    assert broken_limits(network, small, None, program.placement) == set()
    assert broken_limits(network, small, None, (Placement("l0", 0, 0, 12), Placement("l0", 1, 12, 32))) == {
        ("decays", 0), ("decays", 1),
    }  # fmt: skip
    assert [(run.first, run.last) for run in program.placement] == [(0, 11), (11, 22), (22, 32)]


def test_layers_are_cut_finer_where_their_neurons_send_to_many_cores() -> None:
    small = chip(neurons_per_core=8, axons_out_per_core=12)
    network = chain(dense(8, 2), dense(24, 8))
    placement = place(network, Mesh.of(small, None))
    assert broken_limits(network, small, None, placement) == set()
    assert sum(run.layer == "l0" for run in placement) == 2
    assert broken_limits(network, small, None, place(network, Mesh.of(small, None), Placing("linear"))) == set()


@settings(max_examples=80, deadline=None)
@given(
    case=cases_of_every_kind(),
    neurons=st.integers(1, 9),
    memory=st.integers(1, 60),
    axons=st.none() | st.integers(1, 30),
    out=st.none() | st.integers(1, 30),
    method=st.sampled_from(METHODS),
)
def test_no_placement_exceeds_a_limit_that_its_neurons_keep_alone(
    case: Case, neurons: int, memory: int, axons: int | None, out: int | None, method: str
) -> None:
    small = chip(
        cores=4,
        columns=2,
        rows=1,
        cores_per_tile=2,
        neurons_per_core=neurons,
        synapse_bytes_per_core=memory,
        axons_in_per_core=axons,
        axons_out_per_core=out,
    )
    network, board = case.program.network, Board.grid(small, 5, 4)
    placement = place(network, Mesh.of(small, board), Placing(method))
    alone, core = [], itertools.count()
    for layer in network.layers:
        alone += [Placement(layer.name, next(core), unit, unit + 1) for unit in range(layer.units)]
    cannot = {what for what, _ in broken_limits(network, small, board, tuple(alone))}
    found = {what for what, _ in broken_limits(network, small, board, placement)}
    assert found <= cannot
    try:
        program = place_network(network, small, board=board, placing=Placing(method))
    except RuleViolationError as error:
        assert error.violations
    else:
        assert broken_limits(network, small, board, program.placement) == set()


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_bound_is_below_the_best_of_all_placements_and_the_search_finds_it(data: st.DataObject) -> None:
    parts, hops = (
        4,
        Mesh.of(chip(cores=5, columns=3, rows=2, cores_per_tile=1), None).hops(np.arange(5), np.arange(5)),
    )
    half = np.array(data.draw(st.lists(st.integers(0, 9), min_size=16, max_size=16))).reshape(4, 4)
    flow = np.triu(half, 1) + np.triu(half, 1).T
    costs = [int((flow * hops[np.ix_(at, at)]).sum()) // 2 for at in itertools.permutations(range(5), parts)]
    bound = lower_bound(flow, hops)
    assert bound <= min(costs)
    assert expected(flow, hops) == pytest.approx(np.mean(costs))
    start = greedy(flow, hops)
    assert sorted(set(start)) == sorted(start)
    found = search(flow, hops, [start], bound=bound, seed=data.draw(st.integers(0, 99)), work=1 << 20)
    assert int((flow * hops[np.ix_(found, found)]).sum()) // 2 == min(costs)


def test_a_search_is_the_same_for_a_seed_and_stops_at_its_budget() -> None:
    random = np.random.default_rng(1)
    half = np.triu(random.integers(0, 50, (20, 20)), 1)
    flow, cores = half + half.T, np.arange(128)
    hops = ONE.hops(cores, cores)
    start = [np.arange(20)]
    one, two = (search(flow, hops, start, bound=0, seed=3, work=1 << 19) for _ in range(2))
    assert np.array_equal(one, two)
    step = 20 * len(cores)
    first = search(flow, hops, start, bound=0, seed=3, work=step)
    assert (first != start[0]).sum() in (1, 2), "one move or one swap"
    assert np.array_equal(search(flow, hops, start, bound=0, seed=0, work=step - 1), start[0])


def test_a_wide_board_is_searched_on_the_few_chips_that_hold_the_network() -> None:
    hala = Mesh.of(LOIHI2, LOIHI2.board("hala-point"))
    few = window(hala, 300)
    assert len(few) == 3 * 122 and set(few // 128) == {0, 1, 2}
    square = window(hala, 122 * 9)
    assert set(square // 128) == {0, 1, 2, 36, 37, 38, 72, 73, 74}
    assert len(window(ONE, 3)) == 128


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"method": "magic"}, "no placement is called 'magic'; known: linear, greedy, search"),
        ({"seed": -1}, "seed"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(options: dict[str, str], sentence: str) -> None:
    with pytest.raises(LavaFedError, match=sentence):
        Placing(**options)  # type: ignore[arg-type]


def test_what_was_asked_for_is_remembered() -> None:
    network = chain(dense(4, 2))
    assert "placement" not in place_network(network, LOIHI2).provenance
    said = place_network(network, LOIHI2, placing=Placing("linear", 3)).provenance["placement"]
    assert said == "linear, seed 3, every unit sending in every step"
    measured = Placing(activity=dataclasses.replace(assumed(network, 1), measured=True))
    assert measured.words == "search, seed 0, rates measured over 100,000 steps"
    assert Placing() == USUAL


@settings(max_examples=25, deadline=None)
@given(
    kinds=st.lists(st.sampled_from(["dense", "sparse", "image"]), min_size=1, max_size=3),
    neurons=st.integers(1, 12),
    method=st.sampled_from(METHODS),
    seed=st.integers(0, 1000),
)
def test_splitting_changes_no_spike(kinds: list[str], neurons: int, method: str, seed: int) -> None:
    """Every core runs alone, hearing only the senders that have an axon into it."""
    random = np.random.default_rng(seed)
    shape, synapses = (2, 4, 3), []
    for kind in kinds:
        units = int(np.prod(shape))
        if kind == "image":
            kernel = (2 * random.integers(-20, 60, (2, 2, 3, 3))).astype(np.int16)
            synapses.append(Convolution(kernel, shape, shape, padding=(1, 1)))
        elif kind == "dense":
            synapses.append(Dense((2 * random.integers(-20, 60, (units, units))).astype(np.int16), -1))
        else:
            source_of, target_of = np.nonzero(random.random((units, units)) < 0.2)
            weights = np.full(len(source_of), 64, np.int16)
            synapses.append(
                Sparse(weights, target_of.astype(np.int32), source_of.astype(np.int32), (units, units))
            )
    network = chain(*synapses)
    small = chip(neurons_per_core=neurons, cores=128)
    placement = place(network, Mesh.of(small, None), Placing(method))
    train = SpikeTrain((random.random((2, 12, 24)) < 0.4).astype(np.int64))
    whole = {INPUT: train.values, **run(network, placement, small, train)}
    parts = parts_of(placement)
    for part, need in zip(parts, needs_of(network, parts), strict=True):
        connection = network.into(part.layer)[0]
        heard = SpikeTrain(whole[connection.source] * need.senders[connection.source])
        synapse = Dense(connection.synapse.matrix()[part.units], connection.synapse.exponent)
        alone = chain(synapse)
        spikes = run(alone, (Placement("l0", 0, 0, len(part.units)),), small, heard)["l0"]
        assert np.array_equal(spikes, whole[part.layer][:, :, part.units]), (part.core, part.layer)


def run(
    network: Network, placement: tuple[Placement, ...], small: ChipSpec, train: SpikeTrain
) -> dict[str, NDArray[Any]]:
    with EmulatorBackend().load(Program(network, small, placement)) as session:
        return dict(session.run(train).spikes)
