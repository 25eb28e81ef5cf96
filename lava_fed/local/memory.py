"""What a device keeps between rounds, on a disk of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware import container
from hardware.errors import LavaFedError

KIND = "device memory"
"""Kind of container that holds the memory of one turn."""
Arrays = Mapping[str, NDArray[Any]]


class Memory:
    """Arrays by turn, of which the coordinator's next task names the one to go on from.

    So an update that was lost, or a coordinator that was killed and resumed, costs nothing but the lost round:
    whatever came after the named turn is forgotten.

    Parameters
    ----------
    folder : Path or None
        Where to keep them; in the working memory without one.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._kept: dict[int, dict[str, NDArray[Any]]] = {}

    def recall(self, turn: int) -> dict[str, NDArray[Any]]:
        """Return what was kept in a turn, and forget all others; nothing where nothing was kept.

        Raises
        ------
        ContainerError
            Where a file is damaged.
        """
        if self._folder is None:
            self._kept = {known: kept for known, kept in self._kept.items() if known == turn}
            return dict(self._kept.get(turn, {}))
        for path in self._folder.glob("*.h5"):
            if path != self._path(turn):
                path.unlink(missing_ok=True)
        if not self._path(turn).exists():
            return {}
        header, arrays = container.read(self._path(turn), KIND)
        if header.get("turn") != turn:
            raise LavaFedError(f"{self._path(turn)} is not a device's memory of turn {turn}; start the run anew")
        return arrays

    def keep(self, turn: int, arrays: Arrays) -> None:
        """Keep arrays as those of a turn; earlier turns stay until one is recalled.

        Raises
        ------
        ContainerError
            Where a file cannot be written.
        """
        if not arrays:
            return
        if self._folder is None:
            self._kept[turn] = {name: np.array(array) for name, array in arrays.items()}
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        container.write(self._path(turn), KIND, {"turn": turn}, dict(arrays))

    def _path(self, turn: int) -> Path:
        if self._folder is None:
            raise LavaFedError("this memory has no folder")
        return self._folder / f"{turn:06d}.h5"
