"""Runs grouped by what differs in their configs, with confidence intervals over their seeds."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lava_fed.compare.student import Interval
from lava_fed.compare.summary import Summary
from lava_fed.errors import RunError

MISSING = "not set"
"""Value of a setting that only other runs have."""


@dataclass(frozen=True)
class Group:
    """Runs that differ in nothing but their seeds.

    Attributes
    ----------
    settings : mapping of str to Any
        What sets it apart from the other groups; empty where there is but one.
    runs : tuple of Summary
        In the order of their seeds.
    """

    settings: Mapping[str, Any]
    runs: tuple[Summary, ...]

    @property
    def name(self) -> str:
        """Its settings in one line."""
        return ", ".join(f"{key} {shown(value)}" for key, value in self.settings.items()) or "all runs"

    def over(self, value: Callable[[Summary], float]) -> Interval:
        """Return the mean of something over the runs."""
        return Interval.of([value(run) for run in self.runs])

    @property
    def joules(self) -> Interval | None:
        """Energy by all causes; ``None`` where nothing is known of it."""
        if not all(run.joules for run in self.runs):
            return None
        return self.over(lambda run: sum(run.joules.values()))

    def curve(self) -> list[tuple[int, Interval, float]]:
        """Return each judged round with its accuracy, and bytes so far on average."""
        rows = zip(*(run.curve for run in self.runs), strict=True)
        return [
            (row[0].round, Interval.of([each.accuracy for each in row]), sum(each.sent for each in row) / len(row))
            for row in rows
        ]

    def ahead(self, other: Group) -> Interval | None:
        """Return by how much it is more accurate than another group, paired by seed; ``None`` without pairs."""
        theirs = {run.seed: run.accuracy for run in other.runs}
        pairs = [run.accuracy - theirs[run.seed] for run in self.runs if run.seed in theirs]
        return Interval.of(pairs) if pairs else None


def shown(value: Any) -> str:
    """Write a setting as people do."""
    return value if isinstance(value, str) else json.dumps(value)


def compare(summaries: Sequence[Summary]) -> tuple[Group, ...]:
    """Group runs by what differs.

    Parameters
    ----------
    summaries : sequence of Summary
        At least one; their order decides that of the groups.

    Raises
    ------
    RunError
        Where there is none, or two runs have the same config and seed.
    """
    if not summaries:
        raise RunError("there is no finished run to compare; finish some first")
    keys = sorted({key for run in summaries for key in run.settings})
    differing = [key for key in keys if len({shown(run.settings.get(key, MISSING)) for run in summaries}) > 1]
    groups: dict[str, list[Summary]] = {}
    for run in summaries:
        groups.setdefault(json.dumps([run.settings.get(key, MISSING) for key in differing]), []).append(run)
    found = []
    for runs in groups.values():
        ordered = sorted(runs, key=lambda run: run.seed)
        for first, second in itertools.pairwise(ordered):
            if first.seed == second.seed:
                raise RunError(
                    f"{first.name} and {second.name} are the same run, with seed {first.seed}; leave one out"
                )
        settings = {key: ordered[0].settings.get(key, MISSING) for key in differing}
        found.append(Group(settings, tuple(ordered)))
    return tuple(found)
