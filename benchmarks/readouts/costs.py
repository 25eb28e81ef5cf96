"""What learning costs on the chip, as a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.table import Table


def costs(run: Mapping[str, Any]) -> Table:
    """Return the events and the energy of one sample while a device learned."""
    parts = (("spikes", "spikes"), ("synaptic operations", "synaptic_operations"))
    rows = [(f"{what}, {name}", f"{value:,.0f}") for what, key in parts for name, value in run[key].items()]
    rows += [(f"learning updates, {name}", f"{value:,.0f}") for name, value in run["learning_updates"].items()]
    joules = run["joules"]
    low, value, high = (1e6 * joules[key] for key in ("low", "value", "high"))
    rows.append(("energy", f"{value:.1f} uJ ({low:.1f} to {high:.1f})"))
    return Table("Costs of a sample while it is learned", ("", "a sample"), tuple(rows))


def percents(values: list[float]) -> str:
    """Return accuracies as their mean, with the least and the greatest."""
    middle = sum(values) / len(values)
    return f"{100 * middle:.1f} % ({100 * min(values):.1f} to {100 * max(values):.1f})"
