"""One batch through one layer and back: what the chip computes forward, SLAYER's surrogate backward.

Forward is the chip's integer arithmetic (``hardware.fixed``), held in doubles, which are exact up to 2^53.
Backward is what lava-dl's SLAYER computes for its CUBA blocks (``slayer.spike.Spike`` and
``slayer.neuron.dynamics``): the derivative of a spike is ``scale / (2 tau) * exp(-|v - threshold| / tau)``,
leaks are retraced step by step, and resets are taken for constants (Shrestha & Orchard, "SLAYER: Spike Layer
Error Reassignment in Time", NeurIPS 2018). Sums are taken in one fixed order, whatever the number of workers.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from hardware.chip.widths import ALIGN_SHIFT, DECAY_UNITY
from hardware.fixed import decay, joined, saturate, word, wrap
from lava_fed.local.slayer.machine_code import SLAYER

Reals = NDArray[np.float64]
Integers = NDArray[np.int64]
UNITY = float(DECAY_UNITY)
STATE = float(1 << ALIGN_SHIFT)


@SLAYER.compiled
def weigh(sent: Reals, weights: Reals, sums: Reals) -> None:
    """Write ``sent @ weights`` into ``sums``, skipping silence.

    Parameters
    ----------
    sent : float64 array, shape (rows, sources)
        Messages.
    weights : float64 array, shape (sources, targets)
        Weights, transposed.
    sums : float64 array, shape (rows, targets)
        Result.
    """
    targets = weights.shape[1]
    found = np.empty(sent.shape[1] + 3, np.int64)
    for row in range(sent.shape[0]):
        count = 0
        for source in range(sent.shape[1]):
            if sent[row, source] != 0.0:
                found[count] = source
                count += 1
        for target in range(targets):
            sums[row, target] = 0.0
        for first in range(0, count - 3, 4):
            a, b, c, d = found[first], found[first + 1], found[first + 2], found[first + 3]
            at_a, at_b, at_c, at_d = sent[row, a], sent[row, b], sent[row, c], sent[row, d]
            for target in range(targets):
                sums[row, target] += (
                    at_a * weights[a, target] + at_b * weights[b, target] + at_c * weights[c, target]
                ) + at_d * weights[d, target]
        for place in range(count - count % 4, count):
            value = sent[row, found[place]]
            for target in range(targets):
                sums[row, target] += value * weights[found[place], target]


@SLAYER.compiled
def correlate(sent: Reals, gradient: Reals, sums: Reals) -> None:
    """Write ``sent.T @ gradient`` into ``sums``, skipping silence.

    Parameters
    ----------
    sent : float64 array, shape (rows, sources)
        Messages.
    gradient : float64 array, shape (rows, targets)
        Of the loss by what arrived.
    sums : float64 array, shape (sources, targets)
        Of the loss by the weights, transposed.
    """
    rows, targets = gradient.shape
    sums[:] = 0.0
    for first in range(0, rows - 3, 4):
        for source in range(sent.shape[1]):
            a, b, c, d = (
                sent[first, source],
                sent[first + 1, source],
                sent[first + 2, source],
                sent[first + 3, source],
            )
            if a != 0.0 or b != 0.0 or c != 0.0 or d != 0.0:
                for target in range(targets):
                    sums[source, target] += (a * gradient[first, target] + b * gradient[first + 1, target]) + (
                        c * gradient[first + 2, target] + d * gradient[first + 3, target]
                    )
    for row in range(rows - rows % 4, rows):
        for source in range(sent.shape[1]):
            value = sent[row, source]
            if value != 0.0:
                for target in range(targets):
                    sums[source, target] += value * gradient[row, target]


@SLAYER.compiled
def advance(
    arrived: Reals,
    exponent: int,
    fine: bool,
    current_decay: Integers,
    voltage_decay: Integers,
    threshold: Integers,
    fires: bool,
    subtract: bool,
    voltages: Reals,
    sent: Reals,
) -> None:
    """Advance CUBA neurons from rest, as ``hardware.neurons.cuba.Cuba`` says.

    Parameters
    ----------
    arrived : float64 array, shape (samples, steps or 1, units)
        Weights times messages; one step is held through the sample.
    exponent : int
        Of the synapses, -8..7.
    fine : bool
        Whether it arrives at the port of graded messages.
    current_decay, voltage_decay, threshold : int64 array, shape (units,)
        Of the neurons; threshold mantissa.
    fires : bool
        Whether they send spikes, and are then reset; else they send their voltage.
    subtract : bool
        Whether a spike takes the threshold off the voltage, else it resets it to zero.
    voltages, sent : float64 array, shape (samples, steps, units)
        Results: state before the reset, chip units times 64; messages.
    """
    held, factor, units = arrived.shape[1] == 1, 2.0**exponent, voltages.shape[2]
    limit = threshold << ALIGN_SHIFT
    current, voltage = np.empty(units, np.int64), np.empty(units, np.int64)
    for sample in range(voltages.shape[0]):
        current[:], voltage[:] = 0, 0
        for step in range(voltages.shape[1]):
            row, made, said = arrived[sample, 0 if held else step], voltages[sample, step], sent[sample, step]
            for unit in range(units):
                total = math.floor(row[unit] * factor)
                brought = joined(0, total, 0) if fine else joined(total, 0, 0)
                current[unit] = wrap(word(decay(current[unit], current_decay[unit]) + brought))
                reached = saturate(word(decay(voltage[unit], voltage_decay[unit]) + current[unit]))
                spike = fires and reached > limit[unit]
                made[unit] = reached
                said[unit] = (1.0 if spike else 0.0) if fires else reached
                left = reached - limit[unit] if subtract else 0
                voltage[unit] = left if spike else reached


@SLAYER.compiled
def retrace(
    gradient: Reals,
    voltages: Reals,
    current_decay: Integers,
    voltage_decay: Integers,
    threshold: Integers,
    fires: bool,
    width: float,
    scale: float,
    arrived: Reals,
) -> None:
    """Carry a gradient from what neurons sent back to what arrived at them.

    Parameters
    ----------
    gradient : float64 array, shape (samples, steps, units)
        Of the loss by the messages.
    voltages, current_decay, voltage_decay, threshold, fires
        As of ``advance``.
    width, scale : float
        Of the surrogate: tau in thresholds, area.
    arrived : float64 array, shape (samples, steps or 1, units)
        Result, by input of the state's scale; summed over the steps where one was held.
    """
    held, units = arrived.shape[1] == 1, gradient.shape[2]
    limit = threshold * STATE
    keep_u, keep_v = 1.0 - current_decay / UNITY, 1.0 - voltage_decay / UNITY
    by_current, by_voltage = np.empty(units), np.empty(units)
    for sample in range(gradient.shape[0]):
        by_current[:], by_voltage[:] = 0.0, 0.0
        if held:
            arrived[sample, 0, :] = 0.0
        for step in range(gradient.shape[1] - 1, -1, -1):
            row = arrived[sample, 0 if held else step]
            for unit in range(units):
                slope = gradient[sample, step, unit]
                if fires:
                    tau = width * limit[unit]
                    away = abs(voltages[sample, step, unit] - limit[unit])
                    slope *= scale / (2.0 * tau) * math.exp(-away / tau)
                by_voltage[unit] = by_voltage[unit] * keep_v[unit] + slope
                by_current[unit] = by_current[unit] * keep_u[unit] + by_voltage[unit]
                row[unit] = row[unit] + by_current[unit] if held else by_current[unit]


@SLAYER.compiled
def round_to(weights: Reals, low: float, high: float, step: float, nearest: Reals) -> None:
    """Write the weights that a chip can hold into ``nearest``; halfway goes to the even multiple of the step.

    Parameters
    ----------
    weights, nearest : float64 array, shape (weights,)
        Wanted weights, result.
    low, high, step : float
        Lowest and highest weight, distance between neighbours.
    """
    for index in range(weights.size):
        nearest[index] = min(max(np.rint(weights[index] / step) * step, low), high)
