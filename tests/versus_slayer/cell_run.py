"""One cell of the matrix: SLAYER's own answer, the Program, the emulator's answer, and what comes of comparing."""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
import warnings
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from numpy.typing import NDArray

from compile.frontends.hdf5_worker import dump
from compile.pipeline import compile_graph, compile_model
from compile.slayer.availability import load
from compile.slayer.export import encode_net
from compile.slayer.forward import quantized_forward
from compile.slayer.live_module import read_module
from hardware.emulator.engine import EmulatorBackend
from hardware.errors import LavaFedError
from hardware.neurons.cuba import Message
from hardware.neurons.relay import Relay
from hardware.neurons.sigma_delta import Sigma
from hardware.program import Program
from hardware.spikes import SpikeTrain
from tests.versus_slayer.blocks import Built, Cell, build
from tests.versus_slayer.own_answer import (
    MENDED,
    encodes,
    first_line,
    mended_answer,
    own_answer,
    shown,
    silent_steps,
)

EXACT, LIVE, NEURON, DIFFERS, REFUSED = "exact", "live", "neuron", "differs", "refused"
"""Outcomes: equal through SLAYER's file; equal through the live module only; equal to SLAYER's neuron where the
block's own forward pass fails; SLAYER differs from Lava; refused by name."""
DROPPED = "SLAYER's own export drops a part of it; the live module has it"
AT_ONCE = ("Affine", "Average")
"""Blocks that take no step in SLAYER."""


REASONS: tuple[tuple[Callable[[Cell], bool], str], ...] = (
    (
        lambda cell: cell.variant == "scale norm" and cell.family.startswith("cuba"),
        "SLAYER scales the current after its decay, the Program the weights before: fractions are cut elsewhere",
    ),
    (
        lambda cell: cell.layer == "Affine, no dynamics",
        "SLAYER's block shows the current of each step, lava-dl's netx and the Program its sum over time",
    ),
    (
        lambda cell: cell.family == "cuba, per channel" and cell.layer.startswith("Conv,"),
        "SLAYER applies the decays of channels along the width of the image, where the two sizes are equal",
    ),
    (
        lambda cell: (
            cell.family == "cuba, graded" and cell.layer in ("Recurrent", "KWTA") and cell.variant == "norm"
        ),
        "SLAYER rounds graded input before it adds the norm, in blocks that run by steps; the Program, together",
    ),
)
"""Why SLAYER's block may differ from its own neuron on the Program's integers."""


@dataclass(eq=False)
class Outcome:
    """What became of a cell."""

    cell: Cell
    code: str
    text: str = ""
    program: Program | None = None
    spikes: SpikeTrain | None = None
    rates: list[float] = field(default_factory=list)


def run_cell(cell: Cell) -> Outcome:
    """Build, run, export, compile and compare."""
    import torch

    seed = zlib.crc32(repr(cell).encode())
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        torch.manual_seed(seed)
        return _run(cell, np.random.default_rng(seed))


def _run(cell: Cell, rng: np.random.Generator) -> Outcome:
    try:
        built = build(load(), cell, rng)
    except Exception as error:  # whatever SLAYER raises
        return Outcome(cell, REFUSED, f"SLAYER's own block cannot be made ({first_line(error)})")
    own: list[Any] | None = None
    failed = ""
    try:
        own = own_answer(cell, built, rng)
    except Exception as error:
        failed = f"SLAYER's own forward pass fails ({first_line(error)})"
        own = mended_answer(cell, built, rng)
        if own is not None:
            failed = MENDED[cell.family]
    by_file = _outcome(cell, built, _by_file, own, failed)
    if by_file.code in (EXACT, NEURON):
        return by_file
    by_module = _outcome(cell, built, _by_module, own, failed)
    if by_module.code == LIVE:
        by_module.text = by_file.text if by_file.code == REFUSED else DROPPED
    best = by_file if by_module.code == REFUSED and by_file.code != REFUSED else by_module
    if best.code == DIFFERS:
        refusal = by_module.text if by_module.code == REFUSED else ""
        best.text = _reason(cell, best.text, refusal)
    if best.code == REFUSED and failed:
        best.text = f"{failed}; {best.text}"
    return best


def _by_file(built: Built) -> Program:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cell.net"
        try:
            path.write_bytes(encode_net(built.blocks))
        except Exception as error:
            raise LavaFedError(f"SLAYER's own export fails ({first_line(error)})") from error
        try:
            with mock.patch("compile.frontends.strict_hdf5._in_child", _read_here):
                return compile_model(path)
        except LavaFedError as error:
            raise type(error)(str(error).replace(f"{folder}/", "")) from error


