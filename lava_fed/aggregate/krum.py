"""Those changes that have the most company."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hardware.errors import LavaFedError
from lava_fed.aggregate.distances import Distances
from lava_fed.aggregate.mean import exact_mean
from lava_fed.aggregate.rule import Combined, Robust
from lava_fed.aggregate.updates import Updates


@dataclass(frozen=True)
class MultiKrum(Robust):
    """Multi-Krum: Blanchard et al., "Machine Learning with Adversaries", NeurIPS 2017.

    A device's score is the sum of squared distances to its ``n - attackers - 2`` nearest others. The ``keep``
    devices of the least scores are averaged, all alike, rounded once, half to even. Distances are exact, over all
    connections that the rule combines.

    Attributes
    ----------
    keep : int or None
        How many are averaged; ``None``: all but the attackers.
    """

    keep: int | None = None
    name: ClassVar[str] = "multi_krum"

    def __post_init__(self) -> None:
        """Check the numbers."""
        super().__post_init__()
        if self.keep is not None and self.keep < 1:
            raise LavaFedError(f"{self.name}: keep = {self.keep} must be 1 or more")

    @staticmethod
    def most(devices: int) -> int:
        """Return the largest f with ``devices >= 2 f + 3``."""
        return (devices - 3) // 2

    def combine(self, updates: Updates) -> Combined:
        """Return the mean of the chosen changes."""
        updates = updates.damped()
        return mean_of(updates.take(self.chosen(updates)))

    def chosen(self, updates: Updates) -> list[int]:
        """Return the indices of the devices with the least scores, best first."""
        count = len(updates)
        attackers = self.guarded(count)
        keep = count - attackers if self.keep is None else min(self.keep, count)
        ranked = Distances.between(updates).scores(np.ones(count, np.bool_), max(1, count - attackers - 2))
        return [index for _, index in ranked[:keep]]


@dataclass(frozen=True)
class Krum(Robust):
    """Krum: the one change with the least score of ``MultiKrum``; Blanchard et al., NeurIPS 2017."""

    name: ClassVar[str] = "krum"

    @staticmethod
    def most(devices: int) -> int:
        """Return the largest f with ``devices >= 2 f + 3``."""
        return MultiKrum.most(devices)

    def combine(self, updates: Updates) -> Combined:
        """Return the change that has the most company."""
        return MultiKrum(self.attackers, keep=1).combine(updates)


def mean_of(updates: Updates) -> Combined:
    """Return the mean of changes, all devices alike."""
    ones = [1] * len(updates)
    return Combined(
        {name: exact_mean((change[name] for change in updates.changes), ones, len(ones)) for name in updates.names}
    )
