"""The picture: every chip in use with its mesh of cores."""

from __future__ import annotations

import math
from html import escape

from cli.chip_page.content import Content
from cli.chip_page.shade import Shade
from cli.chip_page.tables import Markup, text
from compile.core_rows import CoreRow

CELL = 40
"""Side of a core, drawing units."""
GAP = 10
"""Between two tiles."""
LEAST = 19
"""Pixels that the side of a core takes at least; a picture that does not fit then scrolls."""
COLOURS = 12
"""Colours of layers; with more layers they come again, and the number tells them apart."""
GREY = 8
"""Number of the layer whose colour is grey."""
STRIPES = 3
"""Layers that are shown on one core."""
EMPTY_MOST = 1 << 14
"""Unused cores of a chip that are drawn; a chip of more shows the used ones alone."""
HEARD_MOST = 32
"""Cores that are marked as those which a core sends to."""


def draw(content: Content, shades: tuple[Shade, ...]) -> str:
    """Draw the chips in use, in the order of their numbers.

    Parameters
    ----------
    content : Content
        The numbers.
    shades : tuple of Shade
        What the cores can be coloured by.

    Returns
    -------
    str
        One figure for each chip.
    """
    by_chip: dict[int, list[CoreRow]] = {}
    for row in content.cores:
        by_chip.setdefault(row.chip, []).append(row)
    columns = min(len(by_chip), content.board.columns, 2)
    figures = "".join(_chip(content, chip, rows, shades) for chip, rows in sorted(by_chip.items()))
    return f'<div class="chips" data-columns="{columns}">\n{figures}</div>\n'


def board_map(content: Content) -> str:
    """Draw the board as a grid of chips, those in use filled; nothing for one chip alone."""
    board, used = content.board, content.chips
    if board.chips == 1:
        return ""
    side = 10
    boxes = {
        kind: "".join(
            f"M{side * (chip % board.columns) + 1} {side * (chip // board.columns) + 1}h8v8h-8z"
            for chip in range(board.chips)
            if (chip in set(used)) is (kind == "used")
        )
        for kind in ("free", "used")
    }
    says = f"{board.title}: {len(used)} of {board.chips:,} chips in use"
    paths = "".join(f'<path class="{kind}" d="{steps}"/>' for kind, steps in boxes.items() if steps)
    width = min(360, max(22, 22 * board.columns))
    return (
        f'<figure class="board"><svg viewBox="0 0 {side * board.columns} {side * board.rows}" role="img" '
        f'aria-label="{escape(says)}" style="max-width:{width}px">{paths}</svg>'
        f"<figcaption>{escape(says)}.</figcaption></figure>\n"
    )


def button(number: int, name: str) -> Markup:
    """Draw the colour of a layer with its number in it, beside its name; a button that marks its cores."""
    return Markup(
        f'<button type="button" data-layer="{number}" aria-pressed="false">'
        f'<span class="swatch l{(number - 1) % COLOURS}">{number}</span>{text(name)}</button>'
    )


def _chip(content: Content, chip: int, rows: list[CoreRow], shades: tuple[Shade, ...]) -> str:
    spec, board = content.chip, content.board
    wide = math.isqrt(spec.cores_per_tile - 1) + 1
    high = -(-spec.cores_per_tile // wide)
    across, along = wide * CELL + GAP, high * CELL + GAP
    width, height = spec.columns * across + GAP, spec.rows * along + GAP

    def place(local: int) -> tuple[int, int]:
        column, row = spec.tile(local)
        inner = local % spec.cores_per_tile
        return GAP + column * across + inner % wide * CELL, GAP + row * along + inner // wide * CELL

    usable = board.cores_per_chip(spec)
    used = {row.core - chip * spec.cores for row in rows}
    shapes = []
    if spec.cores <= EMPTY_MOST:
        free = [local for local in range(usable) if local not in used]
        steps = "".join("M{} {}h36v36h-36z".format(*(each + 2 for each in place(local))) for local in free)
        shapes.append(f'<path class="free" d="{steps}"/>' if steps else "")
    numbers = content.numbers
    shapes += [_core(row, place(row.core - chip * spec.cores), numbers, shades) for row in rows]
    title = f"{len(rows)} of {usable} cores in use"
    if board.chips > 1:
        where = f"column {chip % board.columns}, row {chip // board.columns} of the board"
        title = f"Chip {chip} ({where}): {title}"
    return (
        f'<figure class="chip"><figcaption>{escape(title)}</figcaption><div class="scroll">'
        f'<svg viewBox="0 0 {width} {height}" role="group" aria-label="{escape(title)}" '
        f'style="min-width:{width * LEAST // CELL}px">{"".join(shapes)}</svg></div></figure>\n'
    )


def _core(row: CoreRow, place: tuple[int, int], numbers: dict[str, int], shades: tuple[Shade, ...]) -> str:
    x, y, side = place[0] + 2, place[1] + 2, CELL - 4
    mine = [numbers[name] for name in row.layers]
    levels = "".join(str(shade.level(row.core)) for shade in shades)
    heard = " ".join(str(core) for core, _ in row.targets[:HEARD_MOST])
    says = f"core {row.core}: {', '.join(row.layers)}; " + ", ".join(
        f"{shade.title} {shade.write(shade.values[row.core])}" for shade in shades
    )
    return (
        f'<g class="core" tabindex="-1" role="img" aria-label="{escape(says)}" data-core="{row.core}" '
        f'data-layers="{" ".join(map(str, mine))}" data-levels="{levels}" data-to="{heard}">'
        f"{_stripes(mine, x, y, side)}"
        f'<rect class="edge" x="{x}" y="{y}" width="{side}" height="{side}"/></g>\n'
    )


def _stripes(mine: list[int], x: int, y: int, side: int) -> str:
    """Draw a stripe with its number for each layer on a core; of many layers two, and how many more there are."""
    shown = [(number, str(number)) for number in mine]
    if len(mine) > STRIPES:
        shown = [*shown[: STRIPES - 1], (GREY, f"+{len(mine) - STRIPES + 1}")]
    stripe = side / len(shown)
    small = f' style="font-size:{0.8 * stripe:.3g}px"' if len(shown) > 1 else ""
    return "".join(
        f'<rect class="fill l{(number - 1) % COLOURS}" x="{x}" y="{y + index * stripe:g}" width="{side}" '
        f'height="{stripe:g}"/><text class="l{(number - 1) % COLOURS}" x="{x + side / 2:g}" '
        f'y="{y + (index + 0.5) * stripe:g}"{small}>{label}</text>'
        for index, (number, label) in enumerate(shown)
    )
