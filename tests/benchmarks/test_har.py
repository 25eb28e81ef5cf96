"""Activities of thirty people: who learns what, and what the tables say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from benchmarks import har
from benchmarks.readouts.backbone import file_of
from benchmarks.readouts.course import with_readout
from compile.pipeline import compile_model
from hardware.spikes import SpikeTrain
from lava_fed.config import parse
from lava_fed.data.har import ACTIVITIES, Windows
from lava_fed.data.motion import motion_units
from lava_fed.data.owners import Owners


def windows(per_activity: int = 10, subjects: int = 3) -> Windows:
    y = np.tile(np.repeat(np.arange(6), per_activity), subjects).astype(np.int32)
    owners = Owners.numbered("subject", np.repeat(np.arange(1, subjects + 1), 6 * per_activity))
    signals = np.arange(len(y), dtype=np.int16)[:, np.newaxis, np.newaxis] + np.zeros((1, 64, 9), np.int16)
    return Windows(signals, y, owners, "people")


def test_of_each_person_and_activity_the_last_windows_are_held_out() -> None:
    data = windows()
    learned, held = har.halves(data)
    assert sorted([*learned, *held]) == list(range(len(data)))
    for part in data.owners.parts().values():
        for label in range(6):
            here = part[data.y[part] == label]
            assert np.isin(here, learned).tolist() == [True] * 7 + [False] * 3


def test_few_windows_are_the_first_of_each_activity() -> None:
    data = windows(subjects=1)
    chosen = har.few(data)
    assert np.bincount(chosen.y).tolist() == [har.FEW] * 6
    assert chosen.signals[:, 0, 0].tolist() == [10 * label + k for label in range(6) for k in range(har.FEW)]


def test_a_device_alone_learns_by_the_schedule_of_the_federation() -> None:
    assert len(har.ALONE) == har.ROUNDS
    assert har.ALONE[0] == 0
    assert har.ALONE[har.HALVE_AT[-1] - 1] == len(har.HALVE_AT)


def test_the_body_that_is_kept_takes_the_code_of_motion_and_its_readout_knows_nothing() -> None:
    program = with_readout(compile_model(file_of("har")), har.COURSE)
    assert program.network.inputs == motion_units(9)
    assert program.network.output.units == len(ACTIVITIES)
    assert not any(weights.any() for weights in program.weights().values())


def test_the_settings_are_a_config(tmp_path: Any) -> None:
    config = parse(har.settings(3), tmp_path, "har")
    assert (config.devices.partition, config.run.seed, config.rounds.halve_at) == (
        "natural",
        3,
        tuple(har.HALVE_AT),
    )
    assert config.aggregate.options == {"momentum": har.MOMENTUM}


def test_clusters_come_from_the_seven_people_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    people = windows(per_activity=20, subjects=6)
    noise = np.random.default_rng(0).integers(-2000, 2000, people.signals.shape).astype(np.int16)
    people = replace(people, signals=noise)
    monkeypatch.setattr(Windows, "read", lambda folder, split: people)
    monkeypatch.setattr(har, "BODY", ("subject-2", "subject-5"))
    monkeypatch.setattr(har, "CLUSTERS", 3)
    data, _ = har.to_train(tmp_path)
    assert len(data) == 2 * 6 * 14
    assert set(data.labels.tolist()) == {0, 1, 2}
    assert isinstance(data.x, SpikeTrain)


def found() -> dict[str, Any]:
    own = dict.fromkeys(har.READOUTS, 0.5) | {"windows": 10.0}
    run = {
        "seed": 1,
        "federated": {"10": 0.5, str(har.ROUNDS): 0.8},
        "alone": {"a": 0.6, "b": 0.7},
        "pooled": 0.85,
        "up": 1000,
        "down": 2000,
        "own": {
            "unseen": {"c": own | {"personal": 0.9}},
            "seen": {"a": own, "b": own | {"windows": 30.0, "global": 0.7}},
        },
    }
    return {"runs": [run, run | {"seed": 2, "federated": {"10": 0.5, str(har.ROUNDS): 0.9}}]}


def test_tables_compare_the_federation_with_the_mean_of_lone_devices() -> None:
    first, curve, own = har.tables(found())
    assert first.rows[0] == ("devices alone, mean of 21", "65.0 % (65.0 to 65.0)")
    assert first.rows[2] == ("federated", "85.0 % (80.0 to 90.0)")
    assert "Bar: 10 points over devices alone; it is 15.0 to 25.0." in first.notes[0]
    assert curve.rows == (("1", "50.0", "80.0"), ("2", "50.0", "90.0"))
    assert own.rows[0] == ("global", "50.0 % (50.0 to 50.0)", "65.0 % (65.0 to 65.0)")
    assert own.rows[1][1] == "90.0 % (90.0 to 90.0)"
    assert "Of 6 personal readouts (30 a seed) 2 are better than the global one there, 2 worse." in own.notes[0]
