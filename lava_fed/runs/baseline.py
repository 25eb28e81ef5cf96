"""What is known about a training to compare with."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lava_fed.runs.fields import count_of, share_of


@dataclass(frozen=True)
class Baseline:
    """The same rule, data order and number of passes without a federation.

    Attributes
    ----------
    name : str
        A device's name, where it learned alone; ``"pooled"`` for all data in one place.
    samples : int
        Samples it learned from.
    accuracy : tuple of float
        On the test set, after as many passes as a device has made at the end of each round.
    """

    name: str
    samples: int
    accuracy: tuple[float, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the baseline as JSON values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Baseline:
        """Rebuild a baseline; the reverse of ``to_json``.

        Raises
        ------
        KeyError, TypeError, ValueError
            Where the value is not such a baseline.
        """
        curve = tuple(map(share_of, value["accuracy"]))
        if not curve:
            raise ValueError("it has no rounds")
        return cls(str(value["name"]), count_of(value["samples"]), curve)


POOLED = "pooled"
"""Name of the baseline with all data in one place."""


@dataclass(frozen=True)
class Baselines:
    """All trainings to compare with.

    Attributes
    ----------
    alone : tuple of Baseline
        Each device by itself.
    pooled : Baseline
        All data in one place.
    """

    alone: tuple[Baseline, ...]
    pooled: Baseline

    @property
    def best_single(self) -> Baseline:
        """The lone device that is best at the end."""
        return max(self.alone, key=lambda baseline: baseline.accuracy[-1])
