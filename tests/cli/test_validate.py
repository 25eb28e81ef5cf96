"""``lava-fed validate``."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest

import hardware.registry
from cli import sessions
from cli.trace_file import read_trace
from hardware.emulator.engine import EmulatorBackend, EmulatorSession
from hardware.program import Program
from hardware.spikes import SpikeTrain
from hardware.traces import compare_trace
from lava_fed.data import archive


class Liar(EmulatorBackend):
    """Says that one unit of the readout fired, or not, against the truth: sample 3, step 7, unit 2."""

    name = "liar"

    def load(self, program):
        return LyingSession(program)


class LyingSession(EmulatorSession):
    """See ``Liar``."""

    def run(self, spikes: SpikeTrain, *, probes=(), layers=None):
        result = super().run(spikes, probes=probes, layers=layers)
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
    assert lines[-1] == "Equal: every value of every layer, on emulator, honest."


def test_a_mismatch_names_layer_step_unit_and_both_values_and_exits_1(lava_fed, program, data, more_backends):
    said = lava_fed("validate", "program.h5", "-i", "data.npz", "--against", "honest,liar")
    assert said.code == 1
    (row,) = [line for line in said.out.splitlines() if "differs" in line]
    assert row.split()[0] == "readout"
    document = lava_fed("validate", "program.h5", "-i", "data.npz", "--against", "liar", "--json").document
    hidden, readout = document["against"]["liar"]["layers"]
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


class LateLiar(Honest):
    """Lies about samples 17 and 20 only, by the input that they alone have."""

    name = "liar"

    def load(self, program):
        return LateLyingSession(program)


class LateLyingSession(EmulatorSession):
    """See ``LateLiar``."""

    def run(self, spikes: SpikeTrain, *, probes=(), layers=None):
        result = super().run(spikes, probes=probes, layers=layers)
        false = result.spikes["readout"].copy()
        false[spikes.values[:, 0].all(axis=1), 9, 1] ^= 1
        return dataclasses.replace(result, spikes={**result.spikes, "readout": false})


def test_a_certificate_does_not_depend_on_the_parts(lava_fed, program, data, more_backends, monkeypatch):
    monkeypatch.setattr(f"{__name__}.Liar", LateLiar)
    x = archive.read(data).x.values.copy()
    x[:, 0, 0] = 0
    x[[17, 20], 0] = 1
    np.savez("x.npz", x=np.moveaxis(x, 1, 2), y=np.arange(24) % 3)
    np.save("ours.npy", np.zeros((24, 16, 3), np.uint8))
    words = ("validate", "program.h5", "-i", "x.npz", "--against", "honest,liar,ours.npy", "--states", "--json")
    whole = lava_fed(*words)
    monkeypatch.setattr(sessions, "FIRST", 5)
    monkeypatch.setattr(sessions, "QUICK", -1)
    assert lava_fed(*words).document == whole.document
    first = whole.document["against"]["liar"]["layers"][1]["first"]
    assert (first["sample"], first["step"], first["unit"], first["total"]) == (17, 9, 1, 2)
    assert whole.document["against"]["honest"]["equal"]


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


def test_the_certificate_says_what_was_compared_where_and_is_written_whole(lava_fed, program, data, more_backends):
    said = lava_fed(
        "validate", "program.h5", "-i", "data.npz", "--against", "honest", "-o", "parity.json", "--json"
    )
    assert said.code == 0
    assert json.loads(Path("parity.json").read_text()) == said.document
    kept = Program.load(program)
    assert said.document["program"] == kept.digest
    assert said.document["model_sha256"] == hashlib.sha256(program.with_name("model.net").read_bytes()).hexdigest()
    assert said.document["input"] == archive.read(data).digest
    assert said.document["versions"]["numpy"] == np.__version__
    (hidden, readout) = said.document["against"]["honest"]["layers"]
    assert (hidden["layer"], hidden["samples"], hidden["steps"], hidden["units"]) == ("hidden", 24, 16, 5)
    assert hidden["values"] == 24 * 16 * 5
    with EmulatorBackend().load(kept) as session:
        sent = session.run(archive.read(data).x).spikes["readout"]
    assert readout["digest"] == compare_trace("readout", sent, sent).digest


def test_states_are_compared_when_asked(lava_fed, program, data, more_backends):
    arguments = ("validate", "program.h5", "-i", "data.npz", "--against", "honest", "--samples", "2", "--json")
    states = lava_fed(*arguments, "--states").document["against"]["honest"]["states"]
    assert [state["layer"] for state in states][:3] == ["hidden.u", "hidden.v", "hidden.waiting"]
    assert all(state["equal"] and state["values"] for state in states)
    assert lava_fed(*arguments).document["against"]["honest"]["states"] == []


def readout(program, data) -> np.ndarray:
    with EmulatorBackend().load(Program.load(program)) as session:
        return session.run(archive.read(data).x).spikes["readout"]


@pytest.mark.parametrize("kind", [np.uint8, np.int64, np.float32])
def test_a_recording_of_a_layer(lava_fed, program, data, kind):
    np.save("out.npy", readout(program, data).astype(kind))
    said = lava_fed("validate", "program.h5", "-i", "data.npz", "--against", "out.npy", "--json")
    assert said.code == 0
    (layer,) = said.document["against"]["out.npy"]["layers"]
    assert (layer["layer"], layer["steps"], layer["digest"]) == ("readout", 16, layer["other_digest"])
    wrong = lava_fed("validate", "program.h5", "-i", "data.npz", "--against", "out.npy", "--layer", "hidden")
    assert wrong.code == 2
    assert "out.npy shows 3 units, and layer 'hidden' has 5; name the layer that" in wrong.err


def test_a_recording_as_netx_keeps_it_with_a_lag(lava_fed, program, data):
    one = readout(program, data)[0].T
    np.save("late.npy", np.concatenate([np.zeros((3, 2)), one], axis=1))
    arguments = ("validate", "program.h5", "-i", "data.npz", "--samples", "1", "--against", "late.npy", "--json")
    assert lava_fed(*arguments, "--lag", "2").code == 0
    assert lava_fed(*arguments, "--lag", "1").code == 1
    assert "cannot compare traces" in lava_fed(*arguments).err
    none = lava_fed(*arguments, "--lag", "18")
    assert (none.code, "have no step in common" in none.err) == (2, True)
    early = np.concatenate([one[:, 3:], np.zeros((3, 3))], axis=1)
    np.save("late.npy", early)
    said = lava_fed(*arguments, "--lag", "-3")
    assert said.code == 0
    assert said.document["against"]["late.npy"]["layers"][0]["steps"] == 13


def test_a_recording_of_an_image_as_netx_keeps_it(tmp_path):
    channels, height, width, steps = np.ogrid[:2, :3, :4, :5]
    image = 1000 * channels + 100 * height + 10 * width + steps
    np.save(tmp_path / "image.npy", image.transpose(2, 1, 0, 3))
    found = read_trace(tmp_path / "image.npy")
    assert found.shape == (1, 5, 24)
    assert np.array_equal(found[0], image.reshape(24, 5).T)


def test_a_recording_of_floats_may_hold_the_lowest_and_the_highest_message(tmp_path):
    values = np.array([[[-(2.0**31), 2.0**31 - 1]]])
    np.save(tmp_path / "ends.npy", values)
    assert np.array_equal(read_trace(tmp_path / "ends.npy"), values)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (np.full((1, 1, 3), 0.5), "holds numbers that are not whole"),
        (np.full((1, 1, 3), np.nan), "holds numbers that are not whole"),
        (np.full((1, 1, 3), 2.0**31), "holds numbers beyond 32 bits"),
        (np.full((1, 1, 3), -(2**31) - 1), "holds numbers beyond 32 bits"),
        (np.full((1, 1, 3), -(2.0**31) - 1), "holds numbers beyond 32 bits"),
        (np.zeros((0, 1, 3)), "holds an empty trace"),
        (np.zeros(3), "holds float64(3,); a trace has numbers"),
        (np.array([["a"]]), "holds <U1(1, 1); a trace has numbers"),
    ],
)
def test_a_recording_that_is_no_trace_is_named(lava_fed, program, data, values, sentence):
    np.save("out.npy", values)
    said = lava_fed("validate", "program.h5", "-i", "data.npz", "--against", "out.npy")
    assert (said.code, said.out) == (2, "")
    assert sentence in said.err.splitlines()[-1]


@pytest.mark.parametrize("content", [b"", b"nothing", b"\x93NUMPY\x01\x00\x76\x00" + b" " * 50])
def test_a_damaged_recording_is_one_sentence(lava_fed, program, data, content):
    Path("out.npy").write_bytes(content)
    said = lava_fed("validate", "program.h5", "-i", "data.npz", "--against", "out.npy")
    assert (said.code, said.out) == (2, "")
    assert "out.npy is not a sound .npy file: " in said.err.splitlines()[-1]


def test_a_recording_that_claims_more_than_its_file_holds_costs_nothing(lava_fed, program, data):
    np.save("out.npy", np.zeros((1, 1, 3), np.uint8))
    content = Path("out.npy").read_bytes().replace(b"(1, 1, 3), ", b"(9, 999999999, 999), ", 1)
    Path("out.npy").write_bytes(content)
    said = lava_fed("validate", "program.h5", "-i", "data.npz", "--against", "out.npy")
    assert (said.code, said.out) == (2, "")


@pytest.mark.slayer
def test_what_slayer_cannot_express_is_noted_beside_a_comparison_and_an_error_alone(
    lava_fed, program, data, more_backends
):
    kept = Program.load(program)
    first, last = kept.network.layers
    waits = dataclasses.replace(first, neuron=dataclasses.replace(first.neuron, refractory=3))
    network = dataclasses.replace(kept.network, layers=(waits, last))
    dataclasses.replace(kept, network=network).save(program)
    said = lava_fed("validate", "program.h5", "-i", "data.npz", "--against", "honest,slayer")
    assert said.code == 0
    assert "Not compared with slayer: layer 'hidden': SLAYER has no refractory delay" in said.out
    assert said.out.splitlines()[-1] == "Equal: every value of every layer, on emulator, honest."
    alone = lava_fed("validate", "program.h5", "-i", "data.npz", "--against", "slayer")
    assert (alone.code, alone.out) == (2, "")


@pytest.mark.slayer
def test_known_disagreements_of_slayer_are_noted(lava_fed, program, data):
    kept = Program.load(program)
    first, last = kept.network.layers
    biased = dataclasses.replace(first.neuron, bias_mantissa=np.full(5, 3, np.int16), threshold=5000)
    network = dataclasses.replace(kept.network, layers=(dataclasses.replace(first, neuron=biased), last))
    dataclasses.replace(kept, network=network).save(program)
    said = lava_fed("validate", "program.h5", "-i", "data.npz", "--against", "slayer", "--states", "--json")
    assert said.code == 0
    notes = said.document["against"]["slayer"]["notes"]
    assert [note.split(";")[0] for note in notes] == [
        "layer 'hidden': SLAYER sees the effect of a bias one step later",
        "layer 'hidden': SLAYER's single precision takes a voltage at this threshold for one above it",
        "its states are not compared, as it does not show them by step",
    ]


def test_layer_and_lag_belong_to_a_recording(lava_fed, program, data, more_backends):
    for option in (("--lag", "1"), ("--layer", "hidden")):
        said = lava_fed("validate", "program.h5", "-i", "data.npz", "--against", "honest", *option)
        assert (said.code, "--layer and --lag say what a FILE.npy shows" in said.err) == (2, True)
    said = lava_fed("validate", "program.h5", "-i", "data.npz", "--against", "x.npy", "--layer", "none")
    assert (said.code, "no layer 'none'" in said.err) == (2, True)
    said = lava_fed("validate", "program.h5", "-i", "data.npz", "--against", "x.npy")
    assert (said.code, "--against: there is no file x.npy" in said.err) == (2, True)


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
