"""``lava-fed chips``: what is known of each chip, and how well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import Json
from cli.output import Output

if TYPE_CHECKING:
    from hardware.chip.spec import ChipSpec

EXAMPLE = "lava-fed chips loihi2"


def chips(
    chip: Annotated[
        str | None, typer.Argument(metavar="[NAME|FILE.toml]", help="One chip, with every figure's source.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show the chips and boards, with unit, evidence and source of every figure."""
    from hardware.chip.known import CHIPS, find_chip

    output = Output(as_json)
    shown = list(CHIPS.values()) if chip is None else [find_chip(chip)]
    if chip is None:
        _compare(shown, output)
    else:
        _figures(shown[0], output)
    _boards(shown, output)
    output.document({"chips": [_document(each) for each in shown]})


def _compare(shown: list[ChipSpec], output: Output) -> None:
    from hardware.chip.quantity import QUANTITIES

    rows = [
        (name, *(each.figures[name].text for each in shown), quantity.unit, quantity.words)
        for name, quantity in QUANTITIES.items()
    ]
    headings = ("figure", *(each.name for each in shown), "unit", "what it is")
    output.table("Chips", headings, rows, numeric="l" + "r" * len(shown) + "ll")
    output.line("'lava-fed chips NAME' shows the source of every figure.")


def _figures(chip: ChipSpec, output: Output) -> None:
    from hardware.chip.figure import in_words

    rows = [
        (name, figure.text, figure.unit, figure.evidence.value, figure.source)
        for name, figure in chip.figures.items()
    ]
    title = f"{chip.title} ({in_words(chip.figures.values())})"
    output.table(title, ("figure", "value", "unit", "evidence", "source"), rows, numeric="lrlll")


def _boards(shown: list[ChipSpec], output: Output) -> None:
    rows = [
        (
            board.name,
            board.title,
            chip.name,
            f"{board.chips:,}",
            f"{board.columns} x {board.rows} ({board.arrangement.value})",
            f"{board.chips * board.cores_per_chip(chip):,}",
            board.evidence.value,
            board.source,
        )
        for chip in shown
        for board in chip.boards.values()
    ]
    if rows:
        headings = ("board", "title", "chip", "chips", "arranged", "cores", "evidence", "source")
        output.table("Boards", headings, rows, numeric="lllrlrll")


def _document(chip: ChipSpec) -> dict[str, Any]:
    return {
        "name": chip.name,
        "title": chip.title,
        "figures": {
            name: {
                "value": figure.value,
                "unit": figure.unit,
                "evidence": figure.evidence.value,
                "source": figure.source,
            }
            for name, figure in chip.figures.items()
        },
        "boards": [
            {
                "name": board.name,
                "title": board.title,
                "chips": board.chips,
                "columns": board.columns,
                "rows": board.rows,
                "cores_per_chip": board.cores_per_chip(chip),
                "evidence": board.evidence.value,
                "arrangement": board.arrangement.value,
                "source": board.source,
            }
            for board in chip.boards.values()
        ],
    }
