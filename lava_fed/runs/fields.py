"""Values of records, checked as they are read back from JSON; ``ValueError`` says what is none."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

COUNT_LIMIT = 1 << 80
"""Above every sum of the 64-bit counts that ten thousand devices can send."""


def check_fields(cls: type[Any], value: Mapping[str, Any]) -> None:
    """Check that a value has the fields of a dataclass, and no others."""
    if set(value) != {field.name for field in dataclasses.fields(cls)}:
        raise ValueError("it does not hold what a record holds")


def count_of(value: object) -> int:
    """Return a count, 0..2^80-1."""
    if type(value) is not int or not 0 <= value < COUNT_LIMIT:
        raise ValueError(f"{value!r:.40} is not a count")
    return value


def counts_of(value: Mapping[str, object]) -> dict[str, int]:
    """Return counts by name."""
    return {name: count_of(count) for name, count in value.items()}


def cosine_of(value: object) -> float:
    """Return a cosine, -1..1 but for rounding."""
    if not isinstance(value, float) or not -1.001 <= value <= 1.001:
        raise ValueError(f"{value!r:.40} is not a cosine")
    return value


def share_of(value: object) -> float:
    """Return an accuracy, 0..1."""
    if not isinstance(value, float) or not 0 <= value <= 1:
        raise ValueError(f"{value!r:.40} is not an accuracy")
    return value
