"""The only place that prints.

Results go to stdout: tables and lines for people, or, with ``--json``, exactly one JSON document. Progress and
errors go to stderr, drawn as bars on a terminal and as plain lines elsewhere.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

PLAIN_WIDTH = 160
"""Columns where the output is not a terminal, so that no table is folded."""
PLAIN_INTERVAL = 2.0
"""Least seconds between two plain progress lines."""


class Bar:
    """Progress of one task; made by ``Output.progress``."""

    def __init__(self, title: str, total: int, drawn: tuple[Progress, TaskID] | None) -> None:
        self._title, self._total, self._drawn = title, total, drawn
        self._said, self._last = 0.0, ""

    def at(self, done: int, note: str = "") -> None:
        """Say that ``done`` of the total is finished, with a word on how it goes."""
        if self._drawn is not None:
            progress, task = self._drawn
            progress.update(task, completed=done, note=printable(note))
            return
        now = time.monotonic()
        share = f"{100 * done // self._total} %" if self._total else ""
        text = f"{self._title}: {', '.join(part for part in (share, printable(note)) if part)}"
        if text != self._last and (now - self._said >= PLAIN_INTERVAL or done == self._total):
            self._said, self._last = now, text
            _write(sys.stderr, text)


class Output:
    """Speaks to the user.

    Parameters
    ----------
    as_json : bool
        Print one JSON document instead of text.
    """

    def __init__(self, as_json: bool = False) -> None:
        self.as_json = as_json

    def line(self, text: str = "", *, style: str = "") -> None:
        """Print one line of text."""
        if not self.as_json:
            _write(sys.stdout, _styled(sys.stdout, text, style))

    def fields(self, rows: Mapping[str, str]) -> None:
        """Print names and values, one pair a line."""
        width = max(map(len, rows), default=0)
        for name, value in rows.items():
            self.line(f"{name.ljust(width)}  {value}".replace("\n", "\\n"))

    def table(
        self, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], *, numeric: str = ""
    ) -> None:
        """Print a table, or, where the terminal is too narrow for its words and numbers, a list of its rows.

        Parameters
        ----------
        title : str
            What it shows.
        columns : sequence of str
            Headings.
        rows : sequence of sequence of str
            Cells.
        numeric : str
            One letter per column: ``r`` aligns it right, anything else left.
        """
        if self.as_json:
            return
        from rich import box
        from rich.table import Table

        columns = [printable(column) for column in columns]
        rows = [[printable(cell) for cell in row] for row in rows]
        console = _console(sys.stdout)
        widths = _widths([columns, *rows], console.width - 3 * len(columns) - 1)
        if widths is None:
            self.line(title, style="bold")
            for row in rows:
                self.line()
                self.fields(dict(zip(columns, row, strict=True)))
            self.line()
            return
        table = Table(title=printable(title), title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
        for column, width, side in zip(columns, widths, numeric.ljust(len(columns)), strict=True):
            table.add_column(column, justify="right" if side == "r" else "left", width=width)
        for row in rows:
            table.add_row(*row)
        with console.capture() as captured:
            console.print(table)
        _write(sys.stdout, "\n".join(text.rstrip() for text in captured.get().splitlines()))

    def document(self, value: Any) -> None:
        """Print the JSON document, with ``--json``."""
        if self.as_json:
            _write(sys.stdout, json.dumps(value, indent=2, allow_nan=False, default=_plain))

    def note(self, text: str) -> None:
        """Say something on stderr that is not a result."""
        _write(sys.stderr, printable(text))

    def error(self, text: str, *, before: Sequence[str] = (), document: Mapping[str, Any] | None = None) -> None:
        """Say on stderr, in one sentence, what went wrong; with ``--json`` also as the document.

        Parameters
        ----------
        text : str
            The sentence.
        before : sequence of str
            Lines that it sums up.
        document : mapping of str to JSON value, optional
            More to say with ``--json``.
        """
        with contextlib.suppress(OSError):  # stdout itself may be what failed
            self.document({"error": text} if document is None else document)
        for line in before:
            _write(sys.stderr, printable(line.replace("\n", "\\n")))
        _write(sys.stderr, _styled(sys.stderr, "Error: " + text.replace("\n", "\\n"), "red"))

    @contextmanager
    def progress(self, title: str, total: int = 0) -> Iterator[Bar]:
        """Show progress on stderr while the block runs.

        Parameters
        ----------
        title : str
            What is being done.
        total : int
            Amount of work; 0 where it is not known.
        """
        if not sys.stderr.isatty() or os.environ.get("TERM", "dumb") == "dumb":
            _write(sys.stderr, f"{title} ...")
            yield Bar(title, total, None)
            return
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        shown = Progress(
            SpinnerColumn("dots" if sys.stderr.encoding.lower().startswith("utf") else "line"),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=30),
            TextColumn("{task.fields[note]}", markup=False),
            TimeElapsedColumn(),
            console=_console(sys.stderr),
            transient=True,
        )
        with shown:
            yield Bar(title, total, (shown, shown.add_task(title, total=total or None, note="")))


def printable(text: str) -> str:
    """Write control characters as escapes: text from files must not steer the terminal."""
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text)


def _widths(rows: Sequence[Sequence[str]], room: int) -> list[int] | None:
    """Share out ``room`` columns so that no word is cut; ``None`` where that cannot be."""
    from rich.cells import cell_len

    cells = list(zip(*rows, strict=True))
    wanted = [max(map(cell_len, column)) for column in cells]
    widths = [max((cell_len(word) for cell in column for word in cell.split()), default=0) for column in cells]
    spare = room - sum(widths)
    if spare < 0:
        return None
    while spare > 0 and widths != wanted:
        for index, width in enumerate(widths):
            if width < wanted[index] and spare > 0:
                widths[index], spare = width + 1, spare - 1
    return widths


def _console(stream: TextIO) -> Console:
    from rich.console import Console

    width = None if stream.isatty() else PLAIN_WIDTH
    return Console(file=stream, width=width, markup=False, highlight=False, emoji=False)


def _styled(stream: TextIO, text: str, style: str) -> str:
    """Return a text in a style where the stream is a terminal.

    Rich itself writes nothing of ours: it would end the process when a pipe breaks.
    """
    text = printable(text)
    if not style or not stream.isatty():
        return text
    console = _console(stream)
    with console.capture() as captured:
        console.print(text, style=style, soft_wrap=True, end="")
    return captured.get()


def _write(stream: TextIO, text: str) -> None:
    print(text, file=stream, flush=True)


def _plain(value: Any) -> Any:
    """Turn numpy scalars and paths into what JSON knows."""
    if hasattr(value, "item"):
        return value.item()
    return str(value)
