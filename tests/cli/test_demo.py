"""``lava-fed demo``."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import click
import pytest
import typer

from cli.demo import command as demo
from cli.main import app
from lava_fed.runs.run import read_run


def test_every_step_is_a_command_line_that_parses():
    group = typer.main.get_command(app)
    assert isinstance(group, click.Group)
    for words, what in demo.story(Path("demo")):
        assert what.endswith(".")
        with group.commands[words[0]].make_context(words[0], words[1:]):
            pass


def test_a_folder_of_something_else_is_left_alone(lava_fed, tmp_path):
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "thesis.txt").write_text("precious")
    said = lava_fed("demo")
    assert (said.code, said.out) == (2, "")
    assert said.err == "Error: demo holds files that are not of a demo; choose another folder with --out\n"
    assert (tmp_path / "demo" / "thesis.txt").read_text() == "precious"


def test_a_file_in_the_way(lava_fed, tmp_path):
    (tmp_path / "demo").write_text("")
    assert lava_fed("demo").err == "Error: demo is a file; choose another folder with --out\n"


def test_what_an_earlier_demo_left_is_made_anew(tmp_path):
    out = tmp_path / "deep" / "demo"
    demo.prepare(out)
    (out / "run").mkdir()
    (out / "run" / "old").write_text("")
    demo.prepare(out)
    assert sorted(path.name for path in out.iterdir()) == sorted([demo.MARK, *demo.SHIPPED])


def test_a_failing_step_ends_the_demo_with_its_exit_code(lava_fed, monkeypatch):
    steps = [(["inspect", "demo/nowhere"], "Fails."), (["never"], "Does not come to this.")]
    monkeypatch.setattr(demo, "story", lambda _: steps)
    said = lava_fed("demo")
    assert said.code == 2
    assert said.out.splitlines()[-1] == "$ lava-fed inspect demo/nowhere"
    assert said.err.splitlines()[-1] == "Error: there is no file demo/nowhere"
    assert lava_fed("demo", "--json").document == {
        "command": "lava-fed inspect demo/nowhere",
        "exit": 2,
        "result": {"error": "there is no file demo/nowhere"},
    }


def test_ctrl_c_in_a_step_stops_the_demo(lava_fed, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("cli.program_files.open_program", interrupted)
    steps = [(["inspect", "demo/x.h5"], "Is stopped."), (["never"], "Does not come to this.")]
    monkeypatch.setattr(demo, "story", lambda _: steps)
    said = lava_fed("demo")
    assert said.code == 130
    assert said.err.splitlines() == ["Stopped.", "Running the demo again starts it afresh."]


@pytest.mark.lava
@pytest.mark.slayer
def test_the_whole_story(lava_fed, tmp_path):
    said = lava_fed("demo", "--json")
    assert said.code == 0, said.err
    document = said.document
    assert [step["command"] for step in document["steps"]] == [
        shlex.join(["lava-fed", *words]) for words, _ in demo.story(Path("demo"))
    ]
    checks = [step["result"] for step in document["steps"] if " validate " in step["command"]]
    assert [check["equal"] for check in checks] == [True, True]
    assert all(set(check["against"]) == {"lava", "slayer"} for check in checks)
    pooled = document["baselines"]["pooled"]["accuracy"]
    alone = document["baselines"]["best_single"]["accuracy"]
    assert document["accuracy"] > alone + 0.05
    assert document["accuracy"] > pooled - 0.02
    run = read_run(tmp_path / "demo" / "run")
    assert run.records[-1].accuracy == document["accuracy"]
    assert (tmp_path / "demo" / "report.html").read_text().startswith("<!DOCTYPE html>")
    assert json.dumps(document)
