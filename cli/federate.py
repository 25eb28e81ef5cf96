"""``lava-fed federate``: devices learn, the coordinator averages."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.errors import stoppable
from cli.federation_config import Config, Data, PresetName, Set, chosen
from cli.options import Json
from cli.output import Output

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cli.output import Bar
    from lava_fed.observer import Observer
    from lava_fed.runs.baseline import Baselines
    from lava_fed.runs.personal import Personal
    from lava_fed.runs.record import RoundRecord

EXAMPLE = "lava-fed federate federation.toml --out run"
SCALE = 1000
"""Steps of the progress bar for the whole work."""


def federate(
    config: Config = None,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="RUN", help="Folder of the run.")] = Path("run"),
    resume: Annotated[bool, typer.Option("--resume", help="Go on where a stopped run ended.")] = False,
    preset: PresetName = None,
    data: Data = None,
    settings: Set = None,
    as_json: Json = False,
) -> None:
    """Run a federation: devices learn from their own samples, the coordinator combines integer weight changes."""
    output = Output(as_json)
    again = ["lava-fed", "federate", *([] if config is None else [str(config)]), "--out", str(out), "--resume"]
    again += [] if preset is None else ["--preset", preset]
    again += [] if data is None else ["--data", str(data)]
    for setting in settings or ():
        again += ["--set", setting]
    advice = f"What is done is kept; go on with: {shlex.join(again)}"
    with (
        stoppable(advice),
        chosen(config, preset, data) as given,
        output.progress("Federating", SCALE) as bar,
    ):
        from lava_fed.config import parse
        from lava_fed.config.changes import apply
        from lava_fed.coordinator.rounds import federate as run_federation

        found = parse(apply(given.content, settings or []), given.folder, given.where)
        result = run_federation(found, out, resume=resume, observer=_observer(bar))
    from lava_fed.continual.forgetting import forgetting_of
    from lava_fed.report.course import forgotten
    from lava_fed.report.numbers import percent, size

    output.table(
        f"Rounds in {out}",
        (
            "round",
            "global model",
            "devices alone",
            "updates",
            "bytes up",
            "bytes down",
            "spikes",
            "synaptic operations",
        ),
        [_row(record) for record in result.records],
        numeric="rrrrrrrr",
    )
    output.line(f"Global model: {percent(result.accuracy)} of the test samples.")
    document: dict[str, Any] = {
        "run": str(out),
        "accuracy": result.accuracy,
        "rounds": [record.to_json() for record in result.records],
        "baselines": None,
        "personal": None,
        "forgetting": None,
    }
    if (left := forgetting_of(result.records, found.tasks)) is not None:
        output.line(forgotten(left))
        document["forgetting"] = left.to_json()
    if result.baselines is not None:
        document["baselines"] = show_baselines(result.baselines, output)
    if result.personal:
        document["personal"] = show_personal(result.personal, out, output)
    traffic = sum(record.bytes_up + record.bytes_down for record in result.records)
    output.line(f"Sent in all: {size(traffic)}. The learned Program is {out / 'final.h5'}.")
    output.document(document)


def show_baselines(baselines: Baselines, output: Output) -> dict[str, Any]:
    """Print what the federation is compared with, and return it as JSON values."""
    from lava_fed.report.numbers import percent

    best, pooled = baselines.best_single, baselines.pooled
    output.line(f"Best single device: {percent(best.accuracy[-1])} ({best.name} alone).")
    output.line(f"All data in one place: {percent(pooled.accuracy[-1])} (same rule, same number of passes).")
    return {
        "best_single": {"device": best.name, "accuracy": best.accuracy[-1]},
        "pooled": {"accuracy": pooled.accuracy[-1]},
        "alone": {baseline.name: baseline.accuracy[-1] for baseline in baselines.alone},
    }


def show_personal(personal: Mapping[str, Personal], out: Path, output: Output) -> dict[str, Any]:
    """Print how good devices are with the layers that are their own, and return it as JSON values."""
    from lava_fed.report.numbers import percent

    def mean(values: Iterable[float]) -> str:
        return percent(sum(values) / len(personal))

    own, before = ([getattr(each, key) for each in personal.values()] for key in ("own_mix", "global_own_mix"))
    output.line(
        f"With layers of their own, devices label {mean(each.accuracy for each in personal.values())} of the test "
        f"samples on average, {mean(own)} where classes are mixed as on each of them (the global model: "
        f"{mean(before)}). Their Programs are in {out / 'personal'}."
    )
    return {name: each.to_json() for name, each in personal.items()}


def _row(record: RoundRecord) -> tuple[str, ...]:
    from lava_fed.report.numbers import percent

    own = record.device_accuracy.values()
    return (
        str(record.round),
        "" if record.accuracy is None else percent(record.accuracy),
        f"{percent(min(own))} to {percent(max(own))}" if own else "",
        f"{len(record.answered)} of {len(record.devices)}",
        f"{record.bytes_up:,}",
        f"{record.bytes_down:,}",
        f"{sum(record.counters.spikes.values()):,}",
        f"{sum(record.counters.synaptic_operations.values()):,}",
    )


def _observer(bar: Bar) -> Observer:
    """Return an observer that moves the bar."""
    from cli.sessions import compile_emulator
    from lava_fed.observer import Observer
    from lava_fed.report.numbers import percent

    class Watching(Observer):
        def __init__(self) -> None:
            self.done, self.text, self.best = 0, "", ""

        def stage(self, text: str) -> None:
            compile_emulator(bar)  # at the first stage, once all that the user gave has been checked
            self.text = text
            self._show()

        def progress(self, fraction: float) -> None:
            self.done = int(SCALE * fraction)
            self._show()

        def round_done(self, record: RoundRecord) -> None:
            if record.accuracy is not None:
                self.best = f"global model {percent(record.accuracy)}"
            self._show()

        def _show(self) -> None:
            bar.at(self.done, ", ".join(part for part in (self.text, self.best) if part))

    return Watching()
