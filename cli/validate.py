"""``lava-fed validate``: the same Program elsewhere, spike for spike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.errors import CHECK_FAILED
from cli.options import Input, Json
from cli.output import Output

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hardware.parity import LayerParity
    from hardware.program import Program
    from hardware.spikes import SpikeTrain

EXAMPLE = "lava-fed validate digits.h5 --input test.npz --against lava,slayer --samples 40"
REFERENCE = "emulator"
SLAYER = "slayer"
"""Not a backend: SLAYER's own quantized forward pass."""


def validate(
    path: Annotated[
        Path, typer.Argument(metavar="PROGRAM|MODEL", help="Program file, or a model to be compiled.")
    ],
    data: Input,
    against: Annotated[
        str, typer.Option(metavar="NAMES", help="What to compare the emulator with: backends, and slayer.")
    ] = "lava,slayer",
    samples: Annotated[int | None, typer.Option(min=1, help="Compare the first samples only.")] = None,
    as_json: Json = False,
) -> None:
    """Compare the emulator with Lava and SLAYER spike for spike, layer by layer; exit 1 where they differ."""
    from cli.program_files import check_labels, open_program
    from hardware.parity import compare
    from lava_fed.data import archive

    output = Output(as_json)
    others = _others(against)
    program = open_program(path)
    dataset = archive.read(data)
    check_labels(dataset, program)
    if samples is not None and samples < len(dataset):
        dataset = dataset.take(slice(samples))
    traces = {name: _trace(name, program, dataset.x, output) for name in (REFERENCE, *others)}
    parities = {name: compare(traces[REFERENCE], traces[name]) for name in others}
    right = (
        None
        if dataset.y is None
        else {name: _accuracy(trace, program, dataset.y) for name, trace in traces.items()}
    )
    output.line(
        f"{path.name}: {len(dataset):,} samples of {dataset.x.steps:,} steps; the reference is the {REFERENCE}."
    )
    for name, layers in parities.items():
        output.table(
            f"{REFERENCE} and {name}",
            ("layer", "values compared", "result", f"digest on {REFERENCE}", f"digest on {name}"),
            [
                (
                    layer.layer,
                    f"{layer.samples * layer.steps * layer.units:,}",
                    describe(layer, name),
                    layer.digest[:12],
                    layer.other_digest[:12],
                )
                for layer in layers
            ],
            numeric="lr",
        )
    if right is not None:
        from lava_fed.report.numbers import percent

        shares = ", ".join(f"{name} {percent(share)}" for name, share in right.items())
        output.line(f"Accuracy on these samples: {shares}.")
    different = [name for name, layers in parities.items() if not all(layer.equal for layer in layers)]
    if different:
        output.line(f"Different: {', '.join(different)}.", style="red")
    else:
        output.line(f"Equal: every spike of every layer, on {', '.join(traces)}.", style="green")
    output.document(
        {
            "equal": not different,
            "program": program.digest,
            "samples": len(dataset),
            "steps": dataset.x.steps,
            "accuracy": right,
            "against": {
                name: [{**asdict(layer), "equal": layer.equal} for layer in layers]
                for name, layers in parities.items()
            },
        }
    )
    if different:
        raise typer.Exit(CHECK_FAILED)


def describe(layer: LayerParity, other: str) -> str:
    """Say whether a layer is equal, or where it differs first, counting from 0."""
    if layer.first is None:
        return "equal"
    first = layer.first
    return (
        f"differs first in sample {first.sample}, step {first.step}, unit {first.unit}: "
        f"{REFERENCE} {first.expected}, {other} {first.found}; {first.total:,} values differ"
    )


def _others(against: str) -> list[str]:
    from hardware import registry
    from hardware.errors import LavaFedError

    known = [name for name in registry.names("backend") if name != REFERENCE] + [SLAYER]
    chosen = [name.strip() for name in against.split(",")]
    for name in chosen:
        if name not in known:
            raise LavaFedError(f"--against: cannot compare with {name!r}; known: {', '.join(known)}")
    if len(set(chosen)) < len(chosen):
        raise LavaFedError(f"--against {against}: a name occurs twice")
    return chosen


def _trace(name: str, program: Program, spikes: SpikeTrain, output: Output) -> Mapping[str, NDArray[Any]]:
    if name == SLAYER:
        with output.progress("Running SLAYER's quantized forward pass") as bar:
            bar.at(0, "loading torch")
            from compile.slayer.forward import quantized_forward

            return quantized_forward(program, spikes)
    from cli.sessions import run_watched

    return run_watched(name, program, spikes, output).spikes


def _accuracy(trace: Mapping[str, NDArray[Any]], program: Program, labels: NDArray[np.int32]) -> float:
    winners = trace[program.network.output.name].sum(axis=1).argmax(axis=1)
    return float((winners == labels).mean())
