"""What an imperfect memory makes of stored weights."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hardware.mismatch.effect import Effect
from hardware.mismatch.profile import DeviceProfile
from hardware.mismatch.stored_word import StoredWord
from hardware.mismatch.streams import Draws, factors, struck


def imperfect_weights(
    weights: NDArray[np.int16], word: StoredWord, profile: DeviceProfile, draws: Draws, where: str
) -> tuple[NDArray[np.int16], list[Effect]]:
    """Return weights as an imperfect device has them.

    First every weight gets its gain, then bits flip, then weights are stuck, and a dead synapse is 0 in any case.

    Parameters
    ----------
    weights : int16 array
        Stored weights, in any shape; a shared kernel is stored once.
    word : StoredWord
        How they are stored.
    profile : DeviceProfile
        How imperfect the device is.
    draws : Draws
        Generator of each mechanism.
    where : str
        Name of the connection, for the effects.

    Returns
    -------
    weights : int16 array
        Of the same shape, each a weight that ``word`` can mean.
    effects : list of Effect
        One for each mechanism that the profile has.
    """
    effects = []
    variation, faults = profile.variation, profile.faults
    if variation.gain:
        varied, clamped = _with_gain(weights, word, variation.gain, draws("gain"))
        hit = int(np.count_nonzero(varied != weights))
        effects.append(Effect("gain", where, hit, weights.size, clamped))
        weights = varied
    if faults.bit_flips:
        weights, hit = _flipped(weights, word, faults.bit_flips, draws("bit_flips"))
        effects.append(Effect("bit_flips", where, hit, word.bits * weights.size))
    if faults.stuck_weights:
        rng = draws("stuck_weights")
        stuck = struck(rng, faults.stuck_weights, weights.shape)
        weights = np.where(stuck, _standing(word, faults.stuck_at, rng, weights.shape), weights).astype(np.int16)
        effects.append(Effect("stuck_weights", where, int(np.count_nonzero(stuck)), weights.size))
    if faults.dead_synapses:
        dead = struck(draws("dead_synapses"), faults.dead_synapses, weights.shape)
        weights = np.where(dead, 0, weights).astype(np.int16)
        effects.append(Effect("dead_synapses", where, int(np.count_nonzero(dead)), weights.size))
    return weights, effects


def _with_gain(
    weights: NDArray[np.int16], word: StoredWord, spread: float, rng: np.random.Generator
) -> tuple[NDArray[np.int16], int]:
    """Multiply each weight by a factor of its own, round to the grid, half to even, and count what is clamped."""
    wanted = np.rint(weights / word.step * factors(rng, spread, weights.shape)) * word.step
    clamped = int(np.count_nonzero((wanted < word.low) | (wanted > word.high)))
    return np.clip(wanted, word.low, word.high).astype(np.int16), clamped


def _flipped(
    weights: NDArray[np.int16], word: StoredWord, share: float, rng: np.random.Generator
) -> tuple[NDArray[np.int16], int]:
    """Turn over each bit of each word with probability ``share``, and count the flips."""
    words, hit = word.encode(weights), 0
    for bit in range(word.bits):
        flips = struck(rng, share, weights.shape)
        words ^= flips.astype(np.uint16) << np.uint16(bit)
        hit += int(np.count_nonzero(flips))
    return word.decode(words), hit


def _standing(
    word: StoredWord, stuck_at: str, rng: np.random.Generator, shape: tuple[int, ...]
) -> NDArray[np.int16] | int:
    """Return where stuck weights stand."""
    if stuck_at == "any":
        return word.decode(rng.integers(0, 1 << word.bits, shape).astype(np.uint16))
    return {"zero": 0, "low": word.low, "high": word.high}[stuck_at]
