"""Events: what is counted from rates is what a run counts, whatever the network is made of."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.activity import measure
from hardware.chip.known import LOIHI2
from hardware.emulator.engine import EmulatorBackend
from hardware.energy.account import account
from hardware.energy.cause import Cause
from hardware.energy.events import count_events
from hardware.energy.fan import fan_onto
from hardware.energy.known import find_model
from hardware.synapses.convolution import Convolution
from tests.any_image import convolutions
from tests.any_network import synapses_of_any_kind
from tests.every_kind import EVERY_KIND
from tests.hardware.energy.placed import on_cores
from tests.programs import Case

SYNAPSES = (Cause.SYNAPSE_DENSE, Cause.SYNAPSE_SPARSE, Cause.SYNAPSE_CONVOLUTION)


@pytest.mark.parametrize("case", EVERY_KIND, ids=lambda case: case.name)
def test_events_are_those_of_the_run(case: Case) -> None:
    layers = case.program.network.layers
    program = on_cores(case.program, {layer.name: [2 * at, 2 * at + 9] for at, layer in enumerate(layers)}, LOIHI2)
    with EmulatorBackend().load(program) as session:
        activity = measure(session, [case.spikes], states=True)
        counters = session.run(case.spikes).counters
    found = account(program, activity, find_model("loihi2"))
    events = found.events
    assert sum(map(events.total, SYNAPSES)) == sum(counters.synaptic_operations.values())
    assert events.total(Cause.SPIKE) == sum(counters.spikes[layer.name] for layer in layers)
    assert events.total(Cause.NEURON_ACCESS) == sum(counters.neuron_updates.values())
    assert events.total(Cause.SPIKE) <= events.total(Cause.NEURON_UPDATE) <= events.total(Cause.NEURON_ACCESS)
    assert found.model.estimated
    assert found.joules.value > 0


@settings(max_examples=60, deadline=None)
@given(st.data(), convolutions() | synapses_of_any_kind((2, 3, 2), (2, 2, 3)))
def test_synapses_onto_parts_are_all_synapses_shared_out(data: st.DataObject, synapse) -> None:
    order = np.array(data.draw(st.permutations(range(synapse.targets))), np.int64)
    cut = data.draw(st.integers(0, synapse.targets))
    parts = [np.sort(part) for part in (order[:cut], order[cut:])]
    counts = [fan_onto(synapse, part) for part in parts]
    assert np.array_equal(sum(counts), synapse.fan_out())
    if isinstance(synapse, Convolution):
        target_of, source_of, _ = synapse.pairs()
        for part, found in zip(parts, counts, strict=True):
            expected = np.bincount(source_of[np.isin(target_of, part)], minlength=synapse.sources)
            assert np.array_equal(found, expected)


def test_a_core_in_use_counts_once_however_many_layers_it_holds() -> None:
    case = next(case for case in EVERY_KIND if len(case.program.network.layers) > 1)
    names = [layer.name for layer in case.program.network.layers]
    with EmulatorBackend().load(case.program) as session:
        activity = measure(session, [case.spikes])
    shared = count_events(on_cores(case.program, {name: [7] for name in names}, LOIHI2), activity)
    assert (shared.tiles, shared.chips, shared.farthest) == (1, 1, (0, 0, 0))
    assert {count.core for count in shared.counts} == {7, None}
