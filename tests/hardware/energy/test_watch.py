"""Steps that are timed one by one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.activity import measure, state_probes
from hardware.counters import Counters
from hardware.emulator.engine import EmulatorBackend
from hardware.energy.account import account
from hardware.energy.known import find_model
from hardware.energy.watch import StepClock, Watch
from hardware.errors import LavaFedError
from hardware.run_result import RunResult
from hardware.spikes import SpikeTrain
from tests.hardware.energy.placed import on_cores, placed
from tests.hardware.energy.test_published import TIME_ERROR, as_their_example, dvs_gesture
from tests.programs import learner

BARRIER = 1.4e-6
"""Of 11 tiles."""


def test_forty_steps_of_the_gesture_network_take_as_long_as_sana_fe_says() -> None:
    """Its steps 200 to 239, from the quietest to bursts of ten times as long.

    Which neurons are active is not in its trace: it lies between those that fire and all of them.
    """
    program, _ = dvs_gesture()
    with np.load(Path(__file__).with_name("dvs_gesture_steps.npz")) as file:
        step, unit, seconds = (file[name] for name in ("step", "unit", "seconds"))
    layers = program.network.layers
    fired = np.zeros((1, len(seconds), sum(layer.units for layer in layers)), np.uint8)
    fired[0, step, unit] = 1
    ends = np.cumsum([layer.units for layer in layers])[:-1]
    spikes = {layer.name: part for layer, part in zip(layers, np.split(fired, ends, axis=2), strict=True)}
    inputs = SpikeTrain(np.zeros((1, len(seconds), 1024), np.uint8))
    clock = StepClock(program, as_their_example(find_model("loihi1")))
    least, most = (
        clock.work(inputs, RunResult(spikes, _states(program, len(seconds), away), Counters()))[0] + BARRIER
        for away in (0, 1)
    )
    assert (least <= seconds * (1 + 1e-6)).all()
    assert (most >= seconds * (1 - 1e-6)).all()
    assert (most / least).max() < 1.5
    for bound in (least, most):
        assert bound.sum() == pytest.approx(seconds.sum(), rel=TIME_ERROR / 5)


def _states(program, steps: int, value: int) -> dict[str, np.ndarray]:
    return {
        f"{layer.name}.{state}": np.broadcast_to(rest + np.int32(value), (1, steps, layer.units))
        for layer in program.network.layers
        for state, rest in layer.neuron.rest.items()
    }


def test_a_watched_run_counts_what_is_measured_however_it_is_cut() -> None:
    program = on_cores(learner(), {"hidden": [0, 5], "readout": [9]})
    train = SpikeTrain(np.random.default_rng(1).integers(0, 2, (6, 16, 6)).astype(np.uint8))
    whole, parts = (Watch(program, find_model("loihi1")) for _ in range(2))
    probes = state_probes(program.network)
    with EmulatorBackend().load(program) as session:
        whole.add(train, session.run(train, probes=probes))
        for piece in (slice(0, 1), slice(1, 6)):
            parts.add(train.take(piece), session.run(train.take(piece), probes=probes))
        expected = measure(session, [train], states=True)
    for watch in (whole, parts):
        assert watch.activity.active is not None
        assert expected.active is not None
        for name, counts in expected.active.items():
            assert np.array_equal(watch.activity.active[name], counts)
    assert whole.work == pytest.approx(parts.work, rel=1e-12)


def test_a_network_whose_table_of_costs_is_too_large_is_timed_by_its_average_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    program = on_cores(learner(), {"hidden": [0, 5], "readout": [9]})
    assert StepClock.fits(program)
    monkeypatch.setattr("hardware.energy.watch.LOADS_LIMIT", (6 + 8 + 3) * 2 * 3 * 4 - 1)
    assert not StepClock.fits(program)
    assert Watch(program, find_model("loihi1")).work is None
    monkeypatch.undo()
    assert Watch(program, find_model("events")).work is None  # it says nothing of time


def test_a_watch_without_input_says_so() -> None:
    with pytest.raises(LavaFedError, match="no input to count events of"):
        assert Watch(on_cores(learner(), {"hidden": [0], "readout": [1]}), find_model("loihi1")).activity


@settings(max_examples=25, deadline=None)
@given(placed(), st.integers(0, 100))
def test_steps_one_by_one_take_as_long_as_their_average_at_least(program, seed: int) -> None:
    network, rng = program.network, np.random.default_rng(seed)
    shape = (2, 5)
    inputs = SpikeTrain(rng.integers(0, 2, (*shape, network.inputs)).astype(np.uint8))
    spikes = {layer.name: rng.integers(0, 2, (*shape, layer.units)).astype(np.uint8) for layer in network.layers}
    probes = {
        f"{layer.name}.{state}": rest + rng.integers(0, 2, (*shape, layer.units)).astype(np.int32)
        for layer in network.layers
        for state, rest in layer.neuron.rest.items()
    }
    watch, model = Watch(program, find_model("loihi1")), find_model("loihi1")
    watch.add(inputs, RunResult(spikes, probes, Counters()))
    average = account(program, watch.activity, model)
    timed = account(program, watch.activity, model, work=watch.work)
    assert average.step is not None
    assert timed.step is not None
    assert timed.step.work.value >= average.step.work.value * (1 - 1e-5)
    assert timed.joules == average.joules