def _read_here(data: bytes, path: Path, worker: str) -> bytes:
    """Read SLAYER's own file without the child process, whose start costs more than all the rest of a cell."""
    del path, worker
    tree, body = dump(data)
    return json.dumps(tree).encode() + b"\n" + body


def _by_module(built: Built) -> Program:
    import torch

    return compile_graph(read_module(torch.nn.ModuleList(built.blocks)))


def _outcome(cell: Cell, built: Built, way: Any, own: list[Any] | None, failed: str) -> Outcome:
    try:
        program = way(built)
    except LavaFedError as error:
        return Outcome(cell, REFUSED, str(error))
    spikes = _input_of(program, built)
    with EmulatorBackend().load(program) as session:
        emulated = session.run(spikes).spikes
    try:
        oracle = quantized_forward(program, spikes)
    except LavaFedError as error:
        return Outcome(cell, REFUSED, str(error))
    wrong = [name for name, trace in oracle.items() if not np.array_equal(trace, emulated[name])]
    if wrong:
        raise AssertionError(f"{cell}: emulator and SLAYER's neurons differ in {wrong}")
    if own is None:
        return Outcome(cell, NEURON, failed, program, spikes, _rates(oracle))
    said = differences(cell, program, built, own, emulated)
    code = DIFFERS if said else NEURON if failed else EXACT if way is _by_file else LIVE
    return Outcome(cell, code, said or failed, program, spikes, _rates(oracle))


def _reason(cell: Cell, said: str, refusal: str) -> str:
    """Name the known reason for which SLAYER's block differs, or fail: there is no third outcome."""
    for holds, reason in REASONS:
        if holds(cell):
            return reason
    if refusal and cell.layer == "Input" and cell.variant == "norm":
        return f"SLAYER's own export leaves the norm of an Input block out; of the live module: {refusal}"
    raise AssertionError(f"{cell}: SLAYER's block differs for no known reason: {said}")


def _input_of(program: Program, built: Built) -> SpikeTrain:
    values = np.moveaxis(built.values.reshape(built.values.shape[0], -1, built.values.shape[-1]), 1, 2)
    encoder = program.network.encoder
    return SpikeTrain(values.astype(np.uint8) if encoder is None else encoder(values))


def _rates(traces: Any) -> list[float]:
    """Activity of each layer that sends plain spikes."""
    return [float(trace.mean()) for trace in traces.values() if trace.dtype == np.uint8]


def differences(cell: Cell, program: Program, built: Built, own: list[Any], emulated: Any) -> str:
    """Say where SLAYER's traces and ours differ; empty where they are equal in every layer."""
    layers = program.network.layers
    layered = shown(built)
    if len(layered) != len(layers):
        return f"{len(layered)} blocks became {len(layers)} layers"
    sums = cell.layer == "Affine, no dynamics" and not isinstance(layers[-1].neuron, Relay)
    for depth, (layer, index) in enumerate(zip(layers, layered, strict=True), start=1):
        ours = np.moveaxis(emulated[layer.name].astype(np.int64), 1, 2)
        theirs = own[index].numpy().astype(np.float64).reshape(*ours.shape[:2], -1)
        if sums and layer is layers[-1]:
            theirs = theirs.cumsum(axis=-1)
        at_once = sum(type(block).__name__ in AT_ONCE for block in built.blocks[: index + 1])
        offset = silent_steps(cell, built) + encodes(built) - (depth if cell.changes else at_once)
        if said := _difference(ours, np.rint(theirs * _scale(layer.neuron, cell)), offset):
            return f"layer {layer.name}: {said}"
    return "it sums over time" if sums else ""


def _difference(ours: NDArray[Any], theirs: NDArray[Any], offset: int) -> str:
    """Compare our step k with SLAYER's step k + ``offset``; before SLAYER's first, ours must be silent."""
    first, last = max(0, -offset), min(ours.shape[2], theirs.shape[2] - offset)
    if ours[..., :first].any():
        return "something is sent before SLAYER's first step"
    unequal = int(np.count_nonzero(ours[..., first:last] != theirs[..., first + offset : last + offset]))
    return f"{unequal} of {ours[..., first:last].size} values differ" if unequal else ""


def _scale(neuron: Any, cell: Cell) -> int:
    if isinstance(neuron, Sigma):
        return 1 << 18
    if isinstance(neuron, Relay):
        return 2 << 12 if cell.changes or "graded" in cell.family else 2
    graded = neuron.sends_graded or getattr(neuron, "message", None) is Message.VOLTAGE
    return 1 << 12 if graded or cell.changes else 1
