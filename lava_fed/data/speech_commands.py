"""Spoken keywords as log-mel features, by speaker.

Source: A. Ghandoura, F. Hjabo, O. Al Dakkak, "Building and benchmarking an Arabic Speech Commands dataset for
small-footprint keyword spotting", Engineering Applications of Artificial Intelligence, 2021: 40 keywords, 30
speakers, 10 recordings each of one second, cut into 49 frames of 40 mel bands, one unit a decibel.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import ContainerError, LavaFedError
from hardware.spikes import frozen
from lava_fed.data.dataset import DataSet
from lava_fed.data.loudness import INPUT_UNITS, STEPS, loudness_code
from lava_fed.data.owners import Owners

FILE = "asc_logmel40_u8.npz"
SPLITS = {"train": 0, "validation": 1, "test": 2}
"""Splits of speakers, with their number in the file: no speaker is in two."""
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
"""Ten of the keywords; they are spoken in Arabic."""


@dataclass(frozen=True, eq=False)
class Utterances:
    """Spoken keywords, in a tenth of the memory of their spikes.

    Attributes
    ----------
    levels : uint8 array, shape (samples, frames, bands)
        Decibels. Read-only.
    word : int64 array, shape (samples,)
        Index into ``words``. Read-only.
    speaker, split : int64 array, shape (samples,)
        Who speaks, and the number of the split that speaker is in. Read-only.
    words : tuple of str
        The keywords that are told apart; a label is an index into them.
    steps : int
        Steps of a sample, a frame each.

    Raises
    ------
    LavaFedError
        Where the arrays do not fit together.
    """

    levels: NDArray[np.uint8]
    word: NDArray[np.int64]
    speaker: NDArray[np.int64]
    split: NDArray[np.int64]
    words: tuple[str, ...]
    steps: int = STEPS

    def __post_init__(self) -> None:
        """Check shapes and types, and freeze the arrays."""
        levels = np.asarray(self.levels)
        if levels.dtype != np.uint8 or levels.ndim != 3:
            raise LavaFedError(
                f"levels must be bytes of shape (samples, frames, bands), found {levels.dtype}{levels.shape}"
            )
        object.__setattr__(self, "levels", frozen(levels))
        for name in ("word", "speaker", "split"):
            array = np.asarray(getattr(self, name))
            if array.dtype.kind not in "iu" or array.shape != (len(levels),):
                raise LavaFedError(
                    f"{name} must be one integer for each of {len(levels)} samples, found "
                    f"{array.dtype}{array.shape}"
                )
            object.__setattr__(self, name, frozen(array.astype(np.int64)))
        if len(levels) and (self.word.min() < 0 or self.word.max() >= len(self.words)):
            raise LavaFedError(
                f"words are numbered {self.word.min()}..{self.word.max()}, and there are {len(self.words)}"
            )

    @classmethod
    def read(cls, folder: Path) -> Utterances:
        """Read all of the data set.

        Parameters
        ----------
        folder : Path
            Holds ``asc_logmel40_u8.npz``.

        Raises
        ------
        LavaFedError
            Where the file is missing or damaged, or its arrays do not fit together.
        """
        path = folder / FILE
        if not path.is_file():
            raise ContainerError(f"{folder} holds no file {FILE}; give the folder of the Arabic speech commands")
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = {key: file[key] for key in ("logmel", "keyword", "speaker", "split", "keyword_names")}
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise ContainerError(f"{path} cannot be read as speech commands: {error}") from error
        words = tuple(str(name) for name in arrays["keyword_names"].ravel())
        return cls(arrays["logmel"], arrays["keyword"], arrays["speaker"], arrays["split"], words)

    def __len__(self) -> int:
        """Count the utterances."""
        return len(self.levels)

    @property
    def title(self) -> str:
        """Name for people."""
        return f"Arabic speech commands, {len(self.words)} keywords"

    @property
    def y(self) -> NDArray[np.int32]:
        """Labels, shape (samples,)."""
        return self.word.astype(np.int32)

    @property
    def owners(self) -> Owners:
        """The speakers, ``speaker-00`` and so on."""
        return Owners.numbered("speaker", self.speaker)

    @property
    def classes(self) -> int:
        """Number of keywords."""
        return len(self.words)

    @property
    def digest(self) -> str:
        """SHA-256 of levels, labels and steps, 64 hexadecimal digits."""
        sha = hashlib.sha256(f"utterances {self.levels.shape} {len(self.words)} {self.steps}".encode())
        sha.update(self.levels.tobytes())
        sha.update(self.word.astype("<i8").tobytes())
        return sha.hexdigest()

    @property
    def units(self) -> int:
        """Units that send."""
        return INPUT_UNITS

    def only(self, indices: NDArray[np.integer[Any]] | NDArray[np.bool_] | slice) -> Utterances:
        """Return the utterances at ``indices``, in that order."""
        return replace(
            self,
            levels=self.levels[indices],
            word=self.word[indices],
            speaker=self.speaker[indices],
            split=self.split[indices],
        )

    def of(self, split: str) -> Utterances:
        """Return the utterances of one split's speakers.

        Raises
        ------
        LavaFedError
            Where there is no such split.
        """
        if split not in SPLITS:
            raise LavaFedError(f"speech commands have no split {split!r}; known: {', '.join(SPLITS)}")
        return self.only(self.split == SPLITS[split])

    def saying(self, words: Sequence[str]) -> Utterances:
        """Return the utterances of some keywords, which become the labels ``0..len(words) - 1`` in that order.

        Raises
        ------
        LavaFedError
            Where a keyword is unknown.
        """
        for word in words:
            if word not in self.words:
                raise LavaFedError(f"no keyword is {word!r}; known: {', '.join(self.words)}")
        label = np.full(len(self.words), -1)
        label[[self.words.index(word) for word in words]] = np.arange(len(words))
        chosen = self.only(label[self.word] >= 0)
        return replace(chosen, word=label[chosen.word], words=tuple(words))

    def shifted(self, rng: np.random.Generator, *, frames: int, bands: int) -> Utterances:
        """Return the utterances, each moved by so many frames and bands at most; the edges are repeated.

        Parameters
        ----------
        rng : numpy.random.Generator
            Draws the frames, then the bands, of all utterances.
        frames, bands : int
            Largest moves to either side.
        """
        count, length, height = self.levels.shape
        late = rng.integers(-frames, frames + 1, (count, 1))
        higher = rng.integers(-bands, bands + 1, (count, 1))
        frame = np.clip(np.arange(length) - late, 0, length - 1)
        band = np.clip(np.arange(height) - higher, 0, height - 1)
        each = np.arange(count)[:, np.newaxis, np.newaxis]
        return replace(self, levels=self.levels[each, frame[:, :, np.newaxis], band[:, np.newaxis]])

    def lasting(self, steps: int) -> Utterances:
        """Return the utterances with another number of steps: they end early, or have empty ones at the end."""
        return replace(self, steps=steps)

    def take(self, indices: NDArray[np.integer[Any]] | slice) -> DataSet:
        """Return the utterances at ``indices`` as spikes, in that order."""
        some = self.only(indices)
        return DataSet(
            loudness_code(some.levels, self.steps), some.y, self.classes, self.title, owners=some.owners
        )
