"""Samples of earlier tasks that a device keeps in a budget of bytes.

Of all samples of a class that were ever shown, those stay whose hash is smallest, so the choice is uniform over
different samples, whatever their order and however often each was shown (A. Broder, "On the resemblance and
containment of documents", 1997: bottom-k samples). Every class that was seen has as much room as any other
(A. Chaudhry et al., "On tiny episodic memories in continual learning", 2019: ring buffers by class).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from lava_fed.data.dataset import DataSet
from lava_fed.learning.samples import labels_of

RECORDS, LABELS, FORM = "replay/records", "replay/labels", "replay/form"
"""Names of the arrays in a device's memory."""
LABEL_BYTES = 2
"""What a label takes of the budget."""


@dataclass(frozen=True, eq=False)
class Replay:
    """What a device remembers.

    Attributes
    ----------
    budget : int
        Most bytes of records with their labels; 0 remembers nothing.
    seed : int
        Of the hash that chooses, so that devices and runs choose differently.
    form : (int, int) or None
        Steps and units; ``None`` before the first sample.
    records : uint8 array, shape (samples, bytes)
        A sample each, a bit a step and unit; by class, then hash.
    labels : int32 array, shape (samples,)
        Their classes.
    """

    budget: int
    seed: int
    form: tuple[int, int] | None = None
    records: NDArray[np.uint8] = field(default_factory=lambda: np.zeros((0, 0), np.uint8))
    labels: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))

    @classmethod
    def recalled(cls, memory: Mapping[str, NDArray[Any]], budget: int, seed: int) -> Replay:
        """Return what a device's memory holds; nothing where it holds nothing of ours."""
        if RECORDS not in memory:
            return cls(budget, seed)
        steps, units = (int(number) for number in memory[FORM])
        return cls(
            budget,
            seed,
            (steps, units),
            memory[RECORDS].astype(np.uint8, copy=False),
            memory[LABELS].astype(np.int32, copy=False),
        )

    def memory(self) -> dict[str, NDArray[Any]]:
        """Return the arrays to keep until the next round."""
        if self.form is None:
            return {}
        return {RECORDS: self.records, LABELS: self.labels, FORM: np.array(self.form, np.int64)}

    def __len__(self) -> int:
        """Count the samples."""
        return len(self.labels)

    @property
    def bytes(self) -> int:
        """What the samples take of the budget."""
        return self.records.size + LABEL_BYTES * len(self)

    def with_shown(self, shown: DataSet) -> Replay:
        """Return the memory after samples were shown; those that it knows already change nothing.

        Raises
        ------
        LavaFedError
            Where the samples are graded, have another form than those before, or one alone is over the budget.
        """
        if not self.budget or not len(shown):
            return self
        values, form = shown.x.values, (shown.x.steps, shown.x.units)
        if values.dtype != np.uint8:
            raise LavaFedError(
                "replay keeps plain spikes, and these samples are graded messages; set work.replay = 0, or encode "
                "them as spikes"
            )
        if self.form not in (None, form):
            raise LavaFedError(
                f"replay: samples of {form[0]} steps and {form[1]} units do not fit those that are remembered, of "
                f"{self.form}; begin the run anew"
            )
        records, labels = np.packbits(values.reshape(len(values), -1), axis=1), labels_of(shown)
        room = self.budget // (records.shape[1] + LABEL_BYTES)
        if not room:
            raise LavaFedError(
                f"replay: a sample takes {records.shape[1] + LABEL_BYTES:,} bytes, more than the budget of "
                f"{self.budget:,}; raise work.replay"
            )
        if len(self):
            records, labels = np.concatenate([self.records, records]), np.concatenate([self.labels, labels])
        return Replay(self.budget, self.seed, form, *_chosen(records, labels, room, self.seed))

    def without(self, classes: NDArray[np.integer[Any]]) -> Replay:
        """Return what is remembered of other classes."""
        others = ~np.isin(self.labels, classes)
        return Replay(self.budget, self.seed, self.form, self.records[others], self.labels[others])

    def spikes(self, indices: NDArray[np.integer[Any]]) -> NDArray[np.uint8]:
        """Return remembered samples as they were shown, shape (samples, steps, units)."""
        if self.form is None:
            raise LavaFedError("this device remembers no sample")
        steps, units = self.form
        bits = np.unpackbits(self.records[indices], axis=1, count=steps * units)
        return bits.reshape(len(bits), steps, units)


def _chosen(
    records: NDArray[np.uint8], labels: NDArray[np.int32], room: int, seed: int
) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Choose samples by hash: an equal number of each class, the first classes one more where it is uneven."""
    key = str(seed).encode()
    hashes = [hashlib.blake2b(record.tobytes(), digest_size=8, key=key).digest() for record in records]
    numbers = np.frombuffer(b"".join(hashes), "<u8")
    _, first = np.unique(np.stack([labels.astype(np.uint64), numbers]), axis=1, return_index=True)
    _, counts = np.unique(labels[first], return_counts=True)
    shares = fair_shares(counts, room)
    starts = np.cumsum(counts) - counts
    kept = np.concatenate([first[start : start + share] for start, share in zip(starts, shares, strict=True)])
    return records[kept], labels[kept]


def fair_shares(counts: NDArray[np.int64], room: int) -> NDArray[np.int64]:
    """Share room among classes as evenly as what there is of each allows.

    Parameters
    ----------
    counts : int64 array, shape (classes,)
        Samples that each class has.
    room : int
        Samples in all.

    Examples
    --------
    >>> fair_shares(np.array([9, 1, 9]), 8).tolist()
    [4, 1, 3]
    """
    shares = np.zeros(len(counts), np.int64)
    while room and (open_ := np.flatnonzero(shares < counts)).size:
        each = max(1, room // open_.size)
        given = np.minimum(counts[open_] - shares[open_], each)[:room]
        shares[open_[: len(given)]] += given
        room -= int(given.sum())
    return shares
