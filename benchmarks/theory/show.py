"""Tables on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table as RichTable

from benchmarks.table import Table


def show(tables: Sequence[Table], console: Console) -> None:
    """Print tables, each with its notes."""
    for table in tables:
        shown = RichTable(title=table.title, title_justify="left")
        for index, name in enumerate(table.header):
            shown.add_column(name, justify="right" if index else "left")
        for row in table.rows:
            shown.add_row(*row)
        console.print(shown)
        for note in table.notes:
            console.print(note, markup=False, highlight=False)
