"""Units that pass on what they get."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hardware.neurons.neuron import Neuron, check_units


@dataclass(frozen=True, eq=False)
class Relay(Neuron):
    """Stateless units that send their synaptic input of this step, a 32-bit word, as it is.

    They align a skip connection with a longer way, sum groups of units, or show the current of an affine
    readout. Lava has no such process; ours is ``hardware.lava.processes``.

    Attributes
    ----------
    units : int
        Number of units.
    binary : bool
        Send 1 for any input but 0, so that what follows sees plain spikes.
    """

    kind: ClassVar[str] = "relay"
    states: ClassVar[tuple[str, ...]] = ()

    units: int
    binary: bool = False

    def __post_init__(self) -> None:
        """Check the number of units."""
        check_units(self.units)

    @property
    def sends_graded(self) -> bool:
        """Whether it passes on more than plain spikes."""
        return not self.binary
