"""Rows for tables about a Program."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from compile.rules import sources_of
from hardware.network import INPUT
from hardware.program import Program


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
        Neurons, weights into them, cores they take.
    neuron : str
        Model, with the integers that the chip holds.
    weight_bits : tuple of int
        Of each incoming connection, as are the next two.
    exponents : tuple of int
        Shared weight exponents.
    weight_ranges : tuple of (int, int)
        Lowest and highest weight that occur.
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
    weight_bits: tuple[int, ...]
    exponents: tuple[int, ...]
    weight_ranges: tuple[tuple[int, int], ...]
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
    """

    what: str
    where: str
    used: int
    limit: int | None

    def as_json(self) -> dict[str, Any]:
        """Return the row as JSON values."""
        return _as_json(self)


def layer_rows(program: Program) -> tuple[LayerRow, ...]:
    """Describe each layer of a Program, in order."""
    rows = []
    for layer in program.network.layers:
        incoming = program.network.into(layer.name)
        rules = [connection.rule.text for connection in incoming if connection.rule is not None]
        neuron = layer.neuron
        decays = f"decays {neuron.current_decay} and {neuron.voltage_decay}"
        bias = f", bias x 2^{neuron.bias_exponent}" if neuron.bias_mantissa.any() else ""
        rows.append(
            LayerRow(
                name=layer.name,
                sources=tuple(connection.source for connection in incoming),
                units=layer.units,
                synapses=sum(connection.synapse.weights.size for connection in incoming),
                cores=sum(part.layer == layer.name for part in program.placement),
                neuron=(f"CUBA, {decays}, threshold {neuron.threshold}{bias}"),
                weight_bits=tuple(connection.synapse.grid.bits for connection in incoming),
                exponents=tuple(connection.synapse.exponent for connection in incoming),
                weight_ranges=tuple(
                    (int(connection.synapse.weights.min()), int(connection.synapse.weights.max()))
                    for connection in incoming
                ),
                plastic=bool(rules),
                rule=rules[0] if rules else "",
            )
        )
    return tuple(rows)


def limit_rows(program: Program) -> tuple[LimitRow, ...]:
    """List what a Program uses of each limited resource, with ``None`` for limits that are not published."""
    rows = [LimitRow(use.what, use.where, use.used, use.limit) for use in program.utilization]
    if program.chip.axons_in_per_core is None and program.placement:
        part = max(program.placement, key=lambda part: sources_of(program.network, part.layer))
        used = sources_of(program.network, part.layer)
        rows.append(LimitRow("input axons", f"core {part.core} ({part.layer})", used, None))
    return tuple(rows)


def summary(program: Program) -> dict[str, Any]:
    """Return everything a table of a Program shows, as JSON values."""
    return {
        "digest": program.digest,
        "chip": program.chip.name,
        "inputs": {"name": INPUT, "units": program.network.inputs},
        "layers": [row.as_json() for row in layer_rows(program)],
        "limits": [row.as_json() for row in limit_rows(program)],
        "provenance": dict(program.provenance),
    }


def _as_json(row: LayerRow | LimitRow) -> dict[str, Any]:
    def plain(value: Any) -> Any:
        return [plain(item) for item in value] if isinstance(value, tuple) else value

    return {field.name: plain(getattr(row, field.name)) for field in dataclasses.fields(row)}
