"""The cores of a Program as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cli.output import Output
    from compile.core_rows import CoreReport
    from hardware.activity import Activity
    from hardware.program import Program

MOST = 16
"""Cores in a table, unless all are asked for."""


def show_traffic(program: Program, report: CoreReport, activity: Activity | None, output: Output) -> None:
    """Print the traffic of the placement beside that of others."""
    from cli.rates import in_words
    from hardware.activity import assumed

    if len(report.rows) < 2:
        return
    seen, chip = report.traffic, program.chip
    plural = "" if chip.cores_per_tile == 1 else "s"
    mesh = f"{chip.columns} x {chip.rows} tiles of {chip.cores_per_tile} core{plural}"
    kind = chip.figures["columns"].evidence.value
    output.line(f"Rates are {in_words(assumed(program.network, 1) if activity is None else activity)}.")
    output.line(f"Chips are taken as {mesh} ({kind}).")
    output.table(
        "Traffic a step",
        ("placement", "messages x hops", "share of linear"),
        [
            (name, f"{value:,.1f}", f"{100 * value / seen.linear:.1f} %" if seen.linear else "-")
            for name, value in (
                ("this one", seen.found),
                ("linear: core after core", seen.linear),
                ("at random, the mean", seen.random),
                ("lower bound for these parts", seen.bound),
            )
        ],
        numeric="lrr",
    )


def show_cores(report: CoreReport, output: Output, *, every: bool = False) -> None:
    """Print what each core holds; of many, those of most traffic, unless every one is asked for."""
    rows = report.rows
    title = "Cores"
    if len(rows) > MOST and not every:
        busiest = sorted(rows, key=lambda row: (-row.traffic - row.messages_in, row.core))[:MOST]
        rows = tuple(sorted(busiest, key=lambda row: row.core))
        title = f"Cores: the {MOST} busiest of {len(report.rows):,}; --cores shows all"
    output.table(
        title,
        (
            "core",
            "tile",
            "layer",
            "neurons",
            "synapses",
            "bytes",
            "format",
            "axons in",
            "axons out",
            "messages in",
            "messages out",
            "x hops",
        ),
        [
            (
                str(row.core),
                f"{row.column},{row.row}",
                ", ".join(row.layers),
                f"{row.neurons:,}",
                f"{row.synapses:,}",
                f"{row.synapse_bytes:,}",
                ", ".join(dict.fromkeys(row.encodings.values())),
                f"{row.axons_in:,}",
                f"{row.axons_out:,}",
                f"{row.messages_in + row.messages_from_host:,.1f}",
                f"{row.messages_out:,.1f}",
                f"{row.traffic:,.1f}",
            )
            for row in rows
        ],
        numeric="rllrrrlrrrrr",
    )
