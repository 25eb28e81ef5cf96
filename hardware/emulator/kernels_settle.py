"""Compiled ends of a delivery: sums in units of weights become what arrives at neurons."""

from __future__ import annotations

from numba import njit

from hardware.emulator.arrays import States, Sums, Table, Weights, low
from hardware.emulator.blocks import BLOCK, shifted_down, shifted_up
from hardware.emulator.image import Image
from hardware.emulator.tables import EXPONENT, FRESH, NARROW_WEIGHTS, STORE, TOTAL, UNIT, WEIGHT
from hardware.fixed import compilable


@njit(forceinline=True)
def settle(connection: Table, scratch: Sums, totals: Sums, silent: bool, due: States, cut: int) -> None:
    """Turn sums into what arrives, without the ``cut`` bits that do not count, and clear them."""
    targets, sums = len(due), scratch[: len(due)]
    if silent:
        total = totals[connection[TOTAL] : connection[TOTAL] + targets]
        for target in range(targets):
            sums[target] = total[target] - sums[target]
    left, up, down = low(connection[UNIT] + cut), _up(connection), _down(connection)
    if connection[FRESH] and cut == 0 and connection[EXPONENT] == 0:
        for target in range(targets):
            due[target] = shifted_up(low(sums[target]), left)
            sums[target] = 0
    elif connection[FRESH]:
        for target in range(targets):
            word = shifted_down(shifted_up(low(sums[target]), left), low(cut))
            due[target] = shifted_down(shifted_up(word, up), down)
            sums[target] = 0
    else:
        for target in range(targets):
            word = shifted_down(shifted_up(low(sums[target]), left), low(cut))
            due[target] += shifted_down(shifted_up(word, up), down)
            sums[target] = 0
    scratch[targets : targets + BLOCK] = 0


@njit
def drive(connection: Table, image: Image, messages: States, due: States) -> None:
    """Deliver by synapses that join unit i to unit i."""
    first, units = connection[WEIGHT], len(due)
    if connection[STORE] == NARROW_WEIGHTS:
        _multiply(connection, messages, image.narrow[first : first + units], due)
    else:
        _multiply(connection, messages, image.wide[first : first + units], due)


@njit(forceinline=True)
def _multiply(connection: Table, messages: States, weights: Weights, due: States) -> None:
    left, down, fresh = low(connection[UNIT] + max(connection[EXPONENT], 0)), _down(connection), connection[FRESH]
    for i in range(len(due)):
        arrived = shifted_down(shifted_up(low(low(messages[i]) * low(weights[i])), left), down)
        due[i] = arrived if fresh else due[i] + arrived


@compilable
def _up(connection: Table) -> int:
    return low(max(connection[EXPONENT], 0))


@compilable
def _down(connection: Table) -> int:
    return low(max(-connection[EXPONENT], 0))
