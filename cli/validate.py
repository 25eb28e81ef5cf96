"""``lava-fed validate``: the same Program elsewhere, value for value, as a certificate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.comparing import REFERENCE, SLAYER
from cli.errors import CHECK_FAILED
from cli.options import Input, Json, Steps
from cli.output import Output

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cli.comparing import Contender
    from hardware.program import Program

EXAMPLE = "lava-fed validate digits.h5 --input test.npz --against lava,slayer --samples 40 -o parity.json"
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
    from cli.comparing import Recording, compare_all
    from cli.program_files import open_data, open_program
    from cli.target import check_target
    from hardware.container import write_bytes
    from hardware.errors import LavaFedError
    from hardware.parity import Certificate
    from hardware.probes import layer_states

    output = Output(as_json)
    if out is not None:
        check_target(out, path, data)
    names = _others(against)
    program = open_program(path)
    network = program.network
    shown = network.output.name if layer is None else network.layer(layer).name
    files = {name: _recording(name) for name in names if _is_file(name)}
    if not files and (lag or layer is not None):
        raise LavaFedError("--layer and --lag say what a FILE.npy shows; name one with --against")
    probes = [f"{each.name}.{state}" for each in network.layers for state in layer_states(each) if states]
    with open_data(data, program, steps) as source:
        if samples is not None:
            source.keep(samples)
        size = (source.samples, source.steps)
        others = [_runner(name, program, states) for name in names]
        for index, name in enumerate(names):
            if name in files:
                others[index] = Recording(name, program, files[name], shown, size, lag)
        needed = [shown, network.output.name] if len(files) == len(names) else None
        digest, accuracy = compare_all(program, source, others, layers=needed, states=probes, output=output)
        for note in source.notes:
            output.note(f"Note: {data.name}: {note}.")
    certificate = Certificate(
        program.digest,
        program.provenance,
        digest,
        *size,
        REFERENCE,
        _versions(),
        tuple(other.comparison for other in others),
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


def _runner(name: str, program: Program, states: bool) -> Contender:
    """Return one that runs the Program itself, with what is known of its disagreements."""
    from cli.comparing import Contender

    found = Contender(name, program)
    if name == SLAYER:
        from compile.slayer.disagreements import disagreements

        found.notes = disagreements(program.network)
        if states:
            found.notes = (*found.notes, "its states are not compared, as it does not show them by step")
    return found


def _versions() -> dict[str, str]:
    from importlib import metadata

    found = {}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found
