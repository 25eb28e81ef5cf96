"""A data set that is read in parts, so that a file larger than memory can be run."""

from __future__ import annotations

import sys
import zipfile
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware import container
from hardware.encoder import Encoder
from hardware.errors import ContainerError, LavaFedError
from lava_fed.data.arrays import InputForm
from lava_fed.data.dataset import DataSet
from lava_fed.data.member import Member, reading
from lava_fed.data.owners import Owners
from lava_fed.messages.task import check_device

CLASSES_LIMIT = 1 << 20
"""Labels must lie below this."""
_MEMBERS = {"x.npy", "y.npy", "owner.npy"}


class Source:
    """An open DATA.npz; use it as a context manager.

    Parameters
    ----------
    path : Path
        The archive, see ``lava_fed.data.archive``.
    encoder : Encoder, optional
        The network's, for real numbers.
    steps : int, optional
        ``x`` has no axis of steps: show each sample for that many.
    shape : tuple of int, optional
        What a sample of one step must be, where it has several axes; any without it.
    whole : bool
        Refuse an archive that is over ``VALUES_LIMIT`` in all, because it will be taken in one part.

    Attributes
    ----------
    title : str
        Name for people.
    samples, steps, units : int
        Size of the input, after the encoder.
    sample_bytes : int
        Bytes that each sample of a part takes.
    y : int32 array, shape (samples,), or None
        Labels; read-only.
    owners : Owners or None
        Whose samples they are, where the archive says so.
    classes : int
        The largest label plus one, or 1 where there are no labels.
    left : int
        Samples that have not been taken yet.

    Raises
    ------
    ContainerError
        Where the file is missing, damaged, or holds anything but ``x``, ``y`` and ``owner``; where one sample is
        too large; where the axes are not those of ``shape``.
    """

    def __init__(
        self,
        path: Path,
        *,
        encoder: Encoder | None = None,
        steps: int | None = None,
        shape: tuple[int, ...] | None = None,
        whole: bool = False,
    ) -> None:
        self.title, self._path, self._whole = path.name, path, whole
        container.check_regular(path)
        with ExitStack() as opened, reading(path):
            archive = opened.enter_context(zipfile.ZipFile(opened.enter_context(path.open("rb"))))
            members = {info.filename: info for info in _members(archive, path)}
            self._x = Member(archive, members["x.npy"], path, whole=whole)
            y = None
            if "y.npy" in members:
                labels = Member(archive, members["y.npy"], path, whole=True)
                y = labels.take(labels.shape[0]) if len(labels.shape) == 1 else np.empty(labels.shape, bool)
                kind = f"{labels.dtype}{labels.shape}"
            owner = None
            if "owner.npy" in members:
                owned = Member(archive, members["owner.npy"], path, whole=True, texts=True)
                owner = owned.take(owned.shape[0]) if len(owned.shape) == 1 else np.empty(owned.shape, bool)
            self._opened = opened.pop_all()
        try:
            self._form = InputForm(self._x.shape, self._x.dtype, encoder, steps, shape)
            if whole:
                self._form.check_whole()
            self.y = None if y is None else _labels(y, kind, self._form.samples)
            self.owners = None if owner is None else _owners(owner, self._form.samples)
        except LavaFedError as error:
            self.close()
            raise ContainerError(f"{path}: {error}") from error
        self.classes = 1 if self.y is None else int(self.y.max()) + 1
        self.samples = self.left = self._form.samples
        self.steps, self.units = self._form.steps, self._form.units
        self.sample_bytes, self._beyond = self._form.sample_bytes, 0

    def keep(self, samples: int) -> None:
        """Leave out all but the first samples; the rest of the file is not read.

        Parameters
        ----------
        samples : int
            How many to keep, at least 1; more than there are change nothing.
        """
        self.samples = self.left = min(samples, self.samples)
        self.y = None if self.y is None else self.y[: self.samples]
        self.owners = None if self.owners is None else self.owners.take(slice(self.samples))

    def take(self, count: int) -> DataSet:
        """Return the next samples, ``count`` or those that are left.

        Raises
        ------
        ContainerError
            Where the file is damaged there, or holds values that this network does not take.
        """
        first = self.samples - self.left
        count = min(count, self.left)
        with reading(self._path):
            x = self._x.take(count)
        self.left -= count
        try:
            train = self._form.train(x)
        except LavaFedError as error:
            raise ContainerError(f"{self._path}: {error}") from error
        self._beyond += self._form.beyond(x)
        y = None if self.y is None else self.y[first : first + count]
        owners = None if self.owners is None else self.owners.take(slice(first, first + count))
        return DataSet(train, y, self.classes, self.title, self.notes, owners)

    @property
    def notes(self) -> tuple[str, ...]:
        """What users of the samples that were taken should know; it grows with them."""
        return self._form.notes(self.samples - self.left, self._beyond)

    def close(self) -> None:
        """Close the file."""
        self._opened.close()

    def __enter__(self) -> Source:
        """Return the source."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self.close()


def _members(archive: zipfile.ZipFile, path: Path) -> list[zipfile.ZipInfo]:
    members = archive.infolist()
    names = [info.filename for info in members]
    if len(set(names)) != len(names) or not {"x.npy"} <= set(names) <= _MEMBERS:
        shown = ", ".join(repr(name) for name in sorted(names)[:5]) or "nothing"
        raise ContainerError(
            f"{path} holds {shown}; expected the arrays x (input) and, where known, y (labels) and "
            "owner (whose samples they are)"
        )
    return members


def _labels(y: NDArray[Any], kind: str, samples: int) -> NDArray[np.int32]:
    if y.dtype.kind not in "iu" or y.shape != (samples,):
        raise ContainerError(f"y is {kind}, expected {samples} integer labels, one per sample of x")
    if y.min() < 0 or y.max() >= CLASSES_LIMIT:
        raise ContainerError(f"labels {y.min()}..{y.max()} must lie in 0..{CLASSES_LIMIT - 1}")
    labels = y.astype(np.int32)
    labels.flags.writeable = False
    return labels


def _owners(owner: NDArray[Any], samples: int) -> Owners:
    if owner.dtype.kind not in "iuU" or owner.shape != (samples,):
        raise ContainerError(
            f"owner is {owner.dtype}{owner.shape}, expected {samples} integers or texts, one per sample of x"
        )
    if owner.dtype.kind != "U":
        return Owners.numbered("owner", owner)
    if owner.view(f"{owner.dtype.byteorder}u4").max() > sys.maxunicode:
        raise ContainerError("owner holds what is no text; write it with numpy.savez")
    names, index = np.unique(owner, return_inverse=True)
    return Owners(tuple(check_device(str(name)) for name in names), index)
