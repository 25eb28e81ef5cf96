"""How likely each weight of a matrix is to change, and by how much, given those before it.

A matrix is walked row by row, that is target by target. For each weight: does it change? Changes come in columns
(sources that were active), in rows (targets that erred) and in runs, so the chance is chosen by the share of
changes in the column, lately in the row, and in all, and by whether the weight before changes. Logarithms of odds
are what evidence adds up in: 5/8 of column and row each, less 2/8 of all, rounded to powers of two. Then the sign,
given the last signs of row and column; then the number of quanta: its bit length, each step a decision of its own,
the two bits after the highest likewise, the rest as it is. The 5/8, 5/8, -2/8 were found on changes of the
whole-network rule and of stochastic gradient descent, between which they differ little.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from lava_fed.codec.coder import (
    CHANCE_BITS,
    COUNT_BITS,
    DECODING,
    EVEN,
    PATIENCE,
    PLACE,
    RATES,
    SPARE,
    close,
    decide,
    literal,
    opened,
)
from lava_fed.codec.machine_code import CODEC

LEVELS = 32
"""Odds of a change that are told apart: 2^-16 to 2^15."""
LENGTHS = 32
"""Longest number of quanta, in bits."""
_SIGNS = 2 * LEVELS
_UNARY = _SIGNS + 9
_TOPS = _UNARY + LENGTHS
CHANCES = _TOPS + 4 * (LENGTHS + 1)
"""Chances that a matrix needs."""
_ONE = 1 << CHANCE_BITS
_FIRST_SHARE = _ONE >> 4
_ROW_RATE = 5
_USED = 4
"""How often the first chances count as used."""
_RUN, _LULL = 1.15, -0.14
"""What a change next to it adds to the odds of another, and its lack, in powers of two."""
_FINE, _INDEX = 16, 12
"""Odds are added up in 2^-4 of a power of two; shares are looked up by their first 12 bits."""
_ODDS = np.array(
    [round(_FINE * math.log2((place + 0.5) / (2**_INDEX - place - 0.5))) for place in range(2**_INDEX)],
    np.int64,
)


def _first_chances() -> Any:
    chances = np.full(CHANCES, EVEN, np.int64)
    for run, more in enumerate((_LULL, _RUN)):
        for level in range(LEVELS):
            chance = round(_ONE / (1 + 2.0 ** -(level - LEVELS // 2 + more)))
            chances[run * LEVELS + level] = (chance << COUNT_BITS) | _USED
    return chances


_FIRST = _first_chances()


@CODEC.compiled
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
    coder, decoding = opened(state), state[DECODING] != 0
    chances = _FIRST.copy()
    columns = np.full(sources, _FIRST_SHARE, np.int64)
    column_signs = np.zeros(sources, np.int64)
    whole, walked = np.int64(_FIRST_SHARE), 1
    for target in range(targets):
        row, row_sign, run = whole, np.int64(0), np.int64(0)
        column_rate = RATES[min(target + 2, PATIENCE)]
        for source in range(sources):
            data = room(coder, decoding, data)
            count = counts[target, source]
            odds = 5 * (_odds(columns[source]) + _odds(row)) - 2 * _odds(whole)
            level = min(max((odds + 4 * _FINE) // (8 * _FINE) + LEVELS // 2, 0), LEVELS - 1)
            coder, run = decide(coder, decoding, data, chances, run * LEVELS + level, count != 0)
            goal = run << CHANCE_BITS
            columns[source] += ((goal - columns[source]) * column_rate) >> 16
            row += (goal - row) >> _ROW_RATE
            whole += ((goal - whole) * RATES[walked]) >> 16
            walked = min(walked + 1, PATIENCE)
            if not run:
                counts[target, source] = 0
                continue
            which = _SIGNS + 3 * row_sign + column_signs[source]
            coder, negative = decide(coder, decoding, data, chances, which, count < 0)
            row_sign = column_signs[source] = 1 + negative
            coder, size = _size(coder, decoding, data, chances, abs(count))
            counts[target, source] = -size if negative else size
    close(state, coder)
    return data


@njit(forceinline=True)
def _odds(share: int) -> int:
    return int(_ODDS[min(share, _ONE - 1) >> (CHANCE_BITS - _INDEX)])


@CODEC.compiled
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


@CODEC.compiled
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
    coder, decoding = opened(state), state[DECODING] != 0
    data = room(coder, decoding, data)
    coder, length = literal(coder, decoding, data, 6, length)
    told = np.int64(0)
    if length > 0:
        coder, zeros = literal(coder, decoding, data, 5, zeros)
        inside = max(min(length, LENGTHS) - 2, 0)
        coder, inner = literal(coder, decoding, data, inside, (quantum >> (zeros + 1)) & ((1 << inside) - 1))
        odd = 1 if length == 1 else (1 << (inside + 1)) | (inner << 1) | 1
        told = np.int64(odd << zeros if length + zeros <= LENGTHS else -1)
    close(state, coder)
    return data, told


@njit(forceinline=True)
def room(coder: Any, decoding: bool, data: Any) -> Any:
    """Return ``data``, or where an encoder has too few bytes left a longer array that begins like it."""
    if decoding or coder[PLACE] + SPARE <= data.size:
        return data
    longer = np.empty(2 * data.size + SPARE, np.uint8)
    for place in range(data.size):  # an assignment to a slice takes seconds to compile
        longer[place] = data[place]
    return longer


@njit
def _size(coder: Any, decoding: bool, data: Any, chances: Any, size: int) -> Any:
    """Code a number of quanta of at least 1; returns the coder and the number."""
    length, more = 1, np.int64(1)
    while length < LENGTHS and more:
        coder, more = decide(coder, decoding, data, chances, _UNARY + length - 1, size >> length != 0)
        length += more
    read = np.int64(1)
    for place in range(length - 2, max(length - 4, -1), -1):
        which = _TOPS + 4 * length + read
        coder, bit = decide(coder, decoding, data, chances, which, (size >> place) & 1 != 0)
        read = 2 * read + bit
    rest = max(length - 3, 0)
    coder, low = literal(coder, decoding, data, rest, size & ((1 << rest) - 1))
    return coder, (read << rest) | low
