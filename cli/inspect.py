"""``lava-fed inspect``: what is in a model or Program."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.options import Json
from cli.output import Output

EXAMPLE = "lava-fed inspect digits.h5"


def inspect(
    path: Annotated[Path, typer.Argument(metavar="MODEL|PROGRAM", help="A Program, or a model to be compiled.")],
    as_json: Json = False,
) -> None:
    """Show layers, widths, limits, and what each core holds, hears and sends."""
    from cli.core_view import show_cores, show_traffic
    from cli.program_files import open_program
    from cli.program_view import show, sums_into
    from compile.core_rows import core_report
    from compile.report import summary

    output = Output(as_json)
    program = open_program(path)
    cores = core_report(program)
    show(program, output)
    show_cores(cores, output)
    show_traffic(program, cores, output)
    document, sums = summary(program), sums_into(program.network)
    for layer in document["layers"]:
        into = sums[layer["name"]]
        layer["sum_ranges"] = [[found.total.low, found.total.high] for found in into]
        layer["sums_may_wrap"] = [not found.exact for found in into]
    output.document({"path": str(path), **document, **cores.as_json()})
