"""``lava-fed validate``."""

from __future__ import annotations

import dataclasses
import sys
from importlib.metadata import EntryPoint

import numpy as np
import pytest

import hardware.registry
from hardware.emulator.engine import EmulatorBackend, EmulatorSession
from hardware.spikes import SpikeTrain


class Liar(EmulatorBackend):
    """Says that one unit of the readout fired, or not, against the truth: sample 3, step 7, unit 2."""

    name = "liar"

    def load(self, program):
        return LyingSession(program)


class LyingSession(EmulatorSession):
    """See ``Liar``."""

    def run(self, spikes: SpikeTrain, *, probes=()):
        result = super().run(spikes, probes=probes)
        false = result.spikes["readout"].copy()
        if spikes.samples > 3:
            false[3, 7, 2] ^= 1
            false[5, 0, 1] ^= 1
        return dataclasses.replace(result, spikes={**result.spikes, "readout": false})


class Honest(EmulatorBackend):
    """The emulator under another name."""

    name = "honest"


@pytest.fixture
def more_backends(monkeypatch):
    ours = hardware.registry.entry_points
    more = [EntryPoint(kind.name, f"{__name__}:{kind.__name__}", "lava_fed.backends") for kind in (Liar, Honest)]
    monkeypatch.setattr(
        hardware.registry,
        "entry_points",
        lambda group: [*ours(group=group), *(more if group == more[0].group else [])],
    )


def test_equal(lava_fed, program, data, more_backends):
    said = lava_fed("validate", "program.h5", "-i", "data.npz", "--against", "honest")
    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[0] == "program.h5: 24 samples of 16 steps; the reference is the emulator."
    assert lines[1] == "emulator and honest"
    rows = {line.split()[0]: line.split() for line in lines if line.startswith("  ")}
    assert rows["hidden"][:3] == ["hidden", f"{24 * 16 * 5:,}", "equal"]
    assert rows["readout"][:3] == ["readout", f"{24 * 16 * 3:,}", "equal"]
    assert rows["hidden"][3] == rows["hidden"][4]
    assert lines[-2].startswith("Accuracy on these samples: emulator ")
    assert lines[-1] == "Equal: every spike of every layer, on emulator, honest."


def test_a_mismatch_names_layer_step_unit_and_both_values_and_exits_1(lava_fed, program, data, more_backends):
    said = lava_fed("validate", "program.h5", "-i", "data.npz", "--against", "honest,liar")
    assert said.code == 1
    (row,) = [line for line in said.out.splitlines() if "differs" in line]
    assert row.split()[0] == "readout"
    document = lava_fed("validate", "program.h5", "-i", "data.npz", "--against", "liar", "--json").document
    hidden, readout = document["against"]["liar"]
    assert document["equal"] is False
    assert hidden["equal"] is True
    first = readout["first"]
    assert (first["sample"], first["step"], first["unit"], first["total"]) == (3, 7, 2, 2)
    assert {first["expected"], first["found"]} == {0, 1}
    assert (
        f"differs first in sample 3, step 7, unit 2: emulator {first['expected']}, liar {first['found']}; "
        "2 values differ"
    ) in " ".join(said.out.split())
    assert said.out.splitlines()[-1] == "Different: liar."
    assert readout["digest"] != readout["other_digest"]


def test_only_the_first_samples_are_compared_when_asked(lava_fed, program, data, more_backends):
    said = lava_fed("validate", "program.h5", "-i", "data.npz", "--against", "liar", "--samples", "3", "--json")
    assert said.code == 0
    assert said.document["samples"] == 3


def test_without_labels_there_is_no_accuracy(lava_fed, program, more_backends):
    np.savez("x.npz", x=np.ones((2, 6, 5), np.uint8))
    said = lava_fed("validate", "program.h5", "-i", "x.npz", "--against", "honest", "--json")
    assert (said.code, said.document["accuracy"]) == (0, None)


@pytest.mark.parametrize(
    ("against", "sentence"),
    [
        ("lave", "--against: cannot compare with 'lave'; known: lava, loihi2, slayer"),
        ("lava,lava", "--against lava,lava: a name occurs twice"),
        ("", "--against: cannot compare with ''"),
        ("emulator", "--against: cannot compare with 'emulator'"),
        ("loihi2", "backend 'loihi2' cannot run here: "),
    ],
)
def test_mistakes_are_one_sentence(lava_fed, program, data, against, sentence):
    said = lava_fed("validate", "program.h5", "-i", "data.npz", "--against", against)
    assert (said.code, said.out) == (2, "")
    assert sentence in said.err.splitlines()[-1]


def test_without_slayer_the_reason_is_said(lava_fed, program, data, monkeypatch):
    monkeypatch.setattr("compile.slayer.availability.find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "torch", None)
    said = lava_fed("validate", "program.h5", "-i", "data.npz", "--against", "slayer")
    assert (said.code, said.out) == (2, "")
    assert said.err.splitlines()[-1].startswith("Error: SLAYER cannot run here: lava-dl SLAYER is not installed")


def test_zero_samples_are_refused(lava_fed, program, data):
    assert lava_fed("validate", "program.h5", "-i", "data.npz", "--samples", "0").code == 2


@pytest.mark.lava
@pytest.mark.slayer
def test_lava_and_slayer_agree_on_a_model_and_on_a_learner(lava_fed, model, learner, data):
    for name in ("model.net", "learner.h5"):
        said = lava_fed("validate", name, "-i", "data.npz", "--samples", "4", "--json")
        assert said.code == 0, said.err
        assert said.document["equal"] is True
        assert set(said.document["against"]) == {"lava", "slayer"}
        assert len(set(said.document["accuracy"].values())) == 1
