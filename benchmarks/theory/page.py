"""The page of theory: each experiment writes its own part."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.child import ROOT
from benchmarks.machine import machine
from benchmarks.page import markdown
from benchmarks.table import Table
from hardware.errors import LavaFedError

PAGE = ROOT / "docs" / "theory.md"


def write(study: str, tables: Sequence[Table], page: Path = PAGE) -> None:
    """Replace an experiment's results on the page.

    Parameters
    ----------
    study : str
        Name of the command.
    tables : sequence of Table
        What it measured.
    page : Path
        A Markdown file that holds the experiment's marks.

    Raises
    ------
    LavaFedError
        Where the marks are missing.
    """
    facts = machine()
    measured = f"Measured {facts['date']} on {facts['processor']}, {facts['cores']} cores."
    replace_results(study, "\n\n".join([*(markdown(table) for table in tables), measured]), page)


def replace_results(study: str, text: str, page: Path) -> None:
    """Replace what stands between an experiment's marks.

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
        Where the marks are missing.
    """
    begin, end = f"<!-- results: written by python -m benchmarks {study} --page -->", f"<!-- end of {study} -->"
    whole = page.read_text(encoding="utf-8") if page.exists() else ""
    if begin not in whole or end not in whole:
        raise LavaFedError(f"{page} has no place for results; put the lines {begin!r} and {end!r} into it")
    before, rest = whole.split(begin, 1)
    after = rest.split(end, 1)[1]
    page.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")
