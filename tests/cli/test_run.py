"""``lava-fed run``."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from cli import sessions
from compile.pipeline import compile_graph
from compile.text import parse
from hardware.emulator.engine import EmulatorBackend
from hardware.program import Program
from lava_fed.data import archive
from lava_fed.data.sink import Sink


def test_the_file_holds_what_the_session_gives(lava_fed, program, data, tmp_path):
    said = lava_fed("run", "program.h5", "-i", "data.npz", "--probe", "hidden.v", "-o", "out.npz", "--json")
    assert said.code == 0
    dataset = archive.read(data)
    with EmulatorBackend().load(Program.load(program)) as session:
        expected = session.run(dataset.x, probes=["hidden.v"])
    with np.load(tmp_path / "out.npz", allow_pickle=False) as found:
        assert sorted(found) == ["hidden.spikes", "hidden.v", "readout.spikes"]
        np.testing.assert_array_equal(found["hidden.v"], expected.probes["hidden.v"])
        np.testing.assert_array_equal(found["readout.spikes"], expected.spikes["readout"])
    right = expected.scores("readout").argmax(axis=1) == dataset.y
    assert said.document["accuracy"] == right.mean()
    assert said.document["counters"]["spikes"] == dict(expected.counters.spikes)
    assert said.document["counters"]["synaptic_operations"] == dict(expected.counters.synaptic_operations)


def test_the_table_counts_events(lava_fed, program, data):
    said = lava_fed("run", "program.h5", "-i", "data.npz")
    counters = lava_fed("run", "program.h5", "-i", "data.npz", "--json").document["counters"]
    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[0] == "program.h5 on emulator: 24 samples of 16 steps"
    rows = {line.split()[0]: line.split() for line in lines if line.startswith("  ")}
    spikes = counters["spikes"]["hidden"]
    assert rows["hidden"] == [
        "hidden", "5", f"{spikes:,}", f"{spikes / (5 * 24):.2f}", "1,920",
        f"{counters['synaptic_operations']['input->hidden']:,}",
    ]  # fmt: skip
    assert lines[-1].startswith("Accuracy ")
    assert lines[-1].endswith("of 24 samples.")


def test_results_do_not_depend_on_the_parts(lava_fed, program, data, tmp_path, monkeypatch):
    words = ("run", "program.h5", "-i", "data.npz", "--probe", "readout.u", "-o", "a.npz", "--json")
    whole = lava_fed(*words)
    written = (tmp_path / "a.npz").read_bytes()
    monkeypatch.setattr(sessions, "FIRST", 7)
    monkeypatch.setattr(sessions, "QUICK", -1)
    assert lava_fed(*words).document == whole.document
    assert (tmp_path / "a.npz").read_bytes() == written


def test_only_the_layers_asked_for_are_written(lava_fed, program, data, tmp_path):
    whole = lava_fed("run", "program.h5", "-i", "data.npz", "-o", "whole.npz", "--json").document
    words = ("--layer", "hidden", "--probe", "hidden.v", "-o", "part.npz", "--json")
    part = lava_fed("run", "program.h5", "-i", "data.npz", *words).document
    assert {**part, "out": ""} == {**whole, "out": ""}
    with np.load(tmp_path / "whole.npz") as all_of_it, np.load(tmp_path / "part.npz") as found:
        assert sorted(found) == ["hidden.spikes", "hidden.v"]
        np.testing.assert_array_equal(found["hidden.spikes"], all_of_it["hidden.spikes"])


@pytest.mark.parametrize("when", ["add", "finish"])
def test_ctrl_c_leaves_no_file_behind(lava_fed, program, data, tmp_path, monkeypatch, when):
    def interrupted(self, *_):
        assert [each for each in tmp_path.iterdir() if each.name.endswith(".parts")]
        raise KeyboardInterrupt

    before = sorted(tmp_path.iterdir())
    monkeypatch.setattr(Sink, when, interrupted)
    said = lava_fed("run", "program.h5", "-i", "data.npz", "-o", "out.npz")
    assert (said.code, said.err.splitlines()[-1]) == (130, "Stopped.")
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("words", [["run", "-o", "out.npz"], ["validate", "--against", "x.npy", "-o", "out.json"]])
def test_an_archive_that_is_damaged_in_the_middle_leaves_no_file(lava_fed, program, tmp_path, monkeypatch, words):
    monkeypatch.setattr(sessions, "FIRST", 8)
    np.savez("x.npz", x=np.random.default_rng(0).integers(0, 2, (64, 6, 16)).astype(np.uint8))
    np.save("x.npy", np.zeros((64, 16, 3), np.uint8))
    raw = bytearray((tmp_path / "x.npz").read_bytes())
    raw[len(raw) // 2] ^= 1
    (tmp_path / "x.npz").write_bytes(raw)
    before = sorted(tmp_path.iterdir())
    said = lava_fed(*words, "program.h5", "-i", "x.npz")
    assert (said.code, said.out) == (2, "")
    assert said.err.endswith("Error: x.npz is not a sound .npz archive (BadZipFile); write it with numpy.savez\n")
    assert "of 64 samples" in said.err, "the parts before it have run"
    assert sorted(tmp_path.iterdir()) == before


CHILD = """
import resource, sys
from cli.main import main
from hardware import streaming
streaming.BUDGET = 1 << 22
words = ["run", "program.h5", "-o", "out.npz", "--layer", "readout"]
for probe in sys.argv[1:]:
    words += ["--probe", probe]
