"""Neurons that send changes: the delta encoder of an input, the sigma-delta unit, the sigma decoder."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from hardware.errors import NetworkError
from hardware.neurons.neuron import Neuron, PerUnit, check_units, per_unit

WORD_MAX = (1 << 31) - 1
SHIFT_MAX = 24


class Activation(Enum):
    """What a sigma-delta unit computes from its sum."""

    RELU = "relu"
    UNIT = "unit"


@dataclass(frozen=True, eq=False)
class Delta(Neuron):
    """Delta encoders, as ``lava.proc.sdn.models.PyDeltaModelFixed``.

    Each step, all in 32-bit words, with a the synaptic input::

        x = a << input_shift
        d = x - act + residue
        s = d where |d| >= threshold, else 0
        act, residue = x, d - s
        send s >> output_shift (toward minus infinity)

    With ``cumulative``, |error| is compared instead of |d|, where error sums d since the last message.

    Attributes
    ----------
    units : int
        Number of neurons.
    threshold : int or int32 array, shape (units,)
        At the scale of the state, 0..2^31 - 1.
    input_shift, output_shift : int
        0..24; Lava's ``spike_exp + state_exp`` and ``state_exp``.
    cumulative : bool
        Lava's ``cum_error``.
    """

    kind: ClassVar[str] = "delta"
    states: ClassVar[tuple[str, ...]] = ("act", "residue", "error")

    units: int
    threshold: PerUnit
    input_shift: int = 12
    output_shift: int = 6
    cumulative: bool = False

    def __post_init__(self) -> None:
        """Check every range, and freeze the arrays."""
        check_units(self.units)
        object.__setattr__(self, "threshold", per_unit(self.threshold, self.units, 0, WORD_MAX, "threshold"))
        check_shift(self.input_shift, "input_shift")
        check_shift(self.output_shift, "output_shift")

    @property
    def sends_graded(self) -> bool:
        """Changes are graded."""
        return True


@dataclass(frozen=True, eq=False)
class SigmaDelta(Neuron):
    """Sigma-delta units, as ``lava.proc.sdn.models.PySigmaDeltaModelFixed``.

    Each step, all in 32-bit words, with a the synaptic input::

        sigma = sigma + a
        x = activation(sigma + bias)

    and then as ``Delta`` does with x.

    Attributes
    ----------
    units : int
        Number of neurons.
    threshold : int or int32 array, shape (units,)
        At the scale of the state, 0..2^31 - 1.
    bias : int or int32 array, shape (units,)
        At the scale of the state, any 32-bit integer.
    activation : Activation
        ``RELU``: max(x, 0); ``UNIT``: x.
    output_shift : int
        0..24; Lava's ``state_exp``.
    cumulative : bool
        Lava's ``cum_error``.
    """

    kind: ClassVar[str] = "sigma_delta"
    states: ClassVar[tuple[str, ...]] = ("sigma", "act", "residue", "error")

    units: int
    threshold: PerUnit
    bias: PerUnit = 0
    activation: Activation = Activation.RELU
    output_shift: int = 6
    cumulative: bool = False

    def __post_init__(self) -> None:
        """Check every range, and freeze the arrays."""
        check_units(self.units)
        object.__setattr__(self, "threshold", per_unit(self.threshold, self.units, 0, WORD_MAX, "threshold"))
        object.__setattr__(self, "bias", per_unit(self.bias, self.units, -WORD_MAX - 1, WORD_MAX, "bias"))
        check_shift(self.output_shift, "output_shift")

    @property
    def sends_graded(self) -> bool:
        """Changes are graded."""
        return True


@dataclass(frozen=True, eq=False)
class Sigma(Neuron):
    """Sigma decoders, as ``lava.proc.sdn.models.PySigmaModelFixed``: send the 32-bit sum of all input so far.

    Attributes
    ----------
    units : int
        Number of neurons.
    """

    kind: ClassVar[str] = "sigma"
    states: ClassVar[tuple[str, ...]] = ("sigma",)

    units: int

    def __post_init__(self) -> None:
        """Check the number of neurons."""
        check_units(self.units)

    @property
    def sends_graded(self) -> bool:
        """Sums are graded."""
        return True


def check_shift(shift: int, what: str) -> None:
    """Check a shift.

    Raises
    ------
    NetworkError
        Where it is outside 0..24.
    """
    if not 0 <= shift <= SHIFT_MAX:
        raise NetworkError(f"{what} {shift} must lie in 0..{SHIFT_MAX}")
