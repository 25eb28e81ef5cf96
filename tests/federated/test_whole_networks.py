"""A federation of devices whose whole network learns on the chip."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from compile.pipeline import compile_model
from hardware.errors import LavaFedError
from hardware.program import Program
from lava_fed.aggregate.aggregator import MasterState
from lava_fed.aggregate.fedavg import FedAvg
from lava_fed.config import load
from lava_fed.coordinator.rounds import federate
from lava_fed.messages.delta import FRACTION_BITS
from lava_fed.shared import Shared
from tests.federated.conftest import write_config
from tests.learning_programs import FIRST, UPWARD, whole


def test_devices_learn_whole_networks_together(tmp_path: Path) -> None:
    method = {"margin": 2048, "shift": 5}
    program = compile_model(Path("63-32-10"), learn="direct_feedback", learn_options=method)
    changes = {"data": {"name": "digits", "steps": 16}, "rounds": {"count": 3}}
    result = federate(load(write_config(tmp_path, program, **changes)), tmp_path / "run")
    assert result.accuracy > max(result.records[0].accuracy, 0.3)
    final = Program.load(tmp_path / "run" / "final.h5")
    for connection in final.network.plastic:
        weights, (low, high) = connection.synapse.weights, connection.learned_range
        assert low <= weights.min() <= weights.max() <= high and np.any(weights % 2)
        assert np.any(weights != program.network.connection(connection.name).synapse.weights)


@pytest.mark.lava
def test_a_chip_that_cannot_learn_by_the_rule_is_refused_before_the_first_round(tmp_path: Path) -> None:
    program = compile_model(Path("63-8-10"), learn="direct_feedback")
    path = write_config(tmp_path, program)
    path.write_text(path.read_text() + '\n[devices.backends]\ndevice-1 = "lava"\n')
    with pytest.raises(LavaFedError, match="its rule rounds independently, and Lava's synapses share one draw"):
        federate(load(path), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_profile_that_changes_nothing_of_a_whole_network_is_refused(tmp_path: Path) -> None:
    path = write_config(tmp_path, compile_model(Path("63-8-10"), learn="direct_feedback"))
    path.write_text(path.read_text() + '\n[devices.mismatch]\nprofile = "sram-faults"\n')
    with pytest.raises(LavaFedError, match="profile 'sram-faults' leaves all 4 devices perfect"):
        federate(load(path), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_averages_stay_within_what_a_narrow_rule_can_reach() -> None:
    narrow = dataclasses.replace(UPWARD, weight_limit=10)
    low = np.full((6, 5), -10, np.int16), np.zeros((3, 6), np.int16), np.zeros((6, 3), np.int16)
    shared = Shared.of(whole(first=narrow, weights=low))
    state = MasterState.of(shared)
    beyond = {name: array + (20 << FRACTION_BITS) for name, array in state.arrays.items()}
    weights = FedAvg().weights(state.moved(beyond))
    assert np.all(weights[FIRST] == 9)  # it may hold -10..9, odd numbers, too, as learning moves in steps of one
    assert state.moved(beyond).clipped == 30
