"""The error that a readout sends back, as the third factor of a hidden layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hardware.chip.widths import REFRACTORY_MAX, THRESHOLD_MANTISSA_MAX, TRACE_MAX
from hardware.learning.third_factor import ThirdFactor, check_whole

ERROR = "error"
"""Port at which a readout's errors arrive, in weight units."""
LEAD_MIN, LEAD_MAX = 2, REFRACTORY_MAX
"""Steps between a readout's word and a sample's last step: two errors must be sent, and then the sum is read."""
COUNT_MAX = (1 << 16) - 1


@dataclass(frozen=True)
class Feedback(ThirdFactor):
    """Turns errors of a readout into the third factors of a hidden layer of plain CUBA units.

    A ``Readout`` of the same lead sends its positive errors in step S - lead, its negative ones in step
    S - lead + 1, with S the sample's last step; over dense synapses to the port ``error`` they arrive a step
    later. Beside each unit are ``d``, a 24-bit saturating sum that adds what arrives in step S - lead + 1, takes
    off what arrives in step S - lead + 2 and hears nothing else, and ``n``, the spikes of the unit in the sample.
    All are of the end of the step, with v after a spike's reset::

        step S:                   y1 = clamp((d + half) >> shift, -128, 127) where (n > 0 or v > 0) and n < most
        step S - lead:            y2 = min(counts * n, 127)
        step S - lead + 1:        y2 = -min(counts * n, 127), or where once = 1 minus the y2 of the step before
        every step:               y3 = 1 where |v - align(threshold)| < align(window)

    with half = 2^(shift - 1), or 0 for a shift of 0. Else they are 0; y1 and y2 are so throughout samples without
    a label. y1 is what the layer learns by, gated by units that took part. y2 lets the synapses of the error
    learn: their sources send what a unit should have sent, and y2 is what it did send, so they come to be what
    the readout's own synapses are, the other way round. Where units still fire in step S - lead + 1, negative
    errors weigh more than positive ones unless ``once`` is 1. y3 is a pseudo-derivative for eligibility traces.

    Attributes
    ----------
    shift : int
        Right shift from summed error to y1, 0..23.
    most : int
        Spikes in a sample from which on a unit learns nothing more, 1..65535.
    lead : int
        Steps from the readout's word to the sample's end, 2..63; that of the readout.
    counts : int
        What a spike adds to y2, 0..127.
    window : int
        Distance from the threshold within which y3 is 1, at the scale of the threshold's mantissa; 0 for none.
    once : int
        1 where errors of both signs meet the same count of spikes, that of step S - lead; 0 where each meets the
        count of its own step.
    """

    kind: ClassVar[str] = "feedback"
    ports: ClassVar[tuple[str, ...]] = (ERROR,)
    states: ClassVar[tuple[str, ...]] = ("d", "n", "y1", "y2", "y3")

    shift: int
    most: int
    lead: int = 3
    counts: int = 8
    window: int = 0
    once: int = 0

    def __post_init__(self) -> None:
        """Check the ranges."""
        check_whole(self.kind, "shift", self.shift, 0, 23)
        check_whole(self.kind, "most", self.most, 1, COUNT_MAX)
        check_whole(self.kind, "lead", self.lead, LEAD_MIN, LEAD_MAX)
        check_whole(self.kind, "counts", self.counts, 0, TRACE_MAX)
        check_whole(self.kind, "window", self.window, 0, THRESHOLD_MANTISSA_MAX)
        check_whole(self.kind, "once", self.once, 0, 1)

    @property
    def sends(self) -> tuple[str, ...]:
        """Error, activity and, where it has a window, pseudo-derivative."""
        return ("y1", "y2", "y3") if self.window else ("y1", "y2")
