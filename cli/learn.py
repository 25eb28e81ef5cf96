"""``lava-fed learn``: one device learns on its chip."""

from __future__ import annotations

import shlex
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.errors import stoppable
from cli.options import Json, Steps
from cli.output import Output

if TYPE_CHECKING:
    from cli.output import Bar
    from lava_fed.learning.plan import Plan
    from lava_fed.learning.record import TrainingRecord
    from lava_fed.learning.training import Training

EXAMPLE = "lava-fed learn digits.h5 --data digits --passes 4 --curve curve.svg -o learned.h5"
SUFFIX = ".learning"
"""What the file is called that a stopped training goes on from: the target's name and this."""
PAUSE = 2.0
"""Seconds between two writes of that file."""
FIRST, MOST = 16, 512
"""Samples of the first step, and of the largest one."""
QUICK = 0.2
"""Seconds: after a step that took less, the next one has twice as many samples."""


def learn(
    path: Annotated[Path, typer.Argument(metavar="PROGRAM", help="Program file with connections that learn.")],
    data: Annotated[
        str,
        typer.Option(
            metavar="NAME|FOLDER|FILE",
            help="Learn from digits, digits:public, a folder of MNIST's files, DATA.npz.",
        ),
    ],
    test: Annotated[
        str | None,
        typer.Option(metavar="NAME|FOLDER|FILE", help="Test with it; by default with the test split of the data."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="LEARNED.h5", help="Write the Program with what it learned."),
    ] = None,
    passes: Annotated[
        int, typer.Option(min=1, help="How often all samples are shown, in a new order each time.")
    ] = 1,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Of the order and of the random streams.")] = 1,
    samples: Annotated[int | None, typer.Option(min=1, help="Learn from the first samples only.")] = None,
    shift: Annotated[
        int, typer.Option(min=0, max=8, help="Move each image by so many pixels at most, anew in each pass.")
    ] = 0,
    anneal: Annotated[
        str,
        typer.Option(
            metavar="LIST", help="How often errors are halved in each pass, as 0,0,1,2; the last goes on."
        ),
    ] = "0",
    reward: Annotated[
        int,
        typer.Option(min=1, max=127, help="Where rewards teach: what a right answer earns, a wrong one loses."),
    ] = 64,
    freeze: Annotated[
        list[str] | None,
        typer.Option(metavar="CONNECTION", help="Let a connection keep its weights; may be repeated."),
    ] = None,
    every: Annotated[int | None, typer.Option(min=1, help="Test after so many samples of a pass, too.")] = None,
    curve: Annotated[Path | None, typer.Option(metavar="OUT.svg", help="Draw the learning curve.")] = None,
    backend: Annotated[str, typer.Option(help="Backend, see 'lava-fed backends'.")] = "emulator",
    steps: Steps = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where a stopped training ended.")] = False,
    as_json: Json = False,
) -> None:
    """Let one device learn on its chip, test it before and after each pass, and count what that costs."""
    from cli import learn_view
    from cli.learn_data import open_training, path_of
    from cli.program_files import open_program
    from cli.target import check_target
    from hardware import registry
    from lava_fed.learning.plan import Plan
    from lava_fed.learning.training import Training

    output = Output(as_json)
    for target in (out, curve):
        if target is not None:
            check_target(target, path, path_of(data), path_of(test))
    plan = Plan(passes, seed, _numbers(anneal), samples, shift, reward, every, tuple(freeze or ()))
    program = open_program(path)
    chosen = registry.find("backend", backend)()
    record = _record(out, resume=resume)
    train, held_out = open_training(data, test, program, steps)
    words = [
        "lava-fed",
        "learn",
        str(path),
        "--data",
        data,
        *_options(test, out, plan, curve, backend, steps),
    ]
    advice = (
        f"Nothing was kept; start again with: {shlex.join(words)}"
        if out is None
        else f"What is done is kept; go on with: {shlex.join([*words, '--resume'])}"
    )
    with chosen.load(program) as session:
        training = Training(session, plan, train, held_out, record)
        _check_curve(curve, training)
        if out is not None:
            training.record.save(_state_file(out))
        with stoppable(advice):
            with output.progress("Learning", training.total) as bar:
                _carry_out(training, bar, out, backend)
            document = {"program": program.digest, "backend": backend, **learn_view.document(training)}
            learn_view.show(
                f"{path.name} on {backend}: {training.size:,} samples of {training.steps:,} steps",
                training,
                output,
            )
            if curve is not None:
                from hardware.container import write_bytes
                from lava_fed.report.figures.learning import draw

                write_bytes(curve, draw(training.points, f"{path.name} learns {train.title}").encode())
                output.line(f"Wrote {curve}.")
                document["curve"] = str(curve)
            if out is not None:
                training.program().save(out)
                _state_file(out).unlink(missing_ok=True)
                output.line(f"Wrote {out}.")
                document["out"] = str(out)
            output.document(document)


