"""A study of minutes as a command: measure, keep, show, write its page."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.readouts.study import FORMAT, read
from benchmarks.section import write_tables
from benchmarks.table import Table
from benchmarks.theory.show import show
from hardware.errors import LavaFedError

WIDTH = 160
"""Columns, where nobody looks at a terminal."""


@dataclass(frozen=True)
class SmallStudy:
    """One question, from seeds to tables.

    Attributes
    ----------
    name : str
        Of the command.
    title : str
        What it measures.
    seeds : int
        Runs of each kind unless ``--seeds`` says otherwise.
    measure : callable
        Returns what was found with so many seeds, as JSON values.
    tables : callable
        Turns what was found into tables.
    page : Path
        Where ``--page`` writes unless it names a file.
    """

    name: str
    title: str
    seeds: int
    measure: Callable[[int], dict[str, Any]]
    tables: Callable[[dict[str, Any]], list[Table]]
    page: Path

    def main(self, arguments: list[str]) -> int:
        """Run the command; 2 where something can be corrected."""
        options = self._parser().parse_args(arguments)
        console = Console()
        if not console.is_terminal:
            console = Console(width=WIDTH)
        try:
            if options.from_json:
                found = read(options.json)
            else:
                found = {"format": FORMAT, "seeds": options.seeds, **self.measure(options.seeds)}
                if options.json:
                    options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
            show(self.tables(found), console)
            if options.page:
                write_tables(self.name, self.tables(found), options.page)
        except LavaFedError as error:
            Console(stderr=True).print(f"Error: {error}", markup=False, highlight=False)
            return 2
        return 0

    def _parser(self) -> argparse.ArgumentParser:
        parser = argparse.ArgumentParser(prog=f"python -m benchmarks {self.name}", description=self.title)
        parser.add_argument("--seeds", type=int, default=self.seeds, metavar="N", help=f"runs ({self.seeds})")
        parser.add_argument("--json", type=Path, metavar="FILE", help="keep the results")
        parser.add_argument(
            "--from-json", action="store_true", help="measure nothing, show the results that --json kept"
        )
        where = f"write them into docs/{self.page.name}"
        parser.add_argument("--page", type=Path, nargs="?", const=self.page, metavar="FILE", help=where)
        return parser
