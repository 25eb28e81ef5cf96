"""Integers packed to the smallest sufficient number of bits.

A block is ``low`` (int16), ``width`` (uint8, 0..16), then for each value in row-major order its distance from
``low`` in ``width`` bits, lowest bit first, in bytes filled from their highest bit, with zeros at the end. ``low``
is the smallest value and ``width`` the smallest that fits the largest; so equal values have one encoding only.
"""

from __future__ import annotations

import math
import struct

import numpy as np
from numpy.typing import NDArray

from lava_fed.errors import WireError

_PREFIX = struct.Struct("<hB")
WIDTH_MAX = 16


def pack(values: NDArray[np.int16]) -> bytes:
    """Return the block of ``values``, an int16 array of any shape with at least one element.

    Examples
    --------
    >>> pack(np.array([[5, 5], [5, 5]], np.int16)).hex()  # low 5, width 0, nothing more
    '050000'
    >>> pack(np.array([-1, 0, 2], np.int16)).hex()  # distances 0, 1, 3 in two bits each: 00 10 11
    'ffff022c'
    """
    low = int(values.min())
    distance = values.astype(np.int32).ravel() - low
    width = int(distance.max()).bit_length()
    planes = np.empty((distance.size, width), np.uint8)
    for bit in range(width):
        planes[:, bit] = (distance >> bit) & 1
    return _PREFIX.pack(low, width) + np.packbits(planes).tobytes()


def unpack(data: bytes, offset: int, shape: tuple[int, ...], what: str) -> tuple[NDArray[np.int16], int]:
    """Read a block that starts at ``offset``.

    Parameters
    ----------
    data : bytes
        The whole message.
    offset : int
        Where the block starts.
    shape : tuple of int
        Shape that the receiver expects; the message cannot change it, so it bounds what is allocated.
    what : str
        Name of the array, for errors.

    Returns
    -------
    values : int16 array of ``shape``
    offset : int
        Where the next block starts.

    Raises
    ------
    WireError
        Where the block is too short or not the one encoding of its values.
    """
    if offset + _PREFIX.size > len(data):
        raise WireError(f"message ends inside {what}; send it again")
    low, width = _PREFIX.unpack_from(data, offset)
    offset += _PREFIX.size
    count = math.prod(shape)
    length = (count * width + 7) // 8
    if width > WIDTH_MAX or offset + length > len(data):
        raise WireError(f"message claims {width} bits for each of {count} values of {what}, more than it holds")
    packed = np.frombuffer(data, np.uint8, length, offset)
    planes = np.unpackbits(packed)
    if planes[count * width :].any():
        raise WireError(f"message has stray bits after {what}")
    planes = planes[: count * width].reshape(count, width)
    distance = np.zeros(count, np.int32)
    for bit in range(width):
        distance |= planes[:, bit].astype(np.int32) << bit
    top = int(distance.max())
    if distance.min() != 0 or top.bit_length() != width or low + top >= 2**15:
        raise WireError(f"message does not encode {what} in the one allowed way")
    return (distance + low).astype(np.int16).reshape(shape), offset + length
