"""Design rules and placement."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compile import rules
from compile.core_memory import LayerMemory, sources_of
from compile.errors import RuleViolationError
from compile.pipeline import place_network
from compile.place import place
from compile.report import LimitRow, limit_rows
from hardware.chip.known import LOIHI1, LOIHI2
from hardware.chip.spec import ChipSpec
from hardware.learning import supervised
from hardware.network import Connection, Layer, Network
from hardware.neurons.cuba import Cuba, Message, Reset
from hardware.neurons.neuron import Neuron
from hardware.neurons.relay import Relay
from hardware.neurons.resonator import Resonator
from hardware.program import Placement, Use
from hardware.synapses.convolution import Convolution
from hardware.synapses.dense import Dense
from hardware.synapses.sparse import Sparse
from hardware.synapses.synapse import Synapse

TINY = dataclasses.replace(
    LOIHI1,
    name="loihi1",
    title="Tiny",
    cores=3,
    neurons_per_core=4,
    synapse_bytes_per_core=20,
    axons_in_per_core=10,
)


def chain(*sizes: int, taught: bool = False) -> Network:
    """Make a feed-forward network of the given sizes, all weights 2."""
    names = ["input", *(f"l{index}" for index in range(len(sizes) - 2)), "readout"]
    layers, connections = [], []
    for index in range(1, len(sizes)):
        last = taught and index == len(sizes) - 1
        rule, teacher = supervised() if last else (None, None)
        layers.append(Layer(names[index], Cuba(4096, 128, 64, np.zeros(sizes[index], np.int16)), teacher))
        weights = np.full((sizes[index], sizes[index - 1]), 2, np.int16)
        connections.append(Connection(names[index - 1], names[index], Dense(weights), rule))
    return Network(sizes[0], tuple(layers), tuple(connections))


def test_what_a_network_uses_is_measured() -> None:
    program = place_network(chain(5, 8, 2), TINY)
    assert program.utilization == (
        Use("neurons", "chip", 10, 12),
        Use("synaptic input", "readout", 16, 2**24 - 1),
        Use("cores", "chip", 3, 3),
        Use("neurons", "core 0 (l0)", 4, 4),
        Use("synapse bytes", "core 0 (l0)", 20, 20),
        Use("input axons", "core 2 (readout)", 8, 10),
    )
    assert all(use.used <= use.limit for use in program.utilization)


def test_a_connection_that_learns_counts_with_what_it_can_reach() -> None:
    (use,) = rules.synaptic_input_of_a_layer_stays_exact(chain(5, 8, 2, taught=True), LOIHI2)
    assert use == Use("synaptic input", "readout", 256 * 8, 2**24 - 1)


@pytest.mark.parametrize(
    ("network", "chip", "sentence"),
    [
        (chain(2, 13), TINY, r"layer 'readout' has 13 neurons, over the 12 of Tiny \(3 cores of 4\)"),
        (chain(21, 1), TINY, "weights into one neuron take 21 bytes, over the 20 of a Tiny core; lower .* fan-in"),
        (chain(5, 4, 4, taught=True), LOIHI1, "'readout' has a teacher.* Loihi 1 has none; compile for loihi2"),
        (chain(4, 4, 4, 4, 2), TINY, "needs 4 cores, over the 3 of Tiny; layer 'l0' takes 1"),
        (chain(3, 4, 9), TINY, "needs 4 cores, over the 3 of Tiny; layer 'readout' takes 3"),
        (chain(10, 7), TINY, "needs 4 cores, over the 3 of Tiny; layer 'readout' takes 4"),
        (chain(11, 1), TINY, "core 0 would hold 11 input axons, over the 10 of a Tiny core"),
    ],
    ids=["neurons", "fan-in", "teacher", "many-layers", "larger-layer", "large-layer", "axons"],
)
def test_each_rule_names_place_use_limit_and_remedy(network: Network, chip: ChipSpec, sentence: str) -> None:
    with pytest.raises(RuleViolationError, match=sentence):
        place_network(network, chip)


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (rules.neurons_of_a_core_fit, "core 0 would hold 5 neurons, over the 4"),
        (rules.synapses_of_a_core_fit_its_memory, "core 0 would hold 25 synapse bytes, over the 20"),
    ],
)
def test_a_placement_by_somebody_else_is_checked_too(rule: rules.PlacementRule, sentence: str) -> None:
    network = chain(5, 5)
    crowded = place(network, LOIHI2)
    with pytest.raises(RuleViolationError, match=sentence):
        rule(network, TINY, crowded)


def test_exactly_at_the_limits() -> None:
    assert place_network(chain(2, 12), TINY).placement[-1].core == 2
    assert len(place_network(chain(10, 6), TINY).placement) == 3
    assert Use("neurons", "chip", 12, 12) in place_network(chain(2, 12), TINY).utilization
    wide = dataclasses.replace(TINY, axons_in_per_core=20)
    assert place_network(chain(20, 1), wide).utilization[-1] == Use("input axons", "core 0 (readout)", 20, 20)


def test_limits_that_are_not_published_are_shown_and_not_checked() -> None:
    program = place_network(chain(5000, 3), LOIHI2)
    assert limit_rows(program)[-1] == LimitRow("input axons", "core 0 (readout)", 5000, None)
    assert all(use.what != "input axons" for use in program.utilization)
    with pytest.raises(RuleViolationError, match="5000 input axons, over the 4096 of a Loihi 1 core"):
        place_network(chain(5000, 3), LOIHI1)


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
        (one_layer(PLAIN, TWO, graded=True), "'input' sends numbers, and the spikes of Loihi 1 carry none"),
        (
            one_layer(PLAIN, TWO, delays=np.array([0, 63], np.uint8)),
            "layer 'a': a delay of 63 steps is over the 62 of Loihi 1; train it with a max_delay of at most 62",
        ),
        (
            one_layer(PLAIN, dataclasses.replace(TWO, delays=np.array([[0, 63], [1, 1]], np.uint8))),
            "layer 'a': a delay of 63 steps is over the 62 of Loihi 1",
        ),
    ],
    ids=["drive", "reset", "voltages", "relay", "resonator", "graded", "axon", "synapse"],
)
def test_what_only_loihi_2_can_do_is_refused_for_loihi_1(network: Network, sentence: str) -> None:
    with pytest.raises(RuleViolationError, match=sentence):
        place_network(network, LOIHI1)
    program = place_network(network, LOIHI2)
    assert (Use("delay", "a", 63, 63) in program.utilization) == ("delay" in sentence)


def test_what_loihi_1_can_do_is_not_refused() -> None:
    refractory = dataclasses.replace(PLAIN, refractory=63, threshold=np.array([1, 2]))
    program = place_network(one_layer(refractory, TWO, delays=np.array([0, 62], np.uint8)), LOIHI1)
    assert Use("delay", "a", 62, 62) in program.utilization


def test_input_is_summed_by_port_and_without_numbers() -> None:
    resonators = one_layer(Resonator(2, 5, 6, 7), TWO)
    both = dataclasses.replace(
        resonators, connections=(*resonators.connections, Connection("input", "a", TWO, port="imag"))
    )
    assert rules.synaptic_input_of_a_layer_stays_exact(both, LOIHI2) == (Use("synaptic input", "a", 4, 2**24 - 1),)
    assert rules.synaptic_input_of_a_layer_stays_exact(one_layer(PLAIN, TWO, graded=True), LOIHI2) == ()
    part = Placement("a", 0, 0, 2)
    assert sources_of(both, part) == 2, "both ports of a resonator hear the same two axons"


def image(source: tuple[int, int, int], target: tuple[int, int, int], **options: Any) -> Network:
    """A layer read by a convolution with a 3x3 kernel."""
    axes = (source[0], target[0]) if options.get("transposed") else (target[0], source[0])
    kernel = np.full((axes[0], axes[1] // options.get("groups", 1), 3, 3), 2, np.int16)
    units = int(np.prod(target))
    return one_layer(
        Cuba(4096, 128, 64, np.zeros(units, np.int16)), Convolution(kernel, source, target, **options)
    )


def test_a_convolution_takes_the_kernels_of_its_channels_or_its_synapses_whatever_is_smaller() -> None:
    memory = LayerMemory(image((2, 5, 5), (4, 3, 3)), "a")
    kernel = 2 * 9
    assert memory.neuron_bytes() == kernel
    assert memory.bytes(0, 9) == kernel, "all nine pixels of the first channel share a kernel"
    assert memory.bytes(0, 36) == 4 * kernel
    assert memory.bytes(8, 10) == 2 * kernel, "two pixels of two channels share nothing"
    assert memory.fill(0, 100, 3 * kernel) == 27
    assert memory.fill(5, 100, 3 * kernel) == 27
    assert memory.fill(0, 10, 3 * kernel) == 10
    assert memory.fill(0, 10, 1) == 1, "a neuron that does not fit is for the rules to name"
    padded = LayerMemory(image((1, 1, 1), (1, 1, 1), padding=(1, 1)), "a")
    assert padded.neuron_bytes() == 1, "one of nine taps lies on the image"


@pytest.mark.parametrize(
    "network",
    [
        image((2, 5, 6), (4, 3, 4)),
        image((2, 7, 7), (2, 3, 3), stride=(2, 2), groups=2),
        image((2, 5, 5), (2, 5, 5), padding=(1, 1)),
        image((1, 9, 9), (1, 5, 5), dilation=(2, 2)),
        image((2, 3, 3), (4, 7, 7), stride=(2, 2), transposed=True),
        image((2, 3, 4), (4, 5, 6), groups=2, transposed=True),
    ],
    ids=["plain", "stride-groups", "padding", "dilation", "transposed", "transposed-groups"],
)
def test_axons_of_a_core_are_the_senders_of_its_neurons(network: Network) -> None:
    matrix = network.connections[0].synapse.matrix()
    width = network.connections[0].synapse.target_shape[2]  # type: ignore[attr-defined]
    for first, last in [(0, 1), (width - 1, width), (0, width), (0, matrix.shape[0]), (3, 3 + 2 * width)]:
        exact = int((matrix[first:last] != 0).any(axis=0).sum())
        found = sources_of(network, Placement("a", 0, first, last))
        assert exact <= found <= matrix.shape[1]
        if last - first == 1 or first == 0:
            assert found == exact, (first, last)
    listed = Sparse(np.array([2, 2, 2], np.int16), np.array([0, 1, 1]), np.array([0, 0, 3]), (2, 5))
    assert sources_of(one_layer(PLAIN, listed), Placement("a", 0, 1, 2)) == 2
    assert sources_of(one_layer(PLAIN, listed), Placement("a", 0, 0, 1)) == 1


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 20), min_size=2, max_size=4),
    neurons=st.integers(1, 6),
    memory=st.integers(20, 60),
)
def test_every_neuron_sits_on_one_core_that_holds_it(sizes: list[int], neurons: int, memory: int) -> None:
    chip = dataclasses.replace(TINY, cores=1000, neurons_per_core=neurons, synapse_bytes_per_core=memory)
    network = chain(*sizes)
    placement = place(network, chip)
    assert [part.core for part in placement] == list(range(len(placement)))
    for layer, fan_in in zip(network.layers, sizes[:-1], strict=True):
        parts = [part for part in placement if part.layer == layer.name]
        covered = [neuron for part in parts for neuron in range(part.first, part.last)]
        assert covered == list(range(layer.units))
        for part in parts:
            assert 0 < part.last - part.first <= neurons
            assert (part.last - part.first) * fan_in <= memory
        fewest = min(neurons, memory // fan_in)
        assert len(parts) == -(-layer.units // fewest)
