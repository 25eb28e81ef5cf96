"""What the world does to messages and devices, drawn from a seed."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field

import numpy as np

from lava_fed.config.links import NetworkConfig
from lava_fed.config.trouble import FaultsConfig

UNKNOWN = 1.0
"""Seconds that a task is taken to need where the device does not tell."""
DIGITS = 6
"""Times are rounded to microseconds, so that they are the same on every machine."""
_STREAM = 1 << 33
"""Sets these draws apart from those of tasks, whose entropy begins with smaller numbers."""


@dataclass(frozen=True)
class Luck:
    """What befalls one task of one device.

    Attributes
    ----------
    vanishes : bool
        Whether no reply ever comes: the device never begins, or the reply is lost.
    down, up : float
        Delay of the message to the device and of the one from it, s; their bytes come on top.
    again : float or None
        Delay of a second copy of the reply behind the first, s; ``None`` where there is none.
    slowness : float
        How many times longer than usual the device takes.
    """

    vanishes: bool
    down: float
    up: float
    again: float | None
    slowness: float


@dataclass(frozen=True)
class Conditions:
    """How messages travel, and what goes wrong; see ``NetworkConfig`` and ``FaultsConfig``.

    Attributes
    ----------
    network : NetworkConfig
        Delays and bandwidth.
    faults : FaultsConfig
        Probabilities.
    """

    network: NetworkConfig = field(default_factory=NetworkConfig)
    faults: FaultsConfig = field(default_factory=FaultsConfig)

    @classmethod
    def of(cls, network: NetworkConfig, faults: FaultsConfig) -> Conditions:
        """Take both tables of a config."""
        return cls(network, faults)

    def luck(self, seed: int, device: str, turn: int) -> Luck:
        """Draw what befalls a task; nothing but the arguments decides it.

        Parameters
        ----------
        seed : int
            Of the run, 0..2^31-1.
        device : str
            Its name.
        turn : int
            Number of the task.
        """
        words = [int(word) for word in np.frombuffer(hashlib.sha256(device.encode()).digest()[:16], "<u4")]
        rng = np.random.default_rng([_STREAM, seed, turn, *words])
        chances = rng.random(4)  # all are drawn, whatever happens: no probability changes another one's draw
        delays = rng.standard_normal(3)
        own = float(np.random.default_rng([_STREAM + 1, seed, *words]).standard_normal())
        down, up, again = (self._spread(delay) for delay in delays)
        faults = self.faults
        slowness = math.exp(self.network.speed_spread * own)
        if chances[3] < faults.straggle:
            slowness *= faults.slowdown
        return Luck(
            vanishes=bool(chances[0] < faults.dropout or chances[1] < faults.lost),
            down=down,
            up=up,
            again=again if chances[2] < faults.duplicate else None,
            slowness=slowness,
        )

    def transit(self, size: int) -> float:
        """Return the seconds that ``size`` bytes take on a device's link, delays apart."""
        return size * 8 / self.network.bandwidth

    def _spread(self, normal: float) -> float:
        return self.network.latency * math.exp(self.network.spread * float(normal))
