"""Energy models in TOML, read strictly."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hardware.chip.figure import Evidence
from hardware.energy.cause import Cause
from hardware.energy.model import Barrier, Constant, EnergyModel
from hardware.errors import LavaFedError
from hardware.toml_table import Table, read_toml

KIND = "energy model"
EVIDENCE = tuple(evidence.value for evidence in Evidence)
LARGEST = 1e6
"""Joules, seconds or watts that no event costs."""


def read_model(path: Path) -> EnergyModel:
    """Read an energy model; ``docs/energy.md`` describes the format.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    LavaFedError
        Where it is missing, not TOML, or says something that a model cannot be; the message names the key.
    """
    top = Table(read_toml(path, KIND, LavaFedError), "", path.name, KIND, LavaFedError)
    name = top.text("name")
    title = top.text("title", default=name)
    said = top.table("sources")
    sources = {key: said.text(key) for key in said.names}
    joules = _costs(top.table("joules", required=True), "J", sources)
    seconds = _costs(top.table("seconds"), "s", sources)
    barrier = _barrier(top.table("barrier"), sources) if top.has("barrier") else None
    leakage = _constant(top.table("leakage"), "W", sources) if top.has("leakage") else None
    top.finish()
    if not joules:
        raise LavaFedError(f"{path.name}: [joules] is empty; give at least one cause, such as spike")
    return EnergyModel(name, title, joules, seconds, barrier, leakage)


def _costs(table: Table, unit: str, sources: Mapping[str, str]) -> dict[Cause, Constant]:
    found = {
        cause: _constant(table.table(cause.value), unit, sources) for cause in Cause if table.has(cause.value)
    }
    table.finish("the causes " + ", ".join(cause.value for cause in Cause))
    return found


def _constant(table: Table, unit: str, sources: Mapping[str, str]) -> Constant:
    evidence = Evidence(table.text("evidence", default=Evidence.ESTIMATE.value, choices=EVIDENCE))
    source = table.text("source", default=f"{table.where}, which names no source")
    value, within = None, 0.0
    if evidence is not Evidence.UNKNOWN:  # a value of what is unknown is refused as a key too many
        value = table.number("value", 0, LARGEST)
        within = table.number("within", 0, 1)
    table.finish()
    return Constant(value, unit, evidence, sources.get(source, source), within)


def _barrier(table: Table, sources: Mapping[str, str]) -> Barrier:
    tiles = table.integers("tiles", 1, 1 << 30, most=64)
    times = table.integers("nanoseconds", 0, 1 << 40, most=64)
    evidence = Evidence(table.text("evidence", default=Evidence.ESTIMATE.value, choices=EVIDENCE[:-1]))
    source = table.text("source", default=f"{table.where}, which names no source")
    within = table.number("within", 0, 1)
    table.finish()
    if not tiles or len(tiles) != len(times) or list(tiles) != sorted(set(tiles)):
        raise LavaFedError(
            f"{table.where}: barrier needs ascending tiles with as many nanoseconds, found {len(tiles)} "
            f"and {len(times)}"
        )
    said = sources.get(source, source)
    return Barrier(tiles, tuple(Constant(time / 1e9, "s", evidence, said, within) for time in times))