def _numbers(text: str) -> tuple[int, ...]:
    """Read the numbers of halvings."""
    from hardware.errors import LavaFedError

    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise LavaFedError(
            f"--anneal {text[:60]!r} must be whole numbers with commas between, as 0,0,1,2"
        ) from None


def _state_file(out: Path) -> Path:
    return out.with_name(out.name + SUFFIX)


def _record(out: Path | None, *, resume: bool) -> TrainingRecord | None:
    """Return where to go on; ``None`` to begin."""
    from hardware.errors import LavaFedError
    from lava_fed.learning.record import TrainingRecord

    if out is None:
        if resume:
            raise LavaFedError("--resume goes on with what was kept beside the target; name it with -o LEARNED.h5")
        return None
    kept = _state_file(out)
    if not resume and kept.exists():
        raise LavaFedError(
            f"{kept} holds a training that was stopped; go on by --resume, or remove it to begin anew"
        )
    if resume and not kept.exists():
        why = f"the training of {out} is finished" if out.exists() else f"there is no {kept}"
        raise LavaFedError(f"nothing to go on with: {why}; leave --resume out to begin anew")
    return TrainingRecord.load(kept) if resume else None


def _check_curve(curve: Path | None, training: Training) -> None:
    from hardware.errors import LavaFedError

    if curve is not None and training.test is None and not training.judged:
        raise LavaFedError(f"--curve {curve}: without labels there is no accuracy to draw; give --test")


def _carry_out(training: Training, bar: Bar, out: Path | None, backend: str) -> None:
    """Learn to the end, show how far it is, and keep what is needed to go on."""
    from cli.sessions import compile_emulator

    if backend == "emulator":
        compile_emulator(bar)
    began, first, most = time.monotonic(), training.learned, FIRST
    saved = began
    while not training.done:
        if out is not None and time.monotonic() - saved >= PAUSE:
            training.record.save(_state_file(out))
            saved = time.monotonic()
        before = time.monotonic()
        training.advance(most)
        if time.monotonic() - before < QUICK:
            most = min(2 * most, MOST)
        bar.at(training.learned, _note(training, time.monotonic() - began, training.learned - first))


def _note(training: Training, seconds: float, learned: int) -> str:
    """Say how well it does, how fast, and how long it will still take."""
    from lava_fed.report.numbers import percent

    number = min(training.learned // training.size + 1, training.plan.passes)
    parts = [f"pass {number} of {training.plan.passes}"]
    last = training.points[-1].accuracy if training.points else None
    if last is not None:
        parts.append(f"test {percent(last)}")
    if training.running is not None:
        parts.append(f"learning {percent(training.running)}")
    if learned and seconds > 1:
        rate = learned / seconds
        parts.append(f"{rate:,.0f} a second" if rate >= 10 else f"{rate:.2g} a second")
        parts.append(f"{(training.total - training.learned) / rate:,.0f} s left")
    return ", ".join(parts)


def _options(
    test: str | None,
    out: Path | None,
    plan: Plan,
    curve: Path | None,
    backend: str,
    steps: int | None,
) -> list[str]:
    """Return the options that are not as they are by default, as words."""
    given = {
        "--test": test,
        "--out": out,
        "--passes": plan.passes if plan.passes != 1 else None,
        "--seed": plan.seed if plan.seed != 1 else None,
        "--samples": plan.samples,
        "--shift": plan.shift or None,
        "--anneal": ",".join(map(str, plan.anneal)) if plan.anneal != (0,) else None,
        "--reward": plan.reward if plan.reward != 64 else None,
        "--every": plan.every,
        "--curve": curve,
        "--backend": backend if backend != "emulator" else None,
        "--steps": steps,
    }
    freeze = [word for name in plan.frozen for word in ("--freeze", name)]
    return [word for name, value in given.items() if value is not None for word in (name, str(value))] + freeze
