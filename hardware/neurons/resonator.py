"""Resonate-and-fire neurons."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from hardware.chip import widths
from hardware.neurons.alif import Adaptation
from hardware.neurons.neuron import Neuron, PerUnit, check_units, per_unit, spread

REAL, IMAGINARY = "real", "imag"
"""Ports of a resonator; the sum at each is shifted left by 6."""


class Firing(Enum):
    """When a resonator fires."""

    PHASE = "phase"
    """Where the real part is at the threshold as the imaginary part rises through zero."""
    IZHIKEVICH = "izhikevich"
    """Where the imaginary part is at the threshold."""


@dataclass(frozen=True, eq=False)
class Resonator(Neuron):
    """Resonate-and-fire neurons, as ``lava.proc.rf.models.PyRFModelFixed`` and ``rf_iz.models.PyRF_IZModelFixed``.

    Each step, with x and y the synaptic input at the ports ``real`` and ``imag``, and ``turn(z, c)`` short for
    ``decay(z, 4096 - c)``, which is ``z * c / 4096`` rounded toward zero::

        re' = saturate(turn(re, cos) - turn(im, sin) + align(x) + drive_real)
        im' = saturate(turn(re, sin) + turn(im, cos) + align(y) + drive_imag)
        PHASE       fire where re' >= align(threshold) and im' >= 0 and im < 0
        IZHIKEVICH  fire where im' >= align(threshold), and then re' = 0, im' = align(threshold) - 1

    With an ``adaptation`` the threshold moves (see there; the compared part is the voltage) and a spike leaves
    re' and im' as they are, as in SLAYER's ADRF and ADRF-IZ; Lava has no such model.

    Attributes
    ----------
    units : int
        Number of neurons.
    sin_decay, cos_decay : int or int32 array, shape (units,)
        Sine and cosine of the turn per step times what is kept, 0..4096.
    threshold : int or int32 array, shape (units,)
        17-bit mantissa, 0..131071.
    firing : Firing
        When it fires.
    adaptation : Adaptation or None
        What a spike changes; ``None`` for a fixed threshold.
    drive_real, drive_imag : int or int32 array, shape (units,)
        Added in every step, within ±(2^23 - 1).
    graded : bool
        Send the compared part instead of 1.
    """

    kind: ClassVar[str] = "resonator"
    ports: ClassVar[tuple[str, ...]] = (REAL, IMAGINARY)
    states: ClassVar[tuple[str, ...]] = ("re", "im", "theta", "r")

    units: int
    sin_decay: PerUnit
    cos_decay: PerUnit
    threshold: PerUnit
    firing: Firing = Firing.PHASE
    adaptation: Adaptation | None = None
    drive_real: PerUnit = 0
    drive_imag: PerUnit = 0
    graded: bool = False

    def __post_init__(self) -> None:
        """Check every range, and freeze the arrays."""
        check_units(self.units)
        for name, low, high in (
            ("sin_decay", 0, widths.DECAY_UNITY),
            ("cos_decay", 0, widths.DECAY_UNITY),
            ("threshold", 0, widths.THRESHOLD_MANTISSA_MAX),
            ("drive_real", 1 - widths.STATE_LIMIT, widths.STATE_LIMIT - 1),
            ("drive_imag", 1 - widths.STATE_LIMIT, widths.STATE_LIMIT - 1),
        ):
            object.__setattr__(self, name, per_unit(getattr(self, name), self.units, low, high, name))
        if self.adaptation is not None:
            object.__setattr__(self, "adaptation", self.adaptation.checked(self.units))

    @property
    def sends_graded(self) -> bool:
        """Whether it sends its state."""
        return self.graded

    @property
    def rest(self) -> dict[str, NDArray[np.int32]]:
        """Zero, and the threshold at its stable value."""
        return super().rest | {"theta": spread(self.threshold, self.units) << widths.ALIGN_SHIFT}
