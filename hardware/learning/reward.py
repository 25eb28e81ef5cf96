"""The reward that the host gives for a sample, as a layer's third factor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hardware.learning.third_factor import ThirdFactor


@dataclass(frozen=True)
class Reward(ThirdFactor):
    """Sends the sample's reward: in a sample's last step ``y1 = reward`` of every unit, -128..127; else 0.

    The reward comes from the host with each sample, labelled or not; neurons of any kind may send it, but those
    that send a third factor of their own. It is not annealed.
    """

    kind: ClassVar[str] = "reward"
    states: ClassVar[tuple[str, ...]] = ("y1",)

    @property
    def sends(self) -> tuple[str, ...]:
        """The reward."""
        return ("y1",)
