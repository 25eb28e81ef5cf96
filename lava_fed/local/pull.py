"""Between pieces of a round, a device's weights are pulled back: to the global ones, to those of earlier tasks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lava_fed.local.importance import Importance
from lava_fed.local.proximal import pulled, share_of
from lava_fed.local.trainer import Job

Weights = Mapping[str, NDArray[np.int16]]


@dataclass(frozen=True, eq=False)
class Pull:
    """FedProx and EWC on one device in one round.

    Attributes
    ----------
    base : mapping of str to int16 array
        Global weights of the shared connections, which the proximal term pulls to.
    last : mapping of str to int16 array
        Weights of all learning connections as the present piece began.
    proximal, ewc : int
        256ths of the way that the two go at a time.
    halvings : int
        How often they are halved, with all learning.
    known : Importance or None
        What earlier tasks need; ``None`` without EWC.
    """

    base: Weights
    last: Weights
    proximal: int
    ewc: int
    halvings: int
    known: Importance | None

    @classmethod
    def of(cls, job: Job, begin: Weights) -> Pull | None:
        """Return what pulls in a round that begins with weights, ``None`` where nothing does.

        Raises
        ------
        LavaFedError
            Where a strength cannot be that of a chip, or the device's memory does not fit.
        """
        proximal = share_of(job.work.proximal, "work.proximal")
        ewc = share_of(job.work.ewc, "work.ewc")
        if not proximal and not ewc:
            return None
        known = Importance.recall(job.memory, job.data.digest, begin) if ewc else None
        return cls(job.task.weights, dict(begin), proximal, ewc, job.task.halvings, known)

    def after(
        self, weights: Weights, rng: np.random.Generator
    ) -> tuple[Pull, dict[str, NDArray[np.int16]], dict[str, int]]:
        """Take in what a piece has learned, and pull.

        Returns
        -------
        pull : Pull
            For the next piece.
        weights : dict of str to int16 array
            After the pull, of all learning connections.
        updates : dict of str to int
            Synapses that were pulled, by connection; one that two terms pull counts twice.
        """
        known = None if self.known is None else self.known.learned(self.last, weights, self.halvings)
        kept, updates = {name: weights[name] for name in sorted(weights)}, dict.fromkeys(sorted(weights), 0)
        for name, array in kept.items():
            moved = array
            if self.proximal and name in self.base:
                moved = pulled(moved, self.base[name], self.proximal, rng, halvings=self.halvings)
                updates[name] += array.size
            if known is not None and known.holds:
                shares = known.shares(name, self.ewc)
                moved = pulled(moved, known.anchors[name], shares, rng, halvings=self.halvings)
                updates[name] += array.size
            kept[name] = moved
        return replace(self, last=kept, known=known), kept, updates

    def memory(self) -> dict[str, NDArray[Any]]:
        """Return what the device must remember for the next round."""
        return {} if self.known is None else self.known.memory()
