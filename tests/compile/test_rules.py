"""Design rules and placement."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compile import rules
from compile.errors import RuleViolationError
from compile.pipeline import place_network
from compile.place import place
from compile.report import LimitRow, limit_rows
from hardware.chip import LOIHI1, LOIHI2, ChipSpec
from hardware.learning import supervised
from hardware.network import Connection, Layer, Network
from hardware.neurons.cuba import Cuba
from hardware.program import Use
from hardware.synapses.dense import Dense

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
