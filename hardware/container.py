"""The container: a versioned, deterministic, checksummed HDF5 file of arrays and one JSON header.

Layout: a block of 512 bytes (magic, version, length and SHA-256 of what follows, place of the index), then a plain
HDF5 file with ``/index`` (UTF-8 JSON) and ``/arrays/<number>``, all stored contiguously. Any HDF5 tool can look
inside. Reading does not go through the HDF5 library: the index says where each array lies, and the arrays are
views of the checked bytes. So nothing that a damaged or hostile file holds is ever interpreted or allocated.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import ContainerError

MAGIC = b"LAVAFED\x00"
VERSION = 1
BLOCK = 512
"""Bytes before the HDF5 part: a size that HDF5 allows for a user block."""
INDEX_LIMIT = 1 << 24
"""Largest index, bytes."""
SIZE_LIMIT = 1 << 33
"""Largest file, bytes."""
DIMENSIONS_LIMIT = 8

_PREFIX = struct.Struct("<8sIIQ32sQQ")
_DTYPES = frozenset(["|i1", "<i2", "<i4", "<i8", "|u1", "<u2", "<u4", "<u8", "<f4", "<f8"])


def digest(header: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> str:
    """SHA-256 of a header and its arrays, whatever file they may come from; 64 hexadecimal digits."""
    sha = hashlib.sha256(_json(header))
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name], dtype=arrays[name].dtype.newbyteorder("<"))
        sha.update(_json([name, array.dtype.str, list(array.shape)]))
        sha.update(array.tobytes())
    return sha.hexdigest()


def write(path: Path, kind: str, header: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
    """Write a container atomically; the same content gives the same bytes.

    Parameters
    ----------
    path : Path
        Where; an existing file is replaced only once the new one is complete on disk.
    kind : str
        What the file is, for example ``"program"``.
    header : dict
        JSON values.
    arrays : dict of str to array
        Integer or float arrays.

    Raises
    ------
    ContainerError
        Where the file cannot be written (no space, no permission, no such folder).
    """
    write_bytes(path, encode(kind, header, arrays))


def encode(kind: str, header: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> bytes:
    """Return the bytes of a container.

    Raises
    ------
    ContainerError
        Where an array is not of plain integers or floats.
    """
    import h5py

    index, buffer = [], io.BytesIO()
    with h5py.File(buffer, "w", libver=("v110", "v110")) as file:
        group = file.create_group("arrays")
        for number, name in enumerate(sorted(arrays)):
            array = arrays[name].astype(arrays[name].dtype.newbyteorder("<"))
            if array.dtype.str not in _DTYPES:
                raise ContainerError(f"array {name!r} of type {arrays[name].dtype} cannot be stored")
            stored = group.create_dataset(str(number), data=array, track_times=False)
            place = stored.id.get_offset() if array.size else 0
            index.append({"name": name, "dtype": array.dtype.str, "shape": list(array.shape), "offset": place})
        text = _json({"kind": kind, "header": header, "arrays": index})
        stored = file.create_dataset("index", data=np.frombuffer(text, np.uint8), track_times=False)
        start = stored.id.get_offset()
    body = buffer.getvalue()
    checksum = hashlib.sha256(body).digest()
    prefix = _PREFIX.pack(MAGIC, VERSION, BLOCK, len(body), checksum, start, len(text))
    return prefix.ljust(BLOCK, b"\x00") + body


def check_regular(path: Path) -> None:
    """Refuse a folder, and a pipe or device, from which reading might never end.

    Raises
    ------
    ContainerError
        Where ``path`` is there, but is not a file.
    """
    if path.exists() and not path.is_file():
        what = "a folder" if path.is_dir() else "a pipe or device"
        raise ContainerError(f"{path} is {what}, expected a file")


def write_bytes(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path`` as ``replacing`` does.

    Raises
    ------
    ContainerError
        See ``replacing``.
    """
    with replacing(path) as file:
        file.write(data)


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Write a file atomically and durably; a link stays, and the file that it names is replaced.

    Gives a file that takes the place of ``path`` once the block has ended well.

    Raises
    ------
    ContainerError
        Where the disk is full, the folder missing or not writable, or ``path`` is a folder, pipe or device;
        nothing is left behind.
    """
    check_regular(path)
    temporary = None
    try:
        path = path.resolve() if path.is_symlink() else path
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        temporary = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        temporary.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except (OSError, RuntimeError) as error:  # RuntimeError is pathlib's word for links that name each other
        reason = error.strerror if isinstance(error, OSError) else None
        raise ContainerError(f"cannot write {path}: {reason or error}") from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)  # gone already where all went well


def read(path: Path, kind: str) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Read a container and check all of it.

    Parameters
    ----------
    path : Path
        The file.
    kind : str
        What it must be.

    Returns
    -------
    header : dict
        The JSON header.
    arrays : dict of str to array
        Read-only arrays.

    Raises
    ------
    ContainerError
        Where the file is missing, not a container, damaged, of another version, of another kind, or holds
        anything but plain arrays.
    """
    check_regular(path)
    try:
        size = path.stat().st_size
        if size > SIZE_LIMIT:
            raise ContainerError(f"{path} has {size} bytes, over the limit of {SIZE_LIMIT}")
        data = path.read_bytes()
    except OSError as error:
        raise ContainerError(f"cannot read {path}: {error.strerror or error}") from error
    return decode(data, kind, str(path))


