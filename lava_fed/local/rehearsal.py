"""A round in which a device shows what it remembers between what it has."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.spikes import SpikeTrain
from lava_fed.data.dataset import DataSet
from lava_fed.data.owners import Owners
from lava_fed.learning.samples import Samples, labels_of
from lava_fed.local.replay import Replay
from lava_fed.local.trainer import Job


@dataclass(frozen=True, eq=False)
class Mixed:
    """A device's own samples, followed by those that it remembers of other classes.

    Attributes
    ----------
    own : Samples
        What it has now.
    remembered : Replay
        What it had before.
    """

    own: Samples
    remembered: Replay

    @property
    def title(self) -> str:
        """Name of the device's own samples for people."""
        return self.own.title

    @property
    def classes(self) -> int:
        """Number of classes."""
        return self.own.classes

    @property
    def owners(self) -> Owners | None:
        """Nobody is said to own what is remembered."""
        return None

    @cached_property
    def y(self) -> NDArray[np.int32]:
        """Labels, shape (samples,)."""
        return np.concatenate([labels_of(self.own), self.remembered.labels])

    @cached_property
    def digest(self) -> str:
        """SHA-256 of own and remembered samples, 64 hexadecimal digits."""
        sha = hashlib.sha256(self.own.digest.encode())
        sha.update(np.ascontiguousarray(self.remembered.records).tobytes())
        sha.update(np.ascontiguousarray(self.remembered.labels, "<i4").tobytes())
        return sha.hexdigest()

    def __len__(self) -> int:
        """Count the samples."""
        return len(self.own) + len(self.remembered)

    def only(self, indices: NDArray[Any] | slice) -> DataSet:
        """Return the samples at ``indices``, in that order."""
        return self.take(indices)

    def take(self, indices: NDArray[np.integer[Any]] | slice) -> DataSet:
        """Return the samples at ``indices`` as spikes, in that order."""
        chosen = np.arange(len(self))[indices]
        mine = chosen < len(self.own)
        if mine.all():
            return self.own.take(chosen)
        old = self.remembered.spikes(chosen[~mine] - len(self.own))
        values: NDArray[np.uint8] = np.zeros((len(chosen), *old.shape[1:]), np.uint8)
        values[~mine] = old
        if mine.any():
            values[mine] = self.own.take(chosen[mine]).x.values
        return DataSet(SpikeTrain(values), self.y[chosen], self.classes, self.title)


def rehearsed(job: Job) -> tuple[Samples, NDArray[np.int64], Replay]:
    """Return what a device shows in a round: after each of its samples, one that it remembers of another class.

    Each remembered sample comes as often as any other, give or take once. Without a budget, or as long as the
    device remembers nothing but what it has, these are the job's own samples in the job's own order.

    Returns
    -------
    data : Samples
        Own and remembered.
    order : int64 array
        Which of them to show, in order.
    replay : Replay
        What is remembered now; give it what was shown, by ``with_shown``, and its ``memory()`` to the next round.
    """
    order = job.order()
    if not job.work.replay:
        return job.data, order, Replay(0, 0)
    replay = Replay.recalled(job.memory, job.work.replay, job.task.seed)
    old = replay.without(np.unique(labels_of(job.data)))
    if not len(old):
        return job.data, order, replay
    rng = job.task.streams(job.device)[0].spawn(1)[0]
    passes = -(-len(order) // len(old))
    drawn = np.concatenate([rng.permutation(len(old)) for _ in range(passes)])[: len(order)]
    return Mixed(job.data, old), np.stack([order, drawn + len(job.data)], axis=1).reshape(-1), replay
