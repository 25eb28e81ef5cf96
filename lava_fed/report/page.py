"""The page: one HTML file that needs nothing but itself."""

from __future__ import annotations

from lava_fed.report import cost, course
from lava_fed.report.content import Content
from lava_fed.report.figures import classes, histogram, raster
from lava_fed.report.html import document, figure, text
from lava_fed.report.numbers import percent, points, size
from lava_fed.report.tables import sections


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
    body = "".join(
        (_head(content), course.section(content), cost.section(content), _network(content), sections(content))
    )
    return document(f"{content.name} · lava-fed report", body)


def headline(content: Content) -> tuple[str, str]:
    """Return the finding as a title, and the sentence below it."""
    devices = len(content.class_mix)
    who = f"{devices} devices that never shared their data reach" if devices > 1 else "One device reaches"
    title = f"{who} {percent(content.accuracy)}{' together' if devices > 1 else ''}"
    parts = []
    if content.alone is not None:
        parts.append(_compared(content.accuracy - content.alone.accuracy[-1], "the best single device"))
    if content.pooled is not None:
        other = "the same rule trained on all data in one place"
        parts.append(_compared(content.accuracy - content.pooled.accuracy[-1], other))
    rounds = f"{len(content.rounds)} round{'s' if len(content.rounds) > 1 else ''}"
    start = f"After {rounds} of learning the global model is "
    said = start + " and ".join(parts) + "." if parts else f"After {rounds} of learning."
    return title, said


def _compared(difference: float, other: str) -> str:
    if round(1000 * difference) == 0:
        return f"level with {other}"
    return f"{points(abs(difference)).lstrip('+')} {'above' if difference > 0 else 'below'} {other}"


def _head(content: Content) -> str:
    title, finding = headline(content)
    tiles = [("global", percent(content.accuracy), "global model, test set")]
    if content.alone is not None:
        tiles.append(
            ("alone", percent(content.alone.accuracy[-1]), f"best single device, {content.alone.name} alone")
        )
    if content.pooled is not None:
        tiles.append(("pooled", percent(content.pooled.accuracy[-1]), "same rule, all data in one place"))
    traffic = sum(record.bytes_up + record.bytes_down for record in content.rounds)
    tiles.append(("", size(traffic), "sent in all, up and down"))
    cells = "".join(
        f'<div><dt>{text(label)}</dt><dd class="{kind}">{text(value)}</dd></div>' for kind, value, label in tiles
    )
    return (
        f'<header>\n<p class="eyebrow">lava-fed federation report · {text(content.name)}</p>\n'
        f'<h1>{text(title)}</h1>\n<p class="lede">{text(finding)}</p>\n'
        f'<dl class="numbers">{cells}</dl>\n</header>\n'
    )


def _network(content: Content) -> str:
    figures = figure(
        "Class mix of each device",
        classes.draw(content.class_mix),
        f"{classes.caption(content.class_mix)} {content.skew}".strip(),
    )
    for weights in content.weights:
        figures += figure(f"Weights of {weights.connection}", histogram.draw(weights), histogram.caption(weights))
    out = f'<section>\n<h2>Data and weights</h2>\n<div class="grid">\n{figures}</div>\n</section>\n'
    if content.raster is not None:
        both = raster.draw(content.raster, 1120, 250, "wide") + raster.draw(content.raster, 440, 190, "narrow")
        out += (
            "<section>\n<h2>One sample in the final network</h2>\n"
            f"{figure('Spike raster', both, raster.caption(content.raster))}</section>\n"
        )
    return out
