"""``lava-fed mismatch``: what imperfect devices make of a Program."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.imperfection import PROFILE_HELP, Seed
from cli.options import Input, Json, Steps
from cli.output import Output

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cli.sessions import Meter
    from hardware.backend import Backend
    from hardware.program import Program
    from lava_fed.data.source import Source
    from lava_fed.mismatch_sweep import Outcome

EXAMPLE = "lava-fed mismatch digits.h5 --input test.npz --profile mixed-signal --severity 0,0.5,1,2 --devices 8"


def mismatch(
    path: Annotated[Path, typer.Argument(metavar="PROGRAM", help="Program file, or a model to be compiled.")],
    data: Input,
    profile: Annotated[str, typer.Option(help=PROFILE_HELP)],
    severity: Annotated[str, typer.Option(metavar="LIST", help="Factors on the profile.")] = "0,0.5,1,2",
    devices: Annotated[int, typer.Option(min=1, max=10_000, help="Devices at each severity.")] = 8,
    seed: Seed = 1,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="OUT.json", help="Write what --json prints.")
    ] = None,
    svg: Annotated[
        Path | None, typer.Option(metavar="OUT.svg", help="Draw accuracy, or agreement without labels.")
    ] = None,
    backend: Annotated[str, typer.Option(help="Backend, see 'lava-fed backends'.")] = "emulator",
    steps: Steps = None,
    as_json: Json = False,
) -> None:
    """Run a Program on many imperfect devices, and show what it loses as they get worse."""
    from cli.program_files import open_data, open_program
    from cli.sessions import Meter, compile_emulator
    from cli.target import check_target
    from hardware import registry
    from hardware.mismatch.profile import MismatchError

    output = Output(as_json)
    for target in (out, svg):
        if target is not None:
            check_target(target, path, data)
    severities = _severities(severity)
    program = open_program(path)
    chosen = registry.find("backend", backend)()
    with open_data(data, program, steps) as source:
        samples, length, labels = source.samples, source.steps, source.y
        outputs = program.network.output.units
    if svg is not None and labels is None and outputs == 1:
        raise MismatchError(f"--svg {svg}: without labels and with one output unit there is no share to draw")
    runs = 1 + devices * sum(each > 0 for each in severities)
    with output.progress(
        f"Running {runs} device{'' if runs == 1 else 's'} on {backend}", runs * samples * length
    ) as bar:
        if backend == "emulator":
            compile_emulator(bar)
        meter = Meter(bar, runs * samples, length)

        def scores_of(each: Program) -> NDArray[np.int64]:
            with open_data(data, program, steps) as again:
                return _scores(chosen, each, again, meter)

        perfect, outcomes = _sweep(program, profile, severities, devices, seed, scores_of, labels)
    document = {
        "program": program.digest,
        "profile": profile,
        "seed": seed,
        "backend": backend,
        "samples": samples,
        "steps": length,
        "perfect_accuracy": perfect.accuracy,
        "outcomes": [vars(each) for each in outcomes],
    }
    _show(f"{path.name} on {devices} devices of profile {profile}, seed {seed}", perfect, outcomes, output)
    if out is not None:
        out.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        output.line(f"Wrote {out}.")
    if svg is not None:
        _draw(svg, path.name, profile, outcomes)
        output.line(f"Wrote {svg}.")
    output.document(document)


def _severities(text: str) -> list[float]:
    from hardware.mismatch.profile import MismatchError

    try:
        found = [float(part) for part in text.split(",")]
    except ValueError:
        raise MismatchError(f"--severity {text[:60]!r} must be numbers with commas between, as 0,0.5,1") from None
    if len(set(found)) != len(found):
        raise MismatchError(f"--severity {text[:60]!r} says a number twice; give each once")
    return found


def _scores(backend: Backend, program: Program, source: Source, meter: Meter) -> NDArray[np.int64]:
    """Run all samples and keep what the output layer says, shape (samples, units)."""
    import numpy as np

    from cli.sessions import parts
    from hardware.streaming import sample_bytes

    name = program.network.output.name
    each = source.sample_bytes + sample_bytes(program.network, source.steps, layers=[name])
    with backend.load(program) as session:
        found = [meter.run(session, part.x, (), [name]).scores(name) for part in parts(source, each, [session])]
    return np.concatenate(found)


def _sweep(
    program: Program, profile: str, severities: list[float], devices: int, seed: int, scores_of: Any, labels: Any
) -> tuple[Outcome, list[Outcome]]:
    """Return the outcome of the perfect device, and of every imperfect one."""
    from cli.imperfection import device_name
    from hardware.mismatch.apply import imperfect
    from hardware.mismatch.known import find_profile
    from lava_fed.mismatch_sweep import outcome

    kind = find_profile(profile)
    for severity in severities:
        kind.scaled(severity)  # a wrong severity must not be found after minutes
    right = scores_of(program)
    outcomes = []
    for severity in severities:
        for number in range(devices):
            name = device_name(number)
            device = imperfect(program, kind, device=name, seed=seed, severity=severity)
            scores = scores_of(device.program) if severity else right
            outcomes.append(outcome(severity, name, device.clamped, scores, right, labels))
    return outcome(0.0, "perfect", 0, right, right, labels), outcomes


def _show(title: str, perfect: Outcome, outcomes: list[Outcome], output: Output) -> None:
    from lava_fed.mismatch_sweep import levels
    from lava_fed.report.numbers import percent

    rows: dict[float, list[str]] = {}
    columns = ["severity"]
    for what in ("accuracy", "agreement", "deviation"):
        if getattr(perfect, what) is None:
            continue
        columns += [what, "spread", "worst", "best"]
        for level in levels(outcomes, what):
            ends = (level.high, level.low) if what == "deviation" else (level.low, level.high)
            row = rows.setdefault(level.severity, [f"{level.severity:g}"])
            row += [percent(value) for value in (level.mean, level.spread, *ends)]
    columns.append("at the end of the range")
    for severity, row in rows.items():
        row.append(f"{sum(each.clamped for each in outcomes if each.severity == severity):,}")
    output.table(title, columns, list(rows.values()), numeric="r" * len(columns))
    if perfect.accuracy is not None:
        output.line(f"The perfect device labels {percent(perfect.accuracy)} rightly.")


def _draw(path: Path, name: str, profile: str, outcomes: list[Outcome]) -> None:
    from lava_fed.mismatch_sweep import levels
    from lava_fed.report.figures.severity import draw

    what = "agreement" if outcomes[0].accuracy is None else "accuracy"
    title = f"{name} on devices of profile {profile}"
    path.write_text(draw(levels(outcomes, what), title, what), encoding="utf-8")
