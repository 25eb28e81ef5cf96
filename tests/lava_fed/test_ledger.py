"""The ledger's energy: from a round's counters alone, the same wherever and whenever it is computed."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from hardware.chip.known import LOIHI1, LOIHI2
from hardware.counters import Counters
from hardware.emulator.engine import EmulatorBackend
from hardware.program import Program
from hardware.spikes import SpikeTrain
from lava_fed.ledger import COUNT_LIMIT, energy
from tests.hardware.energy.placed import on_cores
from tests.programs import learner

TRAIN = SpikeTrain(np.random.default_rng(3).integers(0, 2, (5, 16, 6)).astype(np.uint8))


def placed() -> Program:
    return on_cores(learner(), {"hidden": [0], "readout": [1]}, LOIHI2)


def learned() -> Counters:
    with EmulatorBackend().load(placed()) as session:
        return session.learn(TRAIN, np.arange(5) % 3, seed=1).counters


def test_energy_of_a_round_is_that_of_its_events_by_hand() -> None:
    counters = learned()
    spent = energy(placed(), counters, {"a": 5})
    assert spent is not None
    assert (spent.model, spent.estimate) == ("loihi2", True)
    hidden, readout, entered = (counters.spikes[name] for name in ("hidden", "readout", "input"))
    picojoules = (
        sum(counters.neuron_updates.values()) * (25.6 + 10.8)
        + (hidden + readout) * 34.65
        + sum(counters.synaptic_operations.values()) * 17.75
        + sum(counters.learning_updates.values()) * 60
        + (hidden + entered) * 55.5
    )
    assert spent.joules == pytest.approx(picojoules * 1e-12, rel=1e-9)
    assert 0 < spent.low < spent.joules < spent.high


def test_equal_counters_give_equal_bytes() -> None:
    first, second = (energy(placed(), learned(), {"a": 5}) for _ in range(2))
    assert first is not None
    assert second is not None
    assert json.dumps(first.to_json()) == json.dumps(second.to_json())


def test_where_no_model_fits_there_is_no_energy() -> None:
    counters = learned()
    assert energy(learner(), counters, {"a": 5}) is None
    assert (
        energy(dataclasses.replace(placed(), chip=dataclasses.replace(LOIHI1, name="mine")), counters, {"a": 5})
        is None
    )
    assert energy(placed(), Counters(), {"a": 5}) is None
    huge = dataclasses.replace(counters, spikes={"input": COUNT_LIMIT})
    assert energy(placed(), huge, {"a": 5}) is None


def test_a_round_takes_as_long_as_the_device_with_most_samples() -> None:
    counters = learned()
    alone, shared = energy(placed(), counters, {"a": 5}), energy(placed(), counters, {"a": 3, "b": 2})
    assert alone is not None
    assert alone.seconds is not None
    assert shared is not None
    assert shared.seconds is not None
    assert 0 < alone.seconds.low < alone.seconds.value < alone.seconds.high
    assert shared.seconds.value == pytest.approx(alone.seconds.value * 3 / 5)
    assert shared.joules == alone.joules
    assert alone.to_json()["seconds"] == dataclasses.asdict(alone.seconds)
