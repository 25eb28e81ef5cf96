"""The child process that reads a NIR file, as ``hdf5_worker`` does for SLAYER's files.

NIR files compress their arrays and list their edges as texts, which SLAYER's do not.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from compile.frontends.hdf5_worker import TEXT_LIMIT, RefusalError, Walk, run

GROWTH = 64
"""Most bytes that a byte of the file may become."""
SMALL = 1 << 20
"""Bytes that any file may become."""
EDGES_LIMIT = 65536
"""Most texts in one array."""


class NirWalk(Walk):
    """Reads a tree of plain or gzip-compressed arrays and tables of texts.

    Parameters
    ----------
    size : int
        Bytes of the file.
    """

    def __init__(self, size: int) -> None:
        super().__init__(GROWTH * size + SMALL)

    def _dataset(self, dataset: Any, place: str) -> dict[str, Any]:
        import h5py

        if dataset.shape is not None and dataset.dtype.kind == "b":
            self._no_attributes(dataset, place)
            self._plain(dataset, place, dataset.nbytes)
            flags = np.asarray(dataset[()])
            start = len(self.body)
            self.body += flags.astype(np.uint8).tobytes()
            return {"dtype": "|u1", "shape": list(flags.shape), "start": start}
        if dataset.shape and h5py.check_string_dtype(dataset.dtype) is not None:
            return self._table(dataset, place)
        return super()._dataset(dataset, place)

    def _table(self, dataset: Any, place: str) -> dict[str, Any]:
        self._no_attributes(dataset, place)
        if dataset.ndim > 2 or dataset.size > EDGES_LIMIT:
            raise RefusalError(f"{place!r} is a table of {dataset.size} texts in {dataset.ndim} axes")
        width = dataset.dtype.itemsize if dataset.dtype.kind == "S" else TEXT_LIMIT
        self._plain(dataset, place, dataset.size * width)
        values = [value if isinstance(value, bytes) else str(value).encode() for value in dataset[()].reshape(-1)]
        if any(len(value) > TEXT_LIMIT or not value.isascii() for value in values):
            raise RefusalError(f"{place!r} holds what is not a short ASCII text")
        return {"texts": [value.decode("ascii") for value in values], "shape": list(dataset.shape)}

    def _plain(self, dataset: Any, place: str, expected: int) -> None:
        if dataset.is_virtual or dataset.external:
            raise RefusalError(f"{place!r} is not stored in this file")
        if dataset.chunks is not None:
            if dataset.compression not in (None, "gzip") or dataset.scaleoffset is not None:
                raise RefusalError(f"{place!r} is compressed by something else than gzip")
            chunk = dataset.dtype.itemsize
            for axis in dataset.chunks:
                chunk *= axis
            if chunk > SMALL + GROWTH * dataset.id.get_storage_size():
                raise RefusalError(f"{place!r} is stored in chunks of {chunk} bytes, far more than it holds")
        self.left -= expected
        if self.left < 0:
            raise RefusalError(f"{place!r} claims {expected} bytes, more than a file of this size may hold")


def main() -> int:
    """Read stdin, write stdout, return the exit code."""
    return run(NirWalk)
