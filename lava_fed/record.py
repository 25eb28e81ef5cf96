"""What is known about a round after it, and about a training to compare with."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hardware.counters import Counters
from lava_fed.ledger import Traffic, total


@dataclass(frozen=True)
class RoundRecord:
    """One federated round.

    Attributes
    ----------
    round : int
        From 1.
    accuracy : float
        Of the global weights after the round, on the chip's grid, on the test set; 0..1.
    device_accuracy : mapping of str to float
        Of each device's own weights as it ended the round, on the test set.
    samples : mapping of str to int
        Samples that each device learned from.
    traffic : tuple of Traffic
        Bytes of each device.
    counters : Counters
        Events of all devices while they learned.
    clipped : int
        Master weights that stopped at the edge of their grid in this round.
    weights_digest : str
        SHA-256 of the global weights after the round.
    """

    round: int
    accuracy: float
    device_accuracy: Mapping[str, float]
    samples: Mapping[str, int]
    traffic: tuple[Traffic, ...]
    counters: Counters
    clipped: int
    weights_digest: str

    @property
    def bytes_up(self) -> int:
        """Bytes from all devices."""
        return total(self.traffic).up

    @property
    def bytes_down(self) -> int:
        """Bytes to all devices."""
        return total(self.traffic).down

    def to_json(self) -> dict[str, Any]:
        """Return the record as JSON values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> RoundRecord:
        """Rebuild a record; the reverse of ``to_json``.

        Raises
        ------
        KeyError, TypeError, ValueError
            Where the value is not such a record.
        """
        if set(value) != {field.name for field in dataclasses.fields(cls)}:
            raise ValueError("it does not hold what a record holds")
        return cls(
            round=_count(value["round"]),
            accuracy=_share(value["accuracy"]),
            device_accuracy={name: _share(share) for name, share in value["device_accuracy"].items()},
            samples=_counts(value["samples"]),
            traffic=tuple(
                Traffic(str(entry["device"]), _count(entry["down"]), _count(entry["up"]))
                for entry in value["traffic"]
            ),
            counters=Counters(**{event: _counts(counts) for event, counts in value["counters"].items()}),
            clipped=_count(value["clipped"]),
            weights_digest=str(value["weights_digest"]),
        )


COUNT_LIMIT = 1 << 80
"""Above every sum of the 64-bit counts that ten thousand devices can send."""


def _count(value: object) -> int:
    if type(value) is not int or not 0 <= value < COUNT_LIMIT:
        raise ValueError(f"{value!r:.40} is not a count")
    return value


def _counts(value: Mapping[str, object]) -> dict[str, int]:
    return {name: _count(count) for name, count in value.items()}


def _share(value: object) -> float:
    if not isinstance(value, float) or not 0 <= value <= 1:
        raise ValueError(f"{value!r:.40} is not an accuracy")
    return value


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
        curve = tuple(map(_share, value["accuracy"]))
        if not curve:
            raise ValueError("it has no rounds")
        return cls(str(value["name"]), _count(value["samples"]), curve)


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
