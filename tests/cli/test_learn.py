"""``lava-fed learn``."""

from __future__ import annotations

import dataclasses
import os
import re
import signal
import struct
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from compile.pipeline import compile_model
from hardware.emulator.engine import EmulatorBackend
from hardware.program import Program
from hardware.spikes import SpikeTrain
from lava_fed.data import archive
from lava_fed.learning.plan import Plan
from lava_fed.learning.record import TrainingRecord
from lava_fed.learning.training import Training
from tests.cli.conftest import write_net

PLAIN = ("learn", "learner.h5", "--data", "data.npz", "--test", "data.npz", "--passes", "3", "-o", "learned.h5")


def test_the_table_has_a_row_for_each_test_and_the_program_is_written(lava_fed, learner, data, tmp_path):
    said = lava_fed(*PLAIN, "--every", "10")
    assert said.code == 0, said.err
    assert said.err.splitlines()[-1].startswith("Learning: 100 %, pass 3 of 3, test ")
    lines = said.out.splitlines()
    assert lines[0] == "learner.h5 on emulator: 24 samples of 16 steps"
    rows = [line.split() for line in lines if re.match(r" +\d", line)]
    assert [row[0] for row in rows] == ["0", "10", "20", "24", "34", "44", "48", "58", "68", "72"]
    assert rows[0][3] == "-"  # nothing was learned yet
    dataset = archive.read(data)
    with EmulatorBackend().load(Program.load(tmp_path / "learned.h5")) as session:
        right = (session.run(dataset.x).scores("readout").argmax(axis=1) == dataset.y).mean()
    assert f"Test: 33.3 % before, {100 * right:.1f} % after, of 24 samples." in lines
    assert rows[-1][1] == f"{100 * right:.1f}"
    assert right > 0.8
    assert lines[-1] == "Wrote learned.h5."
    assert not (tmp_path / "learned.h5.learning").exists()


def test_json_holds_curve_events_and_costs(lava_fed, learner, data, tmp_path):
    found = lava_fed(*PLAIN, "--json").document
    assert [point["learned"] for point in found["points"]] == [0, 24, 48, 72]
    assert found["accuracy"] == found["points"][-1]["accuracy"] > 0.8
    assert found["points"][1]["counters"]["learning_updates"] == {"hidden->readout": 24 * 5 * 3}  # one epoch each
    energy = found["energy"]
    assert energy["model"] == "loihi2"
    assert 0 < energy["joules"]["low"] < energy["joules"]["value"] < energy["joules"]["high"]
    assert energy["joules_by_cause"]["learning"]["value"] < energy["joules"]["value"]
    np.testing.assert_allclose(energy["joules_of_a_sample"]["value"] * 72, energy["joules"]["value"])
    assert found["program"] == Program.load(learner).digest
    assert (found["out"], found["samples"], found["learned"]) == ("learned.h5", 24, 72)


def test_what_was_learned_can_be_inspected_run_and_learned_from_again(lava_fed, learner, data):
    accuracy = lava_fed(*PLAIN, "--json").document["accuracy"]
    assert lava_fed("run", "learned.h5", "-i", "data.npz", "--json").document["accuracy"] == accuracy
    provenance = lava_fed("inspect", "learned.h5", "--json").document["provenance"]
    assert provenance["learned.from"] == "data.npz"
    assert provenance["learned.samples"] == "72"
    again = lava_fed("learn", "learned.h5", "--data", "data.npz", "--test", "data.npz", "--json").document
    assert again["points"][0]["accuracy"] == accuracy


def test_the_curve_is_a_picture_of_its_own(lava_fed, learner, data, tmp_path):
    said = lava_fed(*PLAIN, "--curve", "curve.svg")
    assert "Wrote curve.svg." in said.out.splitlines()
    picture = ET.fromstring((tmp_path / "curve.svg").read_text())  # noqa: S314  # our own file
    texts = ["".join(element.itertext()) for element in picture.iter() if element.tag.endswith("text")]
    assert texts[0] == "learner.h5 learns data.npz"
    assert {"test", "while learning", "samples learned"} <= set(texts)
    tips = [element.text for element in picture.iter() if element.tag.endswith("title")]
    assert tips[0] == "test, after 0 samples: 33.3 %"
    assert len(tips) == 4 + 3


