"""A point of a learning curve."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hardware.counters import Counters


@dataclass(frozen=True)
class Point:
    """How well a device does after some samples, with what it took to get there from the point before.

    Attributes
    ----------
    learned : int
        Samples learned in all passes.
    accuracy : float or None
        Share of the test samples that it labels rightly, 0..1; ``None`` where nobody tests.
    shown : int
        Samples learned since the point before.
    right : int or None
        Those that it labelled rightly while it learned them; ``None`` where that says nothing.
    changed : int
        Synapses whose weight is another than in the Program that began.
    counters : Counters
        Events on the chip since the point before.
    """

    learned: int
    accuracy: float | None
    shown: int
    right: int | None
    changed: int
    counters: Counters = field(default_factory=Counters)

    @property
    def running(self) -> float | None:
        """Share of the samples since the point before that it labelled rightly while it learned them."""
        return None if self.right is None or not self.shown else self.right / self.shown

    def to_json(self) -> dict[str, Any]:
        """Return the point as JSON values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Point:
        """Rebuild a point; the reverse of ``to_json``.

        Raises
        ------
        KeyError, TypeError, ValueError
            Where the value is no such point.
        """
        accuracy, right = value["accuracy"], value["right"]
        if accuracy is not None and not (isinstance(accuracy, float) and 0 <= accuracy <= 1):
            raise ValueError(f"{accuracy!r:.40} is not an accuracy")
        return cls(
            count(value["learned"]),
            accuracy,
            count(value["shown"]),
            None if right is None else count(right),
            count(value["changed"]),
            counters_from(value["counters"]),
        )


def count(value: object) -> int:
    """Return a value that is a count.

    Raises
    ------
    ValueError
        Where it is none.
    """
    if type(value) is not int or value < 0:
        raise ValueError(f"{value!r:.40} is not a count")
    return value


def counters_from(value: Mapping[str, Mapping[str, object]]) -> Counters:
    """Rebuild counters from JSON values.

    Raises
    ------
    TypeError, ValueError
        Where they are none.
    """
    return Counters(**{event: {k: count(v) for k, v in counts.items()} for event, counts in value.items()})
