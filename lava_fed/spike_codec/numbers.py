"""Many integers from 0 as LEB128, seven bits a byte, lowest first."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lava_fed.errors import WireError

LONGEST = 5
"""Bytes of the longest number, which is below 2^35."""


def encode_all(values: NDArray[np.int64]) -> bytes:
    """Return the bytes of numbers of 0..2^35-1, as ``lava_fed.codec.varint`` writes each.

    Examples
    --------
    >>> encode_all(np.array([1, 127, 128])).hex()
    '017f8001'
    """
    places = np.arange(LONGEST)
    septets = (values[:, np.newaxis] >> (7 * places)) & 0x7F
    more = (values[:, np.newaxis] >> (7 * (places + 1))) > 0
    used = np.concatenate([np.ones((len(values), 1), bool), more[:, :-1]], axis=1)
    found: NDArray[np.int64] = (septets | (more << 7))[used]
    return found.astype(np.uint8).tobytes()


def decode_all(data: bytes) -> NDArray[np.int64]:
    """Return all numbers that ``data`` holds.

    Raises
    ------
    WireError
        Where it ends inside a number, or one is too long or not written in the shortest way.
    """
    found = np.frombuffer(data, np.uint8).astype(np.int64)
    if not found.size:
        return found
    last = np.flatnonzero(found < 0x80)
    if not last.size or last[-1] != found.size - 1:
        raise WireError("train of spikes ends inside a number; send it again")
    first = np.concatenate([[0], last[:-1] + 1])
    lengths = last - first + 1
    if lengths.max() > LONGEST or (found[last][lengths > 1] == 0).any():
        raise WireError("train of spikes does not write a number in the one allowed way")
    places = np.arange(found.size) - np.repeat(first, lengths)
    values: NDArray[np.int64] = np.add.reduceat((found & 0x7F) << (7 * places), first)
    return values
