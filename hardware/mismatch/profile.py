"""How imperfect the devices of a kind are: a device profile, read from strict TOML."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

from hardware.errors import LavaFedError
from hardware.toml_table import Table, read_toml

KIND = "device profile"
SPREAD_MAX = 2.0
"""Largest relative standard deviation; beyond it a parameter says nothing any more."""
STUCK_AT = ("zero", "low", "high", "any")
"""Where a stuck weight may stand: at 0, at the lowest or highest value of its grid, or anywhere on it."""


class MismatchError(LavaFedError):
    """A device profile that is not sound, or that a Program cannot suffer; the message says what to change."""


@dataclass(frozen=True)
class Variation:
    """Section ``[variation]``: analogue parameters that differ from circuit to circuit.

    Each is the relative standard deviation, 0..2, of a factor of mean 1 with a log-normal distribution, because
    currents of transistors below their threshold depend exponentially on the offsets that fabrication leaves.

    Attributes
    ----------
    threshold : float
        Of each neuron's threshold.
    leak : float
        Of each decay constant of each neuron.
    gain : float
        Of each stored weight.
    """

    threshold: float = 0.0
    leak: float = 0.0
    gain: float = 0.0


@dataclass(frozen=True)
class Faults:
    """Section ``[faults]``: parts that do not work, and memory that does not hold what was written.

    Attributes
    ----------
    dead_neurons : float
        Probability that a neuron never sends anything, 0..1.
    dead_synapses : float
        Probability that a stored weight reads as 0, 0..1.
    stuck_weights : float
        Probability that a stored weight stands at ``stuck_at`` whatever was written, 0..1.
    stuck_at : str
        One of ``STUCK_AT``.
    bit_flips : float
        Probability that a bit of a stored weight is the other one, 0..1.
    """

    dead_neurons: float = 0.0
    dead_synapses: float = 0.0
    stuck_weights: float = 0.0
    stuck_at: str = "any"
    bit_flips: float = 0.0


_SPREADS = ("threshold", "leak", "gain")
_SHARES = ("dead_neurons", "dead_synapses", "stuck_weights", "bit_flips")


@dataclass(frozen=True)
class DeviceProfile:
    """A kind of imperfect devices; which one of them is drawn from a seed and the device's name.

    Attributes
    ----------
    name, title : str
        Identifier; one line for people.
    source : str
        Where the numbers come from, or that they are an assumption.
    variation : Variation
        Of analogue circuits.
    faults : Faults
        Of any circuits.

    Raises
    ------
    MismatchError
        Where a number is out of range.
    """

    name: str
    title: str
    source: str
    variation: Variation = Variation()
    faults: Faults = Faults()

    def __post_init__(self) -> None:
        """Check the ranges."""
        for section, keys, most in ((self.variation, _SPREADS, SPREAD_MAX), (self.faults, _SHARES, 1.0)):
            for key in keys:
                value = getattr(section, key)
                if not 0 <= value <= most:
                    raise MismatchError(
                        f"device profile {self.name!r}: {key} {value:g} must lie in 0..{most:g}; lower it, or "
                        "the severity that multiplies it"
                    )
        if self.faults.stuck_at not in STUCK_AT:
            raise MismatchError(
                f"device profile {self.name!r}: stuck_at {self.faults.stuck_at!r} must be one of "
                f"{', '.join(STUCK_AT)}"
            )

    def scaled(self, severity: float) -> DeviceProfile:
        """Return the profile with every spread and every probability multiplied by ``severity``.

        Raises
        ------
        MismatchError
            Where the severity is not a number of at least 0, or a product leaves its range.
        """
        if not (math.isfinite(severity) and severity >= 0):
            raise MismatchError(f"severity {severity} must be a number of at least 0")
        return replace(
            self,
            variation=replace(
                self.variation, **{key: getattr(self.variation, key) * severity for key in _SPREADS}
            ),
            faults=replace(self.faults, **{key: getattr(self.faults, key) * severity for key in _SHARES}),
        )

    @classmethod
    def load(cls, path: Path) -> DeviceProfile:
        """Read a profile.

        Parameters
        ----------
        path : Path
            A TOML file; ``docs/mismatch.md`` describes the keys.

        Raises
        ------
        MismatchError
            Where it is missing, not TOML, or a key is unknown, missing, of the wrong type or out of range.
        """
        root = Table(read_toml(path, KIND, MismatchError), "", path.name, KIND, MismatchError)
        name = root.text("name")
        title = root.text("title", default=name)
        source = root.text("source")
        table = root.table("variation")
        variation = Variation(**{key: table.number(key, 0, SPREAD_MAX, default=0.0) for key in _SPREADS})
        table.finish()
        table = root.table("faults")
        shares = {key: table.number(key, 0, 1, default=0.0) for key in _SHARES}
        faults = Faults(**shares, stuck_at=table.text("stuck_at", default=Faults.stuck_at, choices=STUCK_AT))
        table.finish()
        root.finish()
        return cls(name, title, source, variation, faults)
