"""IDX files: one array of bytes, as the MNIST family of data sets is kept.

Layout, from Y. LeCun's description of the format: two zero bytes, the type (8 for unsigned bytes), the number of
axes, the length of each axis as a big-endian 32-bit number, then the values in row-major order. The file may be
packed with gzip.
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from hardware.errors import ContainerError
from hardware.spikes import VALUES_LIMIT, frozen

UNSIGNED_BYTES = 8
"""Type of values, the only one read here."""
AXES_LIMIT = 4
_GZIP = b"\x1f\x8b"


def read(path: Path) -> NDArray[np.uint8]:
    """Read an IDX file, packed or not; nothing is unpacked beyond the size that its header tells.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    uint8 array
        Of the file's shape; read-only.

    Raises
    ------
    ContainerError
        Where the file is missing, damaged, of another type, or over ``VALUES_LIMIT`` bytes.
    """
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == _GZIP
            raw.seek(0)
            if not packed:
                return _array(raw, path)
            with gzip.GzipFile(fileobj=raw) as unpacked:
                return _array(unpacked, path)  # type: ignore[arg-type]  # it reads like any open file
    except (OSError, EOFError, zlib.error) as error:
        raise ContainerError(f"{path} cannot be read: {error}; fetch the file anew") from error


def _array(file: IO[bytes], path: Path) -> NDArray[np.uint8]:
    head = file.read(4)
    if len(head) < 4 or head[:2] != b"\x00\x00":
        raise ContainerError(f"{path} is no IDX file: it begins with {head.hex() or 'nothing'}, not with 0000")
    kind, axes = head[2], head[3]
    if kind != UNSIGNED_BYTES:
        raise ContainerError(f"{path} holds values of type {kind}; only unsigned bytes, type 8, are read")
    if not 1 <= axes <= AXES_LIMIT:
        raise ContainerError(f"{path} has {axes} axes; give 1 to {AXES_LIMIT}")
    lengths = file.read(4 * axes)
    if len(lengths) < 4 * axes:
        raise ContainerError(f"{path} ends within its header; fetch the file anew")
    shape = struct.unpack(f">{axes}I", lengths)
    size = math.prod(shape)
    if size > VALUES_LIMIT:
        raise ContainerError(f"{path} holds {size:,} values, over the limit of {VALUES_LIMIT:,}")
    content = file.read(size + 1)
    if len(content) != size:
        found = "more" if len(content) > size else f"{len(content):,}"
        raise ContainerError(f"{path} should hold {size:,} values of shape {shape}, found {found}; fetch it anew")
    return frozen(np.frombuffer(content, np.uint8).reshape(shape))  # type: ignore[return-value]  # keeps the type
