"""An energy model: what each event costs, each constant with its evidence, its source, its uncertainty."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from hardware.chip.figure import Evidence
from hardware.energy.cause import Cause
from hardware.errors import LavaFedError


@dataclass(frozen=True)
class Constant:
    """A physical constant.

    Attributes
    ----------
    value : float or None
        In ``unit``; ``None`` where it is unknown, and only there.
    unit : str
        ``"J"``, ``"s"`` or ``"W"``.
    evidence : Evidence
        What it rests on.
    source : str
        Where it was found, or who did not publish it.
    within : float
        Relative uncertainty, 0..1: the true value is taken to lie in ``value * (1 - within)`` to
        ``value * (1 + within)``.

    Raises
    ------
    LavaFedError
        Where value or uncertainty make no sense.
    """

    value: float | None
    unit: str
    evidence: Evidence
    source: str
    within: float = 0.0

    def __post_init__(self) -> None:
        """Check the numbers."""
        if (self.value is None) is not (self.evidence is Evidence.UNKNOWN):
            raise LavaFedError(f"a constant of {self.source}: what is unknown has no value, all else has one")
        if self.value is not None and not (math.isfinite(self.value) and self.value >= 0):
            raise LavaFedError(f"a constant of {self.source}: {self.value} {self.unit} must be 0 or more")
        if not 0 <= self.within <= 1:
            raise LavaFedError(f"a constant of {self.source}: the uncertainty {self.within} must lie in 0..1")


@dataclass(frozen=True)
class Barrier:
    """How long it takes until all cores agree that a step is over.

    Attributes
    ----------
    tiles : tuple of int
        Tiles in use, ascending.
    seconds : tuple of Constant
        The time from as many tiles on.
    """

    tiles: tuple[int, ...]
    seconds: tuple[Constant, ...]

    def at(self, tiles: int) -> Constant:
        """Return the time for a number of tiles: that of the last entry which is not above it."""
        known = [each for count, each in zip(self.tiles, self.seconds, strict=True) if count <= tiles]
        return known[-1] if known else self.seconds[0]


@dataclass(frozen=True)
class EnergyModel:
    """What events cost on a chip.

    Attributes
    ----------
    name : str
        Identifier used on the command line.
    title : str
        Name for people.
    joules, seconds : mapping of Cause to Constant
        Of one event; a cause that is missing is not part of the model.
    barrier : Barrier or None
        Time at the end of each step.
    leakage : Constant or None
        Power of a chip that does nothing, watts.
    """

    name: str
    title: str
    joules: Mapping[Cause, Constant]
    seconds: Mapping[Cause, Constant] = field(default_factory=dict)
    barrier: Barrier | None = None
    leakage: Constant | None = None

    @property
    def constants(self) -> Iterable[tuple[str, Constant]]:
        """Every constant with its name, as ``"joules.spike"``."""
        for kind, table in (("joules", self.joules), ("seconds", self.seconds)):
            for cause, constant in table.items():
                yield f"{kind}.{cause.value}", constant
        if self.barrier is not None:
            for tiles, constant in zip(self.barrier.tiles, self.barrier.seconds, strict=True):
                yield f"barrier from {tiles} tiles", constant
        if self.leakage is not None:
            yield "leakage", self.leakage

    @property
    def estimated(self) -> bool:
        """Whether any constant of it is an estimate, so that whatever it says is one."""
        return any(constant.evidence is Evidence.ESTIMATE for _, constant in self.constants)
