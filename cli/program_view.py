"""A Program as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cli.output import Output
    from hardware.program import Program


def show(program: Program, output: Output) -> None:
    """Print layers, limits and provenance of a Program."""
    from compile.report import input_shape, layer_rows, limit_rows, takes

    axes = input_shape(program.network)
    words = f"{takes(program)}, (channels, height, width) = {axes}" if len(axes) > 1 else takes(program)
    output.fields(
        {
            "chip": f"{program.chip.title} ({program.chip.source})",
            "digest": program.digest,
            "inputs": f"{program.network.inputs:,} {words}",
            **dict(sorted(program.provenance.items())),
        }
    )
    rows = layer_rows(program)
    delayed = any(row.delays for row in rows)
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
            *["delays"] * delayed,
        ),
        [
            (
                row.name,
                ", ".join(
                    source if kind == "dense" else f"{source} ({kind})"
                    for source, kind in zip(row.sources, row.kinds, strict=True)
                ),
                f"{row.units:,}",
                f"{row.synapses:,}",
                row.neuron,
                ", ".join(map(str, row.weight_bits)),
                ", ".join(map(str, row.exponents)),
                ", ".join(f"{low}..{high}" for low, high in row.weight_ranges),
                str(row.cores),
                row.rule or "-",
                *[row.delays or "-"] * delayed,
            )
            for row in rows
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
