"""DATA.npz: input ``x`` of shape (samples, *shape, steps) with labels ``y``, in NumPy's zip archive.

``x`` holds plain spikes (0 and 1), graded messages (other integers), or real numbers where the network has an
encoder for them; without one, floating-point numbers that are whole are taken as integers, as PyTorch keeps
spikes. An image that stays the same has no axis of steps; the reader is told for how many to show it.

Archives come from anywhere, so nothing is unpacked before the sizes in the zip directory and the NumPy headers
agree with each other and with ``VALUES_LIMIT``; pickled objects are never read.
"""

from __future__ import annotations

import io
import math
import re
import struct
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from hardware import container
from hardware.encoder import Encoder
from hardware.errors import ContainerError, LavaFedError
from hardware.spikes import VALUES_LIMIT
from lava_fed.data.arrays import dataset_of
from lava_fed.data.dataset import DataSet

HEADER_LIMIT = 4096
"""Largest NumPy header, bytes."""
_HEADER = re.compile(
    rb"\{'descr': '(?P<descr>[|<>](?:b1|[iu][1248]|f[248]))', 'fortran_order': (?P<order>True|False), "
    rb"'shape': \((?P<shape>(?:[0-9]{1,12}, ?)*(?:[0-9]{1,12})?)\),? ?\} *\n?"
)
_KIND = re.compile(rb"\{'descr': '(?P<descr>[^']{1,8})'")
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def write(path: Path, data: DataSet) -> None:
    """Write a data set atomically; equal data sets give equal bytes.

    Parameters
    ----------
    path : Path
        Where.
    data : DataSet
        ``x`` is stored with shape (samples, units, steps), ``y`` where it is known.

    Raises
    ------
    ContainerError
        Where the file cannot be written.
    """
    arrays: dict[str, NDArray[Any]] = {"x": np.moveaxis(data.x.values, 1, 2)}
    if data.y is not None:
        arrays["y"] = data.y
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            member = io.BytesIO()
            little = array.astype(array.dtype.newbyteorder("<"))
            np.save(member, np.ascontiguousarray(little), allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, member.getvalue())
    container.write_bytes(path, buffer.getvalue())


def read(
    path: Path,
    *,
    encoder: Encoder | None = None,
    steps: int | None = None,
    shape: tuple[int, ...] | None = None,
) -> DataSet:
    """Read a data set and check all of it.

    Parameters
    ----------
    path : Path
        The archive.
    encoder : Encoder, optional
        The network's, for real numbers.
    steps : int, optional
        ``x`` has no axis of steps: show each sample for that many.
    shape : tuple of int, optional
        What a sample of one step must be, where it has several axes; any without it.

    Returns
    -------
    DataSet
        The axes between samples and steps are flattened in row-major order into units; ``classes`` is the
        largest label plus one, or 1 where there are no labels. ``notes`` say what the encoder did not do as one
        might expect.

    Raises
    ------
    ContainerError
        Where the file is missing, damaged, too large, or holds anything but ``x`` and ``y``; where it holds real
        numbers and there is no encoder; where the axes are not those of ``shape``.
    """
    container.check_regular(path)
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            arrays = _read_members(archive, path)
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
    try:
        return dataset_of(arrays, path.name, encoder, steps, shape)
    except LavaFedError as error:
        raise ContainerError(f"{path}: {error}") from error


def _read_members(archive: zipfile.ZipFile, path: Path) -> dict[str, NDArray[Any]]:
    members = archive.infolist()
    names = [info.filename for info in members]
    if len(set(names)) != len(names) or not {"x.npy"} <= set(names) <= {"x.npy", "y.npy"}:
        shown = ", ".join(repr(name) for name in sorted(names)[:5]) or "nothing"
        raise ContainerError(f"{path} holds {shown}; expected the arrays x (input) and, where known, y (labels)")
    return {info.filename.removesuffix(".npy"): _read_array(archive, info, path) for info in members}


def _read_array(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> NDArray[Any]:
    name = info.filename.removesuffix(".npy")
    if info.compress_type not in _METHODS or info.flag_bits & 0x1:
        raise ContainerError(f"{path}: array {name} is encrypted or packed in an unusual way; use numpy.savez")
    if info.file_size > VALUES_LIMIT + HEADER_LIMIT:
        raise ContainerError(
            f"{path}: array {name} unpacks to {info.file_size} bytes, over the limit of {VALUES_LIMIT}; split it"
        )
    with archive.open(info) as member:
        shape, fortran, dtype = _read_header(member, name, path)
        size = math.prod(shape) * dtype.itemsize
        if size > VALUES_LIMIT:
            raise ContainerError(f"{path}: array {name} claims shape {shape}, over {VALUES_LIMIT} bytes; split it")
        if size + member.tell() != info.file_size:
            raise ContainerError(f"{path}: array {name} does not have the length that its header claims")
        body = member.read(size + 1)
    if len(body) != size:
        raise ContainerError(f"{path}: array {name} does not have the length that its header claims")
    flat = np.frombuffer(body, dtype)
    return flat.reshape(shape, order="F" if fortran else "C")


def _read_header(member: IO[bytes], name: str, path: Path) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Read a NumPy header of integers by its grammar alone; NumPy's own reader evaluates it as Python."""
    magic = member.read(8)
    size = {b"\x01\x00": 2, b"\x02\x00": 4}.get(magic[6:])
    if magic[:6] != b"\x93NUMPY" or size is None:
        raise ContainerError(f"{path}: array {name} is not in NumPy's format 1.0 or 2.0")
    length = int.from_bytes(member.read(size), "little")
    if length > HEADER_LIMIT:
        raise ContainerError(f"{path}: array {name} has a header of {length} bytes, over {HEADER_LIMIT}")
    header = member.read(length)
    found = _HEADER.fullmatch(header)
    if found is None:
        kind = _KIND.match(header)
        shown = f", found values of type {kind['descr'].decode('ascii', 'replace')!r}" if kind else ""
        raise ContainerError(
            f"{path}: array {name} must hold integers or real numbers in NumPy's usual form{shown}"
        )
    shape = tuple(int(extent) for extent in found["shape"].split(b",") if extent.strip())
    return shape, found["order"] == b"True", np.dtype(found["descr"].decode("ascii"))
