"""``lava-fed run --mismatch``."""

from __future__ import annotations

import pytest

from hardware.mismatch.apply import imperfect
from hardware.mismatch.known import find_profile
from hardware.program import Program


def test_a_run_on_an_imperfect_device_is_a_run_of_its_program(lava_fed, program, data, tmp_path):
    words = ("run", "program.h5", "-i", "data.npz", "--mismatch", "mixed-signal", "--device", "3", "--json")
    found = lava_fed(*words).document
    device = imperfect(Program.load(program), find_profile("mixed-signal"), device="device-3")
    device.program.save(tmp_path / "device.h5")
    expected = lava_fed("run", "device.h5", "-i", "data.npz", "--json").document
    assert found["program"] == expected["program"] == device.program.digest
    assert found["counters"] == expected["counters"]
    assert found["mismatch"]["device"] == "device-3"
    assert found["mismatch"]["clamped"] == device.clamped
    assert len(found["mismatch"]["effects"]) == len(device.effects)
    assert expected["mismatch"] is None


def test_what_happened_to_the_device_is_shown(lava_fed, program, data):
    said = lava_fed("run", "program.h5", "-i", "data.npz", "--mismatch", "sram-faults", "--severity", "100")
    assert said.code == 0
    assert said.out.startswith("device-0 of profile sram-faults at severity 100, seed 1")
    assert "bit_flips" in said.out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--device", "1"), "add --mismatch PROFILE"),
        (("--mismatch", "nothing"), "no device profile is called 'nothing'"),
        (("--mismatch", "defects", "--severity", "200"), "lower it, or the severity that multiplies it"),
    ],
)
def test_mistakes_are_one_sentence(lava_fed, program, data, words, sentence):
    said = lava_fed("run", "program.h5", "-i", "data.npz", *words)
    assert said.code == 2
    assert sentence in said.err
