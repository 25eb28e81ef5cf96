"""``lava-fed federate`` and ``lava-fed report``."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hardware import container
from hardware.program import Program
from lava_fed.runs.run import read_run
from tests.cli.conftest import CONFIG

MANY = 40
"""Rounds that take long enough to be interrupted in their midst."""


def files_of(run: Path) -> dict[str, bytes]:
    """Everything in a run folder but the lock."""
    return {
        str(path.relative_to(run)): path.read_bytes()
        for path in sorted(run.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }


def test_the_tables_say_what_the_run_holds(lava_fed, config, tmp_path):
    said = lava_fed("federate", "config.toml", "--out", "run")
    assert said.code == 0, said.err
    run = read_run(tmp_path / "run")
    lines = said.out.splitlines()
    assert lines[0] == "Rounds in run"
    rows = [line.split() for line in lines if re.match(r" +\d", line)]
    assert [row[0] for row in rows] == ["1", "2"]
    assert [row[1] for row in rows] == [f"{100 * record.accuracy:.1f}" for record in run.records]
    best = run.baselines.best_single
    assert f"Global model: {100 * run.records[-1].accuracy:.1f} % of the test samples." in lines
    assert f"Best single device: {100 * best.accuracy[-1]:.1f} % ({best.name} alone)." in lines
    pooled = run.baselines.pooled.accuracy[-1]
    assert f"All data in one place: {100 * pooled:.1f} % (same rule, same number of passes)." in lines
    assert lines[-1].endswith("The learned Program is run/final.h5.")
    assert "round 1 of 2" in said.err


def test_json_holds_the_rounds_and_the_baselines(lava_fed, config, tmp_path):
    said = lava_fed("federate", "config.toml", "--out", "run", "--json")
    run = read_run(tmp_path / "run")
    assert said.code == 0
    assert said.document["rounds"] == json.loads(json.dumps([record.to_json() for record in run.records]))
    assert set(said.document["baselines"]["alone"]) == {"device-0", "device-1", "device-2"}
    assert Program.load(tmp_path / "run" / "final.h5").digest == run.program.digest


def test_what_was_forgotten_is_said_where_tasks_follow_each_other(lava_fed, config, tmp_path):
    changes = ["tasks.split=[[0, 1], [2]]", "tasks.rounds_each=1", "run.baselines=false"]
    words = [word for change in changes for word in ("--set", change)]
    said = lava_fed("federate", "config.toml", "--out", "run", *words)
    result = json.loads((tmp_path / "run" / "result.json").read_text())
    lost = f"{100 * result['forgetting']['forgetting']:.1f} points are lost."
    assert any(
        line.startswith("Of the best there was on each") and line.endswith(lost) for line in said.out.splitlines()
    )
    again = lava_fed("federate", "config.toml", "--out", "run", "--resume", "--json", *words)
    assert again.document["forgetting"] == result["forgetting"]
    assert "Federating: 100 %, global model" in again.err


def test_a_run_is_not_overwritten_and_resuming_a_finished_one_changes_nothing(lava_fed, config, tmp_path):
    assert lava_fed("federate", "config.toml", "--out", "run").code == 0
    before = files_of(tmp_path / "run")
    again = lava_fed("federate", "config.toml", "--out", "run")
    assert (again.code, again.out) == (2, "")
    assert "--resume" in again.err.splitlines()[-1]
    assert lava_fed("federate", "config.toml", "--out", "run", "--resume").code == 0
    assert files_of(tmp_path / "run") == before


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("count = 3", "cuont = 3", "devices.cuont"),
        ("count = 3", "count = 0", "devices.count"),
        ("count = 2", 'count = "2"', "rounds.count"),
        ("[rounds]", "[round]", "round"),
        ('path = "learner.h5"', 'path = "nowhere.h5"', "nowhere.h5"),
        ('path = "learner.h5"', 'path = "data.npz"', "data.npz is not a lava-fed file"),
        ('train = "data.npz"', 'train = "missing.npz"', "missing.npz"),
        ("count = 3", 'count = 3\nbackend = "gpu"', "no backend is called 'gpu'"),
        ("count = 3", 'count = 3\nbackend = "loihi2"', "loihi2"),
        ("[run]", "[run", "config.toml"),
    ],
)
def test_a_wrong_config_is_one_sentence_and_leaves_nothing(lava_fed, config, tmp_path, old, new, sentence):
    config.write_text(CONFIG.replace(old, new, 1))
    said = lava_fed("federate", "config.toml", "--out", "run")
    assert (said.code, said.out) == (2, "")
    assert sentence in said.err.splitlines()[-1]
    assert not (tmp_path / "run").exists()


def test_a_program_that_does_not_learn_says_how_to_make_one(lava_fed, config, program):
    config.write_text(CONFIG.replace("learner.h5", "program.h5"))
    said = lava_fed("federate", "config.toml")
    assert said.code == 2
    assert "--learn" in said.err.splitlines()[-1]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="mounting needs root")
def test_a_full_disk_is_one_sentence_and_the_run_resumes(lava_fed, config, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32k", "tmpfs", disk], check=False)
    if mounted.returncode != 0:
        pytest.skip("this machine does not allow mounting")
    try:
        said = lava_fed("federate", "config.toml", "--out", "disk/run")
        assert (said.code, said.out) == (2, "")
        assert "No space left on device" in said.err.splitlines()[-1]
        subprocess.run(["mount", "-o", "remount,size=8m", disk], check=True)
        assert lava_fed("federate", "config.toml", "--out", "disk/run", "--resume").code == 0
        assert lava_fed("federate", "config.toml", "--out", "whole").code == 0
        assert files_of(disk / "run") == files_of(tmp_path / "whole")
    finally:
        subprocess.run(["umount", disk], check=True)


def test_ctrl_c_says_how_to_go_on_and_going_on_gives_the_same_bytes(lava_fed, config, tmp_path):
    config.write_text(CONFIG.replace("count = 2", f"count = {MANY}"))
    words = [sys.executable, "-m", "cli", "federate", "config.toml", "--out", "run"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path)
    deadline = time.monotonic() + 60
    while not (tmp_path / "run" / "rounds" / "0003.h5").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert out == ""
    advice = "lava-fed federate config.toml --out run --resume"
    assert err.splitlines()[-1] == f"Stopped. What is done is kept; go on with: {advice}"
    assert not (tmp_path / "run" / "final.h5").exists()
    assert lava_fed("federate", "config.toml", "--out", "run", "--resume").code == 0
    assert lava_fed("federate", "config.toml", "--out", "unbroken").code == 0
    assert files_of(tmp_path / "run") == files_of(tmp_path / "unbroken")


class TestReport:
    """``lava-fed report``."""

    @pytest.fixture
    def run(self, lava_fed, config, tmp_path):
        assert config.parent == tmp_path
        assert lava_fed("federate", "config.toml", "--out", "run").code == 0
        return tmp_path / "run"

    def test_the_page_is_written_and_named(self, lava_fed, run, tmp_path):
        said = lava_fed("report", "run", "-o", "page.html")
        page = (tmp_path / "page.html").read_text()
        accuracy = f"{100 * read_run(run).records[-1].accuracy:.1f}"
        assert said.code == 0
        lines = said.out.splitlines()
        assert lines[0] == f"3 devices that never shared their data reach {accuracy} % together."
        assert lines[2] == f"Wrote page.html ({len(page.encode()) // 1000} kB, opens without a network)."
        assert page.startswith("<!DOCTYPE html>")

    def test_json_and_the_default_place(self, lava_fed, run):
        said = lava_fed("report", "run", "--json")
        assert said.code == 0
        assert said.document["report"] == "run/report.html"
        assert (run / "report.html").stat().st_size == said.document["bytes"]

    def test_the_same_run_gives_the_same_page(self, lava_fed, run, tmp_path):
        lava_fed("report", "run", "-o", "a.html")
        shutil.copytree(run, tmp_path / "copy" / "run")
        lava_fed("report", "copy/run", "-o", "b.html")
        assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()

    def test_a_folder_whose_name_is_no_text(self, lava_fed, run, tmp_path):
        name = os.fsdecode(b"run-\xff")
        shutil.copytree(run, tmp_path / name)
        said = lava_fed("report", name, "-o", "a.html")
        assert said.code == 0
        assert "run-\\udcff" in (tmp_path / "a.html").read_text()

    @pytest.mark.parametrize(
        ("file", "change", "sentence"),
        [
            (
                "rounds/0002.h5",
                lambda h: h["record"].update(accuracy="high"),
                "is not a valid round: 'high' is not",
            ),
            ("rounds/0001.h5", lambda h: h["record"].pop("devices"), "is not a valid round: it does not hold"),
            (
                "baselines/pooled.h5",
                lambda h: h["accuracy"].pop(),
                "was judged 1 times, the run was not; restore the right",
            ),
            (
                "baselines/device-1.h5",
                lambda h: h.update(accuracy=[]),
                "is not a valid baseline: it has no rounds",
            ),
        ],
    )
    def test_a_file_that_says_nonsense_is_named(self, lava_fed, run, file, change, sentence):
        kind = "round" if file.startswith("rounds") else "baseline"
        header, arrays = container.read(run / file, kind)
        change(header)
        container.write(run / file, kind, header, arrays)
        said = lava_fed("report", "run")
        assert (said.code, said.out) == (2, "")
        assert f"run/{file} {sentence}" in said.err.splitlines()[-1]

    def test_no_run(self, lava_fed, tmp_path):
        (tmp_path / "empty").mkdir()
        said = lava_fed("report", "empty")
        assert (said.code, said.out) == (2, "")
        assert "empty holds no run" in said.err
        assert lava_fed("report", "nowhere").code == 2

    def test_an_unfinished_run_says_so(self, lava_fed, run):
        (run / "final.h5").unlink()
        said = lava_fed("report", "run")
        assert said.code == 2
        assert "--resume" in said.err.splitlines()[-1]

    def test_a_damaged_round_is_named(self, lava_fed, run):
        file = run / "rounds" / "0002.h5"
        file.write_bytes(file.read_bytes()[:-9])
        said = lava_fed("report", "run")
        assert said.code == 2
        assert "0002.h5 is truncated" in said.err.splitlines()[-1]

    @pytest.mark.parametrize(
        ("old", "new", "sentence"),
        [
            ("count = 2", "count = 1", "rounds.count was 2, it says 1; restore it"),
            ("minimum = 2", "minimum = 3", "devices.minimum was 2, it says 3; restore it"),
        ],
    )
    def test_a_config_that_was_changed_since_is_named(self, lava_fed, run, old, new, sentence):
        text = (run / "config.toml").read_text()
        assert old in text
        (run / "config.toml").write_text(text.replace(old, new))
        said = lava_fed("report", "run")
        assert (said.code, said.out) == (2, "")
        assert said.err.endswith(f"Error: run/config.toml has been changed since the run: {sentence}\n")

    @pytest.mark.parametrize("file", ["program.h5", "final.h5"])
    def test_a_program_of_elsewhere_is_named(self, lava_fed, run, program, file):
        shutil.copy(program, run / file)
        said = lava_fed("report", "run")
        assert (said.code, said.out) == (2, "")
        assert f"run/{file} is not " in said.err.splitlines()[-1]

    @pytest.mark.usefixtures("run")
    def test_a_folder_that_is_not_there(self, lava_fed):
        said = lava_fed("report", "run", "-o", "no/page.html")
        assert said.code == 2
        assert "cannot write no/page.html" in said.err.splitlines()[-1]