def test_a_named_data_set_brings_its_own_test(lava_fed, model, tmp_path):
    rng = np.random.default_rng(1)

    write_net(tmp_path / "wide.net", 2 * rng.integers(-20, 20, (12, 64)), 2 * rng.integers(-10, 20, (10, 12)))
    compile_model(tmp_path / "wide.net", learn="supervised", fresh=True).save(tmp_path / "wide.h5")
    words = ("learn", "wide.h5", "--data", "digits", "--samples", "40", "--steps", "16", "--json")
    found = lava_fed(*words).document
    assert (found["samples"], found["test_samples"]) == (40, 360)
    public = lava_fed(*words, "--test", "digits:public").document
    assert (public["samples"], public["test_samples"]) == (40, 300)
    assert public["data"] == found["data"]


def write_images(folder: Path, rows: int, columns: int) -> Path:
    """A folder of the MNIST family: 12 images to learn from and 6 to test with; a third of each row is bright."""
    folder.mkdir()
    rng = np.random.default_rng(3)
    for split, samples in (("train", 12), ("t10k", 6)):
        labels = (np.arange(samples) % 3).astype(np.uint8)
        bright = np.arange(columns) * 3 // (columns + 1) == labels[:, None, None]
        pixels = np.where(bright, 220, 30) + rng.integers(0, 20, (samples, rows, columns))
        head = struct.pack(">BBBBIII", 0, 0, 8, 3, samples, rows, columns)
        (folder / f"{split}-images-idx3-ubyte").write_bytes(head + pixels.astype(np.uint8).tobytes())
        (folder / f"{split}-labels-idx1-ubyte").write_bytes(
            struct.pack(">BBBBI", 0, 0, 8, 1, samples) + labels.tobytes()
        )
    return folder


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Images as small as the model's input."""
    return write_images(tmp_path / "images", 1, 5)


def test_a_folder_of_images_brings_its_own_test_and_its_images_may_move(lava_fed, learner, images):
    words = ("learn", "learner.h5", "--data", "images", "--passes", "2", "--json")
    found = lava_fed(*words).document
    assert (found["samples"], found["test_samples"], found["learned"]) == (12, 6, 24)
    moved = lava_fed(*words, "--shift", "1").document
    assert moved["shift"] == 1
    assert moved["data"] == found["data"]
    assert moved["points"][1]["counters"]["spikes"] != found["points"][1]["counters"]["spikes"]
    swapped = lava_fed(*words, "--data", "images:test", "--test", "images:train").document
    assert (swapped["samples"], swapped["test_samples"]) == (6, 12)


def test_a_folder_of_images_can_be_written_as_spikes_to_run_on(lava_fed, learner, images):
    accuracy = lava_fed("learn", "learner.h5", "--data", "images", "-o", "learned.h5", "--json").document[
        "accuracy"
    ]
    written = lava_fed("data", "images", "-o", "seen.npz", "--json").document
    assert (written["samples"], written["units"], written["steps"]) == (6, 6, 16)
    assert lava_fed("run", "learned.h5", "-i", "seen.npz", "--json").document["accuracy"] == accuracy
    refused = lava_fed("data", "images", "--steps", "8", "-o", "more.npz").err.splitlines()[-1]
    assert refused == "Error: images holds images, which are shown for as long as they are; leave --steps out"


def test_a_folder_that_is_no_folder_of_images_is_named(lava_fed, learner, images):
    (images / "t10k-labels-idx1-ubyte").unlink()
    for words, sentence in [
        (("--data", "images"), "images holds no file t10k-labels-idx1-ubyte.gz and no t10k-labels-idx1-ubyte"),
        (("--data", "images:nowhere"), "images has no split 'nowhere'; known: train, test"),
        (("--data", "images", "--steps", "4"), "images holds images, which are shown for as long as they are"),
        (("--data", "."), ". is a folder, expected a file"),
    ]:
        said = lava_fed("learn", "learner.h5", *words)
        assert (said.code, said.out) == (2, "")
        assert sentence in said.err.splitlines()[-1]


def test_without_a_test_it_says_how_it_did_while_learning(lava_fed, learner, data):
    said = lava_fed("learn", "learner.h5", "--data", "data.npz")
    assert said.code == 0
    rows = [line.split() for line in said.out.splitlines() if re.match(r" +\d", line)]
    assert [row[:2] for row in rows] == [["0", "-"], ["24", "-"]]
    assert rows[1][3] == "%"
    assert not [line for line in said.out.splitlines() if line.startswith(("Test:", "Wrote"))]


