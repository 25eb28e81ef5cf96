"""A Program as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cli.output import Output
    from hardware.network import Network
    from hardware.program import Program
    from hardware.ranges.sums import SumRange


EVIDENCE = {"published": "published", "read": "from public code", "estimate": "an estimate", "unknown": "unknown"}
"""What a limit rests on, in words."""


def show(program: Program, output: Output, sums: dict[str, tuple[SumRange, ...]] | None = None) -> None:
    """Print layers, limits and provenance of a Program; ``sums`` are those of ``sums_into``, where known."""
    from compile.report import input_shape, layer_rows, limit_rows, takes
    from hardware.chip.figure import in_words

    board, axes = program.board, input_shape(program.network)
    words = f"{takes(program)}, (channels, height, width) = {axes}" if len(axes) > 1 else takes(program)
    carrier = {} if board is None else {"board": f"{board.title} ({board.chips:,} chips, {board.evidence.value})"}
    output.fields(
        {
            "chip": f"{program.chip.title} ({in_words(program.chip.figures.values())})",
            **carrier,
            "digest": program.digest,
            "inputs": f"{program.network.inputs:,} {words}",
            **dict(sorted(program.provenance.items())),
        }
    )
    rows, sums = layer_rows(program), sums or sums_into(program.network)
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
            "sum bits",
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
                ", ".join(map(_bits, sums[row.name])),
                str(row.cores),
                row.rule or "-",
                *[row.delays or "-"] * delayed,
            )
            for row in rows
        ],
        numeric="llrrlrrlrr",
    )
    output.table(
        "Limits checked",
        ("resource", "where", "used", "limit", "share", "the limit is"),
        [
            (
                row.what,
                row.where,
                f"{row.used:,}",
                "not published" if row.limit is None else f"{row.limit:,}",
                "-" if not row.limit else _share(row.used, row.limit),
                EVIDENCE[row.evidence],
            )
            for row in limit_rows(program)
        ],
        numeric="llrrr",
    )


def sums_into(network: Network) -> dict[str, tuple[SumRange, ...]]:
    """Bound what the connections into each layer can sum to, in their order.

    Graded input is taken to be any 32-bit integer, or what the encoder can make.
    """
    import dataclasses

    import numpy as np

    from hardware.encoder import COARSE
    from hardware.ranges.analysis import ranges

    largest, encoder = 1 << 31, network.encoder
    if encoder is not None and encoder.grid == COARSE:
        largest = int(np.abs(dataclasses.replace(encoder, decimate=1)(np.array(encoder.range))).max())
    found = ranges(network, largest).connections
    return {layer.name: tuple(found[c.name] for c in network.into(layer.name)) for layer in network.layers}


def _bits(sums: SumRange) -> str:
    return str(sums.total.bits) if sums.exact else f"{sums.kept_bits}, may wrap"


def _share(used: int, limit: int) -> str:
    share = 100 * used / limit
    return "< 0.1 %" if 0 < share < 0.05 else f"{share:.1f} %"
