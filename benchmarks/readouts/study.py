"""A study as a command: its options, its backbone, what it writes."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table as RichTable

from benchmarks.child import ROOT
from benchmarks.machine import machine
from benchmarks.readouts.backbone import file_of, make, recipe_of
from benchmarks.section import markdown, replace_section
from benchmarks.table import Table
from hardware.errors import LavaFedError
from lava_fed.data.dataset import DataSet

DATA = ROOT.parent / "shared" / "data"
"""Where folders of data are looked for; ``--data FOLDER`` names another place."""
PAGE = ROOT / "docs" / "readouts.md"
FORMAT = 1
Tell = Callable[[str], None]
Found = dict[str, Any]


@dataclass(frozen=True)
class Study:
    """One data set, from its files to tables.

    Attributes
    ----------
    name : str
        Of the study, its recipe and its backbone.
    folder : str
        Of its data, in ``DATA``.
    title : str
        What it measures.
    to_train : callable
        Reads a folder; returns what the backbone is trained on, and what it is tested on meanwhile.
    measure : callable
        Reads a folder; returns what was found with so many seeds, as JSON values.
    tables : callable
        Turns what was found into tables.
    draw : callable or None
        Draws what was found into a file.
    page : Path
        Where ``--page`` writes unless it names a file.
    """

    name: str
    folder: str
    title: str
    to_train: Callable[[Path], tuple[DataSet, DataSet]]
    measure: Callable[[Path, int, Tell], Found]
    tables: Callable[[Found], list[Table]]
    draw: Callable[[Found, Path], None] | None = None
    page: Path = PAGE

    def main(self, arguments: list[str]) -> int:
        """Run the command; 2 where something can be corrected."""
        options = self._parser().parse_args(arguments)
        console, errors = Console(), Console(stderr=True)
        try:
            with errors.status(self.name) as status:
                if options.train:
                    self._train(options.data, errors.print)
                found = read(options.json) if options.from_json else self._found(options, status.update)
            if options.json and not options.from_json:
                options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
            for table in self.tables(found):
                show(table, console)
            if options.page:
                self._write(found, options.page)
        except LavaFedError as error:
            errors.print(f"Error: {error}", markup=False, highlight=False)
            return 2
        return 0

    def _found(self, options: argparse.Namespace, tell: Tell) -> Found:
        if not file_of(self.name).exists():
            raise LavaFedError(f"{file_of(self.name)} is missing; train it with --train")
        began = time.perf_counter()
        found = self.measure(options.data, options.seeds, tell)
        return {"format": FORMAT, "machine": machine(), "seconds": time.perf_counter() - began, **found}

    def _train(self, folder: Path, tell: Callable[[str], object]) -> None:
        data, test = self.to_train(folder)

        def at(record: Any) -> None:
            tell(
                f"epoch {record.epoch} of {record.epochs}: loss {record.loss:.3f}, "
                f"{record.train_accuracy:.1%} in training, {record.test_accuracy:.1%} in test"
            )

        make(recipe_of(self.name), data, test, file_of(self.name), at)

    def _write(self, found: Found, page: Path) -> None:
        """Replace this study's results on the page, and draw its picture beside it."""
        begin, end = (
            f"<!-- {self.name}: written by python -m benchmarks {self.name} -->",
            f"<!-- end of {self.name} -->",
        )
        parts = [markdown(table) for table in self.tables(found)]
        if self.draw is not None:
            picture = page.with_name(f"{page.stem}-{self.name}.svg")
            self.draw(found, picture)
            parts.append(f"![{self.title}]({picture.name})")
        replace_section(page, begin, end, "\n\n".join(parts))

    def _parser(self) -> argparse.ArgumentParser:
        parser = argparse.ArgumentParser(prog=f"python -m benchmarks {self.name}", description=self.title)
        parser.add_argument(
            "--data", type=Path, default=DATA / self.folder, metavar="FOLDER", help="holds the data set"
        )
        parser.add_argument("--train", action="store_true", help="train the backbone anew, with SLAYER")
        parser.add_argument("--seeds", type=int, default=3, metavar="N", help="devices, one after the other (3)")
        parser.add_argument("--json", type=Path, metavar="FILE", help="keep the results")
        parser.add_argument(
            "--from-json", action="store_true", help="measure nothing, show the results that --json kept"
        )
        parser.add_argument(
            "--page",
            type=Path,
            nargs="?",
            const=self.page,
            metavar="FILE",
            help=f"write them into docs/{self.page.name}",
        )
        return parser


def read(file: Path | None) -> Found:
    """Read what a study found.

    Raises
    ------
    LavaFedError
        Where the file is missing or is no result of this version.
    """
    if file is None:
        raise LavaFedError("--from-json needs the results; name them with --json FILE")
    try:
        stored: Any = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise LavaFedError(f"{file} cannot be read as results: {error}") from error
    if not isinstance(stored, dict) or stored.get("format") != FORMAT:
        raise LavaFedError(f"{file} holds no results of format {FORMAT}; measure again")
    return stored


def show(table: Table, console: Console) -> None:
    """Print a table."""
    drawn = RichTable(title=table.title, title_justify="left")
    for index, name in enumerate(table.header):
        drawn.add_column(name, justify="left" if index == 0 else "right")
    for row in table.rows:
        drawn.add_row(*row)
    console.print(drawn)
    for note in table.notes:
        console.print(f"  {note}", markup=False, highlight=False)
