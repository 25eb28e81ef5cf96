"""Which runs a sweep has."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lava_fed.config.changes import changed, split, values
from lava_fed.errors import ConfigError
from lava_fed.messages.task import SEED_LIMIT

RUNS_LIMIT = 10_000
"""Most runs of a sweep."""
NAME_LIMIT = 120
"""Longest name of a folder, characters."""
SEED = "run.seed"
_RANGE = re.compile(r"([0-9]{1,10})(?:-([0-9]{1,10}))?")
_ODD = re.compile(r"[^A-Za-z0-9_.=,+-]")


@dataclass(frozen=True)
class Point:
    """One run of a sweep.

    Attributes
    ----------
    name : str
        Its folder, relative to that of the sweep.
    document : mapping
        Its config, as TOML gives it.
    """

    name: str
    document: Mapping[str, Any]


def seeds(text: str) -> tuple[int, ...]:
    """Read seeds such as ``1-10`` or ``1,5,7-9``.

    Raises
    ------
    ConfigError
        Where the text is of another form, a range is empty, a seed comes twice or is too large.

    Examples
    --------
    >>> seeds("1,5,7-9")
    (1, 5, 7, 8, 9)
    """
    found: list[int] = []
    for piece in text.split(","):
        match = _RANGE.fullmatch(piece.strip())
        first, last = (0, -1) if match is None else (int(match[1]), int(match[2] or match[1]))
        if not first <= last < SEED_LIMIT or last - first >= RUNS_LIMIT:
            raise ConfigError(
                f"{text!r:.60} are no seeds; write them as 1-10 or 1,5,7-9, each below {SEED_LIMIT}, at most "
                f"{RUNS_LIMIT:,} of them"
            )
        found += range(first, last + 1)
    if len(set(found)) != len(found):
        raise ConfigError(f"{text!r:.60} has a seed twice; give each seed once")
    return tuple(found)


def grid(document: Mapping[str, Any], settings: Sequence[str], all_seeds: Sequence[int]) -> tuple[Point, ...]:
    """Return every combination of the settings' values with every seed.

    Parameters
    ----------
    document : mapping
        The config, as TOML gives it.
    settings : sequence of str
        Each ``table.key=value,value,...``.
    all_seeds : sequence of int
        At least one.

    Raises
    ------
    ConfigError
        Where a setting is unsound, given twice or has a value twice, or there would be too many runs.
    """
    axes: dict[str, list[Any]] = {}
    for text in settings:
        key, written = split(text)
        found = values(written)
        shown = [json.dumps(value) for value in found]
        if key in axes or key == SEED:
            raise ConfigError(f"{key} is given twice; write all its values in one --set, and seeds in --seeds")
        if len(set(shown)) != len(shown):
            raise ConfigError(f"{text!r:.80} has a value twice; give each value once")
        axes[key] = found
    count = len(all_seeds)
    for found in axes.values():
        count *= len(found)
    if count > RUNS_LIMIT:
        raise ConfigError(f"the sweep would have {count:,} runs, the limit is {RUNS_LIMIT:,}; give fewer values")
    varied = [key for key, found in axes.items() if len(found) > 1]
    points = []
    for combination in itertools.product(*axes.values()):
        content = dict(document)
        for key, value in zip(axes, combination, strict=True):
            content = changed(content, key, value)
        folder = ",".join(
            f"{key}={_short(value)}" for key, value in zip(axes, combination, strict=True) if key in varied
        )
        for seed in all_seeds:
            name = "/".join([*([_safe(folder)] if folder else []), f"seed-{seed}"])
            points.append(Point(name, changed(content, SEED, seed)))
    return tuple(points)


def _short(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _safe(name: str) -> str:
    """Return a name that any file system takes; one that had to be changed ends with a digest."""
    safe = _ODD.sub("_", name)
    if safe == name and len(name) <= NAME_LIMIT:
        return name
    return f"{safe[: NAME_LIMIT - 9]}~{hashlib.sha256(name.encode()).hexdigest()[:8]}"
