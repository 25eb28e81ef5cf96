"""The page in docs: its results are written from what was measured, never by hand."""

from __future__ import annotations

from pathlib import Path

from benchmarks.plot import draw
from benchmarks.results import Results
from benchmarks.table import Table, tables
from hardware.errors import LavaFedError

BEGIN = "<!-- results: written by python -m benchmarks page -->"
END = "<!-- end of results -->"


def write_page(results: Results, page: Path) -> None:
    """Replace the results of a page, and draw its picture beside it.

    Parameters
    ----------
    results : Results
        What was measured.
    page : Path
        A Markdown file that holds both marks; the picture gets its name with ``.svg``.

    Raises
    ------
    LavaFedError
        Where the marks are missing.
    """
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    if BEGIN not in text or END not in text:
        raise LavaFedError(f"{page} has no place for results; put the lines {BEGIN!r} and {END!r} into it")
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    picture = page.with_suffix(".svg")
    draw(results, picture)
    page.write_text(f"{before}{BEGIN}\n{section(results, picture.name)}\n{END}{after}", encoding="utf-8")


def section(results: Results, picture: str) -> str:
    """Return the results as Markdown."""
    facts = {**results.get("machine", {}), **results.get("settings", {})}
    parts = ["\n".join(f"- {name}: {value}" for name, value in facts.items() if value)]
    parts += [markdown(table) for table in tables(results)]
    parts.append(f"![How many times faster, and how time and memory grow]({picture})")
    return "\n\n".join(parts)


def markdown(table: Table) -> str:
    """Return a table as Markdown."""
    lines = [f"### {table.title}", "", _line(table.header), _line(("---",) + ("---:",) * (len(table.header) - 1))]
    lines += [_line(row) for row in table.rows]
    if table.notes:
        lines += ["", *[f"- {note}" for note in table.notes]]
    return "\n".join(lines)


def _line(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
