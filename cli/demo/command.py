"""``lava-fed demo``: the whole story on real data, each step a command of its own."""

from __future__ import annotations

import contextlib
import io
import json
import shlex
import shutil
import time
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.errors import DONE, STOPPED
from cli.options import Json
from cli.output import Output

EXAMPLE = "lava-fed demo"
MARK = ".lava-fed-demo"
"""Empty file that says a folder was made by this command, and so may be made anew."""
SHIPPED = ("digits.toml", "federation.toml")
SAMPLES = 100
"""Test samples that are also run on Lava's simulator, which needs some 50 ms for each."""


def demo(
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="Folder to work in.")] = Path("demo"),
    as_json: Json = False,
) -> None:
    """Run the whole story on scikit-learn's handwritten digits, in one or two minutes."""
    output = Output(as_json)
    prepare(out)
    began = time.monotonic()
    steps = [_step(index, words, what, output) for index, (words, what) in enumerate(story(out), start=1)]
    finish(out, steps, time.monotonic() - began, output)


def story(out: Path) -> list[tuple[list[str], str]]:
    """Return the commands of the demo, each with what it does."""
    model, test, run = out / "digits.net", out / "test.npz", out / "run"
    trained, learner = out / "trained.h5", out / "digits.h5"
    against = ["--against", "lava,slayer", "--samples", str(SAMPLES)]
    plan: list[tuple[list[str | Path], str]] = [
        (["train", out / "digits.toml", "-o", model], "The vendor trains a spiking network on 300 public digits."),
        (["data", "digits", "--split", "test", "-o", test], "Digits that nobody learns from become spikes."),
        (["compile", model, "-o", trained], "The trained network becomes integers, placed on Loihi 2."),
        (
            ["validate", trained, "--input", test, *against],
            "The emulator, Lava's fixed-point models and SLAYER must agree on every spike.",
        ),
        (
            ["compile", model, "--learn", "supervised", "--fresh", "-o", learner],
            "For the devices: the same hidden layer, and a readout that starts from zero and learns on chip.",
        ),
        (
            ["federate", out / "federation.toml", "--out", run],
            "Devices learn the readout from their own digits; only integer weight changes are sent.",
        ),
        (
            ["validate", run / "final.h5", "--input", test, *against],
            "What was learned together must again agree on every spike.",
        ),
        (["report", run, "-o", out / "report.html"], "Everything on one page."),
    ]
    return [([str(word) for word in words], what) for words, what in plan]


def prepare(out: Path) -> None:
    """Make the folder, or empty one that an earlier demo made, and put the shipped files into it.

    Raises
    ------
    LavaFedError
        Where the folder holds something else.
    """
    from hardware.container import write_bytes
    from hardware.errors import LavaFedError

    if out.exists() and not out.is_dir():
        raise LavaFedError(f"{out} is a file; choose another folder with --out")
    if out.is_dir() and any(out.iterdir()):
        if not (out / MARK).is_file():
            raise LavaFedError(f"{out} holds files that are not of a demo; choose another folder with --out")
        shutil.rmtree(out)
    out.mkdir(parents=True, exist_ok=True)
    write_bytes(out / MARK, b"")
    for name in SHIPPED:
        write_bytes(out / name, resources.files("cli.demo").joinpath(name).read_bytes())


def _step(index: int, words: list[str], what: str, output: Output) -> dict[str, Any]:
    """Run one command, show it, and return what it took and, with ``--json``, what it said."""
    from cli.main import main

    line = shlex.join(["lava-fed", *words])
    output.line()
    output.line(f"{index}. {what}")
    output.line(f"$ {line}", style="bold")
    began = time.monotonic()
    result = None
    if output.as_json:
        with contextlib.redirect_stdout(io.StringIO()) as said:
            code = main([*words, "--json"])
        result = json.loads(said.getvalue() or "null")
    else:
        code = main(words)
    seconds = time.monotonic() - began
    if code != DONE:
        if code == STOPPED:
            output.note("Running the demo again starts it afresh.")
        output.document({"command": line, "exit": code, "result": result})
        raise typer.Exit(code)
    return {"command": line, "seconds": round(seconds, 2), "result": result}


def finish(out: Path, steps: list[dict[str, Any]], seconds: float, output: Output) -> None:
    """Print the three numbers that matter, the times, and where the report is."""
    from cli.federate import show_baselines
    from lava_fed.report import numbers
    from lava_fed.runs.run import read_run

    run = read_run(out / "run")
    output.line()
    output.table(
        "Seconds",
        ("command", "took"),
        [(step["command"], numbers.seconds(step["seconds"])) for step in steps],
        numeric="lr",
    )
    output.line(
        f"Federated, on {run.config.devices.count} devices: {numbers.percent(run.accuracy)}.", style="bold"
    )
    baselines = None if run.baselines is None else show_baselines(run.baselines, output)
    output.line(f"Done in {numbers.seconds(seconds)}. Open {out / 'report.html'} in a browser.")
    output.document(
        {
            "steps": steps,
            "seconds": round(seconds, 2),
            "accuracy": run.accuracy,
            "baselines": baselines,
            "report": str(out / "report.html"),
        }
    )
