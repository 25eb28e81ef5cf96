"""``lava-fed mismatch``."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from hardware.emulator.engine import EmulatorBackend
from hardware.mismatch.apply import imperfect
from hardware.mismatch.known import find_profile
from hardware.program import Program
from lava_fed.data import archive
from lava_fed.data.dataset import DataSet
from lava_fed.mismatch_sweep import levels, outcome

SWEEP = ("mismatch", "program.h5", "-i", "data.npz", "--profile", "mixed-signal", "--severity", "0,2", "--devices")


def test_a_sweep_says_what_each_device_makes_of_the_data(lava_fed, program, data):
    found = lava_fed(*SWEEP, "3", "--json").document
    dataset, perfect = archive.read(data), Program.load(program)
    winners = {}
    for name in (None, "device-0", "device-1", "device-2"):
        kind = find_profile("mixed-signal")
        each = perfect if name is None else imperfect(perfect, kind, device=name, severity=2.0).program
        with EmulatorBackend().load(each) as session:
            winners[name] = session.run(dataset.x).scores("readout").argmax(axis=1)
    right = float(np.mean(winners[None] == dataset.y))
    assert found["perfect_accuracy"] == right
    assert [each["severity"] for each in found["outcomes"]] == [0, 0, 0, 2, 2, 2]
    for each in found["outcomes"][:3]:
        assert (each["accuracy"], each["agreement"], each["deviation"], each["clamped"]) == (right, 1, 0, 0)
    for each in found["outcomes"][3:]:
        own = winners[each["device"]]
        assert each["accuracy"] == np.mean(own == dataset.y)
        assert each["agreement"] == np.mean(own == winners[None])
        assert each["deviation"] > 0


def test_more_devices_change_nothing_about_the_first(lava_fed, program, data):
    few, many = (lava_fed(*SWEEP, count, "--json").document["outcomes"] for count in ("1", "3"))
    assert few == [many[0], many[3]]


def test_the_table_has_a_row_for_each_severity(lava_fed, program, data):
    said = lava_fed(*SWEEP, "2")
    assert said.code == 0
    assert said.out.startswith("program.h5 on 2 devices of profile mixed-signal, seed 1")
    rows = [line.split() for line in said.out.splitlines()]
    assert [row[0] for row in rows if row and row[0] in ("0", "2")] == ["0", "2"]
    assert "The perfect device labels" in said.out


def test_the_file_is_the_document_and_the_picture_stands_alone(lava_fed, program, data, tmp_path):
    said = lava_fed(*SWEEP, "2", "-o", "out.json", "--svg", "out.svg", "--json")
    assert json.loads((tmp_path / "out.json").read_text()) == said.document
    root = ET.fromstring((tmp_path / "out.svg").read_text())  # noqa: S314  # our own file
    assert root.tag.endswith("svg")
    assert len(root.findall("{*}circle")) == 2
    assert "accuracy of each device" in "".join(root.itertext())


def test_without_labels_devices_are_compared_with_the_perfect_one(lava_fed, program, data, tmp_path):
    dataset = archive.read(data)
    archive.write(data, DataSet(dataset.x, None, 1, "no labels"))
    found = lava_fed(*SWEEP, "1", "--json", "--svg", "out.svg").document
    assert found["perfect_accuracy"] is None
    assert found["outcomes"][1]["accuracy"] is None
    assert 0 <= found["outcomes"][1]["agreement"] <= 1
    assert "agreement of each device" in (tmp_path / "out.svg").read_text()


@pytest.mark.parametrize(
    ("severity", "sentence"),
    [("0,x", "must be numbers"), ("1,1", "says a number twice"), ("-1", "at least 0"), ("99", "0..2")],
)
def test_severities_that_make_no_sense_are_refused_before_the_work(lava_fed, program, data, severity, sentence):
    said = lava_fed(*SWEEP[:-2], severity)
    assert said.code == 2
    assert sentence in said.err


def test_a_single_output_is_judged_by_its_deviation():
    perfect = np.array([[10], [-30]])
    found = outcome(1.0, "a", 0, np.array([[12], [-26]]), perfect, None)
    assert found.agreement is None
    assert found.deviation == 3 / 20


def test_levels_sum_up_devices():
    labels, perfect = np.array([0, 1]), np.array([[2, 0], [0, 2]])
    worse = np.array([[2, 0], [2, 0]])
    outcomes = [
        outcome(s, "a", 0, scores, perfect, labels) for s, scores in ((1, perfect), (1, worse), (0, perfect))
    ]
    one, none = levels(outcomes, "accuracy")
    assert (one.severity, one.mean, one.spread, one.low, one.high) == (1, 0.75, 0.25, 0.5, 1.0)
    assert (none.severity, none.mean) == (0, 1.0)
