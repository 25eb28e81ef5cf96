"""Compiled draws of independent rounding: what ``synapse_draw`` says, for all targets of a source at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from hardware.emulator.arrays import States, low, wide
from hardware.emulator.streams import FIRST_MIX, GOLDEN, SECOND_MIX, WEYL

Word = Any
"""An integer of 32 bits."""
Words = tuple[Word, Word]
_GOLDEN, _STEP = np.uint64(GOLDEN), np.int64(WEYL)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


@njit
def epoch_state(key: np.uint64, epochs: int) -> np.uint64:
    """Return what the draws of an epoch begin from; ``key`` is that of ``synapse_key``."""
    state = key + np.uint64(epochs) * _GOLDEN
    state = (state ^ (state >> np.uint64(30))) * _FIRST
    state = (state ^ (state >> np.uint64(27))) * _SECOND
    return state ^ (state >> np.uint64(31))


@njit
def place_targets(places: States, ranks: States, sources: int) -> None:
    """Note where the draws of each target's synapses lie; ``ranks`` are the targets' numbers in the network."""
    for unit in range(len(places)):
        places[unit] = low(wide(ranks[unit]) * sources * _STEP)


@njit
def source_words(rank: int, state: np.uint64) -> Words:
    """Return what ``scattered`` needs for the synapses of one source, ``rank`` being its number in the network."""
    return low(rank * _STEP + np.int64(state)), low(state >> np.uint64(32))


@njit
def draw_row(drawn: States, places: States, words: Words) -> None:
    """Draw 32 bits for each synapse of one source."""
    offset, word = words
    for unit in range(len(drawn)):
        drawn[unit] = scattered(places[unit], offset, word)


@intrinsic
def scattered(typing_context: Any, place: Any, offset: Any, word: Any) -> Any:  # noqa: ARG001
    """Scatter the bits of a place, in 32 bits throughout, so that LLVM makes vectors of it."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001
        bits = ir.IntType(32)
        draw = builder.add(arguments[0], arguments[1])
        draw = builder.xor(draw, builder.lshr(draw, bits(16)))
        draw = builder.xor(builder.mul(draw, bits(FIRST_MIX)), arguments[2])
        draw = builder.xor(draw, builder.lshr(draw, bits(15)))
        return builder.mul(draw, bits(SECOND_MIX))

    return types.int32(types.int32, types.int32, types.int32), generate


@intrinsic
def bits_from(typing_context: Any, word: Any, first: Any) -> Any:  # noqa: ARG001
    """Return a 32-bit word without the bits below ``first``, zeros coming after it."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001
        return builder.lshr(*arguments)

    return types.int32(types.int32, types.int32), generate
