"""How likely each weight of a matrix is to change, and by how much, given those before it.

A matrix is walked row by row, that is target by target. For each weight: does it change? Changes come in rows
(targets that erred) and columns (sources that were active), so the chance is that of weights whose column and
whose neighbours in the row changed as often. Then the sign, given the last signs of row and column; then the
number of quanta: its bit length, each step a decision of its own, the two bits after the highest likewise, the
rest as it is.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from lava_fed.codec.coder import DECODING, EVEN, PLACE, SPARE, decide, literal

LEVELS = 12
"""Steps in which the recent share of changes is told apart, by factors of two."""
LENGTHS = 32
"""Longest number of quanta, in bits."""
_ONE = 1 << 16
_COLUMN_RATE, _ROW_RATE = 2, 5
_SIGNS = LEVELS * LEVELS
_UNARY = _SIGNS + 9
_TOPS = _UNARY + LENGTHS
CHANCES = _TOPS + 4 * (LENGTHS + 1)
"""Chances that a matrix needs."""


@njit(cache=True)
def walk(state: Any, data: Any, counts: Any) -> Any:
    """Code a matrix of quanta.

    Parameters
    ----------
    state : int64 array, shape (STATE,)
        Of the coder.
    data : uint8 array
        What is written or read.
    counts : int64 array, shape (targets, sources)
        Signed numbers of quanta, each of at most 32 bits; a decoder writes them.

    Returns
    -------
    uint8 array
        ``data``, or a longer array that took its place.
    """
    targets, sources = counts.shape
    chances = np.full(CHANCES, EVEN, np.int64)
    shares = np.full(sources, _ONE >> 4, np.int64)
    column_signs = np.zeros(sources, np.int64)
    for target in range(targets):
        row, row_sign = _ONE >> 4, 0
        for source in range(sources):
            data = _room(state, data)
            count = counts[target, source]
            which = _level(shares[source]) * LEVELS + _level(row)
            changes = decide(state, data, chances, which, np.int64(count != 0))
            goal = changes * _ONE
            shares[source] += (goal - shares[source]) >> _COLUMN_RATE
            row += (goal - row) >> _ROW_RATE
            if not changes:
                counts[target, source] = 0
                continue
            which = _SIGNS + 3 * row_sign + column_signs[source]
            negative = decide(state, data, chances, which, np.int64(count < 0))
            row_sign = column_signs[source] = 1 + negative
            size = _size(state, data, chances, abs(count))
            counts[target, source] = -size if negative else size
    return data


@njit(cache=True)
def quantum_of(values: Any) -> int:
    """Return the greatest common divisor of an array's values, 0 where all are 0."""
    quantum = np.int64(0)
    for value in values.flat:
        divisor = abs(value)
        if divisor == 0 or (quantum and divisor % quantum == 0):
            continue
        while divisor:
            quantum, divisor = divisor, quantum % divisor
        if quantum == 1:
            break
    return int(quantum)


@njit(cache=True)
def tell_quantum(state: Any, data: Any, quantum: int) -> Any:
    """Code a quantum of 0..2^31: zeros at its end, bits before them, those bits but the outer two.

    Returns
    -------
    data : uint8 array
        As of ``walk``.
    quantum : int
        As it was coded; -1 where it was written in another than the one allowed way.
    """
    zeros = 0
    while quantum and not (quantum >> zeros) & 1:
        zeros += 1
    length = 0
    while quantum >> (zeros + length):
        length += 1
    data = _room(state, data)
    length = literal(state, data, 6, length)
    if length == 0:
        return data, 0
    zeros = literal(state, data, 5, zeros)
    odd = 1
    if length > 1:
        inner = literal(state, data, min(length, 32) - 2, (quantum >> (zeros + 1)) & ((1 << (length - 2)) - 1))
        odd = (1 << (length - 1)) | (inner << 1) | 1
    return data, (odd << zeros if length + zeros <= LENGTHS else -1)


@njit(cache=True)
def _room(state: Any, data: Any) -> Any:
    """Return ``data``, or where an encoder has too few bytes left a longer array that begins like it."""
    if state[DECODING] or state[PLACE] + SPARE <= data.size:
        return data
    longer = np.empty(2 * data.size + SPARE, np.uint8)
    longer[: data.size] = data
    return longer


@njit(cache=True)
def _level(share: int) -> int:
    level = 0
    while share < _ONE >> 1 and level < LEVELS - 1:
        share <<= 1
        level += 1
    return level


@njit(cache=True)
def _size(state: Any, data: Any, chances: Any, size: int) -> int:
    length = 1
    while length < LENGTHS and decide(state, data, chances, _UNARY + length - 1, np.int64(size >> length != 0)):
        length += 1
    read, node = 1, 1
    for place in range(length - 2, max(length - 4, -1), -1):
        bit = decide(state, data, chances, _TOPS + 4 * length + node, (size >> place) & 1)
        read, node = 2 * read + bit, 2 * node + bit
    rest = max(length - 3, 0)
    return int((read << rest) | literal(state, data, rest, size & ((1 << rest) - 1)))
