"""How one device goes through its data: how often, in which order, with which random streams."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.checks import ANNEAL_MAX
from hardware.chip.widths import TRACE_MAX
from hardware.errors import LavaFedError
from lava_fed.data.images import Images
from lava_fed.learning.samples import Samples

SHIFT_MAX = 8
"""Largest shift, pixels."""


@dataclass(frozen=True)
class Plan:
    """Passes over a data set.

    Attributes
    ----------
    passes : int
        How often all samples are shown, at least 1; each time in a new order.
    seed : int
        Of orders and random streams, 0..2^31-1.
    anneal : tuple of int
        How often errors are halved in each pass, 0..7; the last number holds for all passes after it.
    samples : int or None
        Learn from the first samples of the data only; from all by default.
    shift : int
        Move the images of each pass by as many pixels at most; 0 leaves them.
    reward : int
        What a sample that is labelled rightly earns where a layer has a ``Reward``, and a wrong one loses, 1..127.
    every : int or None
        Test after so many samples of a pass too, not only at its end.
    frozen : tuple of str
        Connections that keep their weights.

    Raises
    ------
    LavaFedError
        Naming what is out of range.
    """

    passes: int = 1
    seed: int = 1
    anneal: tuple[int, ...] = (0,)
    samples: int | None = None
    shift: int = 0
    reward: int = 64
    every: int | None = None
    frozen: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check the ranges."""
        if self.passes < 1:
            raise LavaFedError(f"{self.passes} passes over the data teach nothing; give at least 1")
        if not 0 <= self.seed < 2**31:
            raise LavaFedError(f"seed {self.seed} must lie in 0..{2**31 - 1}")
        if not self.anneal or any(not 0 <= each <= ANNEAL_MAX for each in self.anneal):
            shown = ", ".join(map(str, self.anneal)) or "nothing"
            raise LavaFedError(f"errors are halved 0..{ANNEAL_MAX} times in each pass, found {shown}")
        if len(self.anneal) > self.passes:
            raise LavaFedError(
                f"there are {len(self.anneal)} numbers of halvings for {self.passes} passes; give one for each "
                "pass at most"
            )
        if self.samples is not None and self.samples < 1:
            raise LavaFedError(f"{self.samples} samples teach nothing; give at least 1")
        if not 0 <= self.shift <= SHIFT_MAX:
            raise LavaFedError(f"images move by 0..{SHIFT_MAX} pixels, found {self.shift}")
        if not 1 <= self.reward <= TRACE_MAX:
            raise LavaFedError(f"reward {self.reward} must lie in 1..{TRACE_MAX}")
        if self.every is not None and self.every < 1:
            raise LavaFedError(f"testing every {self.every} samples cannot be done; give at least 1")
        object.__setattr__(self, "frozen", tuple(sorted(set(self.frozen))))

    def order(self, number: int, samples: int) -> NDArray[np.int64]:
        """Return the order of the samples in pass ``number``, counted from 0; shape (samples,)."""
        return np.random.default_rng([self.seed, number]).permutation(samples).astype(np.int64)

    def shown(self, number: int, data: Samples) -> Samples:
        """Return what pass ``number`` shows: the data, or where ``shift`` is set its images, each moved at random.

        Raises
        ------
        LavaFedError
            Where the data are to be moved and are no images.
        """
        if not self.shift:
            return data
        if not isinstance(data, Images):
            raise LavaFedError(f"{data.title} holds no images that could be moved; leave the shift out")
        return data.shifted(np.random.default_rng([self.seed, number, 1]), self.shift)

    def halvings(self, number: int) -> int:
        """How often errors are halved in pass ``number``, counted from 0."""
        return self.anneal[min(number, len(self.anneal) - 1)]

    def next_test(self, learned: int, samples: int) -> int:
        """Return after how many learned samples the next test is due, the first at or after ``learned``.

        Parameters
        ----------
        learned : int
            Samples that have been learned in all passes.
        samples : int
            Samples of a pass.

        Examples
        --------
        >>> [Plan(every=4).next_test(learned, samples=10) for learned in (0, 1, 4, 5, 9, 10, 11)]
        [0, 4, 4, 8, 10, 10, 14]
        """
        number, place = divmod(learned, samples)
        step = samples if self.every is None else self.every
        return number * samples + min(samples, -(-place // step) * step)

    def facts(self) -> dict[str, Any]:
        """Return the plan as JSON values."""
        return {**dataclasses.asdict(self), "anneal": list(self.anneal), "frozen": list(self.frozen)}
