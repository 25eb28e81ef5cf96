"""Current-based leaky integrate-and-fire neurons."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from hardware.chip import widths
from hardware.errors import NetworkError
from hardware.neurons.neuron import ALIGNED, FINE, Neuron, PerUnit, per_unit
from hardware.spikes import frozen


class Message(Enum):
    """What a neuron sends."""

    SPIKE = "spike"
    """1 where it fires."""
    GRADED = "graded"
    """Its voltage, as it is before the reset, where it fires."""
    VOLTAGE = "voltage"
    """Its voltage in every step; it never fires, so nothing resets it."""


class Reset(Enum):
    """What a spike does to the voltage."""

    ZERO = "zero"
    """It becomes 0."""
    SUBTRACT = "subtract"
    """The threshold is taken off it; Lava has no such model, Loihi 2's programmable neurons allow it."""


_NAMES = {"threshold": "threshold mantissa"}


@dataclass(frozen=True, eq=False)
class Cuba(Neuron):
    """Current-based leaky integrate-and-fire neurons, as ``lava.proc.lif.models.PyLifModelBitAcc``.

    Each step, with a and f the synaptic input at the two ports (see ``hardware.fixed`` for the operations)::

        u = wrap(word(decay(u, current_decay) + joined(a, f, drive)))
        v = saturate(word(decay(v, voltage_decay) + u + (bias_mantissa << bias_exponent)))
        fire where v > align(threshold), and then v = 0 (``SUBTRACT``: v = v - align(threshold))

    After it fired, a neuron with a refractory delay of k keeps the v that the reset left and is silent for k - 1
    steps, while u goes on; Lava's fixed-point LIF knows k = 1 and a reset to zero only. The port ``fine``,
    ``drive``, graded messages and parameters of each unit are ours too.

    Attributes
    ----------
    current_decay, voltage_decay : int or int32 array, shape (units,)
        Fractions of 4096 forgotten per step, 0..4096; Lava's ``du`` is ``current_decay - 1``.
    threshold : int or int32 array, shape (units,)
        17-bit mantissa, 0..131071.
    bias_mantissa : int16 array, shape (units,)
        13-bit signed, -4096..4095.
    bias_exponent : int
        Shared, 0..7.
    drive : int or int32 array, shape (units,)
        Added to the current in every step, within ±(2^23 - 1).
    refractory : int
        Refractory delay 1..63, steps.
    message : Message
        What it sends.
    reset : Reset
        What a spike does to the voltage.
    """

    kind: ClassVar[str] = "cuba"
    ports: ClassVar[tuple[str, ...]] = (ALIGNED, FINE)
    states: ClassVar[tuple[str, ...]] = ("u", "v", "waiting")

    current_decay: PerUnit
    voltage_decay: PerUnit
    threshold: PerUnit
    bias_mantissa: NDArray[np.int16]
    bias_exponent: int = widths.ALIGN_SHIFT
    drive: PerUnit = 0
    refractory: int = 1
    message: Message = Message.SPIKE
    reset: Reset = Reset.ZERO

    def __post_init__(self) -> None:
        """Check every range, and freeze the arrays."""
        bias, limit = np.asarray(self.bias_mantissa), widths.BIAS_MANTISSA_LIMIT
        if bias.dtype.kind not in "iu" or bias.ndim != 1 or bias.size == 0:
            raise NetworkError(f"bias_mantissa must be an integer vector, found {bias.dtype}{bias.shape}")
        if bias.min() < -limit or bias.max() >= limit:
            raise NetworkError(
                f"bias mantissa {bias.min()}..{bias.max()} must lie in {-limit}..{limit - 1} (13 bits)"
            )
        if not 0 <= self.bias_exponent <= widths.BIAS_EXPONENT_MAX:
            raise NetworkError(f"bias exponent {self.bias_exponent} must lie in 0..{widths.BIAS_EXPONENT_MAX}")
        if not 1 <= self.refractory <= widths.REFRACTORY_MAX:
            raise NetworkError(f"refractory delay {self.refractory} must lie in 1..{widths.REFRACTORY_MAX}")
        for name, low, high in (
            ("current_decay", 0, widths.DECAY_UNITY),
            ("voltage_decay", 0, widths.DECAY_UNITY),
            ("threshold", 0, widths.THRESHOLD_MANTISSA_MAX),
            ("drive", 1 - widths.STATE_LIMIT, widths.STATE_LIMIT - 1),
        ):
            checked = per_unit(getattr(self, name), bias.size, low, high, _NAMES.get(name, name))
            object.__setattr__(self, name, checked)
        object.__setattr__(self, "bias_mantissa", frozen(bias.astype(np.int16, copy=False)))

    @property
    def units(self) -> int:  # type: ignore[override]  # read-only, as every field here
        """Number of neurons."""
        return int(self.bias_mantissa.shape[0])

    @property
    def sends_graded(self) -> bool:
        """Whether it sends voltages."""
        return self.message is not Message.SPIKE

    @property
    def bias(self) -> NDArray[np.int32]:
        """Effective bias per neuron, shape (units,)."""
        return self.bias_mantissa.astype(np.int32) << self.bias_exponent
