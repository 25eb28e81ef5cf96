"""``lava-fed run``: a Program on a backend."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import Input, Json, Steps
from cli.output import Output

if TYPE_CHECKING:
    from hardware.backend import RunResult

EXAMPLE = "lava-fed run digits.h5 --input test.npz --probe readout.v -o out.npz"


def run(
    path: Annotated[Path, typer.Argument(metavar="PROGRAM", help="Program file, or a model to be compiled.")],
    data: Input,
    backend: Annotated[str, typer.Option(help="Backend, see 'lava-fed backends'.")] = "emulator",
    probe: Annotated[
        list[str] | None,
        typer.Option(metavar="LAYER.STATE", help="State to record, as u and v of CUBA neurons; with a teacher m."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="OUT.npz",
            help="Write spikes (LAYER.spikes) and probes, arrays of shape (samples, steps, units).",
        ),
    ] = None,
    steps: Steps = None,
    as_json: Json = False,
) -> None:
    """Run every sample from rest, count the events, and record what is asked for."""
    from cli.program_files import open_program, read_data
    from cli.sessions import run_watched
    from cli.target import check_target
    from hardware.errors import LavaFedError

    output = Output(as_json)
    if out is not None:
        check_target(out)
    elif probe:
        raise LavaFedError(f"--probe {probe[0]}: probes are written to a file; name it with -o OUT.npz")
    program = open_program(path)
    dataset = read_data(data, program, steps, output)
    result = run_watched(backend, program, dataset.x, output, probe or [])
    operations = result.counters.synaptic_operations
    layers = [layer.name for layer in program.network.layers]
    document = {
        "program": program.digest,
        "backend": backend,
        "samples": dataset.x.samples,
        "steps": dataset.x.steps,
        "accuracy": None,
        "counters": {
            "spikes": dict(result.counters.spikes),
            "synaptic_operations": dict(result.counters.synaptic_operations),
            "neuron_updates": dict(result.counters.neuron_updates),
        },
    }
    output.table(
        f"{path.name} on {backend}: {dataset.x.samples:,} samples of {dataset.x.steps:,} steps",
        ("layer", "units", "spikes", "per unit and sample", "neuron updates", "synaptic operations into it"),
        [
            (
                layer.name,
                f"{layer.units:,}",
                f"{result.counters.spikes[layer.name]:,}",
                f"{result.counters.spikes[layer.name] / (layer.units * dataset.x.samples):.2f}",
                f"{result.counters.neuron_updates[layer.name]:,}",
                f"{sum(operations[connection.name] for connection in program.network.into(layer.name)):,}",
            )
            for layer in program.network.layers
        ],
        numeric="lrrrrr",
    )
    if dataset.y is not None:
        from lava_fed.report.numbers import percent

        right = (result.scores(layers[-1]).argmax(axis=1) == dataset.y).sum()
        document["accuracy"] = float(right / len(dataset))
        output.line(f"Accuracy {percent(right / len(dataset))}: {right:,} of {len(dataset):,} samples.")
    if out is not None:
        _write(out, result)
        output.line(f"Wrote {out}.")
        document["out"] = str(out)
    output.document(document)


def _write(path: Path, result: RunResult) -> None:
    import numpy as np

    from hardware.container import write_bytes

    arrays = {f"{name}.spikes": values for name, values in result.spikes.items()}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays, **result.probes)
    write_bytes(path, buffer.getvalue())
