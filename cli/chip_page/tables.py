"""Tables of the page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape


class Markup(str):
    """HTML that was made here and is not to be escaped."""

    __slots__ = ()


def text(value: str) -> str:
    """Escape a text, and keep a number and its percent sign on one line; markup stays as it is."""
    return value if isinstance(value, Markup) else escape(value).replace(" %", "&nbsp;%")


def table(
    name: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    sides: str,
    marks: Sequence[str] = (),
) -> Markup:
    """Write a table that scrolls sideways where it is too wide.

    Parameters
    ----------
    name : str
        What it shows.
    columns : sequence of str
        Headings.
    rows : sequence of sequence of str
        Cells; the first of a row is its heading.
    sides : str
        One letter a column: ``r`` aligns it right, ``w`` folds long text, anything else aligns left.
    marks : sequence of str
        Attributes of each row, where there are any.
    """
    classes = [{"r": ' class="right"', "w": ' class="wrap"'}.get(side, "") for side in sides]
    head = "".join(
        f'<th scope="col"{kind}>{text(column)}</th>' for column, kind in zip(columns, classes, strict=True)
    )
    body = []
    for index, row in enumerate(rows):
        cells = "".join(
            f'<th scope="row"{kind}>{text(cell)}</th>' if place == 0 else f"<td{kind}>{text(cell)}</td>"
            for place, (cell, kind) in enumerate(zip(row, classes, strict=True))
        )
        body.append(f"<tr{' ' + marks[index] if marks else ''}>{cells}</tr>")
    return Markup(
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(name)}">'
        f'<table aria-label="{escape(name)}"><thead><tr>{head}</tr></thead>\n<tbody>'
        + "\n".join(body)
        + "</tbody></table></div>\n"
    )


def bar(share: float) -> Markup:
    """Draw a share as a small bar, with its number beside it."""
    width = round(100 * min(max(share, 0.0), 1.0), 1)
    return Markup(f'<span class="bar"><i style="width:{width:g}%"></i></span>{text(percent(share))}')


def percent(share: float) -> str:
    """Write a share; what is more than nothing never shows as nothing.

    Examples
    --------
    >>> percent(0.0), percent(0.0001), percent(0.123)
    ('0.0 %', '< 0.1 %', '12.3 %')
    """
    return "< 0.1 %" if 0 < share < 0.0005 else f"{100 * share:.1f} %"
