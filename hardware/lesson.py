"""What the host tells a session that learns, beside the input."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Lesson:
    """One call of ``learn``, checked.

    Attributes
    ----------
    labels : int32 array, shape (samples,)
        The unit that should win; -1 for none.
    rewards : int32 array, shape (samples,)
        Reward of each sample, -128..127; zeros where no layer has a reward.
    seed : int
        Seed of the random streams, 0..2^31-1.
    anneal : int
        How often errors are halved, 0..7.
    after : int
        Samples that this seed has learned before: step 1 of this call is its step ``after * steps + 1``.
    frozen : frozenset of str
        Connections with a rule that does not run in this call.
    """

    labels: NDArray[np.int32]
    rewards: NDArray[np.int32]
    seed: int
    anneal: int = 0
    after: int = 0
    frozen: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Moment:
    """A step within its sample, and what the host tells of the sample.

    Attributes
    ----------
    to_end : int
        Steps until the sample's last one, where it is 0.
    label : int
        The unit that should win; -1 for none.
    reward : int
        Reward of the sample.
    anneal : int
        How often errors are halved.
    """

    to_end: int
    label: int = -1
    reward: int = 0
    anneal: int = 0

    @property
    def labelled(self) -> bool:
        """Whether there is a label."""
        return self.label >= 0
