"""Chips in TOML: read strictly, written back for a Program's container."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from hardware.chip.board import SIDE_MAX, Board
from hardware.chip.figure import Evidence, Figure
from hardware.chip.quantity import QUANTITIES, Quantity
from hardware.chip.spec import ChipSpec
from hardware.errors import ChipError
from hardware.toml_table import Table, read_toml

KIND = "chip file"
EVIDENCE = tuple(evidence.value for evidence in Evidence)
NO_CHIPS: Mapping[str, ChipSpec] = MappingProxyType({})
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")


def read_chip(path: Path, known: Mapping[str, ChipSpec] = NO_CHIPS) -> ChipSpec:
    """Read a chip from a TOML file; ``docs/chips.md`` describes the format.

    Parameters
    ----------
    path : Path
        The file.
    known : mapping of str to ChipSpec
        Chips that it may be ``like``.

    Raises
    ------
    ChipError
        Where it is missing, not TOML, or says something that a chip cannot be; the message names the key.
    """
    return chip_from(read_toml(path, KIND, ChipError), path.name, known)


def chip_from(content: object, where: str, known: Mapping[str, ChipSpec] = NO_CHIPS) -> ChipSpec:
    """Make a chip of what TOML or a container holds.

    Raises
    ------
    ChipError
        As ``read_chip``; ``where`` names the file.
    """
    top = Table(content, "", where, KIND, ChipError)
    name = _name(top.text("name"), "name", where)
    title = top.text("title", default=name)
    base = known[top.text("like", choices=tuple(known))] if known and top.has("like") else None
    said = top.table("sources")
    sources = {key: said.text(key) for key in said.names}
    table = top.table("figures", required=base is None)
    stated = {} if base is None else dict(base.figures)
    for key, quantity in QUANTITIES.items():
        if table.has(key) or key not in stated:
            stated[key] = _figure(table, key, quantity, sources)
    table.finish("the figures that 'lava-fed chips' lists")
    shelf = top.table("boards")
    boards = {key: _board(shelf.table(key), key, name, sources) for key in shelf.names}
    shelf.finish()
    top.finish()
    values: dict[str, Any] = {key: figure.value for key, figure in stated.items()}
    chip = ChipSpec(name=name, title=title, **values, stated=stated, boards=boards)
    if chip.cores > chip.columns * chip.rows * chip.cores_per_tile:
        raise ChipError(
            f"{where}: {chip.cores} cores do not fit {chip.columns} x {chip.rows} tiles of {chip.cores_per_tile}; "
            "correct figures.columns, figures.rows or figures.cores_per_tile"
        )
    return chip


def chip_content(chip: ChipSpec) -> dict[str, Any]:
    """Return a chip as ``chip_from`` reads it, in JSON values."""
    return {
        "name": chip.name,
        "title": chip.title,
        "figures": {
            name: {
                **({} if figure.value is None else {"value": figure.value}),
                "evidence": figure.evidence.value,
                "source": figure.source,
            }
            for name, figure in chip.figures.items()
        },
        "boards": {name: board_content(board) for name, board in chip.boards.items()},
    }


def board_content(board: Board) -> dict[str, Any]:
    """Return a board as ``board_from`` reads it, in JSON values, without its name."""
    return {
        "title": board.title,
        "columns": board.columns,
        "rows": board.rows,
        **({} if board.usable_cores is None else {"usable_cores": board.usable_cores}),
        "evidence": board.evidence.value,
        "arrangement": board.arrangement.value,
        "source": board.source,
    }


def board_from(content: object, name: str, chip_name: str, where: str) -> Board:
    """Make a board of what ``board_content`` returned.

    Raises
    ------
    ChipError
        Where it is not a board; ``where`` names the file.
    """
    return _board(Table(content, f"boards.{name}", where, KIND, ChipError), name, chip_name, {})


def _figure(table: Table, key: str, quantity: Quantity, sources: Mapping[str, str]) -> Figure:
    if not table.has(key) and not quantity.known:
        return Figure(None, quantity.unit, Evidence.UNKNOWN, f"not in {table.where}")
    entry = table.table(key, required=True)
    evidence = Evidence(entry.text("evidence", default=Evidence.ESTIMATE.value, choices=EVIDENCE))
    source = entry.text("source", default=f"{table.where}, which names no source")
    value: int | bool | None
    if evidence is Evidence.UNKNOWN and not quantity.known:
        value = None  # a value beside it is refused as a key too many
    elif quantity.yes_or_no:
        value = entry.boolean("value")
    else:
        value = entry.integer("value", quantity.low, quantity.high)
    entry.finish()
    return Figure(value, quantity.unit, evidence, sources.get(source, source))


def _board(table: Table, name: str, chip_name: str, sources: Mapping[str, str]) -> Board:
    source = table.text("source", default=f"{table.where}, which names no source")
    board = Board(
        _name(name, "a board's name", table.where),
        table.text("title", default=name),
        chip_name,
        table.integer("columns", 1, SIDE_MAX),
        table.integer("rows", 1, SIDE_MAX),
        table.integer("usable_cores", 1, 1 << 20) if table.has("usable_cores") else None,
        Evidence(table.text("evidence", default=Evidence.ESTIMATE.value, choices=EVIDENCE)),
        Evidence(table.text("arrangement", default=Evidence.ESTIMATE.value, choices=EVIDENCE)),
        sources.get(source, source),
    )
    table.finish()
    return board


def _name(name: str, key: str, where: str) -> str:
    if not _NAME.fullmatch(name):
        raise ChipError(
            f"{where}: {key} is {name[:60]!r}, it must be up to 64 lower-case letters, digits, '-', '_' and '.'"
        )
    return name
