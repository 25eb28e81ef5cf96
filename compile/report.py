"""Rows for tables about a Program."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from compile.rules.figures import evidence
from hardware.network import INPUT, Connection, Layer, Network
from hardware.neurons.description import describe
from hardware.placement.usage import core_uses
from hardware.program import Program
from hardware.synapses.convolution import Convolution
from hardware.synapses.dense import Dense
from hardware.synapses.sparse import Sparse
from hardware.synapses.synapse import Synapse


@dataclass(frozen=True)
class LayerRow:
    """One layer.

    Attributes
    ----------
    name : str
        Layer.
    sources : tuple of str
        Populations it reads.
    units, synapses, cores : int
        Neurons, synapses into them (those that share a weight counted one by one), cores they take.
    neuron : str
        Model, with the integers that the chip holds.
    kinds : tuple of str
        Kind of each incoming connection's synapses, with sizes and port; the next three are in the same order.
    weight_bits : tuple of int
        Bits of a weight.
    exponents : tuple of int
        Shared weight exponents.
    weight_ranges : tuple of (int, int)
        Lowest and highest weight that occur.
    delays : str
        Steps that axons and synapses hold messages back, or empty.
    plastic : bool
        Whether any of its connections learns.
    rule : str
        The first such rule, or empty.
    """

    name: str
    sources: tuple[str, ...]
    units: int
    synapses: int
    cores: int
    neuron: str
    kinds: tuple[str, ...]
    weight_bits: tuple[int, ...]
    exponents: tuple[int, ...]
    weight_ranges: tuple[tuple[int, int], ...]
    delays: str
    plastic: bool
    rule: str

    def as_json(self) -> dict[str, Any]:
        """Return the row as JSON values."""
        return _as_json(self)


@dataclass(frozen=True)
class LimitRow:
    """One limited resource.

    Attributes
    ----------
    what, where : str
        The resource, and the fullest place of it.
    used : int
        How much is taken there.
    limit : int or None
        How much there is; ``None`` where the chip's maker has not published it, so it was not checked.
    evidence : str
        What that figure rests on: ``"published"``, ``"read"``, ``"estimate"`` or ``"unknown"``.
    """

    what: str
    where: str
    used: int
    limit: int | None
    evidence: str

    def as_json(self) -> dict[str, Any]:
        """Return the row as JSON values."""
        return _as_json(self)


def layer_rows(program: Program) -> tuple[LayerRow, ...]:
    """Describe each layer of a Program, in order."""
    rows = []
    for layer in program.network.layers:
        incoming = program.network.into(layer.name)
        rules = [connection.rule.text for connection in incoming if connection.rule is not None]
        rows.append(
            LayerRow(
                name=layer.name,
                sources=tuple(connection.source for connection in incoming),
                units=layer.units,
                synapses=sum(int(connection.synapse.fan_in().sum()) for connection in incoming),
                cores=len({part.core for part in program.placement if part.layer == layer.name}),
                neuron=describe(layer.neuron),
                kinds=tuple(_kind(connection) for connection in incoming),
                weight_bits=tuple(connection.synapse.grid.bits for connection in incoming),
                exponents=tuple(connection.synapse.exponent for connection in incoming),
                weight_ranges=tuple(
                    (int(connection.synapse.weights.min()), int(connection.synapse.weights.max()))
                    for connection in incoming
                ),
                delays=_delays(layer, incoming),
                plastic=bool(rules),
                rule=rules[0] if rules else "",
            )
        )
    return tuple(rows)


def _kind(connection: Connection) -> str:
    synapse = connection.synapse
    words = synapse.kind
    if _is_one_to_one(synapse):
        words = "one to one"
    if isinstance(synapse, Convolution):
        sizes = [f"{synapse.weights.shape[2]}x{synapse.weights.shape[3]}", "stride " + _pair(synapse.stride)]
        sizes += [f"{synapse.groups} groups"] if synapse.groups > 1 else []
        words = ("transposed " if synapse.transposed else "") + " ".join([words, *sizes])
    words += ", at once" if connection.direct else ""
    return f"{words}, {connection.port}" if connection.port else words


def _is_one_to_one(synapse: Synapse) -> bool:
    return isinstance(synapse, Sparse) and np.array_equal(synapse.source_of, synapse.target_of)


def _pair(pair: tuple[int, int]) -> str:
    return str(pair[0]) if pair[0] == pair[1] else f"{pair[0]}x{pair[1]}"


def _delays(layer: Layer, incoming: tuple[Connection, ...]) -> str:
    parts = [] if layer.delays is None else [f"axons {layer.delays.min()}..{layer.delays.max()}"]
    for connection in incoming:
        if isinstance(connection.synapse, Dense) and connection.synapse.delays is not None:
            delays = connection.synapse.delays
            parts.append(f"from {connection.source} {delays.min()}..{delays.max()}")
    return ", ".join(parts)


def limit_rows(program: Program) -> tuple[LimitRow, ...]:
    """List what a Program uses of each limited resource, with ``None`` for limits that are not published."""
    chip = program.chip
    rows = [
        LimitRow(use.what, use.where, use.used, use.limit, evidence(chip, use.what).value)
        for use in program.utilization
    ]
    unpublished = {"input axons": chip.axons_in_per_core, "output axons": chip.axons_out_per_core}
    uses = core_uses(program.network, program.placement, chip)[0] if None in unpublished.values() else ()
    for what in (name for name, limit in unpublished.items() if limit is None and uses):
        taken = [use.axons_in if what == "input axons" else use.axons_out for use in uses]
        fullest = uses[taken.index(max(taken))]
        where = f"core {fullest.core} ({', '.join(fullest.layers)})"
        rows.append(LimitRow(what, where, max(taken), None, evidence(chip, what).value))
    return tuple(rows)


def takes(program: Program) -> str:
    """Say in a few words what the host sends."""
    network = program.network
    if network.encoder is not None:
        steps = network.encoder.decimate
        return "real numbers" if steps == 1 else f"spikes or real numbers, the mean of every {steps} steps"
    return "graded spikes" if network.graded_input else "spikes"


def input_shape(network: Network) -> tuple[int, ...]:
    """Return (channels, height, width) where a convolution reads it, behind an encoder too; else (units,)."""
    populations = [INPUT]
    for population in populations:
        for connection in network.connections:
            if connection.source != population:
                continue
            if isinstance(connection.synapse, Convolution):
                return connection.synapse.source_shape
            if _is_one_to_one(connection.synapse) and connection.target not in populations:
                populations.append(connection.target)
    return (network.inputs,)


def summary(program: Program) -> dict[str, Any]:
    """Return everything a table of a Program shows, as JSON values."""
    return {
        "digest": program.digest,
        "chip": program.chip.name,
        "board": None if program.board is None else program.board.name,
        "mesh": {
            name: {"value": figure.value, "evidence": figure.evidence.value}
            for name in ("columns", "rows", "cores_per_tile")
            for figure in (program.chip.figures[name],)
        },
        "inputs": {
            "name": INPUT,
            "units": program.network.inputs,
            "shape": list(input_shape(program.network)),
            "takes": takes(program),
        },
        "layers": [row.as_json() for row in layer_rows(program)],
        "limits": [row.as_json() for row in limit_rows(program)],
        "provenance": dict(program.provenance),
    }


def _as_json(row: LayerRow | LimitRow) -> dict[str, Any]:
    def plain(value: Any) -> Any:
        return [plain(item) for item in value] if isinstance(value, tuple) else value

    return {field.name: plain(getattr(row, field.name)) for field in dataclasses.fields(row)}
