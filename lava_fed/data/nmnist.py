"""N-MNIST: handwritten digits as events of a camera that moves.

Source: G. Orchard, A. Jayawant, G. K. Cohen, N. Thakor, "Converting Static Image Datasets to Spiking Neuromorphic
Datasets Using Saccades", Frontiers in Neuroscience, 2015. Read from the archive of 1,100 recordings that comes
with SLAYER's first version: an event is five bytes, x, y, then polarity with 23 bits of microseconds.
"""

from __future__ import annotations

import hashlib
import lzma
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import ContainerError, LavaFedError
from hardware.spikes import VALUES_LIMIT, SpikeTrain, frozen
from lava_fed.data.dataset import DataSet

FILE = "NMNISTsmall_bs2.zip"
FOLDER = "NMNISTsmall"
"""Folder inside the archive."""
SPLITS = {"train": "train1K.txt", "test": "test100.txt"}
"""Splits, with the lists that name their recordings."""
PIXELS = 34
"""Rows and columns of the camera's image."""
POOL = 2
"""Rows and columns of pixels that share a unit."""
STEPS = 32
STEP = 10_500
"""Microseconds of a step, so that a sample of 32 holds all three saccades; few events come later."""
CLASSES = 10
EVENT = 5
"""Bytes of an event."""
RECORDING_LIMIT = 1 << 20
"""Most bytes of a recording; they have 5,000 to 36,000."""


