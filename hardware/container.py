"""The container: a versioned, deterministic, checksummed HDF5 file of arrays and one JSON header.

Layout: a block of 512 bytes (magic, version, length and SHA-256 of what follows), then a plain HDF5 file with
``/header`` (UTF-8 JSON) and ``/arrays/<index>``. The block is checked before HDF5 sees a byte, so damage never
reaches the HDF5 library; what a well-formed but hostile file may hold is checked before it is allocated.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import struct
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import ContainerError

MAGIC = b"LAVAFED\x00"
VERSION = 1
BLOCK = 512
"""Bytes before the HDF5 part: a size that HDF5 allows for a user block."""
HEADER_LIMIT = 1 << 24
"""Largest JSON header, bytes."""
SIZE_LIMIT = 1 << 33
"""Largest file, bytes."""
ARRAY_LIMIT = 4096
"""Most arrays in one file."""

_PREFIX = struct.Struct("<8sIIQ32s")
_DTYPES = frozenset(np.dtype(name) for name in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8"))


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
    """Return the bytes of a container."""
    import h5py

    names = sorted(arrays)
    for name in names:
        if arrays[name].dtype not in _DTYPES:
            raise ContainerError(f"array {name!r} of type {arrays[name].dtype} cannot be stored")
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", libver=("v110", "v110")) as file:
        text = _json({"kind": kind, "names": names, "header": header})
        file.create_dataset("header", data=np.frombuffer(text, dtype=np.uint8), track_times=False)
        group = file.create_group("arrays", track_order=False)
        for index, name in enumerate(names):
            array = arrays[name]
            group.create_dataset(str(index), data=array.astype(array.dtype.newbyteorder("<")), track_times=False)
    body = buffer.getvalue()
    prefix = _PREFIX.pack(MAGIC, VERSION, BLOCK, len(body), hashlib.sha256(body).digest())
    return prefix.ljust(BLOCK, b"\x00") + body


def write_bytes(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path`` atomically and durably.

    Raises
    ------
    ContainerError
        Where the disk is full, the folder missing or not writable; nothing is left behind.
    """
    temporary = None
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        temporary = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
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
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise ContainerError(f"cannot write {path}: {error.strerror or error}") from error
    except BaseException:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise


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
    _, version, block, length, checksum = _PREFIX.unpack_from(data)
    if version != VERSION:
        raise ContainerError(
            f"{where} has format version {version}, this lava-fed reads version {VERSION}; "
            "make it again with the installed version"
        )
    body = data[BLOCK:]
    if block != BLOCK or length != len(body):
        raise ContainerError(f"{where} is truncated: {len(body)} of {length} bytes are there; copy it again")
    if hashlib.sha256(body).digest() != checksum or any(data[_PREFIX.size : BLOCK]):
        raise ContainerError(f"{where} is damaged: its checksum does not match; copy it again")
    try:
        content, arrays = _read_hdf5(body, where)
    except ContainerError:
        raise
    except Exception as error:  # h5py raises almost any exception on a crafted file
        raise ContainerError(f"{where} is not a valid container ({type(error).__name__})") from error
    if content["kind"] != kind:
        raise ContainerError(f"{where} is a {content['kind']!r} file, expected a {kind!r} file")
    return content["header"], arrays


def _read_hdf5(body: bytes, where: str) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    import h5py

    with h5py.File(io.BytesIO(body), "r") as file:
        if set(file) != {"header", "arrays"}:
            raise ContainerError(f"{where} holds {sorted(file)}, expected ['arrays', 'header']")
        budget = len(body)
        raw = _dataset(file, "header", budget, where)
        if raw.dtype != np.uint8 or raw.ndim != 1 or raw.size > HEADER_LIMIT:
            raise ContainerError(f"{where} has no valid header")
        content = json.loads(raw.tobytes().decode("utf-8"))
        if not isinstance(content, dict) or set(content) != {"kind", "names", "header"}:
            raise ContainerError(f"{where} has no valid header")
        names, group = content["names"], file["arrays"]
        if not isinstance(group, h5py.Group) or not isinstance(names, list) or len(names) > ARRAY_LIMIT:
            raise ContainerError(f"{where} has no valid list of arrays")
        if not isinstance(content["header"], dict) or sorted(group) != sorted(map(str, range(len(names)))):
            raise ContainerError(f"{where} has no valid list of arrays")
        arrays = {str(name): _dataset(group, str(index), budget, where) for index, name in enumerate(names)}
    for array in arrays.values():
        array.flags.writeable = False
    return content, arrays


def _dataset(group: Any, name: str, budget: int, where: str) -> NDArray[Any]:
    """Read one contiguous dataset that really lies in this file, never more bytes than the file has."""
    import h5py

    if not isinstance(group.get(name, getlink=True), h5py.HardLink):
        raise ContainerError(f"{where}: {name!r} is a link to elsewhere")
    dataset = group[name]
    if not isinstance(dataset, h5py.Dataset) or dataset.dtype.newbyteorder("=") not in _DTYPES:
        raise ContainerError(f"{where}: {name!r} is not a plain array")
    stored = dataset.id.get_storage_size()
    if dataset.chunks is not None or dataset.is_virtual or dataset.external or stored != dataset.nbytes:
        raise ContainerError(f"{where}: {name!r} is not stored contiguously in this file")
    if dataset.nbytes > budget:
        raise ContainerError(f"{where}: {name!r} claims {dataset.nbytes} bytes in a file of {budget}")
    array: NDArray[Any] = np.empty(dataset.shape, dataset.dtype.newbyteorder("="))
    if array.size:
        dataset.read_direct(array)
    return array


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode()
