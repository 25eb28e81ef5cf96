"""Compiled products of learning rules, for all synapses of one source at once.

A product is a factor of the source times a factor of the target times what the synapse itself holds. 28 bits of
factors with the mantissa fit 32 bits, so every vector here is one of 32-bit words.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from hardware.chip.widths import (
    LEARNING_ACCUMULATOR_MAX,
    LEARNING_ACCUMULATOR_MIN,
    LEARNING_FRACTION_BITS,
    TAG_MIN,
)
from hardware.emulator.arrays import States, Table, low, wide
from hardware.emulator.blocks import shifted_down, shifted_up
from hardware.emulator.kernels_rounding import Word, Words, bits_from, scattered
from hardware.emulator.tables import (
    FIRST_PART,
    GATE,
    LEFT,
    LOWEST_TAG,
    MANTISSA,
    OF_D,
    OF_W,
    OF_X0,
    OF_X1,
    OF_Y0,
    OF_Y1,
    ON_Y,
    OWN_PARTS,
    PART_BITS,
    PART_CONSTANT,
    PART_SIGN,
    PART_VARIABLE,
    RIGHT,
    SOURCE_PARTS,
    TAGGED,
    TARGET_PARTS,
)
from hardware.fixed import clamp

_LEAST, _MOST = np.int32(LEARNING_ACCUMULATOR_MIN), np.int32(LEARNING_ACCUMULATOR_MAX)
DRAW_MAX = (1 << LEARNING_FRACTION_BITS) - 1
_FRACTION, _LOWEST_TAG = np.int32(LEARNING_FRACTION_BITS), np.int32(TAG_MIN)
WEIGHT_BITS, DELAY_BITS, TAG_BITS = 25, 18, 11
"""Where the bits of a draw begin that round a weight, a delay and a tag; see ``synapse_draw``."""


@njit(forceinline=True)
def within(word: Word, least: Word, most: Word) -> Word:
    """Clip a 32-bit word."""
    word = least if word < least else word
    return most if word > most else word


@njit
def source_factor(product: Table, parts: Table, fired: bool, x1: int, x2: int) -> int:
    """Multiply the parts of a product that are of the source."""
    factor = 1
    for row in range(product[FIRST_PART], product[FIRST_PART] + product[SOURCE_PARTS]):
        part = parts[row]
        value = wide(fired) if part[PART_VARIABLE] == OF_X0 else x1 if part[PART_VARIABLE] == OF_X1 else x2
        factor *= _fitting(value, part)
    return factor


@njit
def _fitting(value: int, part: Table) -> int:
    """Add a part's constant, and take its sign, or what fits its width."""
    value += part[PART_CONSTANT]
    if part[PART_SIGN]:
        return clamp(value, -1, 1)
    return clamp(value, -(1 << part[PART_BITS]), (1 << part[PART_BITS]) - 1)


@njit
def fill_target_factor(
    factor: States,
    product: Table,
    parts: Table,
    past: States,
    first: int,
    length: int,
    last: States,
    fired_at: States,
    time: int,
) -> bool:
    """Multiply the mantissa and the parts of a product that are of the targets.

    Parameters
    ----------
    factor : int32 array, shape (targets,)
        Receives the products.
    product, parts : int64 array
        The product, and the part table.
    past : int32 array, shape (rows, width)
        Holds the histories of y1 to y3, ``length`` rows each from row ``first`` on, of which only those up to
        ``last`` are filled.
    fired_at : int32 array, shape (targets,)
        Step of the target's last spike; 0 for none.
    time : int
        Step in which traces are read, where it is not that of the target's last spike.

    Returns
    -------
    bool
        Whether any is not 0.
    """
    units, of_target = len(factor), product[GATE] == ON_Y
    for unit in range(units):
        factor[unit] = product[MANTISSA]
    start = product[FIRST_PART] + product[SOURCE_PARTS]
    for row in range(start, start + product[TARGET_PARTS]):
        part = parts[row]
        if part[PART_VARIABLE] == OF_Y0:
            for unit in range(units):
                factor[unit] *= _fitting(wide(fired_at[unit] > 0), part)
            continue
        trace = part[PART_VARIABLE] - OF_Y1
        begin, latest = first + trace * length, last[trace]
        if of_target:
            for unit in range(units):
                factor[unit] *= _fitting(wide(past[begin + min(fired_at[unit], latest), unit]), part)
        else:
            values = past[begin + min(time, latest)]
            least, most = low(-(1 << part[PART_BITS])), low((1 << part[PART_BITS]) - 1)
            constant = low(part[PART_CONSTANT])
            for unit in range(units):
                factor[unit] = low(factor[unit] * within(low(values[unit] + constant), least, most))
    found = low(0)
    for unit in range(units):
        if of_target and fired_at[unit] == 0:
            factor[unit] = 0
        found |= factor[unit]
    return found != 0