@dataclass(frozen=True, eq=False)
class Recordings:
    """Recordings of a camera with their labels, as lists of events.

    Attributes
    ----------
    events : tuple of int32 array, each of shape (events, 4)
        Column, row, polarity 0 or 1, microseconds. Read-only.
    y : int32 array, shape (samples,)
        Labels 0..9. Read-only.
    title : str
        Name for people.
    steps : int
        Steps of a sample, which divide the time of all saccades, 336,000 microseconds, evenly.

    Raises
    ------
    LavaFedError
        Where events and labels do not fit together.
    """

    events: tuple[NDArray[np.int32], ...]
    y: NDArray[np.int32]
    title: str
    steps: int = STEPS

    def __post_init__(self) -> None:
        """Check the shapes, and freeze the arrays."""
        y = np.asarray(self.y)
        if y.dtype.kind not in "iu" or y.shape != (len(self.events),):
            raise LavaFedError(
                f"{self.title}: expected {len(self.events)} labels, one per recording, found {y.dtype}{y.shape}"
            )
        if y.size and not 0 <= y.min() <= y.max() < CLASSES:
            raise LavaFedError(f"{self.title}: labels {y.min()}..{y.max()} must lie in 0..{CLASSES - 1}")
        if not 1 <= self.steps <= STEPS * STEP:
            raise LavaFedError(f"{self.title}: {self.steps} steps must lie in 1..{STEPS * STEP}")
        object.__setattr__(self, "y", frozen(y.astype(np.int32, copy=False)))
        object.__setattr__(self, "events", tuple(frozen(np.asarray(each, np.int32)) for each in self.events))

    @classmethod
    def read(cls, folder: Path, split: str) -> Recordings:
        """Read one split.

        Parameters
        ----------
        folder : Path
            Holds ``NMNISTsmall_bs2.zip``.
        split : str
            ``"train"`` or ``"test"``.

        Raises
        ------
        LavaFedError
            Where the file is missing or damaged, or there is no such split.
        """
        if split not in SPLITS:
            raise LavaFedError(f"N-MNIST has no split {split!r}; known: {', '.join(SPLITS)}")
        path = folder / FILE
        if not path.is_file():
            raise ContainerError(f"{folder} holds no file {FILE}; give the folder of the small N-MNIST")
        try:
            with zipfile.ZipFile(path) as archive:
                rows = [row.split() for row in _member(archive, SPLITS[split]).decode("ascii").splitlines()]
                rows = [row for row in rows if row and not row[0].startswith("#")]
                events = tuple(decode(_member(archive, f"{row[0]}.bs2")) for row in rows)
                labels = np.array([int(row[1]) for row in rows], np.int32)
        except (OSError, EOFError, ValueError, KeyError, IndexError, zipfile.BadZipFile, lzma.LZMAError) as error:
            raise ContainerError(f"{path} cannot be read as N-MNIST: {error}") from error
        return cls(events, labels, f"small N-MNIST, {split} split")

    def __len__(self) -> int:
        """Count the recordings."""
        return len(self.events)

    @property
    def owners(self) -> None:
        """Nobody knows whose recordings they are."""
        return None

    @property
    def classes(self) -> int:
        """Number of digits."""
        return CLASSES

    @property
    def digest(self) -> str:
        """SHA-256 of events, labels and steps, 64 hexadecimal digits; the title does not count."""
        sha = hashlib.sha256(f"recordings {[len(each) for each in self.events]} {self.steps}".encode())
        for events in self.events:
            sha.update(events.astype("<i4").tobytes())
        sha.update(self.y.astype("<i4").tobytes())
        return sha.hexdigest()

    @property
    def units(self) -> int:
        """Units that send: one for each polarity and each square of pixels."""
        return 2 * (PIXELS // POOL) ** 2

    def only(self, indices: NDArray[np.integer[Any]] | slice) -> Recordings:
        """Return the recordings at ``indices``, in that order."""
        chosen = np.arange(len(self))[indices]
        return replace(self, events=tuple(self.events[index] for index in chosen), y=self.y[chosen])

    def shifted(self, rng: np.random.Generator, most: int) -> Recordings:
        """Return the recordings, each moved by -``most``..``most`` pixels on both axes; what leaves is lost.

        Parameters
        ----------
        rng : numpy.random.Generator
            Draws column and row of each recording.
        most : int
            Largest shift, pixels.
        """
        moves = rng.integers(-most, most + 1, (len(self), 2)).astype(np.int32)
        moved = []
        for events, move in zip(self.events, moves, strict=True):
            place = events[:, :2] + move
            kept = ((place >= 0) & (place < PIXELS)).all(axis=1)
            moved.append(np.concatenate([place, events[:, 2:]], axis=1)[kept])
        return replace(self, events=tuple(moved))

    def lasting(self, steps: int) -> Recordings:
        """Return the recordings with another number of steps for the same time."""
        return replace(self, steps=steps)

    def take(self, indices: NDArray[np.integer[Any]] | slice) -> DataSet:
        """Return the recordings at ``indices`` as spikes, in that order.

        A unit fires in each step in which one of its pixels sent an event of its polarity; the units are in the
        order of polarity, row, column.
        """
        some, side = self.only(indices), PIXELS // POOL
        if len(some) * self.steps * self.units > VALUES_LIMIT:
            raise LavaFedError(f"{self.title}: {len(some)} recordings make too many spikes at once; take fewer")
        train = np.zeros((len(some), self.steps, 2, side, side), np.uint8)
        for sample, events in enumerate(some.events):
            column, row, polarity, time = events.T
            kept = time < STEPS * STEP
            step, row, column = (
                time[kept].astype(np.int64) * self.steps // (STEPS * STEP),
                row[kept] // POOL,
                column[kept] // POOL,
            )
            train[sample, step, polarity[kept], row, column] = 1
        return DataSet(SpikeTrain(train.reshape(len(some), self.steps, -1)), some.y, CLASSES, self.title)


def decode(recording: bytes) -> NDArray[np.int32]:
    """Return the events of a recording, shape (events, 4): column, row, polarity, microseconds.

    Raises
    ------
    ValueError
        Where the bytes are no whole events, or one lies outside the image.

    Examples
    --------
    >>> decode(bytes([3, 4, 129, 0, 2])).tolist()
    [[3, 4, 1, 65538]]
    """
    if len(recording) % EVENT:
        raise ValueError(f"a recording of {len(recording)} bytes does not hold whole events of {EVENT}")
    raw = np.frombuffer(recording, np.uint8).reshape(-1, EVENT).astype(np.int32)
    if raw.size and raw[:, :2].max() >= PIXELS:
        raise ValueError(f"an event lies at {raw[:, :2].max()}, outside {PIXELS} x {PIXELS} pixels")
    time = ((raw[:, 2] & 127) << 16) | (raw[:, 3] << 8) | raw[:, 4]
    events: NDArray[np.int32] = np.stack([raw[:, 0], raw[:, 1], raw[:, 2] >> 7, time], axis=1)
    return events


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    """Read a file of the archive, once its size is known to be sane."""
    entry = archive.getinfo(f"{FOLDER}/{name}")
    if entry.file_size > RECORDING_LIMIT:
        raise ValueError(f"{name} has {entry.file_size} bytes, over the limit of {RECORDING_LIMIT}")
    return archive.read(entry)
