"""Reading HDF5 that nobody vouches for.

Only what is asked for is touched, and before any of it is allocated: link kind, storage, size, type and shape.
What lies in a file and is not asked for is an error that names it.
"""

from __future__ import annotations

import io
import stat
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from hardware.errors import ContainerError, LavaFedError

SIZE_LIMIT = 1 << 30
"""Largest file, bytes."""
KEY_LIMIT = 4096
"""Most members of one group."""
TEXT_LIMIT = 64
"""Longest text, bytes."""
SIGNATURE = b"\x89HDF\r\n\x1a\n"

T = TypeVar("T")


def read_hdf5(path: Path, read: Callable[[StrictGroup], T]) -> T:
    """Load ``path`` into memory and give its root group to ``read``; the file is closed before this returns.

    Raises
    ------
    ContainerError
        Where the file cannot be read or HDF5 stumbles over it, whatever it raises.
    """
    import h5py

    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise ContainerError(f"{path} is not a regular file")
        if status.st_size > SIZE_LIMIT:
            raise ContainerError(f"{path} has {status.st_size} bytes, over the limit of {SIZE_LIMIT}")
        data = path.read_bytes()
    except OSError as error:
        raise ContainerError(f"cannot read {path}: {error.strerror or error}") from error
    if not data.startswith(SIGNATURE):
        raise ContainerError(f"{path} is not an HDF5 file")
    try:
        with h5py.File(io.BytesIO(data), "r") as file:
            return read(StrictGroup(file, "", str(path), Budget(len(data))))
    except LavaFedError:
        raise
    except Exception as error:  # h5py raises almost any exception on a damaged or crafted file
        raise ContainerError(f"{path} is damaged or not a valid HDF5 file ({type(error).__name__})") from error


class Budget:
    """Bytes that may still be read: never more in all than the file has."""

    def __init__(self, total: int) -> None:
        self.left = total

    def spend(self, count: int) -> bool:
        """Take ``count`` bytes; say whether they were there."""
        self.left -= count
        return self.left >= 0


class StrictGroup:
    """A group of which every member must be accounted for.

    Parameters
    ----------
    group : h5py.Group
        The group itself.
    name : str
        Its place in the file, for errors.
    where : str
        The file, for errors.
    budget : Budget
        Shared by all groups of a file.
    """

    def __init__(self, group: Any, name: str, where: str, budget: Budget) -> None:
        self._group, self._name, self._where, self._budget = group, name, where, budget
        if len(group) > KEY_LIMIT:
            raise self._error("", f"has {len(group)} members, over the limit of {KEY_LIMIT}")
        self.keys = frozenset(group)
        self._no_attributes(group, "")

    def only(self, known: Collection[str]) -> None:
        """Raise where the group holds anything but ``known``."""
        if unknown := sorted(self.keys - set(known)):
            raise self._error(unknown[0], "is not known to lava-fed, so its meaning cannot be kept")

    def group(self, key: str) -> StrictGroup:
        """Return the subgroup ``key``."""
        import h5py

        member = self._member(key)
        if not isinstance(member, h5py.Group):
            raise self._error(key, "is not a group")
        return StrictGroup(member, f"{self._name}/{key}", self._where, self._budget)

    def is_scalar(self, key: str) -> bool:
        """Whether dataset ``key`` holds exactly one element."""
        return bool(self._dataset(key).size == 1)

    def array(self, key: str, *, kinds: str = "iuf", most_axes: int = 2) -> NDArray[Any]:
        """Return a numeric dataset in native byte order.

        Parameters
        ----------
        key : str
            Member.
        kinds : str
            Allowed kinds of numpy types.
        most_axes : int
            Most axes; more is an error.
        """
        dataset = self._dataset(key)
        dtype = dataset.dtype
        if dtype.kind not in kinds or dtype.itemsize > 8 or dtype.metadata:
            raise self._error(key, f"holds values of type {dtype}, expected a number")
        if dataset.ndim > most_axes:
            raise self._error(key, f"has {dataset.ndim} axes, expected at most {most_axes}")
        self._plain(key, dataset, dataset.nbytes)
        array: NDArray[Any] = np.empty(dataset.shape, dtype.newbyteorder("="))
        if array.size:
            dataset.read_direct(array)
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise self._error(key, "holds values that are not finite")
        return array

    def integer(self, key: str) -> int:
        """Return a dataset of one integer or truth value."""
        return int(self._single(key, "iub"))

    def real(self, key: str) -> float:
        """Return a dataset of one number."""
        return float(self._single(key, "iuf"))

    def text(self, key: str) -> str:
        """Return a dataset of one short ASCII text."""
        import h5py

        dataset = self._dataset(key)
        variable = h5py.check_string_dtype(dataset.dtype)
        if variable is None or dataset.size != 1 or dataset.ndim > 1:
            raise self._error(key, f"holds {dataset.dtype} of shape {dataset.shape}, expected one text")
        if dataset.dtype.kind == "S" and dataset.dtype.itemsize > TEXT_LIMIT:
            raise self._error(key, f"is a text of {dataset.dtype.itemsize} bytes, over the limit of {TEXT_LIMIT}")
        # A variable-length text is stored as length (4), heap address (8) and index (4).
        self._plain(key, dataset, 16 if dataset.dtype.kind == "O" else dataset.nbytes)
        value = np.asarray(dataset[()]).reshape(-1)[0]
        raw = value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")
        if len(raw) > TEXT_LIMIT or not raw.isascii():
            raise self._error(key, f"is not a short ASCII text: {raw[:16]!r}")
        return raw.decode("ascii")

    def _single(self, key: str, kinds: str) -> Any:
        array = self.array(key, kinds=kinds, most_axes=1)
        if array.size != 1:
            raise self._error(key, f"has shape {array.shape}, expected one number")
        return array.reshape(-1)[0]

    def _member(self, key: str) -> Any:
        import h5py

        if key not in self.keys:
            raise self._error(key, "is missing")
        if not isinstance(self._group.get(key, getlink=True), h5py.HardLink):
            raise self._error(key, "is a link to elsewhere")
        return self._group[key]

    def _dataset(self, key: str) -> Any:
        import h5py

        member = self._member(key)
        if not isinstance(member, h5py.Dataset):
            raise self._error(key, "is not a dataset")
        if member.shape is None:
            raise self._error(key, "is empty")
        self._no_attributes(member, key)
        return member

    def _plain(self, key: str, dataset: Any, expected: int) -> None:
        stored = dataset.id.get_storage_size()
        if dataset.chunks is not None or dataset.is_virtual or dataset.external or stored != expected:
            raise self._error(key, f"is not stored plainly in this file ({stored} of {expected} bytes)")
        if not self._budget.spend(expected):
            raise self._error(key, f"claims {expected} bytes, more than the file has left")

    def _no_attributes(self, item: Any, key: str) -> None:
        import h5py

        if h5py.h5a.get_num_attrs(item.id):
            raise self._error(key, "carries attributes, which lava-fed does not know")

    def _error(self, key: str, problem: str) -> ContainerError:
        place = f"{self._name}/{key}".rstrip("/") or "/"
        return ContainerError(f"{self._where}: {place!r} {problem}")