@njit
def begin_sum(total: States, before: States) -> None:
    """Begin sums with the value before, and with room for a fraction."""
    for unit in range(len(total)):
        word = shifted_up(before[unit], _FRACTION)
        total[unit] = _LEAST if word < _LEAST else word


@njit
def begin_term(term: States, source: int, factor: States) -> None:
    """Begin a product: the source's factor times that of each target."""
    for unit in range(len(term)):
        term[unit] = low(low(source) * factor[unit])


@njit
def begin_term_in_time(term: States, sources: NDArray[np.int64], fired_at: States, factor: States) -> None:
    """Begin a product with the source's factor in the step of each target's last spike."""
    for unit in range(len(term)):
        term[unit] = low(low(sources[fired_at[unit]]) * factor[unit])


@njit
def multiply_own(
    term: States, product: Table, parts: Table, weights: States, delays: States, tags: States
) -> None:
    """Multiply a product by what the synapses themselves hold."""
    start = product[FIRST_PART] + product[SOURCE_PARTS] + product[TARGET_PARTS]
    for row in range(start, start + product[OWN_PARTS]):
        part = parts[row]
        values = weights if part[PART_VARIABLE] == OF_W else delays if part[PART_VARIABLE] == OF_D else tags
        signed = part[PART_SIGN] != 0
        least = low(-1 if signed else -(1 << part[PART_BITS]))
        most = low(1 if signed else (1 << part[PART_BITS]) - 1)
        constant = low(part[PART_CONSTANT])
        for unit in range(len(term)):
            term[unit] = low(term[unit] * within(low(values[unit] + constant), least, most))


@njit
def add_term(total: States, term: States, product: Table) -> None:
    """Scale a product and add it to a sum; both keep what fits the accumulator."""
    right, left = low(product[RIGHT]), low(product[LEFT])
    for unit in range(len(total)):
        word = within(shifted_up(shifted_down(term[unit], right), left), _LEAST, _MOST)
        total[unit] = within(low(total[unit] + word), _LEAST, _MOST)


@njit
def settle_weights(
    weights: NDArray[np.int16],
    total: States,
    drawn: States,
    rounding: Words,
    lowest: Word,
    highest: Word,
) -> None:
    """Round the sums of weights and keep them in their range.

    Parameters
    ----------
    weights : int16 array, shape (targets,)
        Receives the weights.
    total : int32 array, shape (targets,)
        The sums.
    drawn : int32 array, shape (targets,)
        Bits of each synapse, of which the highest count.
    rounding : tuple of int
        What of these bits is added to a sum, and what else.
    lowest, highest : int
        The range.
    """
    mask, base = rounding
    for unit in range(len(weights)):
        draw = low((bits_from(drawn[unit], np.int32(WEIGHT_BITS)) & mask) + base)
        weights[unit] = np.int16(within(shifted_down(low(total[unit] + draw), _FRACTION), lowest, highest))


@njit
def settle_tags(
    tags: States,
    total: States,
    drawn: States,
    first: int,
    rounding: Words,
    lowest: int,
    highest: int,
) -> int:
    """Round the sums of tags or delays, of which the draws' bits begin at ``first``; return the source's marks."""
    some, shift, least, most = low(0), low(first), low(lowest), low(highest)
    bottom, (mask, base) = most, rounding
    for unit in range(len(tags)):
        draw = low((bits_from(drawn[unit], shift) & mask) + base)
        tag = within(shifted_down(low(total[unit] + draw), _FRACTION), least, most)
        some |= tag
        bottom = tag if tag < bottom else bottom
        tags[unit] = tag
    return (TAGGED if some != 0 else 0) | (LOWEST_TAG if bottom == _LOWEST_TAG else 0)


@njit
def learn_row(
    weights: NDArray[np.int16],
    source: int,
    factor: States,
    product: Table,
    places: States,
    words: Words,
    rounding: Words,
    lowest: Word,
    highest: Word,
) -> None:
    """Learn by one product of source and target: the whole of what the steps above do, in one pass."""
    right, left = low(product[RIGHT]), low(product[LEFT])
    factor_of_source, (offset, word), (mask, base) = low(source), words, rounding
    for unit in range(len(weights)):
        term = shifted_down(low(factor_of_source * factor[unit]), right)
        term = within(shifted_up(term, left), _LEAST, _MOST)
        total = within(low(shifted_up(np.int32(weights[unit]), _FRACTION) + term), _LEAST, _MOST)
        draw = low((bits_from(scattered(places[unit], offset, word), np.int32(WEIGHT_BITS)) & mask) + base)
        weights[unit] = np.int16(within(shifted_down(low(total + draw), _FRACTION), lowest, highest))
