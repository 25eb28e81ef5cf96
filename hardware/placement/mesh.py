"""Where the cores of a board sit, and how far apart they are.

Public of Loihi's network on chip: a mesh of tiles with a router each, four cores a tile on Loihi 1 (Davies et al.
2018; SANA-FE's ``arch/loihi.yaml``), messages routed along one axis, then the other (Loihi 2: Timcheck et al.,
"A Compute and Communication Runtime Model for Loihi 2", 2026), and links in four planar directions that extend
the mesh to other chips (Davies et al.). Assumed here: chips lie side by side so that their meshes join, one link
between two chips counts as one hop, and core c sits in tile ``c // cores_per_tile``, row by row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardware.chip.board import Board
from hardware.chip.spec import ChipSpec


@dataclass(frozen=True)
class Mesh:
    """The cores of a board, numbered chip by chip.

    Attributes
    ----------
    chip : ChipSpec
        The kind of chip.
    board : Board
        The grid of chips.
    """

    chip: ChipSpec
    board: Board

    @classmethod
    def of(cls, chip: ChipSpec, board: Board | None) -> Mesh:
        """Return the mesh of a board, or of one chip alone."""
        return cls(chip, Board.single(chip) if board is None else board)

    @property
    def cores(self) -> int:
        """Cores that can be used."""
        return self.board.chips * self.board.cores_per_chip(self.chip)

    def core(self, index: int) -> int:
        """Return the number of the usable core ``index``; numbers go on beyond the board's last."""
        chip, local = divmod(index, self.board.cores_per_chip(self.chip))
        return chip * self.chip.cores + local

    def exists(self, core: int) -> bool:
        """Say whether there is such a core and it can be used."""
        chip, local = divmod(core, self.chip.cores)
        return core >= 0 and chip < self.board.chips and local < self.board.cores_per_chip(self.chip)

    def places(self, cores: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return column and row of the tiles of cores, counted over the whole board.

        Parameters
        ----------
        cores : int64 array, shape (n,)
            Global numbers.

        Returns
        -------
        int64 array, shape (n, 2)
        """
        chip, local = np.divmod(np.asarray(cores, np.int64), self.chip.cores)
        row, column = np.divmod(local // self.chip.cores_per_tile, self.chip.columns)
        chip_row, chip_column = np.divmod(chip, self.board.columns)
        return np.stack([chip_column * self.chip.columns + column, chip_row * self.chip.rows + row], axis=1)

    def hops(self, sources: NDArray[np.int64], targets: NDArray[np.int64]) -> NDArray[np.int64]:
        """Count the links that a message passes; none within a tile.

        Parameters
        ----------
        sources, targets : int64 arrays, shapes (n,) and (m,)
            Global numbers of cores.

        Returns
        -------
        int64 array, shape (n, m)
        """
        apart: NDArray[np.int64] = np.abs(self.steps(sources, targets)).sum(axis=2)
        return apart

    def steps(self, sources: NDArray[np.int64], targets: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return hops to the right and downwards, shape (n, m, 2); negative to the left and upwards."""
        return self.places(targets)[None, :, :] - self.places(sources)[:, None, :]

    def crossings(self, sources: NDArray[np.int64], targets: NDArray[np.int64]) -> NDArray[np.int64]:
        """Count how many of the hops lead from one chip to the next, shape (n, m)."""
        size = np.array([self.chip.columns, self.chip.rows])
        chips = [self.places(cores) // size for cores in (sources, targets)]
        apart: NDArray[np.int64] = np.abs(chips[1][None, :, :] - chips[0][:, None, :]).sum(axis=2)
        return apart
