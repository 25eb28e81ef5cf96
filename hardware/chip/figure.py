"""A figure with what it is worth: who says so, on what evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Evidence(Enum):
    """What a figure rests on."""

    PUBLISHED = "published"
    """The chip's maker has published it."""
    READ = "read"
    """It was read from public code, a driver or a validator."""
    ESTIMATE = "estimate"
    """Somebody's guess, perhaps ours; shown as such wherever it appears."""
    UNKNOWN = "unknown"
    """Nobody has published it, so it has no value."""


@dataclass(frozen=True)
class Figure:
    """One number about a chip.

    Attributes
    ----------
    value : int, bool or None
        ``None`` where it is unknown, and only there.
    unit : str
        What it counts, empty for a yes or no.
    evidence : Evidence
        What it rests on.
    source : str
        Where it was found, or who did not publish it.
    """

    value: int | bool | None
    unit: str
    evidence: Evidence
    source: str

    @property
    def text(self) -> str:
        """The value for people; an estimate says that it is one."""
        if self.value is None:
            return "not published"
        words = ("yes" if self.value else "no") if isinstance(self.value, bool) else f"{self.value:,}"
        return f"{words} (estimate)" if self.evidence is Evidence.ESTIMATE else words


def in_words(figures: Iterable[Figure]) -> str:
    """Say how many figures rest on what, for example ``"figures: 9 published, 14 read from public code"``."""
    found = Counter(figure.evidence for figure in figures)
    words = {
        Evidence.PUBLISHED: "published",
        Evidence.READ: "read from public code",
        Evidence.ESTIMATE: "estimated",
        Evidence.UNKNOWN: "not known",
    }
    parts = [f"{found[evidence]} {word}" for evidence, word in words.items() if found[evidence]]
    return "figures: " + ", ".join(parts)
