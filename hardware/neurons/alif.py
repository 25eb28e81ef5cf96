"""Leaky integrate-and-fire neurons with an adaptive threshold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from hardware.chip import widths
from hardware.neurons.neuron import ALIGNED, FINE, Neuron, PerUnit, check_units, per_unit, spread


@dataclass(frozen=True, eq=False)
class Adaptation:
    """How a threshold rises with every spike and falls back, and how a refractory state hides the voltage.

    Each step, with theta and r the two states, and theta = align(threshold), r = 0 at rest::

        theta = word(decay(theta - align(threshold), threshold_decay) + align(threshold))
        r = decay(r, refractory_decay)
        fire where voltage - r >= theta (32-bit words), and then
            r = word(r + 2 * theta)
            theta = word(theta + align(threshold_step))

    As ``lava.proc.atrlif.models.PyATRLIFModelFixed`` and SLAYER's ``adaptive_threshold``.

    Attributes
    ----------
    threshold_step : int
        What a spike adds to the threshold, a mantissa 0..131071.
    threshold_decay, refractory_decay : int or int32 array, shape (units,)
        Fractions of 4096 forgotten per step, 0..4096.
    """

    threshold_step: int
    threshold_decay: PerUnit
    refractory_decay: PerUnit

    def checked(self, units: int) -> Adaptation:
        """Return it with every range checked for a population of ``units``."""
        step = per_unit(self.threshold_step, units, 0, widths.THRESHOLD_MANTISSA_MAX, "threshold_step")
        return Adaptation(
            int(np.max(step)),
            per_unit(self.threshold_decay, units, 0, widths.DECAY_UNITY, "threshold_decay"),
            per_unit(self.refractory_decay, units, 0, widths.DECAY_UNITY, "refractory_decay"),
        )


@dataclass(frozen=True, eq=False)
class Alif(Neuron):
    """Adaptive leaky integrate-and-fire neurons, as ``lava.proc.atrlif.models.PyATRLIFModelFixed``.

    Current and voltage as those of ``Cuba``, but a spike leaves the voltage as it is: ``Adaptation`` says when
    the neuron fires and what follows. The bias enters the voltage, ``drive`` the current.

    Attributes
    ----------
    units : int
        Number of neurons.
    current_decay, voltage_decay : int or int32 array, shape (units,)
        Fractions of 4096 forgotten per step, 0..4096.
    threshold : int or int32 array, shape (units,)
        17-bit mantissa of the threshold at rest, 0..131071.
    adaptation : Adaptation
        What a spike changes.
    bias : int or int32 array, shape (units,)
        Added to the voltage in every step, within ±(2^23 - 1).
    drive : int or int32 array, shape (units,)
        Added to the current in every step, within ±(2^23 - 1).
    graded : bool
        Send the voltage instead of 1.
    """

    kind: ClassVar[str] = "alif"
    ports: ClassVar[tuple[str, ...]] = (ALIGNED, FINE)
    states: ClassVar[tuple[str, ...]] = ("u", "v", "theta", "r")

    units: int
    current_decay: PerUnit
    voltage_decay: PerUnit
    threshold: PerUnit
    adaptation: Adaptation
    bias: PerUnit = 0
    drive: PerUnit = 0
    graded: bool = False

    def __post_init__(self) -> None:
        """Check every range, and freeze the arrays."""
        check_units(self.units)
        for name, low, high in (
            ("current_decay", 0, widths.DECAY_UNITY),
            ("voltage_decay", 0, widths.DECAY_UNITY),
            ("threshold", 0, widths.THRESHOLD_MANTISSA_MAX),
            ("bias", 1 - widths.STATE_LIMIT, widths.STATE_LIMIT - 1),
            ("drive", 1 - widths.STATE_LIMIT, widths.STATE_LIMIT - 1),
        ):
            object.__setattr__(self, name, per_unit(getattr(self, name), self.units, low, high, name))
        object.__setattr__(self, "adaptation", self.adaptation.checked(self.units))

    @property
    def sends_graded(self) -> bool:
        """Whether it sends voltages."""
        return self.graded

    @property
    def rest(self) -> dict[str, NDArray[np.int32]]:
        """Zero, and the threshold at its stable value."""
        return super().rest | {"theta": spread(self.threshold, self.units) << widths.ALIGN_SHIFT}
