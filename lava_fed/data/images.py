"""Labelled images that become spikes when they are needed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import ContainerError, LavaFedError
from hardware.spikes import frozen
from lava_fed.data import idx
from lava_fed.data.dataset import DataSet
from lava_fed.data.pixels import SHOWN, STEPS, WHITE, integrate

SPLITS = {"train": "train", "test": "t10k"}
"""Splits of a folder, with what the names of their files begin with."""


@dataclass(frozen=True, eq=False)
class Images:
    """Grey images with their labels, in a sixteenth of the memory of their spikes.

    Attributes
    ----------
    pixels : uint8 array, shape (samples, rows, columns)
        Grey values. Read-only.
    y : int32 array, shape (samples,)
        Labels from 0. Read-only.
    title : str
        Name for people.
    steps : int
        Steps of a sample.
    shown : int
        Steps for which an image is shown.
    classes : int
        Number of classes; 0 for the largest label plus one, or 1 where there is no image.

    Raises
    ------
    LavaFedError
        Where pixels and labels do not fit together.
    """

    pixels: NDArray[np.uint8]
    y: NDArray[np.int32]
    title: str
    steps: int = STEPS
    shown: int = SHOWN
    classes: int = 0

    def __post_init__(self) -> None:
        """Check shapes and types, and freeze the arrays."""
        pixels, y = np.asarray(self.pixels), np.asarray(self.y)
        if pixels.dtype != np.uint8 or pixels.ndim != 3:
            raise LavaFedError(
                f"{self.title}: images must be bytes of shape (samples, rows, columns), "
                f"found {pixels.dtype}{pixels.shape}"
            )
        if y.dtype.kind not in "iu" or y.shape != (len(pixels),) or (y.size and y.min() < 0):
            raise LavaFedError(
                f"{self.title}: expected {len(pixels)} labels from 0, one per image, found {y.dtype}{y.shape}"
            )
        object.__setattr__(self, "pixels", frozen(pixels))
        object.__setattr__(self, "y", frozen(y.astype(np.int32, copy=False)))
        object.__setattr__(self, "classes", self.classes or int(y.max(initial=0)) + 1)

    @classmethod
    def read(cls, folder: Path, split: str) -> Images:
        """Read one split of a folder of the MNIST family.

        Parameters
        ----------
        folder : Path
            Holds ``train-images-idx3-ubyte``, ``train-labels-idx1-ubyte`` and the same of ``t10k``, each packed as
            ``.gz`` or not.
        split : str
            ``"train"`` or ``"test"``.

        Raises
        ------
        LavaFedError
            Where a file is missing or damaged, images and labels do not fit, or there is no such split.
        """
        if split not in SPLITS:
            raise LavaFedError(f"{folder} has no split {split!r}; known: {', '.join(SPLITS)}")
        images = idx.read(_file(folder, f"{SPLITS[split]}-images-idx3-ubyte"))
        labels = idx.read(_file(folder, f"{SPLITS[split]}-labels-idx1-ubyte"))
        return cls(images, labels.astype(np.int32), f"{folder.name}, {split} split")

    @staticmethod
    def there(folder: Path) -> bool:
        """Say whether ``folder`` looks like one of the MNIST family; never raises."""
        return any((folder / f"train-images-idx3-ubyte{end}").is_file() for end in ("", ".gz"))

    def __len__(self) -> int:
        """Count the images."""
        return len(self.pixels)

    @property
    def units(self) -> int:
        """Units that send: one for each pixel, one that is always on."""
        return int(np.prod(self.pixels.shape[1:])) + 1

    @property
    def owners(self) -> None:
        """Nobody knows whose images they are."""
        return None

    @property
    def white(self) -> int:
        """The brightest grey value."""
        return WHITE

    @cached_property
    def digest(self) -> str:
        """SHA-256 of pixels, labels and steps, 64 hexadecimal digits; the title does not count."""
        sha = hashlib.sha256(f"images {self.pixels.shape} {self.steps} {self.shown}".encode())
        sha.update(np.ascontiguousarray(self.pixels).tobytes())
        sha.update(np.ascontiguousarray(self.y, "<i4").tobytes())
        return sha.hexdigest()

    def only(self, indices: NDArray[np.integer[Any]] | slice) -> Images:
        """Return the images at ``indices``, in that order."""
        return replace(self, pixels=self.pixels[indices], y=self.y[indices])

    def lasting(self, steps: int) -> Images:
        """Return the images with another number of steps; as many as now are left for what learns.

        Raises
        ------
        LavaFedError
            Where no step would be left to show them.
        """
        rest = self.steps - self.shown
        if steps <= rest:
            raise LavaFedError(
                f"{self.title}: samples of {steps} steps leave none to show an image, because {rest} are for what "
                f"learns; give at least {rest + 1}"
            )
        return replace(self, steps=steps, shown=steps - rest)

    def shifted(self, rng: np.random.Generator, most: int = 1) -> Images:
        """Return the images, each moved by -``most``..``most`` pixels on both axes; black comes in at the edges.

        Parameters
        ----------
        rng : numpy.random.Generator
            Draws rows, then columns, of each image.
        most : int
            Largest shift, pixels.
        """
        count, rows, columns = self.pixels.shape
        wide = np.pad(self.pixels, ((0, 0), (most, most), (most, most)))
        down, right = rng.integers(0, 2 * most + 1, (2, count))
        each = np.arange(count)[:, np.newaxis, np.newaxis]
        row = down[:, np.newaxis, np.newaxis] + np.arange(rows)[:, np.newaxis]
        column = right[:, np.newaxis, np.newaxis] + np.arange(columns)
        return replace(self, pixels=wide[each, row, column])

    def take(self, indices: NDArray[np.integer[Any]] | slice) -> DataSet:
        """Return the images at ``indices`` as spikes, in that order."""
        some = self.only(indices)
        spikes = integrate(some.pixels, steps=self.steps, shown=self.shown)
        return DataSet(spikes, some.y, self.classes, self.title)


def _file(folder: Path, name: str) -> Path:
    for path in (folder / f"{name}.gz", folder / name):
        if path.is_file():
            return path
    raise ContainerError(f"{folder} holds no file {name}.gz and no {name}; give a folder of the MNIST family")