def decode(data: bytes, kind: str, where: str) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Read a container from its bytes; ``where`` names it in errors."""
    if len(data) < BLOCK or data[:8] != MAGIC:
        raise ContainerError(f"{where} is not a lava-fed file")
    _, version, block, length, checksum, start, size = _PREFIX.unpack_from(data)
    if version != VERSION:
        raise ContainerError(
            f"{where} has format version {version}, this lava-fed reads version {VERSION}; "
            "make it again with the installed version"
        )
    body = memoryview(data)[BLOCK:]
    if block != BLOCK or length != len(body):
        raise ContainerError(f"{where} is truncated: {len(body)} of {length} bytes are there; copy it again")
    if hashlib.sha256(body).digest() != checksum or any(data[_PREFIX.size : BLOCK]):
        raise ContainerError(f"{where} is damaged: its checksum does not match; copy it again")
    if size > INDEX_LIMIT or start + size > length:
        raise ContainerError(f"{where} has no valid index")
    try:
        index = json.loads(bytes(body[start : start + size]))
        found, header, entries = index["kind"], index["header"], index["arrays"]
        arrays = {str(entry["name"]): _array(body, entry, where) for entry in entries}
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ContainerError(f"{where} has no valid index ({type(error).__name__})") from error
    if found != kind:
        raise ContainerError(f"{where} is a {str(found)[:40]!r} file, expected a {kind!r} file")
    if not isinstance(header, dict) or len(arrays) != len(entries):
        raise ContainerError(f"{where} has no valid index")
    return header, arrays


def _array(body: memoryview, entry: dict[str, Any], where: str) -> NDArray[Any]:
    """View one array in the checked bytes."""
    dtype, shape, offset = entry["dtype"], entry["shape"], entry["offset"]
    numbers = [*shape, offset]
    if dtype not in _DTYPES or len(shape) > DIMENSIONS_LIMIT or any(type(n) is not int or n < 0 for n in numbers):
        raise ContainerError(
            f"{where}: an array of type {str(dtype)[:20]!r} and shape {str(shape)[:60]} is not valid"
        )
    count = math.prod(shape)
    if offset + count * np.dtype(dtype).itemsize > len(body):
        raise ContainerError(f"{where}: an array of shape {str(shape)[:60]} does not lie within the file")
    view = np.frombuffer(body, dtype, count, offset) if count else np.empty(0, dtype)
    view.flags.writeable = False
    return view.astype(np.dtype(dtype).newbyteorder("="), copy=False).reshape(shape)


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode()
