"""A Program as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cli.output import Output
    from hardware.program import Program


def show(program: Program, output: Output) -> None:
    """Print layers, limits and provenance of a Program."""
    from compile.report import layer_rows, limit_rows

    output.fields(
        {
            "chip": f"{program.chip.title} ({program.chip.source})",
            "digest": program.digest,
            "inputs": str(program.network.inputs),
            **dict(sorted(program.provenance.items())),
        }
    )
    output.table(
        "Layers",
        (
            "layer",
            "reads",
            "units",
            "synapses",
            "neuron",
            "weight bits",
            "exponent",
            "weights",
            "cores",
            "learns by",
        ),
        [
            (
                row.name,
                ", ".join(row.sources),
                f"{row.units:,}",
                f"{row.synapses:,}",
                row.neuron,
                ", ".join(map(str, row.weight_bits)),
                ", ".join(map(str, row.exponents)),
                ", ".join(f"{low}..{high}" for low, high in row.weight_ranges),
                str(row.cores),
                row.rule or "-",
            )
            for row in layer_rows(program)
        ],
        numeric="llrrlrrlr",
    )
    output.table(
        "Limits checked",
        ("resource", "where", "used", "limit", "share"),
        [
            (
                row.what,
                row.where,
                f"{row.used:,}",
                "not published" if row.limit is None else f"{row.limit:,}",
                "-" if not row.limit else _share(row.used, row.limit),
            )
            for row in limit_rows(program)
        ],
        numeric="llrrr",
    )


def _share(used: int, limit: int) -> str:
    share = 100 * used / limit
    return "< 0.1 %" if 0 < share < 0.05 else f"{share:.1f} %"