assert main([*words, "-i", "few.npz"]) == 0
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert main([*words, "-i", "many.npz"]) == 0
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak)
"""


def test_every_voltage_of_a_large_input_goes_to_disk_in_bounded_memory(program, tmp_path):
    x = np.zeros((1000, 6, 2000), np.uint8)
    x[:, 0, ::50] = 1
    np.savez_compressed(tmp_path / "many.npz", x=x)
    np.savez_compressed(tmp_path / "few.npz", x=x[:8])
    size = x.nbytes
    del x
    probes = ["hidden.u", "hidden.v", "readout.v"]
    words = [sys.executable, "-c", CHILD, *probes]
    environment = os.environ | {"PYTHONPATH": str(Path(sessions.__file__).resolve().parents[1])}
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    grown = 1024 * int(done.stdout.splitlines()[-1])
    recorded = 1000 * 2000 * 4 * (5 + 5 + 3)
    assert recorded + size > 25 << 22
    assert grown < 6 << 22, f"{grown:,} bytes for {recorded + size:,} of input and records"
    with np.load(tmp_path / "out.npz") as found:
        assert sorted(found) == sorted(["readout.spikes", *probes])
        shown = found["hidden.v"]
    assert shown.shape == (1000, 2000, 5)
    assert np.array_equal(shown[0], shown[-1]) and shown.any()


def test_the_same_run_writes_the_same_bytes(lava_fed, program, data, tmp_path):
    for name in ("a.npz", "b.npz"):
        lava_fed("run", "program.h5", "-i", "data.npz", "-o", name)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["program.h5", "-i", "nowhere.npz"], "cannot read nowhere.npz: No such file or directory"),
        (["nowhere.h5", "-i", "data.npz"], "there is no file nowhere.h5"),
        (["data.npz", "-i", "data.npz"], "data.npz"),
        (["program.h5", "-i", "program.h5"], "program.h5 is not a sound .npz archive"),
        (["program.h5", "-i", "data.npz", "--backend", "gpu"], "no backend is called 'gpu'; known: emulator"),
        (["program.h5", "-i", "data.npz", "--backend", "loihi2"], "backend 'loihi2' cannot run here: "),
        (
            ["program.h5", "-i", "data.npz", "--probe", "hidden.x", "-o", "x.npz"],
            "no state 'hidden.x' to probe here",
        ),
        (["program.h5", "-i", "data.npz", "-o", "no/out.npz"], "cannot write no/out.npz: there is no folder no"),
        (
            ["program.h5", "-i", "data.npz", "--layer", "none", "-o", "x.npz"],
            "no layer 'none' to record; known: h",
        ),
        (["program.h5", "-i", "data.npz", "--layer", "hidden"], "--layer hidden: spikes are written to a file"),
        (
            ["program.h5", "-i", "data.npz", "--probe", "hidden.v"],
            "--probe hidden.v: probes are written to a file",
        ),
    ],
)
def test_mistakes_are_one_sentence(lava_fed, program, data, words, sentence):
    said = lava_fed("run", *words, "--json")
    assert said.code == 2
    assert sentence in said.document["error"]
    assert said.err.splitlines()[-1] == f"Error: {said.document['error']}"


def test_input_of_the_wrong_width_names_both_numbers(lava_fed, program):
    np.savez("wide.npz", x=np.zeros((2, 7, 4), np.uint8))
    said = lava_fed("run", "program.h5", "-i", "wide.npz")
    assert said.code == 2
    assert said.err.endswith("Error: wide.npz: a sample of x has 7 units in a step, the network reads 6\n")


@pytest.mark.usefixtures("program", "data")
def test_steps_for_input_that_has_them_already_says_to_leave_the_option_out(lava_fed):
    said = lava_fed("run", "program.h5", "-i", "data.npz", "--steps", "3")
    assert said.code == 2
    assert "has 96 units in a step, the network reads 6; leave --steps out" in said.err


def image(channels: int) -> None:
    """A Program that reads images of 4 by 4."""
    kernel = " ".join(["0.5"] * (4 * channels))
    graph = f"""
