"""The numbers of the page, section by section."""

from __future__ import annotations

from cli.chip_page.content import Content, LayerPart
from cli.chip_page.picture import button
from cli.chip_page.tables import bar, percent, table, text
from compile.core_rows import CoreRow
from hardware.chip.quantity import QUANTITIES
from lava_fed.report.numbers import count, si, size

EVIDENCE = {"published": "published", "read": "from public code", "estimate": "an estimate", "unknown": "unknown"}
"""What a figure rests on, in words."""
OPEN = 40
"""Cores up to which their table is open at first."""


def layers(content: Content) -> str:
    """Write the layers; the button of each marks its cores."""
    energy = ["energy of a step" + _estimate(content)] * (content.account is not None)
    columns = ("layer", "reads", "units", "synapses", "neuron", "weight bits", "exponent", "memory", "cores",
               "messages a step", "messages x hops", *energy)  # fmt: skip
    rows = [_layer(content, part) for part in content.layers]
    shown = table("Layers", columns, rows, "lwrrwrrlrrr" + "r" * len(energy))
    return (
        f'<section>\n<h2>Layers</h2>\n<p class="legend">'
        f"The host sends {text(content.inputs)}.</p>\n{shown}</section>\n"
    )


def _layer(content: Content, part: LayerPart) -> tuple[str, ...]:
    row, number = part.row, content.numbers[part.row.name]
    sources = zip(row.sources, row.kinds, strict=True)
    return (
        button(number, row.name),
        ", ".join(source if kind == "dense" else f"{source} ({kind})" for source, kind in sources),
        count(row.units),
        count(row.synapses),
        row.neuron,
        ", ".join(map(str, row.weight_bits)),
        ", ".join(map(str, row.exponents)),
        ", ".join(f"{size(-(-bits // 8))} {encoding}" for encoding, bits in part.bits.items()),
        count(row.cores),
        _rate(part.messages),
        _rate(part.traffic),
        *([] if part.joules is None else [si(part.joules, "J")]),
    )


def limits(content: Content) -> str:
    """Write what was checked against the chip."""
    rows = [
        (
            row.what,
            row.where,
            count(row.used),
            "not published" if row.limit is None else count(row.limit),
            bar(row.used / row.limit) if row.limit else "-",
            EVIDENCE[row.evidence],
        )
        for row in content.limits
    ]
    columns = ("resource", "the fullest place", "used", "limit", "share", "the limit is")
    return f"<section>\n<h2>Limits checked</h2>\n{table('Limits checked', columns, rows, 'llrrll')}</section>\n"


def traffic(content: Content) -> str:
    """Write the traffic beside that of other placements."""
    seen = content.report.traffic
    if len(content.cores) < 2:
        return ""
    ways = (
        ("this placement", seen.found),
        ("linear: core after core", seen.linear),
        ("at random, the mean", seen.random),
        ("lower bound for these parts", seen.bound),
    )
    rows = [
        (name, _rate(value), f"{100 * value / seen.linear:.1f} %" if seen.linear else "-") for name, value in ways
    ]
    shown = table("Traffic", ("placement", "messages x hops a step", "share of linear"), rows, "lrr")
    return f'<section>\n<h2>Traffic</h2>\n<p class="legend">{text(content.rates)}.</p>\n{shown}</section>\n'


def energy(content: Content) -> str:
    """Write energy by cause, and the time of a step."""
    account = content.account
    if account is None:
        said = f"No energy model comes with the chip {content.chip.name!r}."
        return f'<section>\n<h2>Energy and time</h2>\n<p class="legend">{text(said)}</p>\n</section>\n'
    steps, whole = account.events.steps, account.joules.value
    rows = [
        (
            cause.title,
            _rate(account.events.total(cause) / steps),
            *(si(value / steps, "J") for value in (amount.value, amount.low, amount.high)),
            bar(amount.value / whole) if whole else "-",
            EVIDENCE[account.model.joules[cause].evidence.value],
        )
        for cause, amount in account.by_cause().items()
    ]
    columns = ("cause", "events a step", "energy of a step", "from", "to", "share", "the constant is")
    notes = [f"{content.rates}.", f"Constants: {account.model.title}.", *_notes(content)]
    return (
        f'<section>\n<h2>Energy and time{_estimate(content)}</h2>\n<p class="legend">{text(" ".join(notes))}</p>\n'
        f"{table('Energy by cause', columns, rows, 'lrrrrll')}</section>\n"
    )


