"""Spike trains of a chosen number of spikes a step, and weights at the edges of narrow types."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hardware.spikes import SpikeTrain
from hardware.synapses.dense import Dense
from hardware.synapses.grid import SignMode, WeightGrid

MIXED, EXCITATORY, INHIBITORY = (WeightGrid(sign) for sign in SignMode)


def counting(sources: int, seed: int = 0) -> SpikeTrain:
    """Three samples whose steps hold every number of spikes from none to all.

    The first units rising, the last ones falling, and any ones in any order; so no step looks like the one before.
    """
    rng, counts = np.random.default_rng(seed), np.arange(sources + 1)
    unit = np.arange(sources)
    first = unit < counts[:, None]
    last = unit >= counts[:, None]
    mixed = np.array([rng.permutation(sources) < count for count in rng.permutation(counts)])
    return SpikeTrain(np.stack([first, last, mixed]).astype(np.uint8))


def drawn(sources: int, *shares: float, samples: int = 2, seed: int = 0) -> SpikeTrain:
    """One step for each share of spiking units; a share of 0.5 is met exactly, or just under."""
    rng = np.random.default_rng(seed)
    counts = [int(share * sources) for share in shares]
    values = [[rng.permutation(sources) < count for count in counts] for _ in range(samples)]
    return SpikeTrain(np.array(values, np.uint8))


def graded(sources: int, low: int, high: int, *, steps: int = 8, seed: int = 0, share: float = 0.7) -> SpikeTrain:
    """Two samples of random integers and silence."""
    rng = np.random.default_rng(seed)
    shape = (2, steps, sources)
    return SpikeTrain(np.where(rng.random(shape) < share, rng.integers(low, high, shape, endpoint=True), 0))


def _drawn_from(values: list[int], grid: WeightGrid, shape: tuple[int, int], seed: int = 0) -> Dense:
    weights = np.random.default_rng(seed).choice(np.array(values, np.int16), shape)
    weights.flat[: len(values)] = values  # each occurs
    return Dense(weights, grid=grid)


def narrow_and_wide(targets: int, sources: int) -> dict[str, Dense]:
    """Weights that a byte holds, after a common power of two is taken out, and weights that it does not."""
    shape = targets, sources
    return {
        "all zero": _drawn_from([0], MIXED, shape),
        "the mixed grid from end to end": _drawn_from([-256, 254, 2, -2, 0], MIXED, shape),
        "only -256": _drawn_from([-256], MIXED, shape),
        "only 0 and -256": _drawn_from([0, -256], MIXED, shape),
        "only -128 and 128": _drawn_from([-128, 128], MIXED, shape),
        "multiples of 64": _drawn_from([-256, -192, -64, 0, 64, 192], MIXED, shape),
        "multiples of 64 but one": _drawn_from([-256, 64, 192, 2], MIXED, shape),
        "even": _drawn_from([-250, 14, 2, 126], MIXED, shape),
        "bytes, odd": _drawn_from([1, 3, 127], EXCITATORY, shape),
        "127 is the last odd one that a byte holds, 128 is past it": _drawn_from([1, 127, 128], EXCITATORY, shape),
        "255, odd": _drawn_from([255, 1, 77], EXCITATORY, shape),
        "254, even, and one that is odd": _drawn_from([254, 128, 1], EXCITATORY, shape),
        "excitatory, even": _drawn_from([254, 128, 2], EXCITATORY, shape),
        "-128, odd": _drawn_from([-128, -1, -3], INHIBITORY, shape),
        "-129 is past a byte": _drawn_from([-129, -1], INHIBITORY, shape),
        "inhibitory to the end": _drawn_from([-255, -254, 0], INHIBITORY, shape),
        "one bit": _drawn_from([0, -256], WeightGrid(bits=1), shape),
        "four bits": _drawn_from([224, -256, 32], WeightGrid(bits=4), shape),
    }


def sums_of(sums: list[int], sources: int, low: int, high: int, step: int) -> NDArray[np.int16]:
    """Weights whose rows add up to ``sums``, each filled from one end with the largest weight of its sign."""
    rows = np.zeros((len(sums), sources), np.int64)
    for row, total in zip(rows, sums, strict=True):
        most, rest = (high if total > 0 else low), total
        for unit in range(sources):
            row[unit] = most if abs(rest) >= abs(most) else rest
            rest -= row[unit]
        if rest or total % step:
            raise ValueError(f"{sources} weights in {low}..{high} do not reach {total}")
    return rows.astype(np.int16)
