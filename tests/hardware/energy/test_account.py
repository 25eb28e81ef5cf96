"""The account of energy: its parts make the whole, and hand calculation agrees."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.activity import Activity, measure
from hardware.chip.board import Board
from hardware.chip.known import LOIHI1
from hardware.emulator.engine import EmulatorBackend
from hardware.energy.account import account
from hardware.energy.cause import Cause
from hardware.energy.events import count_events
from hardware.energy.known import NAMES, find_model
from hardware.errors import LavaFedError
from hardware.network import INPUT
from hardware.spikes import SpikeTrain
from tests.hardware.energy.placed import activities, on_cores, placed, two_layers
from tests.programs import learner

SYNAPSES = (Cause.SYNAPSE_DENSE, Cause.SYNAPSE_SPARSE, Cause.SYNAPSE_CONVOLUTION)
PJ, NS = 1e-12, 1e-9


def test_the_seed_formula_is_spikes_and_synaptic_events_times_a_constant_each() -> None:
    program = on_cores(learner(), {"hidden": [0, 1], "readout": [2]})
    train = SpikeTrain(np.random.default_rng(0).integers(0, 2, (3, 16, 6)).astype(np.uint8))
    with EmulatorBackend().load(program) as session:
        activity, counters = measure(session, [train]), session.run(train).counters
    spikes = counters.spikes["hidden"] + counters.spikes["readout"]
    events = sum(counters.synaptic_operations.values())
    assert spikes > 0
    assert events > spikes
    found = account(program, activity, find_model("events"))
    assert found.joules.value == pytest.approx(69.3 * PJ * spikes + 35.5 * PJ * events, rel=1e-12)
    assert found.seconds is None
    assert found.leakage is None


def test_two_layers_by_hand() -> None:
    """4 neurons on core 0, of which 5 spikes in 10 steps go to 3 on core 9: two tiles to the right."""
    program = on_cores(two_layers(4, 3), {"a": [0], "b": [9]})
    sent = {INPUT: np.array([2]), "a": np.array([3, 0, 2, 0]), "b": np.array([0, 0, 1])}
    active = {"a": np.array([10, 0, 2, 0]), "b": np.array([1, 1, 4])}
    found = account(program, Activity(1, 10, sent, active=active), find_model("loihi1"))
    expected = {
        Cause.NEURON_ACCESS: 70 * 51.2,
        Cause.NEURON_UPDATE: 18 * 21.6,
        Cause.SPIKE: 6 * 69.3,
        Cause.AXON_OUT: 5 * 111.0,
        Cause.AXON_IN: 0.0,
        Cause.HOP_EAST_WEST: 10 * 3.0,
        Cause.SYNAPSE_DENSE: (2 * 4 + 5 * 3) * 35.5,
        Cause.HOST_IN: 2 * 111.0,
    }
    assert {cause: amount.value / PJ for cause, amount in found.by_cause().items()} == pytest.approx(expected)
    assert found.by_core()[9].value / PJ == pytest.approx(30 * 51.2 + 6 * 21.6 + 69.3 + 15 * 35.5)
    assert found.by_core()[None].value / PJ == pytest.approx(222)
    assert list(found.by_layer()) == [INPUT, "a", "b"]
    assert found.by_layer()["b"] == found.by_core()[9]
    assert found.uncounted == {Cause.HOST_OUT: 1, Cause.BARRIER: 10}
    assert found.estimated == pytest.approx(222 * PJ / found.joules.value)
    assert not found.time_estimated
    step = found.step
    assert step is not None
    send = (4 * 6.0 + 1.2 * 3.7 + 0.5 * 30.0 + 0.5 * 5.1) * NS
    assert step.work.value == pytest.approx(send)
    assert step.busiest == 0
    assert {core: each.value for core, each in found.seconds_by_core().items()} == pytest.approx(
        {0: send, 9: (3 * 6.0 + 0.6 * 3.7 + 0.1 * 30.0) * NS}
    )
    assert found.seconds_by_layer() == {"a": found.seconds_by_core()[0], "b": found.seconds_by_core()[9]}
    assert step.way.value == pytest.approx(2 * 4.1 * NS)
    assert step.barrier.value == pytest.approx(1000 * NS)
    assert found.seconds is not None
    assert found.seconds.value == pytest.approx(10 * (send + 8.2 * NS + 1000 * NS))
    assert found.leakage is not None
    assert found.leakage.value == pytest.approx(0.104 * found.seconds.value)


def test_learning_costs_an_update_of_every_synapse_in_every_epoch() -> None:
    program = on_cores(learner(), {"hidden": [0], "readout": [1, 2]})
    sent = {INPUT: np.zeros(6, np.int64), "hidden": np.zeros(8, np.int64), "readout": np.zeros(3, np.int64)}
    activity = Activity(2, 32, sent)
    quiet, learning = (account(program, activity, find_model("loihi1"), learning=on) for on in (False, True))
    updates = 3 * 8 * (32 // 4)
    assert learning.events.total(Cause.LEARNING) == updates
    assert learning.by_cause()[Cause.LEARNING].value == pytest.approx(120 * PJ * updates)
    before, after = quiet.seconds_by_core(), learning.seconds_by_core()
    assert sum(after[core].value - before[core].value for core in after) == pytest.approx(6.1 * NS * updates / 32)
    assert learning.seconds_by_layer()["readout"].value == max(after[core].value for core in (1, 2))
    assert learning.joules.value - quiet.joules.value == pytest.approx(120 * PJ * updates)
    frozen = account(program, activity, find_model("loihi1"), learning=True, frozen=["hidden->readout"])
    assert frozen == quiet
    assert learning.step is not None
    assert learning.step.learning.value == pytest.approx(2 * 8 / 4 * 6.1 * NS)


def test_a_message_to_another_chip_is_counted_although_its_price_is_unknown() -> None:
    program = on_cores(two_layers(2, 2), {"a": [0], "b": [128]})
    program = dataclasses.replace(program, board=Board.grid(LOIHI1, 2, 1))
    sent = {INPUT: np.array([0]), "a": np.array([1, 3]), "b": np.array([0, 0])}
    found = account(program, Activity(1, 5, sent), find_model("loihi1"))
    assert found.uncounted[Cause.HOP_CHIP] == 4
    assert found.events.total(Cause.HOP_EAST_WEST) == 4 * 8
    assert (found.events.chips, found.events.tiles) == (2, 1)


def test_what_nobody_looked_at_is_between_the_neurons_that_send_and_all_of_them() -> None:
    program = on_cores(two_layers(4, 3), {"a": [0], "b": [9]})
    sent = {INPUT: np.array([0]), "a": np.array([3, 0, 0, 0]), "b": np.array([0, 0, 1])}
    update = account(program, Activity(1, 10, sent), find_model("loihi1")).by_cause()[Cause.NEURON_UPDATE]
    assert update.value == pytest.approx(70 * 21.6 * PJ)
    assert update.low == pytest.approx(4 * 21.6 * PJ * (1 - 0.117))
    assert update.high == pytest.approx(70 * 21.6 * PJ * (1 + 0.117))


def test_a_program_without_cores_has_no_energy() -> None:
    sent = {INPUT: np.array([0]), "a": np.array([0]), "b": np.array([0])}
    with pytest.raises(LavaFedError, match="not placed on cores"):
        account(two_layers(1, 1), Activity(1, 1, sent), find_model("loihi1"))
    program = on_cores(two_layers(1, 1), {"a": [0], "b": [0]})
    with pytest.raises(LavaFedError, match="counts 0 units of 'b'"):
        account(program, Activity(1, 1, {INPUT: np.array([0]), "a": np.array([0])}), find_model("loihi1"))


@settings(max_examples=40, deadline=None)
@given(st.data(), placed(), st.sampled_from(NAMES), st.booleans())
def test_the_parts_make_the_whole(data: st.DataObject, program, name: str, learning: bool) -> None:
    found = account(program, data.draw(activities(program.network)), find_model(name), learning=learning)
    whole = found.joules
    assert whole.value == math.fsum(entry.joules.value for entry in found.entries)
    assert 0 <= whole.low <= whole.value <= whole.high
    if found.step is not None and not learning:
        assert max(each.value for each in found.seconds_by_core().values()) == found.step.work.value
    for parts in (found.by_cause(), found.by_layer(), found.by_core()):
        for bound in ("value", "low", "high"):
            assert math.fsum(getattr(part, bound) for part in parts.values()) == pytest.approx(
                getattr(whole, bound), rel=1e-12
            )
    for entry in found.entries:
        assert entry.events > 0
        assert 0 <= entry.joules.low <= entry.joules.value <= entry.joules.high
    places = [(entry.cause, entry.layer, entry.core) for entry in found.entries]
    assert len(set(places)) == len(places)


@settings(max_examples=40, deadline=None)
@given(st.data(), placed(), st.booleans())
def test_more_messages_never_cost_less(data: st.DataObject, program, learning: bool) -> None:
    before = data.draw(activities(program.network))
    name = data.draw(st.sampled_from(sorted(before.sent)))
    more = {key: counts + (key == name) for key, counts in before.sent.items()}
    after = dataclasses.replace(before, sent=more)
    for model in map(find_model, NAMES):
        least, most = (account(program, activity, model, learning=learning) for activity in (before, after))
        assert most.joules.value >= least.joules.value * (1 - 1e-12)
        if least.step is not None and most.step is not None:
            assert most.step.seconds.value >= least.step.seconds.value * (1 - 1e-12)


@settings(max_examples=40, deadline=None)
@given(st.data(), placed())
def test_two_runs_cost_what_they_cost_together(data: st.DataObject, program) -> None:
    first, second = (data.draw(activities(program.network)) for _ in range(2))
    if (first.active is None) is not (second.active is None):
        first, second = (dataclasses.replace(each, active=None) for each in (first, second))
    model = find_model("loihi1")
    apart = [account(program, each, model) for each in (first, second)]
    together = account(program, first + second, model)
    for cause in Cause:
        assert together.events.total(cause) == sum(each.events.total(cause) for each in apart)
    for bound in ("value", "low", "high"):
        assert getattr(together.joules, bound) == pytest.approx(
            sum(getattr(each.joules, bound) for each in apart), rel=1e-12
        )


@settings(max_examples=40, deadline=None)
@given(st.data(), placed())
def test_events_do_not_depend_on_the_cores_but_for_messages(data: st.DataObject, program) -> None:
    activity = data.draw(activities(program.network))
    alone = on_cores(program, {layer.name: [0] for layer in program.network.layers})
    spread, together = (count_events(each, activity) for each in (program, alone))
    for cause in (Cause.NEURON_ACCESS, Cause.NEURON_UPDATE, Cause.SPIKE, Cause.HOST_OUT, Cause.BARRIER):
        assert spread.total(cause) == together.total(cause)
    reached = sum(
        int(activity.sent[connection.source] @ connection.synapse.fan_out())
        for connection in program.network.connections
    )
    assert sum(map(spread.total, SYNAPSES)) == sum(map(together.total, SYNAPSES)) == reached
    assert spread.total(Cause.AXON_OUT) >= together.total(Cause.AXON_OUT)
    assert together.farthest == (0, 0, 0)
    assert spread.total(Cause.AXON_IN) == spread.total(Cause.AXON_OUT) + spread.total(Cause.HOST_IN)
