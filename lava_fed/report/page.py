"""The page: one HTML file that needs nothing but itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from lava_fed.ledger import Energy
from lava_fed.report.content import Content
from lava_fed.report.figures import accuracy, bars, classes, histogram, raster
from lava_fed.report.numbers import count, joules, percent, points, short_count, si, size
from lava_fed.report.style import STYLE

# No script, no font, no picture, no address may be loaded, whatever a file smuggles into the page.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def render(content: Content) -> str:
    """Write the page; equal content gives an equal page.

    Parameters
    ----------
    content : Content
        With at least one round.

    Returns
    -------
    str
        The HTML document. Every string that came from a file is escaped.
    """
    body = "".join((_head(content), _learning(content), _cost(content), _network(content), _tables(content)))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(content.name)} · lava-fed report</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{body}</main>\n</body>\n</html>\n"
    )


def headline(content: Content) -> tuple[str, str]:
    """Return the finding as a title, and the sentence below it."""
    last = content.rounds[-1]
    devices = len(content.class_mix)
    who = f"{devices} devices that never shared their data reach" if devices > 1 else "One device reaches"
    title = f"{who} {percent(last.accuracy)}{' together' if devices > 1 else ''}"
    parts = []
    if content.alone is not None:
        parts.append(_compared(last.accuracy - content.alone.accuracy[-1], "the best single device"))
    if content.pooled is not None:
        other = "the same rule trained on all data in one place"
        parts.append(_compared(last.accuracy - content.pooled.accuracy[-1], other))
    rounds = f"{len(content.rounds)} round{'s' if len(content.rounds) > 1 else ''}"
    start = f"After {rounds} of on-chip learning the global model is "
    text = start + " and ".join(parts) + "." if parts else f"After {rounds} of on-chip learning."
    return title, text


def _compared(difference: float, other: str) -> str:
    if round(1000 * difference) == 0:
        return f"level with {other}"
    return f"{points(abs(difference)).lstrip('+')} {'above' if difference > 0 else 'below'} {other}"


def _text(text: str) -> str:
    """Escape a text, and keep a number and its percent sign on one line."""
    return escape(text).replace(" %", "&nbsp;%")


def _head(content: Content) -> str:
    title, text = headline(content)
    tiles = [("global", percent(content.rounds[-1].accuracy), "global model, test set")]
    if content.alone is not None:
        tiles.append(
            ("alone", percent(content.alone.accuracy[-1]), f"best single device, {content.alone.name} alone")
        )
    if content.pooled is not None:
        tiles.append(("pooled", percent(content.pooled.accuracy[-1]), "same rule, all data in one place"))
    traffic = sum(record.bytes_up + record.bytes_down for record in content.rounds)
    tiles.append(("", size(traffic), "sent in all, up and down"))
    cells = "".join(
        f'<div><dt>{_text(label)}</dt><dd class="{kind}">{_text(value)}</dd></div>' for kind, value, label in tiles
    )
    return (
        f'<header>\n<p class="eyebrow">lava-fed federation report · {_text(content.name)}</p>\n'
        f'<h1>{_text(title)}</h1>\n<p class="lede">{_text(text)}</p>\n'
        f'<dl class="numbers">{cells}</dl>\n</header>\n'
    )


def _figure(title: str, drawing: str, caption: str) -> str:
    return f"<figure><h3>{_text(title)}</h3>{drawing}<figcaption>{_text(caption)}</figcaption></figure>\n"


def _learning(content: Content) -> str:
    both = accuracy.draw(content, 1120, 400, "wide") + accuracy.draw(content, 440, 320, "narrow")
    figure = _figure("Accuracy per round", both, accuracy.caption(content))
    return f"<section>\n<h2>Learning</h2>\n{figure}</section>\n"


def _cost(content: Content) -> str:
    numbers = [record.number for record in content.rounds]
    shown: list[tuple[str, Sequence[float], Callable[[float], str], str, str]] = [
        (
            "Bytes up",
            [r.bytes_up for r in content.rounds],
            size,
            "up",
            "sent by the devices: integer weight deltas",
        ),
        (
            "Bytes down",
            [r.bytes_down for r in content.rounds],
            size,
            "down",
            "sent to the devices: weights of the round",
        ),
        (
            "Spikes",
            [r.spikes for r in content.rounds],
            short_count,
            "events",
            "sent on all devices, input included",
        ),
        (
            "Synaptic operations",
            [r.synaptic_operations for r in content.rounds],
            short_count,
            "events",
            "synapses reached by spikes on all devices",
        ),
    ]
    spent = [record.energy for record in content.rounds if record.energy is not None]
    if len(spent) == len(numbers):
        kind = "estimated by" if spent[0].estimate else "by"
        low, high = (sum(bounds) for bounds in zip(*((each.low, each.high) for each in spent), strict=True))
        what = f"on all chips, {kind} the model {spent[0].model}, which leaves {joules(low)} to {joules(high)}"
        shown.append(("Energy", [each.joules for each in spent], joules, "events", what))
    figures = ""
    for title, values, write, style, what in shown:
        text = f"{write(sum(values))} in all, {what}; {_range(min(values), max(values), write)} a round."
        figures += _figure(
            f"{title} per round", bars.draw(numbers, values, write, f"{title}: {text}", style), text
        )
    return f'<section>\n<h2>What it cost</h2>\n<div class="grid">\n{figures}</div>\n</section>\n'


def _range(low: float, high: float, write: Callable[[float], str]) -> str:
    return write(low) if write(low) == write(high) else f"{write(low)} to {write(high)}"


def _network(content: Content) -> str:
    figures = _figure(
        "Class mix of each device", classes.draw(content.class_mix), classes.caption(content.class_mix)
    )
    for weights in content.weights:
        figures += _figure(f"Weights of {weights.connection}", histogram.draw(weights), histogram.caption(weights))
    out = f'<section>\n<h2>Data and weights</h2>\n<div class="grid">\n{figures}</div>\n</section>\n'
    if content.raster is not None:
        both = raster.draw(content.raster, 1120, 250, "wide") + raster.draw(content.raster, 440, 190, "narrow")
        out += (
            "<section>\n<h2>One sample in the final network</h2>\n"
            f"{_figure('Spike raster', both, raster.caption(content.raster))}</section>\n"
        )
    return out


def _table(caption: str, columns: Sequence[str], rows: Sequence[Sequence[str]], text_columns: int = 1) -> str:
    """Write a table; all but the first ``text_columns`` columns hold numbers."""

    def cell(tag: str, index: int, value: str) -> str:
        scope = ' scope="col"' if tag == "th" else ""
        side = ' class="right"' if index >= text_columns else ""
        return f"<{tag}{scope}{side}>{_text(value)}</{tag}>"

    head = "".join(cell("th", index, column) for index, column in enumerate(columns))
    body = "".join(
        f"<tr>{''.join(cell('td', index, value) for index, value in enumerate(row))}</tr>" for row in rows
    )
    return (
        f'<div class="part"><h3>{_text(caption)}</h3>\n'
        f'<div class="scroll" tabindex="0"><table aria-label="{_text(caption)}">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></div>\n"
    )


def _spent(energy: Energy | None) -> tuple[str, str]:
    """Write energy of all devices, and time of the one that takes longest."""
    if energy is None:
        return "", ""
    mark = " (estimate)" if energy.estimate else ""
    return joules(energy.joules) + mark, "" if energy.seconds is None else si(energy.seconds.value, "s") + mark


def _tables(content: Content) -> str:
    rounds = _table(
        "Rounds: accuracy on the test set, and what was sent and computed",
        ("round", "global", "devices, lowest", "devices, highest", "best alone", "one place", "bytes up",
         "bytes down", "spikes", "synaptic operations", "learning updates", "energy", "time on chip"),
        [
            (
                str(r.number),
                percent(r.accuracy),
                percent(min(r.device_accuracy.values())) if r.device_accuracy else "",
                percent(max(r.device_accuracy.values())) if r.device_accuracy else "",
                percent(content.alone.accuracy[index]) if content.alone is not None else "",
                percent(content.pooled.accuracy[index]) if content.pooled is not None else "",
                *map(count, (r.bytes_up, r.bytes_down, r.spikes, r.synaptic_operations, r.learning_updates)),
                *_spent(r.energy),
            )
            for index, r in enumerate(content.rounds)
        ],
    )  # fmt: skip
    kinds = max(len(row) for row in content.class_mix.values())
    last = content.rounds[-1].device_accuracy
    devices = _table(
        "Devices: samples of each class, and accuracy of the device's own weights in the last round",
        ("device", "samples", *(f"class {index}" for index in range(kinds)), "accuracy"),
        [
            (name, count(sum(row)), *map(count, row), percent(last[name]) if name in last else "")
            for name, row in content.class_mix.items()
        ],
    )
    network = _table("Network", ("layer", "units", "neuron", "incoming weights"), content.network, text_columns=4)
    origin = "".join(
        f"<dt>{_text(name)}</dt><dd>{_text(value)}</dd>" for name, value in content.provenance.items()
    )
    return (
        f"<section>\n<h2>Everything in numbers</h2>\n{rounds}{devices}{network}</section>\n"
        f'<section>\n<h2>Where this comes from</h2>\n<dl class="origin">{origin}</dl>\n</section>\n'
    )
