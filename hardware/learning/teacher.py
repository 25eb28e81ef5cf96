"""The teacher that supplies a layer's third factor."""

from __future__ import annotations

from dataclasses import dataclass

from hardware.chip.widths import STATE_LIMIT
from hardware.errors import NetworkError


@dataclass(frozen=True)
class Teacher:
    """Computes a layer's third factor from a label: a squared hinge, one class against the rest.

    Beside each unit of the layer an accumulator ``m`` sums the synaptic input of a sample (24 bits,
    saturating). In the last step of a labelled sample the unit of the label sends
    ``y1 = clamp((margin - m) >> shift, 0, 127)``, every other unit ``y1 = -clamp((m - rest) >> shift, 0, 127)``.
    So a unit that is right teaches nothing, and each unit needs only its own state and one teaching spike.

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
    """

    margin: int
    shift: int
    rest: int = 0

    def __post_init__(self) -> None:
        """Check the ranges."""
        if not 1 <= self.margin < STATE_LIMIT:
            raise NetworkError(f"teacher: margin {self.margin} must lie in 1..{STATE_LIMIT - 1}")
        if not 0 <= self.shift <= 23:
            raise NetworkError(f"teacher: shift {self.shift} must lie in 0..23")
        if not -STATE_LIMIT < self.rest < self.margin:
            raise NetworkError(
                f"teacher: rest {self.rest} must lie in {1 - STATE_LIMIT}..{self.margin - 1}, below the margin"
            )
