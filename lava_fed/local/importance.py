"""Elastic weight consolidation on a chip: synapses that earlier tasks needed are held where they were.

Kirkpatrick et al., "Overcoming catastrophic forgetting in neural networks", PNAS 2017, pulls each weight back by
``lambda * F * (w - w_before)``, F its Fisher information. Here F is the sum of squared changes of the weight,
piece by piece while a task is learned: what the learning rule did is its gradient. Of it 8 bits are kept, 16 for
the mean of a connection. Several tasks share one anchor, the newest, and their importances add up (online EWC:
Schwarz et al., "Progress & Compress", ICML 2018).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from lava_fed.local.proximal import WHOLE

MEAN, MOST = 16, 255
"""Importance of a synapse of mean importance, and the largest that 8 bits hold."""
SQUARES_LIMIT = 1 << 58
"""Squared changes of a connection sum up to less than this, so that MEAN times as much fits 63 bits."""
_PREFIX = "ewc/"


@dataclass(frozen=True, eq=False)
class Importance:
    """What a device knows of the tasks that it has learned.

    Attributes
    ----------
    task : str
        Digest of the samples that it learns now, 64 hexadecimal digits.
    anchors : mapping of str to int16 array
        Weights as this task began, by connection, chip units.
    held : mapping of str to uint8 array
        How much earlier tasks need each synapse, 16 for the mean of a task; all 0 in the first task.
    squares : mapping of str to int64 array
        Squared changes in this task so far.
    """

    task: str
    anchors: Mapping[str, NDArray[np.int16]]
    held: Mapping[str, NDArray[np.uint8]]
    squares: Mapping[str, NDArray[np.int64]]

    @classmethod
    def begin(cls, task: str, weights: Mapping[str, NDArray[np.int16]]) -> Importance:
        """Return what a device knows before its first task: no synapse is needed yet."""
        held = {name: np.zeros(array.shape, np.uint8) for name, array in weights.items()}
        squares = {name: np.zeros(array.shape, np.int64) for name, array in weights.items()}
        return cls(task, dict(weights), held, squares)

    @classmethod
    def recall(
        cls, memory: Mapping[str, NDArray[Any]], task: str, weights: Mapping[str, NDArray[np.int16]]
    ) -> Importance:
        """Return what a device knows as a round begins; the samples tell whether it is one of a new task.

        Parameters
        ----------
        memory : mapping of str to array
            As ``memory`` returned it; without what this class keeps before the first round.
        task : str
            Digest of the samples of this round.
        weights : mapping of str to int16 array
            That the round begins with; anchors, where a task begins.

        Raises
        ------
        LavaFedError
            Where the memory is of other connections.
        """
        if f"{_PREFIX}task" not in memory:
            return cls.begin(task, weights)
        parts: list[dict[str, NDArray[Any]]] = [{}, {}, {}]
        for name, array in weights.items():
            for part, what in zip(parts, ("anchor", "held", "squares"), strict=True):
                found = memory.get(f"{_PREFIX}{what}/{name}")
                if found is None or found.shape != array.shape:
                    raise LavaFedError(
                        f"the device's memory of earlier tasks does not fit connection {name}; start the run anew"
                    )
                part[name] = found
        known = cls(bytes(memory[f"{_PREFIX}task"]).hex(), *parts)
        return known if known.task == task else known._next(task, weights)

    def _next(self, task: str, weights: Mapping[str, NDArray[np.int16]]) -> Importance:
        held = {}
        for name, before in self.held.items():
            squares = np.minimum(self.squares[name], SQUARES_LIMIT // before.size)
            new = MEAN * squares * squares.size // max(int(squares.sum()), 1) if squares.any() else squares
            held[name] = np.minimum(before + new, MOST).astype(np.uint8)
        return replace(Importance.begin(task, weights), held=held)

    @property
    def holds(self) -> bool:
        """Whether any synapse is held: from the second task on."""
        return any(bool(array.any()) for array in self.held.values())

    def learned(
        self,
        before: Mapping[str, NDArray[np.int16]],
        after: Mapping[str, NDArray[np.int16]],
        halvings: int,
    ) -> Importance:
        """Return it with one more piece of learning, from weights to weights, slowed by ``halvings``."""
        squares = {
            name: self.squares[name] + (((after[name].astype(np.int64) - before[name]) << halvings) ** 2)
            for name in self.squares
        }
        return replace(self, squares=squares)

    def shares(self, name: str, share: int) -> NDArray[np.int64]:
        """Return how far each synapse of a connection is pulled, in 256ths: ``share`` where importance is mean."""
        wanted: NDArray[np.int64] = self.held[name].astype(np.int64) * share // MEAN
        return np.minimum(wanted, WHOLE)

    def memory(self) -> dict[str, NDArray[Any]]:
        """Return it as arrays for the device's memory."""
        kept: dict[str, NDArray[Any]] = {f"{_PREFIX}task": np.frombuffer(bytes.fromhex(self.task), np.uint8)}
        for what, arrays in (("anchor", self.anchors), ("held", self.held), ("squares", self.squares)):
            kept |= {f"{_PREFIX}{what}/{name}": array for name, array in arrays.items()}
        return kept
