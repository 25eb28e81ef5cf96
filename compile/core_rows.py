"""Rows for tables about the cores of a Program."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from compile.place.comparison import Comparison, compare
from hardware.activity import Activity, assumed
from hardware.placement.mesh import Mesh
from hardware.placement.traffic import Links
from hardware.placement.usage import core_uses
from hardware.program import Program


@dataclass(frozen=True)
class CoreRow:
    """One core.

    Attributes
    ----------
    core, chip : int
        Its number, and that of the chip that it is on.
    column, row : int
        Its tile, counted over the whole board.
    layers : tuple of str
        Layers with neurons on it.
    neurons, synapses : int
        Counts; synapses that share a weight count one by one.
    synapse_bytes : int
        Synaptic memory.
    encodings : dict of str to str
        Format of each connection's synapses on it.
    bits : dict of str to int
        What they take.
    axons_in, axons_out : int
        Sources that it hears, and entries for where its neurons send.
    messages_in, messages_out : float
        Messages a step from and to other cores.
    messages_from_host : float
        Messages a step that the host sends to it.
    traffic : float
        Messages times hops a step of what it sends.
    targets : tuple of (int, float)
        Other cores that listen to it, with the messages a step that go there, the most first.
    """

    core: int
    chip: int
    column: int
    row: int
    layers: tuple[str, ...]
    neurons: int
    synapses: int
    synapse_bytes: int
    encodings: dict[str, str]
    bits: dict[str, int]
    axons_in: int
    axons_out: int
    messages_in: float
    messages_out: float
    messages_from_host: float
    traffic: float
    targets: tuple[tuple[int, float], ...]

    def as_json(self) -> dict[str, Any]:
        """Return the row as JSON values."""
        return {
            **dataclasses.asdict(self),
            "layers": list(self.layers),
            "targets": [list(target) for target in self.targets],
        }


@dataclass(frozen=True)
class CoreReport:
    """All cores in use, and what lies between them.

    Attributes
    ----------
    rows : tuple of CoreRow
        By core.
    traffic : Comparison
        Of the placement, and of others.
    """

    rows: tuple[CoreRow, ...]
    traffic: Comparison

    def as_json(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {"cores": [row.as_json() for row in self.rows], "traffic": dataclasses.asdict(self.traffic)}


def core_report(program: Program, activity: Activity | None = None) -> CoreReport:
    """Measure every core of a Program.

    Parameters
    ----------
    program : Program
        A placed network.
    activity : Activity, optional
        How often its units send; every unit in every step by default, which no run can exceed.
    """
    network, chip = program.network, program.chip
    used = assumed(network, 1) if activity is None else activity
    mesh = Mesh.of(chip, program.board)
    uses, joined = core_uses(network, program.placement, chip, used)
    places, sent = mesh.places(joined.cores), joined.by_core(mesh)
    inside = joined.messages.diagonal()
    into, out = joined.messages.sum(axis=0) - inside, joined.messages.sum(axis=1) - inside
    rows = tuple(
        CoreRow(
            core=use.core,
            chip=use.core // chip.cores,
            column=int(places[index, 0]),
            row=int(places[index, 1]),
            layers=use.layers,
            neurons=use.neurons,
            synapses=use.synapses,
            synapse_bytes=use.synapse_bytes,
            encodings={name: each.encoding.value for name, each in use.encoded.items()},
            bits={name: each.bits for name, each in use.encoded.items()},
            axons_in=use.axons_in,
            axons_out=use.axons_out,
            messages_in=float(into[index]) / used.steps,
            messages_out=float(out[index]) / used.steps,
            messages_from_host=float(joined.host_messages[index]) / used.steps,
            traffic=float(sent[index]) / used.steps,
            targets=_targets(joined, index),
        )
        for index, use in enumerate(uses)
    )
    return CoreReport(rows, compare(network, mesh, joined, used))


def _targets(joined: Links, index: int) -> tuple[tuple[int, float], ...]:
    sent = joined.messages[index]
    there = np.flatnonzero(joined.axons[index])
    order = there[np.argsort(-sent[there], kind="stable")]
    return tuple((int(joined.cores[core]), int(sent[core]) / joined.steps) for core in order if core != index)
