"""Units that sum a sample's input, say what they summed, and send how wrong they were."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hardware.learning.feedback import LEAD_MAX, LEAD_MIN
from hardware.learning.teacher import check_hinge
from hardware.learning.third_factor import check_whole
from hardware.neurons.neuron import Neuron, check_units


@dataclass(frozen=True, eq=False)
class Readout(Neuron):
    """Accumulators that read a network out and teach it.

    Each step ``m = saturate(m + a)``, with a the synaptic input in weight units. In a sample's last step S the
    unit sends m, its score; 0 is no message. In a labelled sample it computes in step S - lead how wrong it is,
    the squared hinge of ``Teacher``::

        label's unit:   e = clamp((margin - m) >> shift, 0, 127)
        other units:    e = -clamp((m - ceiling) >> shift, 0, 127)

    halved as often as the host's annealing says and rounded to nearest (``hardware.fixed.nearest``). It sends
    ``max(e, 0)`` in step S - lead and ``max(-e, 0)`` in step S - lead + 1, so that each sign passes the same
    synapses; a graded message has no sign on its way to a trace. In step S it also sends ``y1 = e``, the third
    factor of the connections into it, and so needs no teacher. Else messages and y1 are 0.

    Lava has no such process; ours is ``hardware.lava.processes``.

    Attributes
    ----------
    units : int
        Number of units, one for each class.
    margin : int
        Input that the label's unit must reach, 1..2^23-1, in weight units.
    shift : int
        Right shift from input to error, 0..23.
    ceiling : int
        Input that no other unit may exceed, above -2^23 and below ``margin``; the ``rest`` of ``Teacher``.
    lead : int
        Steps from its word about errors to the sample's end, 2..63.
    """

    kind: ClassVar[str] = "readout"
    states: ClassVar[tuple[str, ...]] = ("m", "e")

    units: int
    margin: int
    shift: int
    ceiling: int = 0
    lead: int = 3

    def __post_init__(self) -> None:
        """Check every range."""
        check_units(self.units)
        check_hinge(self.kind, self.margin, self.shift, self.ceiling, "ceiling")
        check_whole(self.kind, "lead", self.lead, LEAD_MIN, LEAD_MAX)

    @property
    def sends_graded(self) -> bool:
        """Scores and errors are graded."""
        return True

    @property
    def third_factors(self) -> tuple[str, ...]:
        """The error, to the connections into it."""
        return ("y1",)
