"""The page: one HTML file that needs nothing but itself."""

from __future__ import annotations

import base64
import hashlib
from html import escape
from importlib.resources import files

from cli.chip_page import picture, sections
from cli.chip_page.content import Content
from cli.chip_page.shade import Shade, shades
from cli.chip_page.tables import text
from lava_fed.report.numbers import si, size
from lava_fed.report.style import STYLE


def render(content: Content) -> str:
    """Write the page; equal content gives an equal page.

    Parameters
    ----------
    content : Content
        Of a placed Program.

    Returns
    -------
    str
        The HTML document. Every string that came from a file is escaped, and no script but its own may run.
    """
    script = _own("page.js")
    allowed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{allowed}'; "
        "base-uri 'none'; form-action 'none'"
    )
    body = "".join(
        (
            _head(content),
            _chip(content),
            sections.layers(content),
            sections.limits(content),
            sections.traffic(content),
            sections.energy(content),
            sections.cores(content),
            sections.figures(content),
            sections.origin(content),
        )
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(content.name)} on {text(content.chip.title)} · lava-fed</title>\n"
        f"<style>{STYLE}{_own('page.css')}</style>\n</head>\n"
        f"<body>\n<main>\n{body}</main>\n<script>{script}</script>\n</body>\n</html>\n"
    )


def headline(content: Content) -> tuple[str, str]:
    """Return what the picture shows as a title, and the sentences below it."""
    used = len(content.cores)
    most = content.board.chips * content.board.cores_per_chip(content.chip)
    carrier = content.chip.title if content.board.chips == 1 else f"the {content.board.title} board"
    title = f"{content.name} takes {used:,} of {most:,} cores of {carrier}"
    note = f"{content.rates}."
    if content.estimated:
        note += " Energy and time are estimates."
    return title, note


def _head(content: Content) -> str:
    title, note = headline(content)
    fullest = max(content.cores, key=lambda core: core.synapse_bytes)
    share = fullest.synapse_bytes / content.chip.synapse_bytes_per_core
    tiles = [
        (f"{len(content.cores):,}", "cores in use" + _over(content)),
        (f"{100 * share:.1f} %", f"of synaptic memory on the fullest core, {size(fullest.synapse_bytes)}"),
    ]
    seen = content.report.traffic
    if seen.linear:
        tiles.append((f"{100 * seen.found / seen.linear:.0f} %", "of the traffic of cores filled in order"))
    if content.account is not None:
        events, said = content.account.events, ", an estimate" if content.estimated else ""
        count, unit = (events.samples, "sample") if events.measured else (events.steps, "step")
        tiles.append((si(content.account.joules.value / count, "J"), f"energy of a {unit}{said}"))
    cells = "".join(f"<div><dt>{text(label)}</dt><dd>{text(value)}</dd></div>" for value, label in tiles)
    return (
        f'<header>\n<p class="eyebrow">lava-fed inspect · {text(content.chip.title)}</p>\n'
        f'<h1>{text(title)}</h1>\n<p class="lede">{text(note)}</p>\n<dl class="numbers">{cells}</dl>\n</header>\n'
    )


def _over(content: Content) -> str:
    chips = len(content.chips)
    return "" if content.board.chips == 1 else f", on {chips} chip{'s' if chips > 1 else ''}"


def _chip(content: Content) -> str:
    kinds = shades(content)
    choices = "".join(
        f'<label><input type="radio" name="view" value="{value}"{" checked" * (value == "layers")}>'
        f"{escape(title)}</label>"
        for value, title in [("layers", "layer"), *((str(index), kind.title) for index, kind in enumerate(kinds))]
    )
    mesh = content.chip.figures["columns"].evidence.value
    return (
        "<section>\n<h2>The chip</h2>\n"
        f'<fieldset class="views"><legend>Colour the cores by</legend>{choices}</fieldset>\n'
        f"{_layer_legend(content)}{''.join(_legend(index, kind) for index, kind in enumerate(kinds))}"
        '<div class="around"><div id="picture" data-view="layers">\n'
        f"{picture.board_map(content)}{picture.draw(content, kinds)}"
        '<p class="legend">A square is a core, and its number that of the layer on it; empty squares are free. '
        f"Cores sit in tiles of {content.chip.cores_per_tile}, each with its router; where they sit is "
        f"{'published' if mesh == 'published' else 'an estimate' if mesh == 'estimate' else mesh}.</p></div>\n"
        '<div class="panel empty" id="panel" role="region" aria-label="Figures of one core" tabindex="0">'
        "<p>Point at a core, or go to the picture with the Tab key and from core to core with the arrow keys: "
        "its figures are shown here, and dashed frames mark the cores that it sends to. "
        "The table of cores below has the same figures.</p></div></div>\n</section>\n"
    )


def _layer_legend(content: Content) -> str:
    entries = "".join(f"<li>{picture.button(number, name)}</li>" for name, number in content.numbers.items())
    return (
        '<div class="legend layers"><p>Layers, by the numbers in the cores; choose one to see it alone</p>'
        f"<ul>{entries}</ul></div>\n"
    )


def _legend(index: int, kind: Shade) -> str:
    entries = "".join(
        f'<li><span class="swatch q{level}" aria-hidden="true"></span>{text(words)}</li>'
        for level, words in enumerate(kind.legend())
    )
    said = f"{kind.title[0].upper()}{kind.title[1:]}: {kind.of}"
    return f'<div class="legend" data-legend="{index}" hidden><p>{text(said)}</p><ul>{entries}</ul></div>\n'


def _own(name: str) -> str:
    return files("cli.chip_page").joinpath(name).read_text(encoding="utf-8")
