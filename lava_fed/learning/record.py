"""How far a plan has been carried out, as a value that a file can hold."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hardware import container
from hardware.counters import Counters
from hardware.errors import ContainerError
from lava_fed.learning.point import Point, count, counters_from
from lava_fed.learning.state import LearningState

KIND = "training"
"""Kind of container that holds a record."""


@dataclass(frozen=True, eq=False)
class TrainingRecord:
    """All that a training goes on from.

    Attributes
    ----------
    facts : mapping of str to JSON value
        What decides the result: digests of Program and data, and the plan.
    state : LearningState
        The device.
    points : tuple of Point
        The curve so far.
    shown : int
        Samples learned since the last point.
    right : int
        Those that were labelled rightly meanwhile.
    counters : Counters
        Events since the last point.
    """

    facts: Mapping[str, Any]
    state: LearningState
    points: tuple[Point, ...] = ()
    shown: int = 0
    right: int = 0
    counters: Counters = field(default_factory=Counters)

    def save(self, path: Path) -> None:
        """Write the record to ``path`` atomically; equal records give equal bytes.

        Raises
        ------
        ContainerError
            Where the file cannot be written.
        """
        state, arrays = self.state.pack()
        header = {
            "facts": dict(self.facts),
            "state": state,
            "points": [point.to_json() for point in self.points],
            "shown": self.shown,
            "right": self.right,
            "counters": dataclasses.asdict(self.counters),
        }
        container.write(path, KIND, header, arrays)

    @classmethod
    def load(cls, path: Path) -> TrainingRecord:
        """Read a record.

        Raises
        ------
        ContainerError
            Where the file is missing, damaged, of another version or no such record.
        """
        header, arrays = container.read(path, KIND)
        try:
            return cls(
                dict(header["facts"]),
                LearningState.unpack(header["state"], arrays),
                tuple(map(Point.from_json, header["points"])),
                count(header["shown"]),
                count(header["right"]),
                counters_from(header["counters"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ContainerError(f"{path} is not a valid training: {error!s:.200}") from error
