"""``lava-fed report``: what a federation did, as one HTML page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.options import Json
from cli.output import Output

EXAMPLE = "lava-fed report run -o report.html"


def report(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run, as 'lava-fed federate' makes it.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="report.html", help="Page to write.", show_default="RUN/report.html"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Write one self-contained HTML page about a run."""
    output = Output(as_json)
    target = out or run / "report.html"
    with output.progress(f"Reporting on {run}") as bar:
        bar.at(0, "reading the run")
        from cli.target import check_target
        from hardware.container import write_bytes
        from lava_fed.report.gather import gather
        from lava_fed.report.page import headline, render
        from lava_fed.runs.run import read_run

        stored = read_run(run)
        check_target(target)
        content = gather(stored, run.resolve().name)
        bar.at(1, "drawing")
        page = render(content).encode(errors="backslashreplace")  # names of files may be no valid text
        write_bytes(target, page)
    title, text = headline(content)
    output.line(f"{title}.")
    output.line(text)
    output.line(f"Wrote {target} ({len(page) // 1000} kB, opens without a network).")
    output.document({"report": str(target), "bytes": len(page), "title": title, "text": text})
