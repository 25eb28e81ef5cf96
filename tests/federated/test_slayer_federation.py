"""Federations whose devices train off their chips, by SLAYER's surrogate gradients."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from compile.pipeline import compile_model
from hardware.errors import LavaFedError
from hardware.program import Program
from lava_fed.config import FederationConfig, load
from lava_fed.config.reader import parse
from lava_fed.coordinator.rounds import federate
from lava_fed.observer import Observer
from tests.federated.conftest import files, write_config
from tests.slayer_programs import chain

BASE: dict[str, Any] = {
    "program": {"path": "chain.h5", "share": "all"},
    "data": {"name": "digits", "steps": 16},
    "devices": {"count": 4, "alpha": 0.5},
    "rounds": {"count": 4, "samples": 160},
    "work": {"method": "slayer", "options": {"rate": 3.0, "temperature": 1.0}},
    "uplink": {"codec": "topk", "options": {"fraction": 0.2}},
    "run": {"seed": 7, "workers": 1, "baselines": False},
}


@pytest.fixture
def config(tmp_path: Path) -> Callable[..., FederationConfig]:
    """Return a config of devices that train a chain of spiking layers; the arguments are tables to change."""
    program = chain(2, 64, 24, 10, current_decay=4096, voltage_decay=0, threshold=300)
    program.save(tmp_path / "chain.h5")
    return lambda **changes: parse(
        {name: table | changes.get(name, {}) for name, table in BASE.items()}, tmp_path, "this test"
    )


class Killed(BaseException):
    """Stands for a process that is gone."""


class Killer(Observer):
    """Ends the process as round 3 begins."""

    def stage(self, text: str) -> None:
        if text.startswith("round 3"):
            raise Killed


def test_they_learn_with_few_bits(tmp_path: Path, config: Callable[..., FederationConfig]) -> None:
    result = federate(config(rounds={"count": 12}), tmp_path / "run")
    accuracies = [record.accuracy for record in result.records]
    assert accuracies[0] is not None and result.accuracy > max(0.8, accuracies[0] + 0.2)
    dense = 2 * sum(c.synapse.weights.size for c in result.program.network.connections)
    assert all(device.up < dense // 2 for record in result.records for device in record.devices)


def test_the_bytes_of_a_run_do_not_depend_on_workers_or_on_being_killed(
    tmp_path: Path, config: Callable[..., FederationConfig]
) -> None:
    federate(config(), tmp_path / "whole")
    federate(config(run={"workers": 3}), tmp_path / "wide")
    with pytest.raises(Killed):
        federate(config(), tmp_path / "killed", observer=Killer())
    federate(config(), tmp_path / "killed", resume=True)
    whole = files(tmp_path / "whole")
    assert whole == files(tmp_path / "killed")
    wide = files(tmp_path / "wide")
    assert whole["final.h5"] == wide["final.h5"]
    assert {name for name in whole if whole[name] != wide[name]} <= {"config.toml", "setup.h5"}


def test_a_readout_that_could_learn_on_the_chip_can_be_trained_off_it(tmp_path: Path, program: Program) -> None:
    path = write_config(tmp_path, program, work={"method": "slayer"}, rounds={"count": 1})
    (record,) = federate(load(path), tmp_path / "run").records
    assert all(not any(device.counters.learning_updates.values()) for device in record.devices)


@pytest.mark.lava
def test_a_backend_that_nothing_would_run_on_is_refused(
    tmp_path: Path, config: Callable[..., FederationConfig]
) -> None:
    elsewhere = config(devices={"backends": {"device-1": "lava"}})
    with pytest.raises(
        LavaFedError, match="devices of backend 'lava' are asked for, but those of method \"slayer\""
    ):
        federate(elsewhere, tmp_path / "run")


def test_a_program_that_it_cannot_train_ends_the_run_before_the_first_round(tmp_path: Path) -> None:
    program = compile_model(Path("63-8-10"), learn="direct_feedback")
    path = write_config(tmp_path, program, work={"method": "slayer"}, rounds={"count": 1})
    with pytest.raises(LavaFedError, match="by connections that branch, join, end early or turn back"):
        federate(load(path), tmp_path / "run")
    assert not (tmp_path / "run").exists()
