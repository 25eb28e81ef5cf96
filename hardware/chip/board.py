"""A board: a grid of chips of one kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardware.chip.figure import Evidence
from hardware.errors import ChipError

if TYPE_CHECKING:
    from hardware.chip.spec import ChipSpec

SIDE_MAX = 1024
"""Most chips along one side of a board; far beyond any that exists."""


@dataclass(frozen=True)
class Board:
    """Chips side by side; chip c sits at column ``c % columns`` of row ``c // columns``.

    Attributes
    ----------
    name : str
        As on the command line.
    title : str
        Name for people.
    chip_name : str
        The kind of its chips.
    columns, rows : int
        The grid.
    usable_cores : int or None
        Cores of each chip that can be used, where the board's maker says fewer than the chip has.
    evidence : Evidence
        What the number of chips rests on.
    arrangement : Evidence
        What their arrangement as a grid rests on.
    source : str
        Where both were found.

    Raises
    ------
    ChipError
        Where the grid is empty or absurd.
    """

    name: str
    title: str
    chip_name: str
    columns: int
    rows: int
    usable_cores: int | None = None
    evidence: Evidence = Evidence.ESTIMATE
    arrangement: Evidence = Evidence.ESTIMATE
    source: str = "given by hand"

    def __post_init__(self) -> None:
        """Check the grid."""
        for side in (self.columns, self.rows):
            if not 1 <= side <= SIDE_MAX:
                raise ChipError(f"board {self.name!r}: {side} chips along a side must lie in 1..{SIDE_MAX}")

    @property
    def chips(self) -> int:
        """Number of chips."""
        return self.columns * self.rows

    def cores_per_chip(self, chip: ChipSpec) -> int:
        """Return how many cores of each chip can be used."""
        return chip.cores if self.usable_cores is None else min(chip.cores, self.usable_cores)

    @classmethod
    def single(cls, chip: ChipSpec) -> Board:
        """Return a board of one chip alone."""
        return cls("single", f"one {chip.title}", chip.name, 1, 1)

    @classmethod
    def grid(cls, chip: ChipSpec, columns: int, rows: int) -> Board:
        """Return a board that nobody sells: so many columns and rows of a chip."""
        return cls(f"{columns}x{rows}", f"{columns} x {rows} {chip.title}", chip.name, columns, rows)
