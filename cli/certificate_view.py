"""How a certificate is shown in the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cli.output import Output

if TYPE_CHECKING:
    from hardware.parity import Certificate
    from hardware.traces import LayerParity


def describe(layer: LayerParity, reference: str, other: str) -> str:
    """Say whether a trace is equal, or where it differs first, counting from 0."""
    if layer.first is None:
        return "equal"
    first = layer.first
    return (
        f"differs first in sample {first.sample}, step {first.step}, unit {first.unit}: "
        f"{reference} {first.expected}, {other} {first.found}; {first.total:,} values differ"
    )


def show(certificate: Certificate, title: str, output: Output) -> None:
    """Print a table for each comparison, and what it comes to."""
    reference = certificate.reference
    size = f"{certificate.samples:,} samples of {certificate.steps:,} steps"
    output.line(f"{title}: {size}; the reference is the {reference}.")
    for compared in certificate.comparisons:
        name = Path(compared.against).name
        if compared.refused:
            output.line(f"Not compared with {name}: {compared.refused}.", style="yellow")
            continue
        output.table(
            f"{reference} and {name}",
            ("layer", "values compared", "result", f"digest on {reference}", f"digest on {name}"),
            [
                (
                    trace.layer,
                    f"{trace.values:,}",
                    describe(trace, reference, name),
                    trace.digest[:12],
                    trace.other_digest[:12],
                )
                for trace in (*compared.layers, *compared.states)
            ],
            numeric="lr",
        )
        for note in compared.notes:
            output.line(f"Known of {name}: {note}.")
    if certificate.accuracy is not None:
        from lava_fed.report.numbers import percent

        shares = ", ".join(f"{name} {percent(share)}" for name, share in certificate.accuracy.items())
        output.line(f"Accuracy on these samples: {shares}.")
    if certificate.different:
        output.line(f"Different: {', '.join(certificate.different)}.", style="red")
    elif certificate.equal:
        same = [Path(each.against).name for each in certificate.comparisons if each.equal]
        output.line(f"Equal: every value of every layer, on {', '.join([reference, *same])}.", style="green")
