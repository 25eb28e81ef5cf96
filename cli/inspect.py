"""``lava-fed inspect``: what is in a model or Program."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import Json, Steps
from cli.output import Output

if TYPE_CHECKING:
    from compile.core_rows import CoreReport
    from hardware.activity import Activity
    from hardware.energy.account import Account
    from hardware.program import Program

EXAMPLE = "lava-fed inspect digits.h5 --html digits.html --input test.npz"


def inspect(
    path: Annotated[Path, typer.Argument(metavar="MODEL|PROGRAM", help="A Program, or a model to be compiled.")],
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="OUT.html", help="Write one page with a picture of the chip."),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            "--input", "-i", metavar="DATA.npz", help="Input that is run, to measure how often units send."
        ),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help="Without input: messages of every unit in a step.",
            show_default="1, which no run can exceed",
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--cores", help="Show every core, not only the busiest.")] = False,
    steps: Steps = None,
    as_json: Json = False,
) -> None:
    """Show layers, widths, limits, and what each core holds, hears and sends; or draw it as a page."""
    from cli.core_view import show_cores, show_traffic
    from cli.program_files import open_program
    from cli.program_view import show, sums_into
    from cli.rates import activity_of
    from cli.target import check_target
    from compile.core_rows import core_report
    from compile.report import summary
    from hardware.errors import LavaFedError

    output = Output(as_json)
    if data is not None and rate is not None:
        raise LavaFedError("give either --input DATA.npz to measure rates, or --rate to assume them")
    if html is not None:
        check_target(html, path, data)
    program = open_program(path)
    activity, account = activity_of(program, data, rate, steps, output)
    cores, sums = core_report(program, activity), sums_into(program.network)
    written = {} if html is None else _write(path.name, html, program, cores, activity, account)
    show(program, output, sums)
    show_cores(cores, output, every=every)
    show_traffic(program, cores, activity, output)
    if html is not None:
        output.line(f"Wrote {html} ({written['bytes'] // 1000} kB, opens without a network).")
    document = summary(program)
    for layer in document["layers"]:
        into = sums[layer["name"]]
        layer["sum_ranges"] = [[found.total.low, found.total.high] for found in into]
        layer["sums_may_wrap"] = [not found.exact for found in into]
    output.document({"path": str(path), **document, **cores.as_json(), **written})


def _write(
    name: str, target: Path, program: Program, cores: CoreReport, activity: Activity, account: Account | None
) -> dict[str, Any]:
    from cli.chip_page.gather import gather
    from cli.chip_page.page import render
    from hardware.container import write_bytes

    page = render(gather(name, program, cores, activity, account)).encode(errors="backslashreplace")
    write_bytes(target, page)
    return {"html": str(target), "bytes": len(page)}