source input {channels}x4x4 graded=true encoder=[64 0 6]
cuba conv1 1x3x3 threshold=1 current_decay=1 voltage_decay=0.5
edge input -> conv1 conv shape=1x{channels}x2x2
  {kernel}
"""
    compile_graph(parse(graph)).save(Path("image.h5"))


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (np.full((1, 1, 4, 4), 9.0), "64 of 64 values of x lie outside -4.0..3.96875, and the encoder cuts them"),
        (np.full((1, 4, 4), 200, np.uint8), "x holds integers, which are sent as they are"),
        (np.full((1, 16), 0.5), ""),
    ],
)
def test_what_an_encoder_cuts_or_leaves_is_said_beside_the_result(lava_fed, x, words):
    image(channels=1)
    np.savez("image.npz", x=x)
    said = lava_fed("run", "image.h5", "-i", "image.npz", "--steps", "4", "--json")
    assert said.code == 0 and said.document["steps"] == 4
    assert words in said.err and ("Note: image.npz: " in said.err) == bool(words)


def test_an_image_with_its_channels_last_is_refused(lava_fed):
    image(channels=2)
    np.savez("image.npz", x=np.ones((1, 4, 4, 2)))
    said = lava_fed("run", "image.h5", "-i", "image.npz", "--steps", "4")
    assert said.code == 2
    assert "this network reads (2, 4, 4), that is (channels, height, width); transpose x" in said.err
    shown = lava_fed("inspect", "image.h5")
    assert "32 real numbers, (channels, height, width) = (2, 4, 4)" in shown.out


@pytest.mark.usefixtures("program", "data", "config")
@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["run", "program.h5", "-i", "data.npz"], 0),
        (["validate", "program.h5", "-i", "data.npz", "--against", "ones.npy"], 1),
        (["federate", "config.toml"], 0),
    ],
)
def test_the_emulator_is_compiled_by_the_main_thread_which_says_so(lava_fed, monkeypatch, words, code):
    threads = []
    monkeypatch.setattr("hardware.machine_code.MachineCode.is_warm", lambda _: bool(threads))
    monkeypatch.setattr("hardware.emulator.engine.warm_up", lambda: threads.append(threading.current_thread()))
    np.save("ones.npy", np.full((24, 16, 3), 9))
    said = lava_fed(*words)
    assert said.code == code
    assert threads == [threading.main_thread()]
    assert "compiling the emulator, this once" in said.err
    assert "compiling" not in lava_fed(*words, *(["--out", "again"] if words[0] == "federate" else [])).err


@pytest.mark.parametrize("words", [["run"], ["validate", "--against", "slayer"]])
def test_labels_that_no_output_unit_stands_for_are_refused(lava_fed, program, words):
    np.savez("many.npz", x=np.zeros((2, 6, 4), np.uint8), y=np.array([0, 3]))
    said = lava_fed(*words, "program.h5", "-i", "many.npz")
    assert (said.code, said.out) == (2, "")
    assert "many.npz has labels up to 3, but the output layer 'readout' has units 0 to 2" in said.err


@pytest.mark.lava
def test_ctrl_c_to_the_whole_group_leaves_no_process_behind(program, tmp_path):
    np.savez(tmp_path / "long.npz", x=np.ones((400, 6, 100), np.uint8))
    words = [sys.executable, "-m", "cli", "run", "program.h5", "-i", "long.npz", "--backend", "lava"]
    with (tmp_path / "err").open("w") as err:
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=err, cwd=tmp_path, start_new_session=True)
        deadline = time.monotonic() + 60
        while "steps" not in (tmp_path / "err").read_text() and time.monotonic() < deadline:
            time.sleep(0.05)
        children = _descendants(process.pid)
        os.killpg(process.pid, signal.SIGINT)
        out, _ = process.communicate(timeout=20)
    assert (process.returncode, out) == (130, b"")
    assert (tmp_path / "err").read_text().splitlines()[-1] == "Stopped."
    assert len(children) > 2
    deadline = time.monotonic() + 10
    while any(map(_alive, children)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(_alive, children))


def _descendants(pid: int) -> set[int]:
    """Return every process below one."""
    parents = {}
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit():
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    found, new = set(), {pid}
    while new:
        found |= new
        new = {child for child, parent in parents.items() if parent in found} - found
    return found - {pid}


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.lava
def test_lava_gives_the_same_document_and_shows_its_steps(lava_fed, program, data):
    ours = lava_fed("run", "program.h5", "-i", "data.npz", "--json")
    lavas = lava_fed("run", "program.h5", "-i", "data.npz", "--backend", "lava", "--json")
    assert lavas.document == {**ours.document, "backend": "lava"}
    assert "Running on lava: 100 %, 384 of 384 steps" in lavas.err
