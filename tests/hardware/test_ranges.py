"""What a network can reach: every value that the specification shows lies in its interval."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings

from hardware import fixed
from hardware.emulator import reference, reference_neurons
from hardware.emulator.reference import ReferenceBackend
from hardware.emulator.reference_synapses import SynapseState
from hardware.network import INPUT
from hardware.ranges.analysis import Ranges, ranges
from hardware.ranges.interval import NOTHING, Interval
from tests.any_network import cases_of_every_kind
from tests.every_kind import EVERY_KIND
from tests.programs import INFERENCE, LEARNING, Case, cases


def hull(values: Any) -> Interval:
    """Return the least interval of some values, and 0."""
    array = np.asarray(values)
    return Interval(min(int(array.min(initial=0)), 0), max(int(array.max(initial=0)), 0))


@contextmanager
def watched(case: Case, found: Ranges) -> Iterator[None]:
    """Compare each step of a unit, as the specification takes it, with the bounds of its layer."""
    bounds = {id(layer.neuron): found.layers[layer.name] for layer in case.program.network.layers}
    at: list[Any] = [None]
    true_advance, true_word, true_decay = reference_neurons.advance, fixed.word, fixed.decay

    def advance(neuron: Any, unit: int, state: dict[str, int], arrived: dict[str, int]) -> int:
        at[0] = bounds[id(neuron)]
        for port, value in arrived.items():
            assert value in at[0].arriving.get(port, NOTHING)
        sent = true_advance(neuron, unit, state, arrived)
        assert sent in at[0].message
        return sent

    def word(value: int) -> int:
        assert any(value in interval for interval in at[0].intermediates.values()) or value in Interval(
            -1 << 31, (1 << 31) - 1
        )
        assert not at[0].exact_in_words or true_word(value) == value
        return true_word(value)

    def decay(state: int, constant: int) -> int:
        assert abs(state) * (4096 - constant) <= max(at[0].decays.values())
        return true_decay(state, constant)

    with (
        mock.patch.object(reference, "advance", advance),
        mock.patch.object(reference_neurons, "word", word),
        mock.patch.object(reference_neurons, "decay", decay),
    ):
        yield


def check(case: Case) -> None:
    network = case.program.network
    largest = max(1, hull(case.spikes.values.astype(np.int64)).largest)
    found = ranges(network, largest)
    with ReferenceBackend().load(case.program) as session, watched(case, found):
        if network.plastic:
            result = session.learn(case.spikes, case.labels, seed=3, probes=case.learning_probes)
        else:
            result = session.run(case.spikes, probes=case.probes)
    for layer in network.layers:
        assert hull(result.spikes[layer.name]) in found.messages[layer.name]
        for state, interval in found.layers[layer.name].states.items():
            rest = layer.neuron.rest.get(state, 0)
            observed = result.probes[f"{layer.name}.{state}"].astype(np.int64)
            assert Interval(int(np.min(rest)), int(np.max(rest))) in interval, (layer.name, state)
            assert Interval(int(observed.min()), int(observed.max())) in interval, (layer.name, state)
        states = {probe.rpartition(".")[2] for probe in case.probes if probe.rpartition(".")[0] == layer.name}
        assert states == set(found.layers[layer.name].states)
    sent = {INPUT: case.spikes.values, **result.spikes}
    for connection in network.connections:
        if connection.rule is not None:
            continue
        bound, synapses = found.connections[connection.name], SynapseState(connection.synapse)
        matrix = connection.synapse.matrix().astype(object)
        for row in sent[connection.source].reshape(-1, connection.synapse.sources)[:6]:
            products = matrix * row.astype(object)
            assert all(value in bound.total for value in products.ravel())
            if getattr(connection.synapse, "delays", None) is None:
                assert all(value in bound.total for value in products.sum(axis=1))
            for delivered in synapses.deliver(row.tolist()).values():
                assert all(value in bound.delivered for value in delivered)


@settings(max_examples=250, deadline=None)
@given(cases_of_every_kind())
def test_every_value_of_any_network_lies_in_its_interval(case: Case) -> None:
    check(case)


@settings(max_examples=60, deadline=None)
@given(cases())
def test_every_value_of_any_network_that_may_learn_lies_in_its_interval(case: Case) -> None:
    check(case)


@pytest.mark.parametrize("case", [*INFERENCE, *LEARNING, *EVERY_KIND], ids=lambda case: case.name)
def test_every_value_of_an_edge_lies_in_its_interval(case: Case) -> None:
    check(case)
