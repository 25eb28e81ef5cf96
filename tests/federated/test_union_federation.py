"""Devices that write prototypes, and a coordinator that puts them side by side."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.averaging_prototypes import ACTIVE, ALIKE, STEPS, brightest
from hardware.chip.known import LOIHI2
from hardware.errors import LavaFedError
from hardware.learning.methods.prototypes import prototype_network, prototypes
from hardware.program import Program
from lava_fed.config import load
from lava_fed.coordinator.rounds import FederationResult, federate
from lava_fed.data import archive
from lava_fed.data.dataset import DataSet
from tests.federated.conftest import write_config

EACH = 12
WEIGHTS = "input->prototypes"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("prototypes")
    for split in ("device", "test"):
        spikes, labels = brightest(split)
        archive.write(made / f"{split}.npz", DataSet(spikes, labels, 10, "brightest"))
    return made


def run(folder: Path, out: str, aggregator: str = "union", **tables: dict[str, object]) -> FederationResult:
    method = prototypes(epoch=STEPS)
    network = prototype_network(64, 10, EACH, method=method, active=ACTIVE, alike=ALIKE)
    changes: dict[str, dict[str, object]] = {
        "data": {"name": None, "steps": None, "train": "device.npz", "test": "test.npz"},
        "devices": {"count": 6, "alpha": 0.3},
        "rounds": {"count": 2, "samples": 12},
        "work": {"method": "prototypes"},
        "aggregate": {"name": aggregator},
    }
    for name, table in tables.items():
        changes[name] = changes.get(name, {}) | table
    return federate(load(write_config(folder, Program(network, LOIHI2), **changes)), folder / out)


def test_a_union_keeps_what_devices_wrote_and_a_mean_does_not(folder: Path) -> None:
    union, mean = run(folder, "union"), run(folder, "mean", "fedavg")
    assert union.accuracy > 0.7 and mean.accuracy < 0.2
    weights = union.program.weights()[WEIGHTS].astype(int)
    used = np.any(weights, axis=1).reshape(10, EACH)
    assert used.any(axis=1).all() and not used.all(), "of each class some, and not of every sample one"
    assert all(len(record.answered) == 6 for record in union.records)
    assert all(0 < device.loss < 1 for device in union.records[0].devices)


def test_who_knows_its_samples_writes_nothing(folder: Path) -> None:
    again = run(folder, "again", devices={"count": 1}, rounds={"count": 3, "samples": 5, "passes": 1})
    assert [len(record.answered) for record in again.records] == [1, 1, 1]
    written = [record.counters.learning_updates[WEIGHTS] for record in again.records]
    losses = [record.devices[0].loss for record in again.records]
    synapses = 10 * EACH * 64
    assert written == [round(5 * loss) * synapses for loss in losses]


@pytest.mark.parametrize(
    ("tables", "problem"),
    [
        ({"asynchronous": {"buffer": 2}}, "rule 'union' must know which rows were free when a device began"),
        ({"work": {"proximal": 0.5}}, 'with method "prototypes" what is written does not move any more'),
        ({"work": {"method": "on_chip"}}, "layer 'prototypes' is taught which of its units should fire"),
        ({"work": {"joules": 1.0}}, "need a Program that is placed on a chip with an energy model"),
    ],
)
def test_what_does_not_go_together_is_said_before_the_first_round(
    folder: Path, tables: dict[str, dict[str, object]], problem: str
) -> None:
    with pytest.raises(LavaFedError, match=problem):
        run(folder, "wrong", **tables)
    assert not (folder / "wrong").exists()


def test_another_network_has_no_prototypes(folder: Path, program: Program) -> None:
    path = write_config(folder, program, work={"method": "prototypes"})
    with pytest.raises(LavaFedError, match="needs a Program in which one connection learns, into a layer"):
        federate(load(path), folder / "other")
