"""Pieces of HTML; every text is escaped here."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from lava_fed.report.style import STYLE

# No script, no font, no picture, no address may be loaded, whatever a file smuggles into the page.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def text(content: str) -> str:
    """Escape a text, and keep a number and its percent sign on one line."""
    return escape(content).replace(" %", "&nbsp;%")


def document(title: str, body: str) -> str:
    """Write a whole page around a body that is HTML already."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(title)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{body}</main>\n</body>\n</html>\n"
    )


def figure(title: str, drawing: str, caption: str) -> str:
    """Write a drawing with its title and what one sees."""
    return f"<figure><h3>{text(title)}</h3>{drawing}<figcaption>{text(caption)}</figcaption></figure>\n"


def table(caption: str, columns: Sequence[str], rows: Sequence[Sequence[str]], text_columns: int = 1) -> str:
    """Write a table; all but the first ``text_columns`` columns hold numbers."""

    def cell(tag: str, index: int, value: str) -> str:
        scope = ' scope="col"' if tag == "th" else ""
        side = ' class="right"' if index >= text_columns else ""
        return f"<{tag}{scope}{side}>{text(value)}</{tag}>"

    head = "".join(cell("th", index, column) for index, column in enumerate(columns))
    body = "".join(
        f"<tr>{''.join(cell('td', index, value) for index, value in enumerate(row))}</tr>" for row in rows
    )
    return (
        f'<div class="part"><h3>{text(caption)}</h3>\n'
        f'<div class="scroll" tabindex="0"><table aria-label="{text(caption)}">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></div>\n"
    )
