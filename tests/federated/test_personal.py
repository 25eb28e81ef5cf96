"""Layers that learn on each device and never leave it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from compile.pipeline import compile_model
from hardware import container
from hardware.program import Program
from lava_fed import FederationResult, federate
from lava_fed.config import load
from lava_fed.errors import RunError
from lava_fed.local.device import TRAINER
from lava_fed.local.memory import KIND
from lava_fed.local.personal import PERSONAL
from lava_fed.runs.run import read_run
from tests.federated.conftest import write_config

SHARED = "input->hidden"
PREFIX = TRAINER + PERSONAL


def run(folder: Path, share: str | list[str], *, baselines: bool = False) -> FederationResult:
    folder.mkdir()
    program = compile_model(Path("63-16-10"), learn="direct_feedback", options={"threshold": "400"})
    path = write_config(folder, program, rounds={"count": 2}, devices={"count": 2}, run={"baselines": baselines})
    path.write_text(path.read_text().replace("[program]", f"[program]\nshare = {json.dumps(share)}"))
    return federate(load(path), folder / "run")


def test_personal_layers_learn_on_the_device_and_neither_travel_nor_change_globally(tmp_path: Path) -> None:
    whole, part = run(tmp_path / "whole", "learning"), run(tmp_path / "part", [SHARED])
    base = compile_model(Path("63-16-10"), learn="direct_feedback", options={"threshold": "400"}).weights()
    after = part.program.weights()
    personal = sorted(set(base) - {SHARED})
    assert len(personal) == 2
    assert (after[SHARED] != base[SHARED]).any()
    for name in personal:
        np.testing.assert_array_equal(after[name], base[name])
    assert part.records[-1].bytes_up < whole.records[-1].bytes_up
    folders = sorted((part.out / "devices").iterdir())
    kept = [container.read(folder / "000002.h5", KIND)[1] for folder in folders]
    assert [set(arrays) for arrays in kept] == [{PREFIX + name for name in personal}] * 2
    for name in personal:
        first, second = (arrays[PREFIX + name] for arrays in kept)
        assert (first != base[name]).any()
        assert (first != second).any(), "each device's own"


def test_what_devices_became_is_stored_and_judged_on_their_own_mix_of_classes(tmp_path: Path) -> None:
    whole, part = run(tmp_path / "whole", "learning"), run(tmp_path / "part", [SHARED])
    assert not whole.personal and not (whole.out / "personal").exists()
    result = json.loads((part.out / "result.json").read_text())
    assert result["personal"] == {name: each.to_json() for name, each in part.personal.items()}
    assert list(part.personal) == ["device-0", "device-1"]
    for name, found in part.personal.items():
        own = Program.load(part.out / "personal" / f"{name}.h5").weights()
        kept = container.read(part.out / "devices" / name / "000002.h5", KIND)[1]
        np.testing.assert_array_equal(own[SHARED], part.program.weights()[SHARED])
        assert all((own[key.removeprefix(PREFIX)] == array).all() for key, array in kept.items())
        assert 0 < found.accuracy < 1
        assert found.own_mix > found.global_own_mix
    assert read_run(part.out).personal == part.personal
    assert read_run(whole.out).personal == {}
    result["personal"]["device-0"]["accuracy"] = 1.5
    (part.out / "result.json").write_text(json.dumps(result))
    with pytest.raises(RunError, match="result.json is not the result of a run: 1.5 is not an accuracy"):
        read_run(part.out)
    assert not part.records[0].device_accuracy, "the coordinator does not know what devices keep"


def test_devices_alone_are_judged_with_what_they_keep(tmp_path: Path) -> None:
    found = {}
    for name, share in (("whole", "learning"), ("part", [SHARED])):
        result = run(tmp_path / name, share, baselines=True)
        assert result.baselines is not None
        found[name] = [each.accuracy for each in (*result.baselines.alone, result.baselines.pooled)]
    assert found["whole"] == found["part"], "whoever is alone shares nothing"
