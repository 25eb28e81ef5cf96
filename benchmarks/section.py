"""The part of a page between two marks, which a command writes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.kept import measured
from benchmarks.machine import machine
from benchmarks.table import Table
from hardware.errors import LavaFedError


def replace_section(page: Path, begin: str, end: str, text: str) -> None:
    """Put text between two marks of a page.

    Parameters
    ----------
    page : Path
        A Markdown file that holds both marks, each on a line of its own.
    begin, end : str
        The marks; what stands behind the first and before the next ``end`` is replaced.
    text : str
        Markdown.

    Raises
    ------
    LavaFedError
        Where a mark is missing.
    """
    whole = page.read_text(encoding="utf-8") if page.exists() else ""
    head, found, rest = whole.partition(begin)
    _, closed, tail = rest.partition(end)
    if not (found and closed):
        raise LavaFedError(f"{page} has no place for results; put the lines {begin!r} and {end!r} into it")
    page.write_text(f"{head}{begin}\n{text}\n{end}{tail}", encoding="utf-8")


def replace_results(study: str, text: str, page: Path) -> None:
    """Put text between the marks of a study.

    Parameters
    ----------
    study : str
        Name of the command.
    text : str
        Markdown.
    page : Path
        Where.

    Raises
    ------
    LavaFedError
        Where a mark is missing.
    """
    begin = f"<!-- results: written by python -m benchmarks {study} --page -->"
    replace_section(page, begin, f"<!-- end of {study} -->", text)


def write_tables(study: str, tables: Sequence[Table], page: Path) -> None:
    """Put what a study measured just now between its marks, with the day and the machine.

    Raises
    ------
    LavaFedError
        Where a mark is missing.
    """
    parts = [*(markdown(table) for table in tables), f"{measured(machine())}."]
    replace_results(study, "\n\n".join(parts), page)


def markdown(table: Table) -> str:
    """Return a table as Markdown."""
    lines = [f"### {table.title}", "", _line(table.header), _line(("---",) + ("---:",) * (len(table.header) - 1))]
    lines += [_line(row) for row in table.rows]
    if table.notes:
        lines += ["", *[f"- {note}" for note in table.notes]]
    return "\n".join(lines)


def _line(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
