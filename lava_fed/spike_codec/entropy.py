"""The form of as few bits as there is news in each step of a unit.

Who spikes now depends on how long ago the unit spiked last, on the time between its two spikes before, on how
often it spikes at all, and on the unit before it. Each such state has a chance that adapts; the arithmetic coder
(``lava_fed.codec.coder``) spends the bits. Graded messages: whether it is the one before of that unit, else the
sign and the number as it is, after its length.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numba import njit

from lava_fed.codec.coder import (
    CHANCE_BITS,
    DECODING,
    EVEN,
    PATIENCE,
    RATES,
    SPARE,
    begin,
    close,
    decide,
    ended,
    finish,
    literal,
    opened,
)
from lava_fed.codec.machine_code import CODEC
from lava_fed.codec.model import LENGTHS, room
from lava_fed.errors import WireError
from lava_fed.spike_codec.form import Form, Rows

TIMES = 12
"""Steps since a spike, and between two, that are told apart; longer ones count as this many."""
SHARES = 8
"""Shares of steps with a spike that are told apart, by factors of two."""
_SAME = TIMES * TIMES * SHARES * 2
_NEGATIVE = _SAME + 1
_LENGTH = _NEGATIVE + 1
_CHANCES = _LENGTH + LENGTHS


class Entropy(Form):
    """Arithmetic coding; the smallest, at some nanoseconds for each unit and step."""

    name: ClassVar[str] = "entropy"
    number: ClassVar[int] = 3

    def encode(self, rows: Rows, steps: int) -> bytes:
        """Return the code of the rows."""
        data = np.empty(SPARE + rows.size // 8, np.uint8)
        state = begin(data, decoding=False)
        graded = rows.dtype != np.uint8
        data, _ = walk(state, data, np.ascontiguousarray(rows).copy(), max(steps, 1), graded)
        return finish(state, data)

    def decode(self, body: bytes, shape: tuple[int, int], steps: int, *, graded: bool) -> Rows:
        """Return the rows of the code."""
        data = np.frombuffer(bytearray(body), np.uint8)
        state = begin(data, decoding=True)
        rows: Rows = np.zeros(shape, np.int32) if graded else np.zeros(shape, np.uint8)
        _, sound = walk(state, data, rows, max(steps, 1), graded)
        if not sound or not ended(state, body):
            raise WireError("train of spikes is not encoded in the one allowed way; send it again")
        return rows


@CODEC.compiled
def walk(state: Any, data: Any, rows: Any, steps: int, graded: bool) -> Any:
    """Code rows of messages.

    Parameters
    ----------
    state : int64 array, shape (STATE,)
        Of the coder.
    data : uint8 array
        What is written or read.
    rows : uint8 or int32 array, shape (rows, units)
        Messages; a decoder writes them.
    steps : int
        Rows of a sample, at least 1.
    graded : bool
        Whether a message is anything but 0 or 1.

    Returns
    -------
    data : uint8 array
        As it was given, or a longer array that took its place.
    sound : bool
        False where a message was written in another than the one allowed way.
    """
    sound = True
    count, units = rows.shape
    coder, decoding = opened(state), state[DECODING] != 0
    chances = np.full(_CHANCES, EVEN, np.int64)
    since, between = np.empty(units, np.int64), np.empty(units, np.int64)
    shares, last = np.full(units, 1 << (CHANCE_BITS - 4), np.int64), np.ones(units, np.int64)
    for row in range(count):
        rate = RATES[min(row + 2, PATIENCE)]
        run = np.int64(0)
        for unit in range(units):
            if row % steps == 0:
                since[unit] = between[unit] = TIMES - 1
            data = room(coder, decoding, data)
            which = (since[unit] * TIMES + between[unit]) * SHARES + _level(shares[unit])
            coder, run = decide(coder, decoding, data, chances, 2 * which + run, rows[row, unit] != 0)
            shares[unit] += (((run << CHANCE_BITS) - shares[unit]) * rate) >> 16
            if run:
                between[unit], since[unit] = since[unit], 0
                message = np.int64(1)
                if graded:
                    given = np.int64(rows[row, unit])
                    coder, message = _message(coder, decoding, data, chances, given, last[unit])
                    last[unit] = message
                    sound = sound and message != 0
                rows[row, unit] = message
            else:
                since[unit] = min(since[unit] + 1, TIMES - 1)
    close(state, coder)
    return data, sound


@njit(forceinline=True)
def _level(share: int) -> int:
    level = 0
    for place in range(1, SHARES):
        level += share < 1 << (CHANCE_BITS - place)
    return level


@njit
def _message(coder: Any, decoding: bool, data: Any, chances: Any, message: int, last: int) -> Any:
    """Code a message that is not 0; returns the coder and the message, or 0 for one that is not allowed."""
    coder, same = decide(coder, decoding, data, chances, _SAME, message == last)
    if same:
        return coder, last
    coder, negative = decide(coder, decoding, data, chances, _NEGATIVE, message < 0)
    size = abs(message)
    length, more = 1, np.int64(1)
    while length < LENGTHS and more:
        coder, more = decide(coder, decoding, data, chances, _LENGTH + length - 1, size >> length != 0)
        length += more
    coder, low = literal(coder, decoding, data, length - 1, size & ((1 << (length - 1)) - 1))
    size = (np.int64(1) << (length - 1)) | low
    made = -size if negative else size
    if made in (last, 1 << 31):
        made = np.int64(0)
    return coder, made
