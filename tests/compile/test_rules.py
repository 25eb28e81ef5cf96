"""Design rules: what fits is measured, and all that does not is named at once."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from compile.errors import RuleViolationError
from compile.pipeline import place_network
from compile.rules import cores, kinds, sizes, tables, widths
from compile.rules.check import NETWORK_RULES, PLACEMENT_RULES, judge_placement
from compile.rules.rule import sentence
from compile.rules.violation import Violation
from hardware.chip.board import Board
from hardware.chip.known import LOIHI1, LOIHI2
from hardware.chip.spec import ChipSpec
from hardware.learning import supervised
from hardware.network import Connection, Layer, Network
from hardware.neurons.cuba import Cuba, Message, Reset
from hardware.neurons.neuron import Neuron
from hardware.neurons.relay import Relay
from hardware.neurons.resonator import Resonator
from hardware.placement.mesh import Mesh
from hardware.program import Placement, Use
from hardware.synapses.dense import Dense
from hardware.synapses.grid import WeightGrid
from hardware.synapses.sparse import Sparse
from hardware.synapses.synapse import Synapse

TINY = dataclasses.replace(
    LOIHI1,
    name="tiny",
    title="Tiny",
    cores=3,
    columns=3,
    rows=1,
    cores_per_tile=1,
    neurons_per_core=4,
    synapse_bytes_per_core=20,
    axons_in_per_core=10,
    boards={},
)
MESH1, MESH2, TINY_MESH = (Mesh.of(chip, None) for chip in (LOIHI1, LOIHI2, TINY))


def chain(*sizes: int, taught: bool = False) -> Network:
    """Make a feed-forward network of the given sizes, all weights 2."""
    names = ["input", *(f"l{index}" for index in range(len(sizes) - 2)), "readout"]
    layers, connections = [], []
    for index in range(1, len(sizes)):
        last = taught and index == len(sizes) - 1
        method = supervised()
        rule, teacher = (method.rule, method.teacher) if last else (None, None)
        layers.append(Layer(names[index], Cuba(4096, 128, 64, np.zeros(sizes[index], np.int16)), teacher))
        weights = np.full((sizes[index], sizes[index - 1]), 2, np.int16)
        connections.append(Connection(names[index - 1], names[index], Dense(weights), rule))
    return Network(sizes[0], tuple(layers), tuple(connections))


def broken(network: Network, chip: ChipSpec, board: Board | None = None) -> RuleViolationError:
    """Return the error that compiling ends in."""
    with pytest.raises(RuleViolationError) as caught:
        place_network(network, chip, board=board)
    return caught.value


def rules_of(error: RuleViolationError) -> list[str]:
    return [violation.rule for violation in error.violations]


def test_what_a_network_uses_is_measured() -> None:
    program = place_network(chain(5, 8, 2), TINY)
    assert program.utilization == (
        Use("neurons", "chip", 10, 12),
        Use("synaptic input", "readout", 16, 2**24 - 1),
        Use("cores", "chip", 3, 3),
        Use("neurons", "core 0 (l0)", 4, 4),
        Use("synapse bytes", "core 0 (l0)", 20, 20),
        Use("input axons", "core 1 (readout)", 8, 10),
        Use("output axons", "core 0 (l0)", 4, 4096),
        Use("pairs of decays", "core 0 (l0)", 1, 32),
        Use("thresholds", "core 0 (l0)", 1, 16),
        Use("formats of synapses", "core 0 (l0)", 1, 15),
    )


def test_a_connection_that_learns_counts_with_what_it_can_reach() -> None:
    network = chain(5, 8, 2, taught=True)
    (use,) = sizes.synaptic_input_of_a_layer_stays_exact(network, MESH2)
    assert use == Use("synaptic input", "readout", 256 * 8, 2**24 - 1)


@pytest.mark.parametrize(
    ("network", "rule", "layer", "used", "limit", "sentence"),
    [
        (chain(2, 4, 13), "neurons of the network fit the board", "readout", 13, 12,
         r"layer 'readout' has 13 neurons, over the 12 of Tiny \(3 cores of 4\); make layer 'readout' smaller"),
        (chain(21, 1), "synapses of a neuron fit a core", "readout", 21, 20,
         r"needs 21 bytes for the synapses into one neuron, over the 20 of a Tiny core; lower .* fan-in"),
        (chain(11, 1), "sources of a neuron fit the axons of a core", "readout", 11, 10,
         "takes 11 input axons for one neuron, over the 10 of a Tiny core"),
        (chain(4, 4, 4, 4, 2), "cores of the network fit the board", "network", 4, 3,
         r"the network needs 4 cores, over the 3 of Tiny; layer 'l0' takes 1 of them; make it"),
        (chain(3, 4, 9), "cores of the network fit the board", "network", 4, 3, "layer 'readout' takes 3"),
        (chain(10, 7), "cores of the network fit the board", "network", 4, 3, "layer 'readout' takes 4"),
    ],
    ids=["neurons", "fan-in", "axons", "many-layers", "larger-layer", "large-layer"],
)  # fmt: skip
def test_sizes(network: Network, rule: str, layer: str, used: int, limit: int, sentence: str) -> None:
    error = broken(network, TINY)
    found = next(violation for violation in error.violations if violation.rule == rule)
    assert (found.layer, found.used, found.limit) == (layer, used, limit)
    with pytest.raises(RuleViolationError, match=sentence):
        raise error


def test_exactly_at_the_limits() -> None:
    assert Use("neurons", "chip", 12, 12) in place_network(chain(2, 12), TINY).utilization
    assert Use("cores", "chip", 3, 3) in place_network(chain(10, 6), TINY).utilization
    wide = dataclasses.replace(TINY, axons_in_per_core=20)
    assert Use("input axons", "core 0 (readout)", 20, 20) in place_network(chain(20, 1), wide).utilization


def one_layer(neuron: Neuron, synapse: Synapse, *, graded: bool = False, port: str = "", **more: Any) -> Network:
    """Make a network of one layer."""
    layer = Layer("a", neuron, **more)
    return Network(synapse.sources, (layer,), (Connection("input", "a", synapse, port=port),), graded)


PLAIN = Cuba(4096, 128, 64, np.zeros(2, np.int16))
TWO = Dense(np.full((2, 2), 2, np.int16))


@pytest.mark.parametrize(
    ("network", "sentence"),
    [
        (
            one_layer(dataclasses.replace(PLAIN, drive=1), TWO),
            r"layer 'a' \(CUBA, .*drive 1\) needs programmable neurons, and Loihi 1 has none; compile for loihi2",
        ),
        (one_layer(dataclasses.replace(PLAIN, reset=Reset.SUBTRACT), TWO), "threshold taken off.* needs programm"),
        (one_layer(dataclasses.replace(PLAIN, message=Message.GRADED), TWO), "where it fires.* needs programm"),
        (one_layer(Relay(2, binary=True), TWO), r"layer 'a' \(relay, plain spikes\) needs programmable"),
        (one_layer(Resonator(2, 5, 6, 7), TWO), r"layer 'a' \(RF, sine 5 and cosine 6, threshold 7\) needs prog"),
        (one_layer(PLAIN, TWO, graded=True), "the input sends numbers, and the spikes of Loihi 1 carry none"),
        (
            one_layer(PLAIN, TWO, delays=np.array([0, 63], np.uint8)),
            "layer 'a' has a delay of 63 steps, over the 62 of Loihi 1; train it with a max_delay of at most 62",
        ),
        (
            one_layer(PLAIN, dataclasses.replace(TWO, delays=np.array([[0, 63], [1, 1]], np.uint8))),
            "layer 'a' has a delay of 63 steps, over the 62 of Loihi 1",
        ),
        (
            one_layer(dataclasses.replace(PLAIN, voltage_decay=4096), TWO),
            "layer 'a' has a voltage decay of 4096, over the 4095 of Loihi 1; let 1 of 4096 of the voltage stay",
        ),
        (
            one_layer(dataclasses.replace(PLAIN, current_decay=np.array([7, 0], np.int32)), TWO),
            "layer 'a' has a current that never decays, and the least decay of Loihi 1 is 1 of 4096",
        ),
        (chain(5, 4, 4, taught=True), "'readout' has a teacher.* Loihi 1 has none; compile for loihi2"),
    ],
    ids=["drive", "reset", "voltages", "relay", "RF", "graded", "axon", "synapse", "decay", "held", "taught"],
)  # fmt: skip
def test_what_only_loihi_2_can_do_is_refused_for_loihi_1(network: Network, sentence: str) -> None:
    error = broken(network, LOIHI1)
    assert error.fits == ("--chip loihi2",)
    assert str(error).endswith("; it fits with --chip loihi2")
    with pytest.raises(RuleViolationError, match=sentence):
        raise error
    program = place_network(network, LOIHI2)
    assert (Use("delay", "a", 63, 63) in program.utilization) == ("a delay" in sentence)


def test_what_loihi_1_can_do_is_not_refused() -> None:
    refractory = dataclasses.replace(PLAIN, refractory=63, threshold=np.array([1, 2]), voltage_decay=4095)
    program = place_network(one_layer(refractory, TWO, delays=np.array([0, 62], np.uint8)), LOIHI1)
    assert Use("delay", "a", 62, 62) in program.utilization
    assert Use("thresholds", "core 0 (a)", 2, 16) in program.utilization


def test_all_that_is_broken_is_named_at_once() -> None:
    first = Layer("a", dataclasses.replace(PLAIN, drive=1), delays=np.array([0, 63], np.uint8))
    second = Layer("b", dataclasses.replace(PLAIN, voltage_decay=4096))
    network = Network(2, (first, second), (Connection("input", "a", TWO), Connection("a", "b", TWO)), True)
    error = broken(network, LOIHI1)
    assert [(each.rule, each.layer) for each in error.violations] == [
        ("neurons beyond plain cuba need programmable neurons", "a"),
        ("messages of numbers need graded spikes", "input"),
        ("decays fit their registers", "b"),
        ("delays fit the chip", "a"),
    ]
    assert str(error).startswith("4 design rules of Loihi 1 are broken: (1) layer 'a' (CUBA")
    assert [line[:4] for line in error.lines] == ["(1) ", "(2) ", "(3) ", "(4) ", "4 de"]
    assert error.lines[-1] == (
        "4 design rules of Loihi 1 are broken, each named above; it fits with --chip loihi2"
    )
    document = error.document
    assert document["error"] == str(error)
    assert document["fits"] == ["--chip loihi2"]
    assert document["violations"][3] == {
        "layer": "a",
        "problem": "has a delay of 63 steps, over the 62 of Loihi 1",
        "used": 63,
        "limit": 62,
        "remedy": "train it with a max_delay of at most 62",
        "rule": "delays fit the chip",
        "sentence": "layer 'a' has a delay of 63 steps, over the 62 of Loihi 1; "
        "train it with a max_delay of at most 62",
    }


NARROW = dataclasses.replace(
    LOIHI2,
    name="narrow",
    title="Narrow",
    weight_bits=4,
    weight_exponent_min=-2,
    weight_exponent_max=1,
    threshold_bits=7,
    bias_bits=3,
    bias_exponent_bits=2,
    refractory_max=5,
    graded_bits=9,
    learning=False,
)


@pytest.mark.parametrize(
    ("good", "bad", "problem", "used", "limit"),
    [
        (Dense(TWO.weights * 16, 0, WeightGrid(bits=4)), Dense(TWO.weights * 8, 0, WeightGrid(bits=5)),
         "weights of 5 bits from 'input'", 5, 4),
        (dataclasses.replace(TWO, weights=TWO.weights * 16, exponent=1, grid=WeightGrid(bits=4)),
         dataclasses.replace(TWO, weights=TWO.weights * 16, exponent=2, grid=WeightGrid(bits=4)),
         "a weight exponent of 2 from 'input', over", 2, 1),
        (dataclasses.replace(TWO, weights=TWO.weights * 16, exponent=-2, grid=WeightGrid(bits=4)),
         dataclasses.replace(TWO, weights=TWO.weights * 16, exponent=-3, grid=WeightGrid(bits=4)),
         "a weight exponent of -3 from 'input', below", -3, -2),
    ],
    ids=["bits", "large-exponent", "small-exponent"],
)  # fmt: skip
def test_widths_of_weights(good: Synapse, bad: Synapse, problem: str, used: int, limit: int) -> None:
    neuron = dataclasses.replace(PLAIN, bias_exponent=0)
    assert place_network(one_layer(neuron, good), NARROW).chip == NARROW
    (violation,) = broken(one_layer(neuron, bad), NARROW).violations
    assert problem in violation.sentence
    assert (violation.layer, violation.used, violation.limit) == ("a", used, limit)


FOUR_BITS = Dense(TWO.weights * 16, 0, WeightGrid(bits=4))


@pytest.mark.parametrize(
    ("change", "value", "edge", "problem"),
    [
        ("threshold", 128, 127, "a threshold of 128, over the 127 of Narrow"),
        ("bias_mantissa", [0, 4], [0, 3], "a bias mantissa of 4, over the 3"),
        ("bias_mantissa", [-5, 3], [-4, 3], "a bias mantissa of -5, below the -4"),
        ("refractory", 6, 5, "a refractory delay of 6, over the 5 of Narrow"),
    ],
    ids=["threshold", "bias", "negative-bias", "refractory"],
)  # fmt: skip
def test_widths_of_neurons(change: str, value: Any, edge: Any, problem: str) -> None:
    neuron = dataclasses.replace(PLAIN, bias_exponent=0)
    assert place_network(one_layer(dataclasses.replace(neuron, **{change: edge}), FOUR_BITS), NARROW)
    (violation,) = broken(one_layer(dataclasses.replace(neuron, **{change: value}), FOUR_BITS), NARROW).violations
    assert problem in violation.sentence


def test_a_bias_exponent_counts_where_there_is_a_bias() -> None:
    silent = dataclasses.replace(PLAIN, bias_exponent=4)
    assert place_network(one_layer(silent, FOUR_BITS), NARROW)
    biased = dataclasses.replace(silent, bias_mantissa=np.array([1, 0], np.int16))
    (violation,) = broken(one_layer(biased, FOUR_BITS), NARROW).violations
    assert violation.problem == "has a bias exponent of 4, over the 3 of Narrow"


def test_numbers_must_fit_the_payload_of_a_spike() -> None:
    relay = Relay(2)
    network = one_layer(relay, dataclasses.replace(FOUR_BITS, exponent=0), graded=True)
    violations = list(kinds.messages_fit_the_payload_of_a_spike(network, Mesh.of(NARROW, None)))
    assert [type(each) for each in violations] == [Violation]
    assert violations[0].limit == 9 and violations[0].used > 9  # type: ignore[union-attr]
    assert list(kinds.messages_fit_the_payload_of_a_spike(network, MESH2)) == [], "32 bits hold every message"


def test_a_chip_that_cannot_learn_says_so() -> None:
    network = chain(3, 4, 2, taught=True)
    found = list(kinds.synapses_that_learn_need_a_learning_engine(network, Mesh.of(NARROW, None)))
    assert [each.problem for each in found] == ["learns the weights from 'l0', and Narrow cannot learn"]  # type: ignore[union-attr]


def test_input_is_summed_by_port_and_without_numbers() -> None:
    resonators = one_layer(Resonator(2, 5, 6, 7), TWO)
    both = dataclasses.replace(
        resonators, connections=(*resonators.connections, Connection("input", "a", TWO, port="imag"))
    )
    assert list(sizes.synaptic_input_of_a_layer_stays_exact(both, MESH2)) == [
        Use("synaptic input", "a", 4, 2**24 - 1)
    ]
    assert list(sizes.synaptic_input_of_a_layer_stays_exact(one_layer(PLAIN, TWO, graded=True), MESH2)) == []


@pytest.mark.parametrize(
    ("placement", "problem"),
    [
        ((Placement("readout", 0, 0, 4),), "has neuron 4 on 0 cores"),
        ((Placement("readout", 0, 0, 5), Placement("readout", 1, 4, 5)), "has neuron 4 on 2 cores"),
        ((Placement("readout", 0, 0, 6),), "is placed as 0..5 on core 0, which is no part of it"),
        ((Placement("readout", -1, 0, 5),), "on core -1, which is no part of it"),
        ((Placement("other", 0, 0, 5),), "is placed as 0..4 on core 0, which is no part of it"),
        ((Placement("readout", 3, 0, 4), Placement("readout", 0, 4, 5)), "cores that Tiny does not have"),
        ((Placement("readout", 0, 0, 5),), "would take 5 neurons of core 0, over the 4 of a Tiny core"),
        ((Placement("readout", 0, 0, 5),), "would take 25 synapse bytes of core 0, over the 20 of a Tiny core"),
    ],
    ids=["missing", "twice", "beyond", "nowhere", "stranger", "no-core", "neurons", "memory"],
)  # fmt: skip
def test_a_placement_by_somebody_else_is_checked_too(placement: tuple[Placement, ...], problem: str) -> None:
    _, violations = judge_placement(chain(5, 5), TINY_MESH, placement)
    assert any(problem in violation.sentence for violation in violations)


def test_layers_that_share_a_core_share_its_limits() -> None:
    network = chain(2, 3, 3)
    together = (Placement("l0", 0, 0, 3), Placement("readout", 0, 0, 3))
    _, violations = judge_placement(network, TINY_MESH, together)
    assert [(each.layer, each.used, each.limit) for each in violations] == [("l0, readout", 6, 4)]
    assert not judge_placement(network, TINY_MESH, (together[0], Placement("readout", 1, 0, 3)))[1]


def test_limits_that_are_not_published_are_not_checked() -> None:
    program = place_network(chain(5000, 3), LOIHI2)
    assert not {"input axons", "output axons", "thresholds"} & {use.what for use in program.utilization}
    assert "takes 5000 input axons for one neuron, over the 4096 of a Loihi 1 core" in str(
        broken(chain(5000, 3), LOIHI1)
    )


def many(**parameters: Any) -> Network:
    """One input unit that drives 40 neurons."""
    neuron = dataclasses.replace(PLAIN, bias_mantissa=np.zeros(40, np.int16), **parameters)
    return one_layer(neuron, Dense(np.full((40, 1), 2, np.int16)))


@pytest.mark.parametrize(
    ("parameter", "limit", "problem"),
    [
        ("threshold", 16, "has 17 different thresholds on core 0, over the 16 of a Loihi 1 core"),
        ("voltage_decay", 32, "has 33 different pairs of decays on core 0, over the 32 of a Loihi 1 core"),
        ("current_decay", 32, "has 33 different pairs of decays on core 0, over the 32 of a Loihi 1 core"),
    ],
)
def test_tables_of_a_core(parameter: str, limit: int, problem: str) -> None:
    fits = many(**{parameter: np.minimum(np.arange(1, 41), limit)})
    assert any(use.used == limit == use.limit for use in place_network(fits, LOIHI1).utilization)
    more = many(**{parameter: np.minimum(np.arange(1, 41), limit + 1)})
    (violation,) = judge_placement(more, MESH1, (Placement("a", 0, 0, 40),))[1]
    assert problem in violation.sentence
    assert len(place_network(more, LOIHI1).placement) == 2, "a core holds only what its neurons need"


def test_formats_and_traces_of_a_core() -> None:
    method = supervised()
    rule, teacher = method.rule, method.teacher
    names = [f"l{index}" for index in range(17)]
    layers = (*(Layer(name, PLAIN) for name in names), Layer("readout", PLAIN, teacher))
    into = [Connection("input", name, TWO) for name in names]
    exponents = (index - 8 if index < 15 else 0 for index in range(17))
    into += [
        Connection(name, "readout", dataclasses.replace(TWO, exponent=e))
        for name, e in zip(names, exponents, strict=True)
    ]
    network = Network(2, layers, tuple(into))
    placed = tuple(Placement(layer.name, core, 0, 2) for core, layer in enumerate(layers))
    uses, _ = judge_placement(network, MESH1, placed)
    assert Use("formats of synapses", "core 17 (readout)", 15, 15) in uses
    another = dataclasses.replace(into[-1], synapse=dataclasses.replace(TWO, exponent=7))
    _, violations = judge_placement(dataclasses.replace(network, connections=(*into[:-1], another)), MESH1, placed)
    assert ("formats of a core fit its table", 16, 15) in [(v.rule, v.used, v.limit) for v in violations]
    traces = [dataclasses.replace(rule, x1_tau=tau) for tau in (1, 2, 3, 4)]
    for count in (3, 4):
        learning = [
            dataclasses.replace(each, rule=traces[index], synapse=TWO) if index < count else each
            for index, each in enumerate(into[17:])
        ]
        taught = dataclasses.replace(network, connections=(*into[:17], *learning))
        _, violations = judge_placement(taught, MESH1, placed)
        found = [(v.rule, v.used, v.limit) for v in violations if "traces" in v.rule]
        assert found == ([] if count == 3 else [("traces of a core fit its table", 4, 3)])


def test_every_destination_core_is_an_output_axon() -> None:
    chip = dataclasses.replace(TINY, cores=4, axons_out_per_core=6)
    network = chain(2, 3, 3)
    spread = (Placement("l0", 0, 0, 3), Placement("readout", 1, 0, 2), Placement("readout", 2, 2, 3))
    uses, violations = judge_placement(network, Mesh.of(chip, None), spread)
    assert not violations
    assert Use("output axons", "core 0 (l0)", 6, 6) in uses, "three neurons, each heard on two cores"
    wider = (*spread[:2], Placement("readout", 2, 2, 3))
    narrow = Mesh.of(dataclasses.replace(chip, axons_out_per_core=5), None)
    _, violations = judge_placement(network, narrow, wider)
    assert [(v.layer, v.used, v.limit) for v in violations] == [("l0", 6, 5)]


def test_the_smallest_board_that_fits_is_named() -> None:
    boards = {
        board.name: board
        for board in (
            Board("five", "Five", "tiny", 5, 1),
            Board("two", "Two", "tiny", 2, 1),
            Board("one", "One", "tiny", 1, 1),
        )
    }
    chip = dataclasses.replace(TINY, boards=boards)
    network = chain(2, 17)
    error = broken(network, chip)
    assert "--board two" in error.fits and "--board five" not in error.fits
    program = place_network(network, chip, board=boards["two"])
    assert program.board == boards["two"]
    assert Use("cores", "board", 5, 6) in program.utilization
    assert all(Mesh(chip, boards["two"]).exists(run.core) for run in program.placement)
    assert "of One" not in str(broken(network, chip, boards["one"]))
    assert "--board five" in broken(chain(2, 25), chip, boards["two"]).fits


def test_where_no_board_is_large_enough_a_grid_of_chips_is_named() -> None:
    error = broken(chain(2, 4 * 3 * 4 + 1), TINY)
    assert [each.used for each in error.violations] == [49, 13], "49 neurons on 13 cores, of which a chip has 3"
    assert "--board 3x2" in error.fits
    assert place_network(chain(2, 49), TINY, board=TINY.board("3x2")).board == TINY.board("3x2")


def test_fewer_weight_bits_that_would_fit_are_named() -> None:
    chip = dataclasses.replace(TINY, axons_in_per_core=100)
    error = broken(chain(39, 1), chip)
    assert rules_of(error) == ["synapses of a neuron fit a core"]
    assert "--bits 4" in error.fits, "39 weights of 4 bits are 20 bytes"
    assert "--bits 5" not in error.fits and "--bits 3" not in error.fits


def test_no_rule_is_left_out_of_the_check() -> None:
    groups = (sizes, kinds, widths, cores, tables)
    written = {
        sentence(value)
        for group in groups
        for name, value in vars(group).items()
        if callable(value) and getattr(value, "__module__", "") == group.__name__ and not name.startswith("_")
        if isinstance(value, type(sentence))
    }
    asked = {sentence(rule) for rule in (*NETWORK_RULES, *PLACEMENT_RULES, cores.every_neuron_sits_on_one_core)}
    assert written == asked


def test_sparse_synapses_take_the_axons_of_their_senders_alone() -> None:
    listed = Sparse(np.array([2, 2, 2], np.int16), np.array([0, 1, 1]), np.array([0, 0, 3]), (2, 5))
    program = place_network(one_layer(PLAIN, listed), LOIHI1)
    assert Use("input axons", "core 0 (a)", 2, 4096) in program.utilization
