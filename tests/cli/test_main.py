"""``lava-fed`` itself: help, version, and how every failure ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cli.main import app, main

COMMANDS = [
    "demo",
    "train",
    "data",
    "compile",
    "export",
    "inspect",
    "run",
    "validate",
    "energy",
    "mismatch",
    "learn",
    "federate",
    "sweep",
    "compare",
    "presets",
    "report",
    "rules",
    "chips",
    "backends",
    "doctor",
]
HEAVY = ["torch", "lava", "numba", "numpy", "matplotlib", "h5py", "sklearn", "scipy"]


def test_help_lists_every_command(lava_fed):
    said = lava_fed("--help")
    assert said.code == 0
    assert said.err == ""
    assert [name for name in COMMANDS if name not in said.out] == []


def test_no_arguments_show_the_help(lava_fed):
    assert lava_fed() == lava_fed("--help")


def test_the_help_of_a_command_explains_its_arguments_and_defaults(lava_fed):
    said = " ".join(lava_fed("compile", "--help").out.replace("│", " ").split())
    assert "Model file, for example digits.net." in said
    assert "[default: (MODEL with the suffix .h5)]" in said


@pytest.mark.parametrize(
    "words",
    [
        ["train", "recipe.toml", "-o"],
        ["data", "digits", "-o"],
        ["compile", "model.net", "-o"],
        ["run", "program.h5", "-i", "data.npz", "-o"],
        ["report", "run", "-o"],
        ["compare", "run", "-o"],
    ],
)
@pytest.mark.parametrize("target", ["folder", "pipe", "folder/none/x"])
def test_no_work_is_done_where_its_result_could_not_be_written(lava_fed, tmp_path, monkeypatch, words, target):
    from tests.cli.test_train import RECIPE

    def worked(*_, **__):
        raise AssertionError

    for name in (
        "compile.pipeline.compile_model",
        "lava_fed.data.registry.load",
        "cli.program_files.open_program",
    ):
        monkeypatch.setattr(name, worked)
    monkeypatch.setattr("lava_fed.runs.run.read_run", lambda _: None)
    monkeypatch.setattr("lava_fed.report.gather.gather", worked)
    (tmp_path / "recipe.toml").write_text(RECIPE.format(epochs=2))
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    said = lava_fed(*words, target)
    assert (said.code, said.out) == (2, "")
    assert target in said.err.splitlines()[-1]
    assert "lava-fed's own" not in said.err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_an_example_and_json(lava_fed, command):
    said = lava_fed(command, "--help")
    assert said.code == 0
    assert f"Example: lava-fed {command}" in said.out
    assert "--json" in said.out


def test_registered_commands_are_those_promised():
    assert [command.name for command in app.registered_commands] == COMMANDS


def test_help_loads_nothing_heavy():
    script = (
        "import sys; from cli.main import main; main(['--help']);"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr.strip() == "[]"


def test_version(lava_fed):
    from importlib.metadata import version

    said = lava_fed("--version")
    assert (said.code, said.out, said.err) == (0, f"lava-fed {version('lava-fed')}\n", "")


def test_an_unknown_command_is_a_users_mistake(lava_fed):
    said = lava_fed("comple")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("Error: No such command 'comple'.")
    assert said.err.count("\n") == 1


def test_a_missing_argument_names_the_command_to_ask(lava_fed):
    said = lava_fed("inspect")
    assert said.code == 2
    assert said.err == "Error: Missing argument 'MODEL|PROGRAM'. Try 'lava-fed inspect --help'.\n"


def test_a_mistake_with_json_is_also_the_document(lava_fed):
    said = lava_fed("inspect", "nowhere.h5", "--json")
    assert said.code == 2
    assert said.document == {"error": "there is no file nowhere.h5"}
    assert said.err == "Error: there is no file nowhere.h5\n"


def test_a_bug_of_ours_is_told_apart_and_shows_its_traceback_only_with_debug(lava_fed, program, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError("boom")

    monkeypatch.setattr("cli.program_files.open_program", broken)
    quiet, loud = lava_fed("inspect", str(program)), lava_fed("--debug", "inspect", str(program))
    assert quiet.code == loud.code == 70
    assert "a mistake of lava-fed's own (ZeroDivisionError: boom)" in quiet.err
    assert "Traceback" not in quiet.err
    assert "Traceback" in loud.err


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (PermissionError(13, "Permission denied", "x.h5"), "Error: cannot use x.h5: Permission denied\n"),
        (OSError(28, "No space left on device"), "Error: cannot write: no space left on the device\n"),
        (MemoryError(), "Error: not enough memory; use fewer samples or a smaller network\n"),
    ],
)
def test_what_the_machine_refuses_is_one_sentence(lava_fed, program, monkeypatch, error, sentence):
    def refused(*_):
        raise error

    monkeypatch.setattr("cli.program_files.open_program", refused)
    said = lava_fed("inspect", str(program))
    assert (said.code, said.out, said.err) == (2, "", sentence)


def test_ctrl_c_anywhere_ends_with_130(lava_fed, program, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("cli.program_files.open_program", interrupted)
    said = lava_fed("inspect", str(program))
    assert (said.code, said.out) == (130, "")
    assert said.err.strip() == "Stopped."


def test_ctrl_c_that_an_extension_turns_into_another_error_still_ends_with_130(lava_fed, program, monkeypatch):
    def swallowed(*_):
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise ImportError("numpy.core.multiarray failed to import") from None

    monkeypatch.setattr("cli.program_files.open_program", swallowed)
    before = signal.getsignal(signal.SIGINT)
    said = lava_fed("inspect", str(program))
    assert (said.code, said.out, said.err) == (130, "", "Stopped.\n")
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_that_a_destructor_swallows_is_not_lost(lava_fed, program, monkeypatch):
    class Swallows:
        def __del__(self):
            signal.raise_signal(signal.SIGINT)

    def swallowed(*_):
        Swallows()
        time.sleep(30)

    monkeypatch.setattr("cli.program_files.open_program", swallowed)
    hook = sys.unraisablehook
    said = lava_fed("inspect", str(program))
    assert (said.code, said.out, said.err) == (130, "", "Stopped.\n")
    assert sys.unraisablehook is hook


def test_ctrl_c_while_the_command_line_itself_is_imported_ends_quietly():
    script = (
        "import signal, sys\n"
        "class Impatient:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'typer': signal.raise_signal(signal.SIGINT)\n"
        "sys.meta_path.insert(0, Impatient())\n"
        "from cli.__main__ import start\n"
        "sys.exit(start())"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


def test_a_name_with_a_line_break_stays_on_its_line(lava_fed):
    assert lava_fed("inspect", "new\nline").err == "Error: there is no file new\\nline\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_behind_stdout_is_one_sentence(program):
    with open("/dev/full", "w") as full:  # noqa: PTH123
        done = _spawn("inspect", str(program), "--json", stdout=full)
    assert done.returncode == 2
    assert done.stderr == b"Error: cannot write: no space left on the device\n"


def test_a_reader_that_goes_away_is_no_error(program):
    command = f"{sys.executable} -m cli inspect {program} | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def _spawn(*words, stdout):
    return subprocess.run(
        [sys.executable, "-m", "cli", *words], stdout=stdout, stderr=subprocess.PIPE, timeout=60, check=False
    )


@pytest.mark.parametrize("words", [["inspect", "größe.h5"], ["backends"], ["inspect", "größe.h5", "--json"]])
def test_a_terminal_that_knows_only_ascii_is_no_obstacle(words):
    done = subprocess.run(
        [sys.executable, "-m", "cli", *words],
        capture_output=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert done.returncode == (2 if "inspect" in words else 0)
    assert done.stderr.isascii() and done.stdout.isascii()
    if "inspect" in words:
        assert done.stderr == b"Error: there is no file gr\\xf6\\xdfe.h5\n"
    if "--json" in words:
        assert json.loads(done.stdout) == {"error": "there is no file größe.h5"}


def test_the_installed_script_returns_the_exit_code():
    script = Path(sys.executable).with_name("lava-fed")
    done = subprocess.run(
        [script, "inspect", "nowhere.h5", "--json"], capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"] == "there is no file nowhere.h5"


def test_main_reads_the_process_arguments_by_default(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["lava-fed", "--version"])
    assert main() == 0
    assert capsys.readouterr().out.startswith("lava-fed ")


def test_an_unwritable_folder_is_named(lava_fed, model):
    said = lava_fed("compile", "model.net", "-o", "nowhere/out.h5")
    assert said.code == 2
    assert said.out == ""
    assert said.err == "Error: cannot write nowhere/out.h5: there is no folder nowhere\n"
    assert [path.name for path in model.parent.iterdir()] == ["model.net"]
