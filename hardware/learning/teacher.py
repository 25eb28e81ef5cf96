"""The teacher that supplies a readout's third factor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hardware.chip.widths import STATE_LIMIT, TRACE_MAX
from hardware.errors import NetworkError
from hardware.learning.third_factor import ThirdFactor, check_whole


@dataclass(frozen=True)
class Teacher(ThirdFactor):
    """Computes a layer's third factor from a label: a squared hinge, one class against the rest.

    Beside each unit of the layer an accumulator ``m`` sums the synaptic input of a sample (24 bits,
    saturating). In the last step of a labelled sample the unit of the label sends
    ``y1 = clamp((margin - m) >> shift, 0, 127)``, every other unit ``y1 = -clamp((m - rest) >> shift, 0, 127)``.
    So a unit that is right teaches nothing, and each unit needs only its own state and one teaching spike.
    With a ``trigger`` the error is ternary: where its size is below that, nothing is sent, else plus or minus it.
    Annealing halves y1 as often as the host says, rounded to nearest (``hardware.fixed.nearest``).

    The two bounds are apart because devices see different labels: where a class does not occur, its unit is only
    held below ``rest``. With ``rest = -margin`` it would be driven ever lower by samples of other classes, and
    averaging over devices would have to undo that.

    Attributes
    ----------
    margin : int
        Synaptic input that the label's unit must reach, 1..2^23-1, in weight units.
    shift : int
        Right shift from synaptic input to third factor, 0..23.
    rest : int
        Synaptic input that no other unit may exceed, above -2^23 and below ``margin``.
    trigger : int
        Least error that is sent, and all that is sent of it, 1..127; 0 sends errors as they are.
    """

    kind: ClassVar[str] = "teacher"
    states: ClassVar[tuple[str, ...]] = ("m", "y1")

    margin: int
    shift: int
    rest: int = 0
    trigger: int = 0

    def __post_init__(self) -> None:
        """Check the ranges."""
        check_hinge(self.kind, self.margin, self.shift, self.rest)
        check_whole(self.kind, "trigger", self.trigger, 0, TRACE_MAX)

    @property
    def sends(self) -> tuple[str, ...]:
        """The error."""
        return ("y1",)


def check_hinge(kind: str, margin: int, shift: int, rest: int, rest_name: str = "rest") -> None:
    """Check the numbers of a squared hinge.

    Raises
    ------
    NetworkError
        Where one is outside its range, or the two bounds are not apart.
    """
    check_whole(kind, "margin", margin, 1, STATE_LIMIT - 1)
    check_whole(kind, "shift", shift, 0, 23)
    if not -STATE_LIMIT < rest < margin:
        raise NetworkError(
            f"{kind}: {rest_name} {rest} must lie in {1 - STATE_LIMIT}..{margin - 1}, below the margin"
        )
