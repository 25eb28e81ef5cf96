"""The study of how fast devices learn."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from benchmarks.__main__ import main
from benchmarks.learning import ACTIVE, SHOWN, many_devices, patterns, whole


def test_patterns_tell_their_labels_and_end_in_time() -> None:
    spikes, labels = patterns(40)
    assert spikes.values.shape == (40, 16, 785)
    assert not spikes.values[:, SHOWN:].any()
    driven = [set(np.flatnonzero(spikes.values[labels == label, :, :-1].any(axis=(0, 1)))) for label in (0, 1)]
    assert all(len(units) <= ACTIVE for units in driven)
    assert driven[0] != driven[1]


def test_every_connection_of_the_network_learns() -> None:
    assert [c.name for c in whole(8).network.connections if c.rule is None] == []


def test_a_small_crowd_is_timed() -> None:
    crowd = many_devices(8, 3, 2)
    assert (crowd["devices"], crowd["samples"], crowd["network"]) == (3, 2, "784-8-10")
    assert all(seconds > 0 for seconds in crowd["seconds"])


def test_the_command_keeps_what_it_found(tmp_path: Path) -> None:
    arguments = ["learning", "--only", "devices", "--devices", "2", "--samples", "1", "--hidden", "4"]
    assert main([*arguments, "--json", str(tmp_path / "found.json")]) == 0
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["devices"]["devices"] == 2
    assert found["beside"] is None