def _notes(content: Content) -> list[str]:
    account = content.account
    notes = []
    if account is not None and account.step is not None:
        seconds = account.step.seconds
        notes.append(
            f"A step takes {si(seconds.value, 's')} ({si(seconds.low, 's')} to {si(seconds.high, 's')}"
            f"{', an estimate' if content.estimated else ''})."
        )
    if account is not None and account.uncounted:
        left = ", ".join(cause.title for cause in account.uncounted)
        notes.append(f"Not in these figures, as the model does not know their energy: {left}.")
    return notes


def cores(content: Content) -> str:
    """Write every core in use; the picture shows the same figures."""
    joules = ["energy of a step" + _estimate(content)] * bool(content.joules)
    columns = ("core", "chip", "tile", "layers", "neurons", "synapses", "memory", "share", "format", "axons in",
               "axons out", "messages in", "messages out", "messages x hops", *joules,
               "sends most to")  # fmt: skip
    shown = table(
        "Cores",
        columns,
        [_core(content, row) for row in content.cores],
        "rrllrrrrlrrrrr" + "r" * len(joules) + "w",
        [f'data-core="{row.core}"' for row in content.cores],
    )
    return (
        '<section id="cores">\n<h2>Cores</h2>\n<p class="legend">Messages and hops are those of a step; messages '
        "in include those of the host. Tiles are (column, row) of the whole board.</p>\n"
        f"<details{' open' * (len(content.cores) <= OPEN)}>"
        f"<summary>All {len(content.cores):,} cores in use</summary>"
        f"\n{shown}</details></section>\n"
    )


def _core(content: Content, row: CoreRow) -> tuple[str, ...]:
    numbers = content.numbers
    targets = ", ".join(f"{core} ({_rate(messages)})" for core, messages in row.targets[:4])
    more = f", {len(row.targets) - 4} more" if len(row.targets) > 4 else ""
    return (
        str(row.core),
        str(row.chip),
        f"{row.column}, {row.row}",
        ", ".join(f"{numbers[name]} {name}" for name in row.layers),
        count(row.neurons),
        count(row.synapses),
        size(row.synapse_bytes),
        percent(row.synapse_bytes / content.chip.synapse_bytes_per_core),
        ", ".join(dict.fromkeys(row.encodings.values())),
        count(row.axons_in),
        count(row.axons_out),
        _rate(row.messages_in + row.messages_from_host),
        _rate(row.messages_out),
        _rate(row.traffic),
        *([si(content.joules.get(row.core, 0.0), "J")] if content.joules else []),
        targets + more or "no core",
    )


def figures(content: Content) -> str:
    """Write every figure of the chip with its evidence."""
    rows = [
        (QUANTITIES[name].words, figure.text, figure.unit, EVIDENCE[figure.evidence.value], figure.source)
        for name, figure in content.chip.figures.items()
    ]
    shown = table("Figures of the chip", ("figure", "value", "unit", "it is", "source"), rows, "lrllw")
    summary = f"{len(rows)} figures of {content.chip.title}, with their sources"
    return (
        "<section>\n<h2>What is known of the chip</h2>\n"
        f"<details><summary>{text(summary)}</summary>\n{shown}</details></section>\n"
    )


def origin(content: Content) -> str:
    """Write where the Program comes from."""
    rows = "".join(f"<dt>{text(name)}</dt><dd>{text(value)}</dd>" for name, value in content.provenance.items())
    return f'<section>\n<h2>Where this comes from</h2>\n<dl class="origin">{rows}</dl>\n</section>\n'


def _estimate(content: Content) -> str:
    return " (estimate)" if content.estimated else ""


def _rate(value: float) -> str:
    """Write events of a step."""
    return f"{value:,.0f}" if value >= 100 or float(value).is_integer() else f"{value:.3g}"
