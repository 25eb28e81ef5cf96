"""Matrices of integers as few bytes: the one format of all codecs, of updates and of tasks alike.

A matrix is multiples of a quantum, the greatest common divisor of its values: 65,536 where a chip learned whole
units, a codec's own step where one rounded. The quantum is told first, then the multiples (``model.py``); matrices
follow one another by name in one arithmetic code (``coder.py``). Names, shapes, order: both sides know them. Each
set of matrices has one encoding; any other bytes are refused, and no bytes make the reader allocate more than the
shapes say.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from lava_fed.codec.coder import SPARE, begin, ended, finish
from lava_fed.codec.model import quantum_of, tell_quantum, walk
from lava_fed.errors import WireError

_WORD = np.iinfo(np.int32)


def pack(arrays: Mapping[str, NDArray[np.int32]]) -> bytes:
    """Return the bytes of some matrices.

    Parameters
    ----------
    arrays : mapping of str to int32 array, shape (targets, sources)
        By connection; all zero, they are no bytes at all.

    Examples
    --------
    >>> pack({"a->b": np.zeros((32, 784), np.int32)})
    b''
    >>> len(pack({"a->b": np.eye(10, dtype=np.int32) << 16}))
    8
    """
    data = np.empty(SPARE + sum(array.size for array in arrays.values()) // 8, np.uint8)
    state = begin(data, decoding=False)
    for name in sorted(arrays):
        values = arrays[name].astype(np.int64)
        quantum = quantum_of(values)
        data = tell_quantum(state, data, quantum)[0]
        if quantum:
            data = walk(state, data, values // quantum)
    return finish(state, data)


def unpack(data: bytes, shapes: Mapping[str, tuple[int, int]]) -> dict[str, NDArray[np.int32]]:
    """Read matrices of known shapes.

    Parameters
    ----------
    data : bytes
        As ``pack`` returned them.
    shapes : mapping of str to (int, int)
        Shape by connection.

    Returns
    -------
    dict of str to int32 array

    Raises
    ------
    WireError
        Where the bytes are not the one encoding of such matrices.
    """
    buffer = np.frombuffer(bytearray(data), np.uint8)
    state = begin(buffer, decoding=True)
    arrays = {}
    for name in sorted(shapes):
        quantum = int(tell_quantum(state, buffer, 0)[1])
        counts = np.zeros(shapes[name], np.int64)
        if quantum > 0:
            walk(state, buffer, counts)
        values = counts * quantum
        sound = quantum == 0 or (quantum > 0 and quantum_of(counts) == 1)
        if not sound or values.min() < _WORD.min or values.max() > _WORD.max:
            raise WireError(f"message does not encode connection {name} in the one allowed way; send it again")
        arrays[name] = values.astype(np.int32)
    if not ended(state, data):
        raise WireError("message does not end where its weights do; send it again")
    return arrays
