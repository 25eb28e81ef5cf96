"""Layers that learn on each device and never leave it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from compile.pipeline import compile_model
from hardware import container
from lava_fed import FederationResult, federate
from lava_fed.config import load
from lava_fed.local.device import TRAINER
from lava_fed.local.memory import KIND
from lava_fed.local.on_chip import PERSONAL
from tests.federated.conftest import write_config

SHARED = "input->hidden"
PREFIX = TRAINER + PERSONAL


def run(folder: Path, share: str | list[str]) -> FederationResult:
    folder.mkdir()
    program = compile_model(Path("63-16-10"), learn="direct_feedback", options={"threshold": "400"})
    path = write_config(folder, program, rounds={"count": 2}, devices={"count": 2})
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
