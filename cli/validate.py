"""``lava-fed validate``: the same Program elsewhere, value for value, as a certificate."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.errors import CHECK_FAILED
from cli.options import Input, Json, Steps
from cli.output import Output

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hardware.backend import RunResult
    from hardware.parity import Comparison
    from hardware.program import Program
    from hardware.spikes import SpikeTrain

EXAMPLE = "lava-fed validate digits.h5 --input test.npz --against lava,slayer --samples 40 -o parity.json"
REFERENCE = "emulator"
SLAYER = "slayer"
"""Not a backend: SLAYER's own quantized neurons."""
PACKAGES = ("lava-fed", "lava-nc", "lava-dl", "torch", "numpy", "numba")
"""Packages whose versions a certificate names where they are installed."""


def validate(
    path: Annotated[
        Path, typer.Argument(metavar="PROGRAM|MODEL", help="Program file, or a model to be compiled.")
    ],
    data: Input,
    against: Annotated[
        str,
        typer.Option(
            metavar="NAMES", help="What to compare the emulator with: backends, slayer, a FILE.npy of one layer."
        ),
    ] = "lava,slayer",
    samples: Annotated[int | None, typer.Option(min=1, help="Compare the first samples only.")] = None,
    states: Annotated[bool, typer.Option("--states", help="Compare every state of every neuron too.")] = False,
    layer: Annotated[
        str | None, typer.Option(help="The layer that a FILE.npy shows, by default the output.")
    ] = None,
    lag: Annotated[int, typer.Option(help="Step k of ours is step k + LAG of a FILE.npy.")] = 0,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="CERTIFICATE.json", help="Write the certificate.")
    ] = None,
    steps: Steps = None,
    as_json: Json = False,
) -> None:
    """Compare the emulator with Lava, SLAYER or a recording, value by value; exit 1 where they differ."""
    from cli.certificate_view import show
    from cli.program_files import open_program, read_data
    from cli.target import check_target
    from hardware.backend import layer_states
    from hardware.container import write_bytes
    from hardware.errors import LavaFedError
    from hardware.parity import Certificate

    output = Output(as_json)
    if out is not None:
        check_target(out)
    others = _others(against)
    program = open_program(path)
    shown = program.network.output.name if layer is None else program.network.layer(layer).name
    files = {name: _recording(name) for name in others if _is_file(name)}
    if not files and (lag or layer is not None):
        raise LavaFedError("--layer and --lag say what a FILE.npy shows; name one with --against")
    dataset = read_data(data, program, steps, output)
    if samples is not None and samples < len(dataset):
        dataset = dataset.take(slice(samples))
    probes = [f"{each.name}.{state}" for each in program.network.layers for state in layer_states(each)]
    reference = _run(REFERENCE, program, dataset.x, output, probes if states else [])
    traces: dict[str, Mapping[str, NDArray[Any]]] = {REFERENCE: reference.spikes}
    comparisons = []
    for name in others:
        if name in files:
            comparisons.append(_with_file(name, files[name], reference, shown, lag))
        elif name == SLAYER:
            compared = _with_slayer(program, dataset.x, reference, traces, output, alone=others == [SLAYER])
            comparisons.append(compared)
        else:
            comparisons.append(_with_backend(name, program, dataset.x, reference, traces, output))
    accuracy = None if dataset.y is None else {n: _accuracy(t, program, dataset.y) for n, t in traces.items()}
    certificate = Certificate(
        program.digest,
        program.provenance,
        dataset.digest,
        len(dataset),
        dataset.x.steps,
        REFERENCE,
        _versions(),
        tuple(comparisons),
        accuracy,
    )
    show(certificate, path.name, output)
    if out is not None:
        write_bytes(out, json.dumps(certificate.document(), indent=2).encode() + b"\n")
        output.line(f"Wrote {out}.")
    output.document(certificate.document())
    if not certificate.equal:
        raise typer.Exit(CHECK_FAILED)


def _others(against: str) -> list[str]:
    from hardware import registry
    from hardware.errors import LavaFedError

    known = [name for name in registry.names("backend") if name != REFERENCE] + [SLAYER]
    chosen = [name.strip() for name in against.split(",")]
    for name in chosen:
        if name not in known and not _is_file(name):
            raise LavaFedError(
                f"--against: cannot compare with {name!r}; known: {', '.join(known)}, or a file that ends in .npy"
            )
    if len(set(chosen)) < len(chosen):
        raise LavaFedError(f"--against {against}: a name occurs twice")
    return chosen


def _is_file(name: str) -> bool:
    from cli.trace_file import SUFFIX

    return name.endswith(SUFFIX)


def _recording(name: str) -> NDArray[Any]:
    from cli.trace_file import read_trace

    return read_trace(Path(name))


def _run(name: str, program: Program, spikes: SpikeTrain, output: Output, probes: list[str]) -> RunResult:
    from cli.sessions import run_watched

    return run_watched(name, program, spikes, output, probes)


def _with_file(name: str, trace: NDArray[Any], reference: RunResult, layer: str, lag: int) -> Comparison:
    from hardware.errors import LavaFedError
    from hardware.parity import Comparison, compare_trace

    ours = reference.spikes[layer]
    if trace.shape[2] != ours.shape[2]:
        raise LavaFedError(
            f"{name} shows {trace.shape[2]:,} units, and layer {layer!r} has {ours.shape[2]:,}; name the layer "
            "that it shows with --layer"
        )
    return Comparison(name, (compare_trace(layer, reference.spikes[layer], trace, lag=lag),))


def _with_backend(
    name: str,
    program: Program,
    spikes: SpikeTrain,
    reference: RunResult,
    traces: dict[str, Mapping[str, NDArray[Any]]],
    output: Output,
) -> Comparison:
    from hardware.parity import Comparison, compare

    result = _run(name, program, spikes, output, list(reference.probes))
    traces[name] = result.spikes
    return Comparison(name, compare(reference.spikes, result.spikes), compare(reference.probes, result.probes))


def _with_slayer(
    program: Program,
    spikes: SpikeTrain,
    reference: RunResult,
    traces: dict[str, Mapping[str, NDArray[Any]]],
    output: Output,
    *,
    alone: bool,
) -> Comparison:
    """Compare with SLAYER; what it cannot express is an error only where nothing else is compared."""
    from compile.slayer.availability import availability
    from compile.slayer.disagreements import disagreements
    from compile.slayer.forward import quantized_forward
    from hardware.errors import LavaFedError
    from hardware.parity import Comparison, compare

    availability().require("SLAYER")
    notes = disagreements(program.network)
    if reference.probes:
        notes = (*notes, "its states are not compared, as it does not show them by step")
    with output.progress("Running SLAYER's quantized forward pass") as bar:
        bar.at(0, "loading torch")
        try:
            found = quantized_forward(program, spikes)
        except LavaFedError as error:
            if alone:
                raise
            return Comparison(SLAYER, refused=str(error), notes=notes)
    traces[SLAYER] = found
    return Comparison(SLAYER, compare(reference.spikes, found), notes=notes)


def _accuracy(trace: Mapping[str, NDArray[Any]], program: Program, labels: NDArray[np.int32]) -> float:
    from hardware.backend import RunResult
    from hardware.counters import Counters

    winners = RunResult(trace, {}, Counters()).scores(program.network.output.name).argmax(axis=1)
    return float((winners == labels).mean())


def _versions() -> dict[str, str]:
    from importlib import metadata

    found = {}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found
