"""What the kernels are told of a lesson."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hardware.emulator.streams import Streams, synapse_key
from hardware.learning.rule import Rounding
from hardware.lesson import Lesson
from hardware.network import Network
from hardware.spikes import SpikeTrain

LEARNING, ANNEAL, BEFORE = range(3)
"""Places among the numbers: whether anything learns, how often errors are halved, steps learned before."""
LABEL, REWARDED = range(2)
"""Columns of what is said of a sample."""


class Told(NamedTuple):
    """A lesson as the kernels take it.

    Attributes
    ----------
    samples : int32 array, shape (samples, 2)
        Label or -1, and reward, of each sample.
    draws : float64 array, shape (2, steps + 1)
        Draws for x and y traces in each step of this lesson, from 1.
    rounding : float64 array, shape (epochs + 1,)
        Draws of shared rounding for all epochs of the seed, from 1; empty where no rule shares.
    keys : uint64 array, shape (connections,)
        What independent rounding begins from.
    awake : uint8 array, shape (connections,)
        Which connections have a rule that runs.
    numbers : int64 array, shape (3,)
        See ``LEARNING``.
    """

    samples: NDArray[np.int32]
    draws: NDArray[np.float64]
    rounding: NDArray[np.float64]
    keys: NDArray[np.uint64]
    awake: NDArray[np.uint8]
    numbers: NDArray[np.int64]

    def part(self, samples: slice) -> Told:
        """Return what is told of some of the samples."""
        return self._replace(samples=self.samples[samples])


def tell(network: Network, spikes: SpikeTrain, lesson: Lesson | None) -> Told:
    """Write down a lesson; nothing is told to those who only run."""
    samples = np.zeros((spikes.samples, 2), np.int32)
    if lesson is None:
        samples[:, LABEL] = -1
        nothing = np.zeros(0)
        return Told(samples, nothing.reshape(2, 0), nothing, *_NOBODY, np.zeros(3, np.int64))
    samples[:, LABEL], samples[:, REWARDED] = lesson.labels, lesson.rewards
    rules = [c.rule for c in network.plastic if c.rule is not None]
    shared = any(rule.rounding is Rounding.SHARED for rule in rules)
    before = lesson.after * spikes.steps
    streams = Streams.draw(lesson.seed, spikes.samples * spikes.steps, before, shared=shared)
    awake = [c.rule is not None and c.name not in lesson.frozen for c in network.connections]
    keys = [synapse_key(lesson.seed, connection) for connection in range(len(awake))]
    return Told(
        samples,
        np.stack([streams.x, streams.y]),
        streams.rounding,
        np.array(keys, np.uint64),
        np.array(awake, np.uint8),
        np.array([1, lesson.anneal, before]),
    )


_NOBODY = np.zeros(0, np.uint64), np.zeros(0, np.uint8)
