"""A weight as the bits that a memory holds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardware.chip import widths
from hardware.network import Connection
from hardware.synapses.grid import SignMode, WeightGrid


@dataclass(frozen=True)
class StoredWord:
    """The words of a connection's weights, and the weights that they can mean.

    A mixed-sign weight is ``step`` times a number in two's complement; a single-sign one is a magnitude. Nobody
    has published how Loihi lays out its words; this is the shortest code of each grid, so every word is a legal
    weight, and a flipped bit needs no clamp.

    Attributes
    ----------
    sign : SignMode
        Of the grid.
    bits : int
        Bits of a word.
    step : int
        Distance between neighbouring weights.
    """

    sign: SignMode
    bits: int
    step: int

    @classmethod
    def of_grid(cls, grid: WeightGrid) -> StoredWord:
        """Return the words of weights that do not learn."""
        return cls(grid.sign, grid.bits, grid.step)

    @classmethod
    def of(cls, connection: Connection) -> StoredWord:
        """Return the words of a connection.

        Where it learns, weights move in steps of one and take 8 bits, 9 of mixed sign, or what the rule's
        ``weight_limit`` needs.
        """
        grid, rule = connection.synapse.grid, connection.rule
        if rule is None:
            return cls.of_grid(grid)
        magnitude = rule.weight_limit - (grid.sign is not SignMode.INHIBITORY)
        bits = min(magnitude.bit_length(), widths.WEIGHT_BITS) + (grid.sign is SignMode.MIXED)
        return cls(grid.sign, bits, 1)

    @property
    def low(self) -> int:
        """Lowest weight."""
        if self.sign is SignMode.MIXED:
            return -self.step << (self.bits - 1)
        return 0 if self.sign is SignMode.EXCITATORY else -self.step * ((1 << self.bits) - 1)

    @property
    def high(self) -> int:
        """Highest weight."""
        if self.sign is SignMode.MIXED:
            return self.step * ((1 << (self.bits - 1)) - 1)
        return self.step * ((1 << self.bits) - 1) if self.sign is SignMode.EXCITATORY else 0

    def encode(self, weights: NDArray[np.int16]) -> NDArray[np.uint16]:
        """Return the word of each weight, of the same shape."""
        cells = weights.astype(np.int32) // self.step
        if self.sign is SignMode.INHIBITORY:
            cells = -cells
        return (cells & ((1 << self.bits) - 1)).astype(np.uint16)

    def decode(self, words: NDArray[np.uint16]) -> NDArray[np.int16]:
        """Return the weight of each word, of the same shape."""
        cells = words.astype(np.int32)
        if self.sign is SignMode.MIXED:
            half = 1 << (self.bits - 1)
            cells = (cells ^ half) - half
        elif self.sign is SignMode.INHIBITORY:
            cells = -cells
        return (cells * self.step).astype(np.int16)
