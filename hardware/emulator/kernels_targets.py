"""Compiled learning at the side of the targets: their traces in an epoch, and their factors of products."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from hardware.emulator.arrays import States, Table, copy, low, wide
from hardware.emulator.image import Image
from hardware.emulator.kernels_products import fitting, within
from hardware.emulator.kernels_traces import follow_targets
from hardware.emulator.tables import (
    DECIMATION,
    EPOCH,
    FACTOR_ROW,
    FIRED_AT,
    FIRST_PART,
    FIRST_PRODUCT,
    GATE,
    HEARS,
    HISTORY,
    MANTISSA,
    NOTHING,
    OF_Y0,
    OF_Y1,
    ON_U,
    ON_X,
    ON_Y,
    PART_BITS,
    PART_CONSTANT,
    PART_VARIABLE,
    POST,
    POST_ROWS,
    PRODUCTS,
    READS,
    SOURCE_PARTS,
    TARGET,
    TARGET_PARTS,
    TARGETS,
    TWO_FACTOR,
    Y1,
    Y1_IMPULSE,
)
from hardware.emulator.work import Work

UNKNOWN, ZERO, SOME = range(3)
"""What is known of a row of factors: nothing, that all are 0, that some are not."""


class Epoch(NamedTuple):
    """An epoch of a connection that is being closed.

    Attributes
    ----------
    connection, rule : int64 array, shape (columns,)
        Rows of the tables.
    image, work : Image, Work
        The tables, and working memory.
    last : int64 array, shape (3,)
        Steps after which y1 to y3 stay as they are; later ones are not written down.
    known : uint8 array, shape (rows of a lesson,)
        What is known of each row of factors.
    number : int
        Epochs closed so far, this one included.
    """

    connection: Table
    rule: Table
    image: Image
    work: Work
    last: NDArray[np.int64]
    known: NDArray[np.uint8]
    number: int


@njit(forceinline=True)
def times_of_targets(connection: Table, rule: Table, work: Work) -> States:
    """Return the step of each target's last spike in the epoch; zeros where nobody hears them."""
    heard: States = work.traces[FIRED_AT][rule[POST] : rule[POST] + connection[TARGETS]]
    nobody: States = work.lesson[NOTHING][: connection[TARGETS]]
    return heard if rule[HEARS] else nobody


@njit(forceinline=True)
def follow_all_targets(
    connection: Table, rule: Table, factors: NDArray[np.float64], work: Work, draw: float
) -> NDArray[np.int64]:
    """Follow y1 to y3 as far as the rule needs them; return how many steps of each are written."""
    last, units, kept = np.zeros(3, np.int64), connection[TARGETS], rule[TWO_FACTOR] and rule[HEARS]
    fired_at = times_of_targets(connection, rule, work)
    for trace in range(3):
        if kept or rule[READS] & (1 << trace):
            first = HISTORY + trace * (rule[EPOCH] + 1)
            start = work.lesson[first][:units]
            if kept:
                copy(start, work.traces[POST_ROWS[trace]][rule[POST] : rule[POST] + units])
            elif not rule[TWO_FACTOR]:
                copy(start, work.states[Y1 + trace][connection[TARGET] : connection[TARGET] + units])
            else:
                start[:] = 0
            impulse = rule[Y1_IMPULSE + trace]
            last[trace] = follow_targets(
                work.lesson, first, fired_at, rule[EPOCH], impulse, factors[2 + trace], draw
            )
    return last


@njit(forceinline=True)
def close_targets(epoch: Epoch) -> None:
    """Keep the targets' traces at the epoch's end and forget their spike times."""
    connection, rule, work = epoch.connection, epoch.rule, epoch.work
    if not rule[HEARS]:
        return
    part = slice(rule[POST], rule[POST] + connection[TARGETS])
    if rule[TWO_FACTOR]:
        for trace in range(3):
            row = HISTORY + trace * (rule[EPOCH] + 1) + epoch.last[trace]
            copy(work.traces[POST_ROWS[trace]][part], work.lesson[row][: connection[TARGETS]])
    work.traces[FIRED_AT][part] = 0


@njit(forceinline=True)
def some_may_change(epoch: Epoch) -> bool:
    """Fill the targets' factors that do not depend on the source; return whether any product is alive."""
    rule, live = epoch.rule, False
    for p in range(rule[FIRST_PRODUCT], rule[FIRST_PRODUCT] + rule[PRODUCTS]):
        product = epoch.image.products[p]
        if product[GATE] == ON_X:
            live = True
        elif is_open(product, epoch.number):
            live = factor_row(epoch, product, 0) != 0 or live
    return live


@njit(forceinline=True)
def is_open(product: Table, epochs: int) -> bool:
    """Say whether a product counts in this epoch, as far as its dependency is not a spike."""
    return bool(product[GATE] != ON_U or epochs % (1 << product[DECIMATION]) == 0)


@njit(forceinline=True)
def factor_row(epoch: Epoch, product: Table, fired_at: int) -> int:
    """Return the row of a product's factors of the targets, which is filled when first asked for.

    Parameters
    ----------
    epoch : Epoch
        The epoch.
    product : int64 array, shape (PRODUCT_COLUMNS,)
        The product; open in this epoch.
    fired_at : int
        Step of the source's last spike.

    Returns
    -------
    int
        The row; 0 where all factors are 0.
    """
    on_source, last = product[GATE] == ON_X, epoch.last
    time = min(fired_at, max(last[0], last[1], last[2])) if on_source else epoch.rule[EPOCH]
    row = product[FACTOR_ROW] + (time if on_source else 0)
    if epoch.known[row] == UNKNOWN:
        epoch.known[row] = SOME if _fill_factor(epoch, product, row, time) else ZERO
    return int(row) if epoch.known[row] == SOME else 0


@njit(forceinline=True)
def _fill_factor(epoch: Epoch, product: Table, into: int, time: int) -> bool:
    """Multiply the mantissa and the parts of a product that are of the targets; say whether any is not 0."""
    lesson, length, of_target = epoch.work.lesson, epoch.rule[EPOCH] + 1, product[GATE] == ON_Y
    fired_at = times_of_targets(epoch.connection, epoch.rule, epoch.work)
    units, factor = len(fired_at), lesson[into][: len(fired_at)]
    for unit in range(units):
        factor[unit] = product[MANTISSA]
    start = product[FIRST_PART] + product[SOURCE_PARTS]
    for row in range(start, start + product[TARGET_PARTS]):
        part = epoch.image.parts[row]
        if part[PART_VARIABLE] == OF_Y0:
            for unit in range(units):
                factor[unit] *= fitting(wide(fired_at[unit] > 0), part)
            continue
        trace = part[PART_VARIABLE] - OF_Y1
        begin, latest = HISTORY + trace * length, epoch.last[trace]
        if of_target:
            for unit in range(units):
                factor[unit] *= fitting(wide(lesson[begin + min(fired_at[unit], latest), unit]), part)
        else:
            values, constant = lesson[begin + min(time, latest)], low(part[PART_CONSTANT])
            least, most = low(-(1 << part[PART_BITS])), low((1 << part[PART_BITS]) - 1)
            for unit in range(units):
                factor[unit] = low(factor[unit] * within(low(values[unit] + constant), least, most))
    found = low(0)
    for unit in range(units):
        if of_target and fired_at[unit] == 0:
            factor[unit] = 0
        found |= factor[unit]
    return bool(found != 0)
