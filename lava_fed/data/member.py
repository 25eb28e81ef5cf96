"""One array of a NumPy archive, unpacked piece by piece.

Archives come from anywhere, so nothing is unpacked before the sizes in the zip directory and the NumPy header
agree with each other and with the limits; pickled objects are never read.
"""

from __future__ import annotations

import math
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import ContainerError
from hardware.spikes import VALUES_LIMIT

HEADER_LIMIT = 4096
"""Largest NumPy header, bytes."""
BLOCK = 1 << 18
"""Bytes that are unpacked at once."""
_HEADER = re.compile(
    rb"\{'descr': '(?P<descr>[|<>](?:b1|[iu][1248]|f[248]|U[1-9][0-9]?))', "
    rb"'fortran_order': (?P<order>True|False), "
    rb"'shape': \((?P<shape>(?:[0-9]{1,12}, ?)*(?:[0-9]{1,12})?)\),? ?\} *\n?"
)
_KIND = re.compile(rb"\{'descr': '(?P<descr>[^']{1,8})'")
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Member:
    """An array that is read from its first sample on.

    Parameters
    ----------
    archive : ZipFile
        The open archive.
    info : ZipInfo
        Which of its members.
    path : Path
        Its name, for errors.
    whole : bool
        Refuse an array over ``VALUES_LIMIT`` bytes; otherwise only one in Fortran order, which cannot be read in
        parts.
    texts : bool
        Take texts of 1 to 99 characters too.

    Attributes
    ----------
    shape : tuple of int
        Of the whole array.
    dtype : dtype
        Integers, bools, floats or texts of either byte order.

    Raises
    ------
    ContainerError
        Where the member is packed in an unusual way, has no plain header, or is too large.
    """

    def __init__(
        self,
        archive: zipfile.ZipFile,
        info: zipfile.ZipInfo,
        path: Path,
        *,
        whole: bool,
        texts: bool = False,
    ) -> None:
        self._path, self._name = path, info.filename.removesuffix(".npy")
        if info.compress_type not in _METHODS or info.flag_bits & 0x1:
            raise ContainerError(
                f"{path}: array {self._name} is encrypted or packed in an unusual way; use numpy.savez"
            )
        if whole and info.file_size > VALUES_LIMIT + HEADER_LIMIT:
            raise ContainerError(
                f"{path}: array {self._name} unpacks to {info.file_size} bytes, over the limit of {VALUES_LIMIT}; "
                "split it"
            )
        self._stream = archive.open(info)
        self.shape, fortran, self.dtype = _read_header(self._stream, self._name, path, texts)
        self._left = math.prod(self.shape) * self.dtype.itemsize
        if whole and self._left > VALUES_LIMIT:
            raise ContainerError(
                f"{path}: array {self._name} claims shape {self.shape}, over {VALUES_LIMIT} bytes; split it"
            )
        if self._left + self._stream.tell() != info.file_size:
            self._refuse_length()
        if fortran and self._left > VALUES_LIMIT:
            raise ContainerError(
                f"{path}: array {self._name} of {self._left} bytes lies in Fortran order, so that it cannot be "
                f"read in parts, and is over the limit of {VALUES_LIMIT}; save it with numpy.ascontiguousarray"
            )
        self._turned: NDArray[Any] | None = None
        self._fortran, self._taken = fortran, 0

    def take(self, count: int) -> NDArray[Any]:
        """Return the next entries of the first axis; with the last one, the checksum has been seen to agree.

        Parameters
        ----------
        count : int
            How many, at most those that are left.

        Returns
        -------
        array, shape (count, ...)
            Of ``dtype``.

        Raises
        ------
        ContainerError
            Where the member ends early or late.
        """
        first, self._taken = self._taken, self._taken + count
        if not self._fortran:
            return self._read(math.prod((count, *self.shape[1:]))).reshape(count, *self.shape[1:])
        if self._turned is None:
            self._turned = self._read(math.prod(self.shape)).reshape(self.shape, order="F")
        return self._turned[first : self._taken]

    def _read(self, count: int) -> NDArray[Any]:
        body = np.empty(count * self.dtype.itemsize, np.uint8)
        at = 0
        while at < len(body) and (block := self._stream.read(min(BLOCK, len(body) - at))):
            body[at : at + len(block)] = np.frombuffer(block, np.uint8)
            at += len(block)
        self._left -= at
        if at < len(body) or (not self._left and self._stream.read(1)):
            self._refuse_length()
        return body.view(self.dtype)

    def _refuse_length(self) -> None:
        raise ContainerError(f"{self._path}: array {self._name} does not have the length that its header claims")


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what goes wrong while an archive is unpacked into one sentence.

    Raises
    ------
    ContainerError
        Where the file cannot be read or is damaged.
    """
    try:
        yield
    except ContainerError:
        raise
    except OSError as error:
        raise ContainerError(f"cannot read {path}: {error.strerror or error}") from error
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        EOFError,
        ValueError,
        RuntimeError,  # what zipfile raises for encryption, and for versions and flags that it does not know
        OverflowError,
    ) as error:
        raise ContainerError(
            f"{path} is not a sound .npz archive ({type(error).__name__}); write it with numpy.savez"
        ) from error


def _read_header(
    member: IO[bytes], name: str, path: Path, texts: bool
) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Read a NumPy header of numbers or texts by its grammar alone; NumPy's own reader evaluates it as Python."""
    magic = member.read(8)
    size = {b"\x01\x00": 2, b"\x02\x00": 4}.get(magic[6:])
    if magic[:6] != b"\x93NUMPY" or size is None:
        raise ContainerError(f"{path}: array {name} is not in NumPy's format 1.0 or 2.0")
    length = int.from_bytes(member.read(size), "little")
    if length > HEADER_LIMIT:
        raise ContainerError(f"{path}: array {name} has a header of {length} bytes, over {HEADER_LIMIT}")
    header = member.read(length)
    found = _HEADER.fullmatch(header)
    if found is None or (not texts and b"U" in found["descr"]):
        kind = _KIND.match(header)
        shown = f", found values of type {kind['descr'].decode('ascii', 'replace')!r}" if kind else ""
        raise ContainerError(
            f"{path}: array {name} must hold integers or {'texts' if texts else 'real numbers'} in NumPy's usual "
            f"form{shown}"
        )
    shape = tuple(int(extent) for extent in found["shape"].split(b",") if extent.strip())
    return shape, found["order"] == b"True", np.dtype(found["descr"].decode("ascii"))
