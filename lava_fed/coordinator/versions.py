"""The global weights of each round, as everybody who took part in it has them."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from lava_fed.aggregate.aggregator import Aggregator
from lava_fed.runs.run import read_round
from lava_fed.shared import Shared

KEPT = 8
"""Versions that are kept in working memory, those used last."""


class Versions:
    """Weights by version: 0 before the first round, n after round n.

    A device keeps the weights that it was sent on a disk of its own. Devices of one machine would all keep the
    same ones, so they read the run's directory instead.

    Parameters
    ----------
    out : Path
        The run's directory.
    digest : str
        Of the run's facts.
    shared : Shared
        What is trained.
    aggregator : Aggregator
        Makes weights of what the directory holds.
    """

    def __init__(self, out: Path, digest: str, shared: Shared, aggregator: Aggregator) -> None:
        self._out, self._digest = out, digest
        self._shared, self._aggregator = shared, aggregator
        self._kept: dict[int, dict[str, NDArray[np.int16]]] = {}
        self._lock = Lock()

    def __call__(self, version: int) -> dict[str, NDArray[np.int16]]:
        """Return the weights of a version, chip units.

        Raises
        ------
        RunError, ContainerError
            Where the directory does not hold it.
        """
        with self._lock:
            weights = self._kept.pop(version, None)
            if weights is None:
                if version:
                    _, state = read_round(self._out, version, self._digest, self._shared)
                else:
                    state = self._aggregator.init(self._shared)
                weights = self._aggregator.weights(state)
            self._kept[version] = weights  # at the end: a dict keeps its order, so the first one waited longest
            for old in list(self._kept)[:-KEPT]:
                del self._kept[old]
            return weights
