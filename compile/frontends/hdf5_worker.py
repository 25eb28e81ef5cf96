"""The child process in which the HDF5 library meets a file that nobody vouches for.

One changed byte of a SLAYER export is enough to make HDF5 loop for ever, another to make it ask for gigabytes, so
it never runs in the process of the caller. This module takes the file's bytes on stdin and writes the whole tree
to stdout: a JSON line, then the arrays' bytes. Processor time, memory and output are limited. The exit code is 0
where the tree was written, ``REFUSED`` where stdout is one sentence instead.
"""

from __future__ import annotations

import io
import json
import sys
from typing import Any

import numpy as np

REFUSED = 3
"""Exit code: the file is readable, but holds what is not allowed."""
CPU_SECONDS = 10
MEMORY_BYTES = 1 << 29
"""Address space beyond eight times the file; the libraries themselves map about a quarter of this."""
KEY_LIMIT = 4096
"""Most members of one group."""
DEPTH_LIMIT = 8
"""Most groups inside each other; also ends cycles of links."""
ITEM_LIMIT = 65536
"""Most groups and datasets of one file."""
TEXT_LIMIT = 64
"""Longest text, bytes."""


class RefusalError(Exception):
    """What the parent shall tell the user."""


class Walk:
    """Reads a tree, never more bytes in all than the file has.

    Parameters
    ----------
    size : int
        Bytes of the file.
    """

    def __init__(self, size: int) -> None:
        self.left = size
        self.items = 0
        self.body = bytearray()

    def group(self, group: Any, place: str, depth: int) -> dict[str, Any]:
        """Return a group as JSON values; arrays go to ``body``."""
        import h5py

        if depth > DEPTH_LIMIT or len(group) > KEY_LIMIT:
            raise RefusalError(f"{place or '/'!r} holds more than {KEY_LIMIT} members or {DEPTH_LIMIT} levels")
        self._no_attributes(group, place or "/")
        tree: dict[str, Any] = {}
        for key in group:
            where = f"{place}/{key}"
            self.items += 1
            if self.items > ITEM_LIMIT:
                raise RefusalError(f"{where!r} is one of more than {ITEM_LIMIT} members of this file")
            if not isinstance(group.get(key, getlink=True), h5py.HardLink):
                raise RefusalError(f"{where!r} is a link to elsewhere")
            member = group[key]
            if isinstance(member, h5py.Group):
                tree[key] = {"group": self.group(member, where, depth + 1)}
            elif isinstance(member, h5py.Dataset):
                tree[key] = self._dataset(member, where)
            else:
                raise RefusalError(f"{where!r} is neither a group nor a dataset")
        return tree

    def _dataset(self, dataset: Any, place: str) -> dict[str, Any]:
        import h5py

        self._no_attributes(dataset, place)
        if dataset.shape is None:
            raise RefusalError(f"{place!r} is empty")
        if h5py.check_string_dtype(dataset.dtype) is not None:
            return {"text": self._text(dataset, place)}
        if dataset.dtype.kind not in "biuf" or dataset.dtype.itemsize > 8:
            raise RefusalError(f"{place!r} holds values of type {dataset.dtype}, expected numbers or a text")
        self._plain(dataset, place, dataset.nbytes)
        array = np.empty(dataset.shape, dataset.dtype.newbyteorder("="))
        if array.size:
            dataset.read_direct(array)
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise RefusalError(f"{place!r} holds values that are not finite")
        start = len(self.body)
        self.body += array.astype(array.dtype.newbyteorder("<")).tobytes()
        return {"dtype": array.dtype.newbyteorder("<").str, "shape": list(array.shape), "start": start}

    def _text(self, dataset: Any, place: str) -> str:
        if dataset.size != 1 or dataset.ndim > 1:
            raise RefusalError(f"{place!r} holds texts of shape {dataset.shape}, expected one")
        fixed = dataset.dtype.kind == "S"
        if fixed and dataset.dtype.itemsize > TEXT_LIMIT:
            raise RefusalError(f"{place!r} is a text of over {TEXT_LIMIT} bytes")
        # A text of variable length is stored as its length (4 bytes), heap address (8) and index (4).
        self._plain(dataset, place, dataset.nbytes if fixed else 16)
        value = np.asarray(dataset[()]).reshape(-1)[0]
        raw = value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")
        if len(raw) > TEXT_LIMIT or not raw.isascii():
            raise RefusalError(f"{place!r} is not a short ASCII text")
        return raw.decode("ascii")

    def _plain(self, dataset: Any, place: str, expected: int) -> None:
        stored = dataset.id.get_storage_size()
        if dataset.chunks is not None or dataset.is_virtual or dataset.external or stored != expected:
            raise RefusalError(
                f"{place!r} is not stored plainly in this file ({stored} of {expected} bytes); write it as one "
                "block, without compression or chunks"
            )
        self.left -= expected
        if self.left < 0:
            raise RefusalError(f"{place!r} claims {expected} bytes, more than the file has left")

    @staticmethod
    def _no_attributes(item: Any, place: str) -> None:
        import h5py

        if h5py.h5a.get_num_attrs(item.id):
            raise RefusalError(f"{place!r} carries attributes, which lava-fed does not know")


def dump(data: bytes, kind: type[Walk] = Walk) -> tuple[dict[str, Any], bytes]:
    """Return the tree of an HDF5 file and the bytes of its arrays.

    Parameters
    ----------
    data : bytes
        The whole file.
    kind : type of Walk
        What it may hold.

    Returns
    -------
    tree : dict
        By key: ``{"group": tree}``, ``{"text": str}`` or ``{"dtype": str, "shape": list, "start": int}``.
    body : bytes
        Arrays, little endian, each beginning at its ``start``.

    Raises
    ------
    RefusalError
        Where the file holds anything but plain finite numbers and short texts in hard-linked groups.
    """
    import h5py

    walk = kind(len(data))
    with h5py.File(io.BytesIO(data), "r") as file:
        tree = walk.group(file, "", 0)
    return tree, bytes(walk.body)


def main() -> int:
    """Read stdin, write stdout, return the exit code."""
    return run(Walk)


def run(kind: type[Walk]) -> int:
    """Do what ``main`` does, for files of another kind."""
    data = sys.stdin.buffer.read()
    _limit(len(data))
    try:
        tree, body = dump(data, kind)
    except RefusalError as error:
        sys.stdout.buffer.write(str(error).encode())
        return REFUSED
    except Exception as error:  # h5py raises almost any exception on a damaged or crafted file
        sys.stdout.buffer.write(f"it is damaged or not a valid HDF5 file ({type(error).__name__})".encode())
        return REFUSED
    sys.stdout.buffer.write(json.dumps(tree).encode() + b"\n" + body)
    sys.stdout.buffer.flush()
    return 0


def _limit(size: int) -> None:
    import resource

    for kind, limit in (
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_AS, MEMORY_BYTES + 8 * size),
        (resource.RLIMIT_CORE, 0),
    ):
        try:
            resource.setrlimit(kind, (limit, limit))
        except (ValueError, OSError):  # already lower, or a system without this limit: the deadline still holds
            continue
