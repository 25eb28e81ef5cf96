"""The page in docs: its results are written from what was measured, never by hand."""

from __future__ import annotations

from pathlib import Path

from benchmarks.plot import draw
from benchmarks.results import Results
from benchmarks.section import markdown, replace_section
from benchmarks.table import tables

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
    picture = page.with_suffix(".svg")
    replace_section(page, BEGIN, END, section(results, picture.name))
    draw(results, picture)


def section(results: Results, picture: str) -> str:
    """Return the results as Markdown."""
    facts = {**results.get("machine", {}), **results.get("settings", {})}
    parts = ["\n".join(f"- {name}: {value}" for name, value in facts.items() if value)]
    parts += [markdown(table) for table in tables(results)]
    parts.append(f"![How many times faster, and how time and memory grow]({picture})")
    return "\n\n".join(parts)
