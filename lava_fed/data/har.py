"""Human activity recognition by smartphone: windows of motion, by subject.

Source: D. Anguita, A. Ghio, L. Oneto, X. Parra, J. L. Reyes-Ortiz, "A Public Domain Dataset for Human Activity
Recognition Using Smartphones", ESANN 2013: 30 subjects, 6 activities, 50 samples a second. Read from an archive of
half windows: 64 moments of 9 channels (total acceleration, acceleration of the body, rotation; x, y, z of each).
"""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import ContainerError, LavaFedError
from hardware.spikes import frozen
from lava_fed.data.dataset import DataSet
from lava_fed.data.motion import motion_code, motion_units
from lava_fed.data.owners import Owners

FILE = "uci_har.npz"
SPLITS = {"train": True, "test": False}
"""Splits of subjects, as the file marks them: no subject is in two."""
MOMENTS, CHANNELS = 64, 9
ACTIVITIES = ("walking", "upstairs", "downstairs", "sitting", "standing", "laying")
"""What a label means; a label is an index into them, the number in the file less one."""
UNITY = 4096
"""Integers per g, or per radian a second."""


@dataclass(frozen=True, eq=False)
class Windows:
    """Windows of motion with their labels, as whole numbers.

    Attributes
    ----------
    signals : int16 array, shape (samples, 64, 9)
        In 1/4096 g, or 1/4096 radians a second. Read-only.
    y : int32 array, shape (samples,)
        Labels 0..5. Read-only.
    owners : Owners
        The subjects, ``subject-01`` to ``subject-30``.
    title : str
        Name for people.
    steps : int
        Steps of a sample, a moment each: at least 1, of which those past the window hold nothing.

    Raises
    ------
    LavaFedError
        Where the arrays do not fit together.
    """

    signals: NDArray[np.int16]
    y: NDArray[np.int32]
    owners: Owners
    title: str
    steps: int = MOMENTS

    def __post_init__(self) -> None:
        """Check shapes and types, and freeze the arrays."""
        signals, y = np.asarray(self.signals), np.asarray(self.y)
        if signals.dtype != np.int16 or signals.ndim != 3 or signals.shape[1:] != (MOMENTS, CHANNELS):
            raise LavaFedError(
                f"{self.title}: windows must be 16-bit integers of shape (samples, {MOMENTS}, {CHANNELS}), found "
                f"{signals.dtype}{signals.shape}"
            )
        if y.dtype.kind not in "iu" or y.shape != (len(signals),):
            raise LavaFedError(
                f"{self.title}: expected {len(signals)} labels, one per window, found {y.dtype}{y.shape}"
            )
        if y.size and not 0 <= y.min() <= y.max() < len(ACTIVITIES):
            raise LavaFedError(f"{self.title}: labels {y.min()}..{y.max()} must lie in 0..{len(ACTIVITIES) - 1}")
        if len(self.owners) != len(signals):
            raise LavaFedError(f"{self.title}: {len(signals)} windows have {len(self.owners)} owners")
        if not 1 <= self.steps < 2**16:
            raise LavaFedError(f"{self.title}: {self.steps} steps must lie in 1..{2**16 - 1}")
        object.__setattr__(self, "signals", frozen(signals))
        object.__setattr__(self, "y", frozen(y.astype(np.int32, copy=False)))

    @classmethod
    def read(cls, folder: Path, split: str | None = None) -> Windows:
        """Read all windows, or those of one split's subjects.

        Parameters
        ----------
        folder : Path
            Holds ``uci_har.npz`` with the arrays ``half_q``, ``y``, ``subject`` and ``is_train``.
        split : str, optional
            ``"train"``: 21 subjects; ``"test"``: the other 9.

        Raises
        ------
        LavaFedError
            Where the file is missing or damaged, its arrays do not fit together, or there is no such split.
        """
        if split is not None and split not in SPLITS:
            raise LavaFedError(f"UCI HAR has no split {split!r}; known: {', '.join(SPLITS)}")
        path = folder / FILE
        if not path.is_file():
            raise ContainerError(f"{folder} holds no file {FILE}; give the folder of UCI HAR as half windows")
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = {key: file[key] for key in ("half_q", "y", "subject", "is_train")}
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise ContainerError(f"{path} cannot be read as UCI HAR: {error}") from error
        marks = arrays["is_train"]
        if marks.dtype != np.bool_ or marks.shape != arrays["y"].shape:
            raise ContainerError(f"{path}: is_train must be one truth value for each window")
        subjects = Owners.numbered("subject", arrays["subject"])
        windows = cls(arrays["half_q"], arrays["y"].astype(np.int32) - 1, subjects, "UCI HAR")
        if split is None:
            return windows
        chosen = windows.only(marks == SPLITS[split])
        return replace(chosen, title=f"UCI HAR, {split} subjects")

    def __len__(self) -> int:
        """Count the windows."""
        return len(self.signals)

    @property
    def classes(self) -> int:
        """Number of activities."""
        return len(ACTIVITIES)

    @property
    def units(self) -> int:
        """Units that send."""
        return motion_units(CHANNELS)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of signals, labels, subjects and steps, 64 hexadecimal digits."""
        sha = hashlib.sha256(f"windows {self.signals.shape} {self.steps} {self.owners.names}".encode())
        for array, kind in ((self.signals, "<i2"), (self.y, "<i4"), (self.owners.index, "<i4")):
            sha.update(np.ascontiguousarray(array, kind).tobytes())
        return sha.hexdigest()

    def only(self, indices: NDArray[Any] | slice) -> Windows:
        """Return the windows at ``indices``, or where those are true, in that order."""
        return replace(self, signals=self.signals[indices], y=self.y[indices], owners=self.owners.take(indices))

    def lasting(self, steps: int) -> Windows:
        """Return the windows with another number of steps: they end early, or have empty steps at the end."""
        return replace(self, steps=steps)

    def take(self, indices: NDArray[np.integer[Any]] | slice) -> DataSet:
        """Return the windows at ``indices`` as spikes, in that order."""
        some = self.only(indices)
        return DataSet(motion_code(some.signals, self.steps), some.y, self.classes, self.title, owners=some.owners)
