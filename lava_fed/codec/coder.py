"""An arithmetic coder of yes-or-no decisions, whose probabilities adapt to what was decided before.

An interval of 32-bit numbers is split in proportion to the probability of *yes*; the decision keeps one part.
Bytes that both ends agree on are written and forgotten (range coding: G. N. N. Martin, "Range encoding", 1979;
M. Mahoney's binary form in "lpaq1", 2007). Encoder and decoder are one kernel, so they cannot disagree: given a
decision the encoder returns it, the decoder finds it in the data. The end is the shortest that, followed by zeros,
lies in the interval, and zero bytes at the end are left out; the decoder therefore knows every byte of a sound
message, and ``ended`` tells whether the data are that one.

All numbers are integers, so the bytes are the same on every machine.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

LOW, HIGH, CODE, PLACE, DECODING = range(5)
"""Columns of a coder's state: the interval, both ends included; the number that is decoded; bytes done; 1 or 0."""
STATE = 5
"""Columns in all."""
CHANCE_BITS, COUNT_BITS = 22, 10
"""A chance is kept in one word: the probability of *yes* in 2^-22, above how often it was used."""
EVEN = 1 << (CHANCE_BITS - 1 + COUNT_BITS)
"""A chance of a half that was never used."""
PATIENCE = 255
"""Uses after which a chance adapts no slower than before."""
RATES = np.array([int(2**16 / (uses + 1.5)) for uses in range(PATIENCE + 1)], np.int64)
"""By what part of its error a chance adapts after so many uses, in 2^-16."""
FLOOR = 16
"""Lowest probability, in 2^-22; nothing costs more than 18 bits a decision."""
SPARE = 512
"""Bytes that must be free before a number is written."""
_TOP, _ALL = 0xFF000000, 0xFFFFFFFF
_COUNT_MASK = (1 << COUNT_BITS) - 1


def begin(data: NDArray[np.uint8], *, decoding: bool) -> NDArray[np.int64]:
    """Return the state of a coder that writes to ``data``, or reads it, from its first byte."""
    code = int.from_bytes(data[:4].tobytes().ljust(4, b"\0"), "big") if decoding else 0
    return np.array([0, _ALL, code, 0, int(decoding)], np.int64)


@njit(forceinline=True)
def opened(state: Any) -> Any:
    """Return a coder's state as four numbers, which compiled code holds in registers; ``close`` puts them back."""
    return state[LOW], state[HIGH], state[CODE], state[PLACE]


@njit(forceinline=True)
def close(state: Any, coder: Any) -> None:
    """Keep a coder's numbers in its state."""
    state[LOW], state[HIGH], state[CODE], state[PLACE] = coder


@njit(forceinline=True)
def decide(coder: Any, decoding: bool, data: Any, chances: Any, which: int, yes: bool) -> Any:
    """Code one decision, and let its chance adapt.

    Parameters
    ----------
    coder : tuple of four int
        The coder, as ``opened`` returns it.
    decoding : bool
        Whether it reads.
    data : uint8 array
        Written to, or read; beyond its end are zeros.
    chances : int64 array
        Chances, as ``EVEN`` describes them.
    which : int
        The chance of this decision.
    yes : bool
        The decision; ignored by a decoder.

    Returns
    -------
    coder : tuple of four int
        The coder after it.
    made : int
        The decision, 1 or 0.
    """
    chance = chances[which] >> COUNT_BITS
    uses = chances[which] & _COUNT_MASK
    coder, made = _split(coder, decoding, data, chance, yes)
    chance += (((made << CHANCE_BITS) - chance) * RATES[uses]) >> 16
    chance = max(FLOOR, min((1 << CHANCE_BITS) - FLOOR, chance))
    chances[which] = (chance << COUNT_BITS) | min(uses + 1, PATIENCE)
    return coder, made


@njit
def literal(coder: Any, decoding: bool, data: Any, bits: int, value: int) -> Any:
    """Code the low ``bits`` bits of a number as they are, the highest first; returns the coder and the bits."""
    read = np.int64(0)
    for place in range(bits - 1, -1, -1):
        coder, made = _split(coder, decoding, data, 1 << (CHANCE_BITS - 1), (value >> place) & 1 != 0)
        read = (read << 1) | made
    return coder, read


@njit(forceinline=True)
def _split(coder: Any, decoding: bool, data: Any, chance: int, yes: bool) -> Any:
    low, high, code, place = coder
    middle = low + (((high - low) * ((1 << CHANCE_BITS) - chance)) >> CHANCE_BITS)
    made = code > middle if decoding else yes
    if made:
        low = middle + 1
    else:
        high = middle
    while (low ^ high) & _TOP == 0:
        if decoding:
            following = np.int64(data[place + 4]) if place + 4 < data.size else np.int64(0)
            code = ((code << 8) & _ALL) | following
        else:
            data[place] = high >> 24
        place += 1
        low = (low << 8) & _ALL
        high = ((high << 8) & _ALL) | 255
    return (low, high, code, place), np.int64(made)


def finish(state: NDArray[np.int64], data: NDArray[np.uint8]) -> bytes:
    """Return all bytes of a message, once its last decision is made."""
    return (data[: state[PLACE]].tobytes() + _ending(state)).rstrip(b"\0")


def ended(state: NDArray[np.int64], data: bytes) -> bool:
    """Say whether ``data``, which were decoded, are what an encoder of the same decisions writes."""
    place = int(state[PLACE])
    return data == (data[:place].ljust(place, b"\0") + _ending(state)).rstrip(b"\0")


def _ending(state: NDArray[np.int64]) -> bytes:
    low, high = int(state[LOW]), int(state[HIGH])
    for length in range(5):
        rest = (1 << (32 - 8 * length)) - 1
        number = (low + rest) & ~rest
        if number <= high:
            return number.to_bytes(5, "big")[1 : 1 + length]
    raise AssertionError  # an interval holds its own lower end