SLOWLY = """
import sys, time
from cli import learn, main
from lava_fed.learning.training import Training
advance, learn.PAUSE = Training.advance, 0.0
Training.advance = lambda self, most: (time.sleep(0.05), advance(self, 3))
sys.exit(main.main(sys.argv[1:]))
"""
"""The command in slow motion: it keeps its state after every three samples."""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_stopped_goes_on_to_the_same_bytes(lava_fed, learner, data, tmp_path, how):
    words = (*PLAIN, "--every", "7", "--curve", "curve.svg")
    with (tmp_path / "said").open("w") as said:
        slow = [sys.executable, "-c", SLOWLY, *words]
        process = subprocess.Popen(slow, stderr=said, stdout=said, cwd=tmp_path, env=_from_here())
        kept, deadline = tmp_path / "learned.h5.learning", time.monotonic() + 200
        while time.monotonic() < deadline and process.poll() is None:
            if kept.exists() and TrainingRecord.load(kept).state.learned > 20:
                break
            time.sleep(0.01)
        process.send_signal(how)
        process.wait(timeout=60)
    assert 20 < TrainingRecord.load(kept).state.learned < 72, (tmp_path / "said").read_text()
    assert not (tmp_path / "learned.h5").exists()
    if how == signal.SIGINT:
        assert process.returncode == 130
        assert (tmp_path / "said").read_text().splitlines()[-1] == (
            "Stopped. What is done is kept; go on with: lava-fed learn learner.h5 --data data.npz --test data.npz "
            "--out learned.h5 --passes 3 --every 7 --curve curve.svg --resume"
        )
    resumed = lava_fed(*words, "--resume", "--json").document
    assert not kept.exists()
    stopped = [(tmp_path / name).read_bytes() for name in ("learned.h5", "curve.svg")]
    assert lava_fed(*words, "--json").document == resumed
    assert [(tmp_path / name).read_bytes() for name in ("learned.h5", "curve.svg")] == stopped


def test_who_stops_it_before_the_first_sample_can_go_on_as_told(lava_fed, learner, data, tmp_path, monkeypatch):
    def stop(bar: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("cli.sessions.compile_emulator", stop)
        said = lava_fed(*PLAIN)
    assert said.code == 130
    assert said.err.splitlines()[-1].startswith("Stopped. What is done is kept; go on with: lava-fed learn")
    assert lava_fed(*PLAIN, "--resume").code == 0


def test_what_a_backend_cannot_teach_is_refused_before_a_test_is_held(lava_fed, images, monkeypatch):
    pytest.importorskip("lava.proc")
    assert lava_fed("compile", "5-4-3", "--learn", "direct_feedback", "-o", "blank.h5").code == 0
    monkeypatch.setattr("lava_fed.learning.training.accuracy", lambda *_: pytest.fail("a test was held"))
    said = lava_fed("learn", "blank.h5", "--data", str(images), "--backend", "lava", "-o", "learned.h5")
    assert (said.code, said.out) == (2, "")
    assert "input->hidden: its rule rounds independently" in said.err.splitlines()[-1]
    assert not Path("learned.h5.learning").exists()


def test_a_training_is_not_begun_anew_over_one_that_was_stopped(lava_fed, learner, data, tmp_path):
    _stop_early(learner, data, tmp_path)
    said = lava_fed(*PLAIN)
    assert (said.code, said.out) == (2, "")
    assert said.err.splitlines()[-1] == (
        "Error: learned.h5.learning holds a training that was stopped; go on by --resume, or remove it to "
        "begin anew"
    )
    assert lava_fed(*PLAIN, "--resume").code == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--passes", "4"), "the training that was begun had another passes: 3 then, 4 now"),
        (("--seed", "2"), "the training that was begun had another seed: 1 then, 2 now"),
        (("--samples", "20"), "the training that was begun had another samples: None then, 20 now"),
    ],
)
def test_another_training_cannot_go_on(lava_fed, learner, data, tmp_path, words, sentence):
    _stop_early(learner, data, tmp_path)
    before = (tmp_path / "learned.h5.learning").read_bytes()
    said = lava_fed(*PLAIN, "--resume", *words)
    assert (said.code, said.out) == (2, "")
    assert sentence in said.err.splitlines()[-1]
    assert (tmp_path / "learned.h5.learning").read_bytes() == before


