"""The change with the least sum of distances to all others."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hardware.errors import LavaFedError
from lava_fed.aggregate.distances import squared_norm
from lava_fed.aggregate.mean import exact_mean
from lava_fed.aggregate.median import Median
from lava_fed.aggregate.rule import Combined, Rule
from lava_fed.aggregate.updates import Updates

ONE = 1 << 30
"""Weight of the nearest change; others weigh less, in proportion to their nearness."""


@dataclass(frozen=True)
class GeometricMedian(Rule):
    """Geometric median: Pillutla and others, "Robust Aggregation for Federated Learning", IEEE TSP 2022.

    Weiszfeld's iteration in integers: from the coordinate-wise median on, each step is the exact mean of all
    changes with weights ``floor(2^30 * d_min / d_k)``, at least 1, where ``d_k`` is the distance to the last step,
    rounded down, at least one master unit. It stands a minority of attackers, and weighs all devices alike.

    Attributes
    ----------
    steps : int
        Iterations, 1..100; it ends before where a step changes nothing.
    """

    steps: int = 8
    name: ClassVar[str] = "geometric_median"

    def __post_init__(self) -> None:
        """Check the number."""
        if not 1 <= self.steps <= 100:
            raise LavaFedError(f"{self.name}: steps = {self.steps} must lie in 1..100")

    def combine(self, updates: Updates) -> Combined:
        """Return the median that the iteration comes to."""
        updates = updates.damped()
        centre = dict(Median().combine(updates).changes)
        for _ in range(self.steps):
            away = [
                max(1, math.isqrt(squared_norm({name: change[name] - centre[name] for name in updates.names})))
                for change in updates.changes
            ]
            nearest = min(away)
            weights = [max(1, ONE * nearest // distance) for distance in away]
            before, centre = (
                centre,
                {
                    name: exact_mean((change[name] for change in updates.changes), weights, sum(weights))
                    for name in updates.names
                },
            )
            if all(np.array_equal(before[name], centre[name]) for name in centre):
                break
        return Combined(centre)
