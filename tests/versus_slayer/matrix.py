"""The matrix of neurons, layers and variants, as the table ``docs/matrix.md``.

``python -m tests.versus_slayer.matrix`` writes it anew; ``test_matrix.py`` compares it and runs it on Lava.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from compile.slayer.availability import load
from tests.versus_slayer.blocks import FAMILIES, LAYERS, VARIANTS, Cell, cells
from tests.versus_slayer.cell_run import DIFFERS, EXACT, LIVE, NEURON, REFUSED, Outcome, run_cell

PAGE = Path(__file__).parents[2] / "docs" / "matrix.md"
SIGNS = {EXACT: "=", LIVE: "live", NEURON: "neuron", DIFFERS: "≠", REFUSED: "no"}
HEAD = """# Every neuron on every layer

Each cell is a small random network that SLAYER itself builds, runs and exports.
`python -m tests.versus_slayer.matrix` writes this page; a test compares it, and runs every combination of neuron
and synapse that occurs in it on Lava too.

| sign | meaning |
|---|---|
| = | emulator = Lava = SLAYER's own forward pass, every value of every layer, through SLAYER's own `.net` file |
| live | the same, but only the live module can be read: SLAYER's export fails, or drops a part |
| neuron | SLAYER's own block fails; emulator = Lava = SLAYER's neuron, and = the block where it can be mended |
| ≠ | emulator = Lava = SLAYER's neuron, but SLAYER's block decides otherwise, for the reason given |
| no | refused by name, or SLAYER itself fails |
| | SLAYER has no such block, or the block no such variant |

Variants: *delay* axonal delays; *norm* `MeanOnlyBatchNorm`; *scale norm* `WgtScaleBatchNorm`; *weight norm*
`weight_norm=True`. Numbers lead to the notes below the tables.
"""


def outcomes() -> list[Outcome]:
    """Run every cell."""
    slayer = load()
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the networks are too small to share
    try:
        return [run_cell(cell) for cell in cells(slayer)]
    finally:
        torch.set_num_threads(threads)


def page(results: Sequence[Outcome]) -> str:
    """Write the table."""
    notes: list[str] = []
    found = {outcome.cell: outcome for outcome in results}
    lines = [HEAD]
    for family in FAMILIES:
        lines += [
            f"## {family}",
            "",
            "| layer | " + " | ".join(VARIANTS) + " |",
            "|---" * (1 + len(VARIANTS)) + "|",
        ]
        lines += list(_rows(family, found, notes))
        lines.append("")
    lines += ["## Notes", "", *(f"{number}. {note}" for number, note in enumerate(notes, start=1))]
    return "\n".join(lines) + "\n"


def _rows(family: str, found: dict[Cell, Outcome], notes: list[str]) -> Iterator[str]:
    for layer in LAYERS:
        row = [found.get(Cell(family, layer, variant)) for variant in VARIANTS]
        if any(row):
            yield f"| {layer} | " + " | ".join("" if each is None else _sign(each, notes) for each in row) + " |"


def _sign(outcome: Outcome, notes: list[str]) -> str:
    if not outcome.text:
        return SIGNS[outcome.code]
    if outcome.text not in notes:
        notes.append(outcome.text)
    return f"{SIGNS[outcome.code]} ({notes.index(outcome.text) + 1})"


if __name__ == "__main__":
    PAGE.write_text(page(outcomes()), encoding="utf-8")