def test_a_damaged_state_is_named(lava_fed, learner, data, tmp_path):
    kept = _stop_early(learner, data, tmp_path)
    kept.write_bytes(kept.read_bytes()[:-9])
    said = lava_fed(*PLAIN, "--resume")
    assert (said.code, said.out) == (2, "")
    assert "learned.h5.learning is truncated" in said.err.splitlines()[-1]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ("--data", "nowhere.npz"),
            "nowhere.npz is no file, folder of images or data set; known: digits",
        ),
        (("--data", "digits:nowhere"), "data set 'digits' has no split 'nowhere'; known: public, device, test"),
        (("--data", "digits"), "a sample has 64 units in a step, the network reads 6"),
        (("--data", "learner.h5"), "learner.h5"),
        (("--data", "data.npz", "--backend", "gpu"), "no backend is called 'gpu'"),
        (("--data", "data.npz", "--passes", "0"), "'--passes': 0 is not in the range x>=1"),
        (("--data", "data.npz", "-o", "no/learned.h5"), "cannot write no/learned.h5: there is no folder no"),
        (("--data", "data.npz", "-o", "data.npz"), "data.npz is what is read; choose another file to write"),
        (("--data", "data.npz", "-o", "learner.h5"), "learner.h5 is what is read; choose another file to write"),
        (("--data", "data.npz", "--curve", "data.npz"), "data.npz is what is read; choose another file to write"),
        (("--data", "data.npz", "--samples", "100"), "has 24 samples, not 100; ask for fewer"),
        (
            ("--data", "data.npz", "--resume"),
            "--resume goes on with what was kept beside the target; name it with -o LEARNED.h5",
        ),
        (
            ("--data", "data.npz", "--resume", "-o", "new.h5"),
            "nothing to go on with: there is no new.h5.learning; leave --resume out to begin anew",
        ),
        ((), "Missing option '--data'"),
    ],
)
def test_a_mistake_is_one_sentence_and_leaves_nothing(lava_fed, learner, data, tmp_path, words, sentence):
    before = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    said = lava_fed("learn", "learner.h5", *words)
    assert (said.code, said.out) == (2, "")
    assert sentence in said.err.splitlines()[-1]
    assert {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


def test_a_finished_training_cannot_go_on(lava_fed, learner, data):
    assert lava_fed(*PLAIN).code == 0
    said = lava_fed(*PLAIN, "--resume")
    assert said.err.splitlines()[-1] == (
        "Error: nothing to go on with: the training of learned.h5 is finished; leave --resume out to begin anew"
    )


def test_a_program_that_does_not_learn_says_how_to_make_one(lava_fed, program, data):
    said = lava_fed("learn", "program.h5", "--data", "data.npz")
    assert (said.code, said.out) == (2, "")
    assert said.err.splitlines()[-1].endswith(
        "this Program has no connection that learns; compile it with --learn"
    )


def test_labels_are_asked_for_before_anything_is_learned(lava_fed, learner, data, tmp_path):
    dataset = archive.read(data)
    archive.write(tmp_path / "bare.npz", dataclasses.replace(dataset, y=None))
    said = lava_fed("learn", "learner.h5", "--data", "bare.npz", "-o", "learned.h5")
    assert (said.code, said.out) == (2, "")
    assert said.err.splitlines()[-1] == (
        "Error: bare.npz has no labels, and layer 'readout' is taught by them; add an array y to the archive"
    )
    assert not (tmp_path / "learned.h5.learning").exists()


def test_what_nobody_teaches_learns_without_labels_and_is_not_judged(lava_fed, model, data, tmp_path):
    compile_model(model, learn="stdp").save(tmp_path / "stdp.h5")
    archive.write(tmp_path / "bare.npz", dataclasses.replace(archive.read(data), y=None))
    said = lava_fed("learn", "stdp.h5", "--data", "bare.npz", "-o", "learned.h5")
    assert said.code == 0, said.err
    rows = [line.split() for line in said.out.splitlines() if re.match(r" +\d", line)]
    assert [row[:3] for row in rows] == [["0", "-", "-"], ["24", "-", "-"]]
    before, after = (Program.load(tmp_path / name).weights() for name in ("stdp.h5", "learned.h5"))
    changed = sum(int((after[name] != before[name]).sum()) for name in before)
    assert int(rows[1][3]) == changed > 0
    refused = lava_fed("learn", "stdp.h5", "--data", "bare.npz", "--curve", "curve.svg")
    assert refused.err.splitlines()[-1] == (
        "Error: --curve curve.svg: without labels there is no accuracy to draw; give --test"
    )


def test_a_whole_network_learns_from_images(lava_fed, tmp_path):
    write_images(tmp_path / "images", 20, 20)
    assert lava_fed("compile", "400-32-3", "--learn", "direct_feedback", "-o", "whole.h5").code == 0
    words = ("learn", "whole.h5", "--data", "images", "--passes", "25", "-o", "learned.h5")
    found = lava_fed(*words, "--json").document
    assert found["accuracy"] == 1.0
    annealed = lava_fed(*words[:-2], "--anneal", "0,7", "--json").document
    assert annealed["anneal"] == [0, 7]
    assert annealed["points"][1] == found["points"][1]
    assert annealed["points"][-1]["changed"] < found["points"][-1]["changed"]
    before, after = (Program.load(tmp_path / name).weights() for name in ("whole.h5", "learned.h5"))
    assert all((after[name] != before[name]).any() for name in ("input->hidden", "hidden->readout"))
    assert lava_fed(*words, "--freeze", "input->hidden").code == 0
    frozen = Program.load(tmp_path / "learned.h5").weights()
    assert (frozen["input->hidden"] == before["input->hidden"]).all()
    assert (frozen["hidden->readout"] != before["hidden->readout"]).any()


def test_rewards_are_given_where_the_rule_asks_for_them(lava_fed, model, data, tmp_path):
    compile_model(model, learn="rstdp").save(tmp_path / "rewarded.h5")
    words = ("learn", "rewarded.h5", "--data", "data.npz", "--json", "-o", "learned.h5")
    weights = []
    for reward in ("127", "1"):
        found = lava_fed(*words, "--reward", reward).document
        assert found["points"][-1]["right"] is not None
        weights.append(Program.load(tmp_path / "learned.h5").weights()["hidden->readout"])
    assert (weights[0] != weights[1]).any()


def test_steps_that_do_not_fit_the_rule_are_refused_before_anything_is_kept(lava_fed, learner, data, tmp_path):
    dataset = archive.read(data)
    odd = SpikeTrain(dataset.x.values[:, :15])
    archive.write(tmp_path / "odd.npz", dataclasses.replace(dataset, x=odd))
    said = lava_fed("learn", "learner.h5", "--data", "odd.npz", "-o", "learned.h5")
    assert (said.code, said.out) == (2, "")
    assert said.err.splitlines()[-1] == (
        "Error: connection hidden->readout: a sample of 15 steps is not a whole number of learning epochs of 16; "
        "change the steps or the rule's epoch"
    )
    assert not (tmp_path / "learned.h5.learning").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--anneal", "0,x"), "--anneal '0,x' must be whole numbers with commas between, as 0,0,1,2"),
        (("--anneal", "8"), "errors are halved 0..7 times in each pass, found 8"),
        (("--anneal", "0,1"), "there are 2 numbers of halvings for 1 passes; give one for each pass at most"),
        (("--freeze", "a->b"), "no connection 'a->b' to freeze; those that learn: hidden->readout"),
        (("--shift", "1"), "data.npz holds no images that could be moved; leave the shift out"),
        (("--reward", "128"), "'--reward': 128 is not in the range 1<=x<=127"),
    ],
)
def test_a_wrong_plan_is_one_sentence(lava_fed, learner, data, tmp_path, words, sentence):
    said = lava_fed("learn", "learner.h5", "--data", "data.npz", "-o", "learned.h5", *words)
    assert (said.code, said.out) == (2, "")
    assert sentence in said.err.splitlines()[-1]
    assert not (tmp_path / "learned.h5.learning").exists()


def _from_here() -> dict[str, str]:
    """Let a process in another folder find the code of this one."""
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent.parent)}


def _stop_early(learner: Path, data: Path, folder: Path) -> Path:
    """Leave what a training of ``PLAIN`` that was stopped after its first samples leaves."""
    dataset = archive.read(data)
    with EmulatorBackend().load(Program.load(learner)) as session:
        training = Training(session, Plan(passes=3), dataset, dataset)
        training.advance()
        training.advance()
        training.record.save(folder / "learned.h5.learning")
    return folder / "learned.h5.learning"
