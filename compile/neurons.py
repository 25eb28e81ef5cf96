"""Neuron equations in real numbers and discrete time.

a[t] is the weighted input that arrives in step t. Decays are the fractions forgotten per step. A parameter is one
number, or one for each unit of the population. ``hardware.neurons`` has the integer counterparts.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from hardware.errors import NetworkError
from hardware.neurons.cuba import Message, Reset
from hardware.neurons.resonator import IMAGINARY, Firing
from hardware.neurons.sigma_delta import Activation
from hardware.spikes import frozen

Real = float | NDArray[np.float64]
"""A parameter: one number, or a vector with one for each unit."""


@dataclass(frozen=True, eq=False)
class Model:
    """Base of the equations: checks that every number is finite and every decay lies in 0..1, freezes vectors."""

    kind: ClassVar[str]
    ports: ClassVar[tuple[str, ...]] = ("",)

    def __post_init__(self) -> None:
        """Check every parameter."""
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, bool | int) or not isinstance(value, float | np.ndarray):
                continue
            array = np.asarray(value, np.float64)
            if array.ndim > 1 or not np.isfinite(array).all():
                raise NetworkError(f"{field.name} must be a finite number, or a vector of them")
            if field.name.endswith("_decay") and (array.min() < 0 or array.max() > 1):
                worst = float(array.min() if array.min() < 0 else array.max())
                raise NetworkError(f"{field.name} {worst:g} must lie in 0..1")
            if array.size and array.min() == array.max():
                object.__setattr__(self, field.name, float(array.flat[0]))
            else:
                object.__setattr__(self, field.name, frozen(array))

    @property
    def sends_graded(self) -> bool:
        """Whether messages carry numbers instead of plain spikes."""
        return False


@dataclass(frozen=True, eq=False)
class CubaModel(Model):
    """Current-based leaky integrate-and-fire::

        u[t] = (1 - current_decay) * u[t-1] + a[t] + drive
        v[t] = (1 - voltage_decay) * v[t-1] + u[t] + bias
        s[t] = v[t] > threshold, and then v[t] = 0 or v[t] - threshold

    Attributes
    ----------
    threshold : float or vector
        In the unit of weights.
    current_decay, voltage_decay : float or vector
        0..1.
    bias, drive : float or vector
        Constant input to the voltage and to the current.
    refractory : int
        1: none; k: silent for k - 1 steps after a spike.
    message : Message
        Plain spikes, the voltage where it fires, or the voltage in every step.
    reset : Reset
        What a spike does to v.
    """  # noqa: D400  # ends in its equations

    kind: ClassVar[str] = "cuba"

    threshold: Real
    current_decay: Real
    voltage_decay: Real
    bias: Real = 0.0
    drive: Real = 0.0
    refractory: int = 1
    message: Message = Message.SPIKE
    reset: Reset = Reset.ZERO

    @property
    def sends_graded(self) -> bool:
        """Whether it sends voltages."""
        return self.message is not Message.SPIKE


@dataclass(frozen=True, eq=False)
class AlifModel(Model):
    """Adaptive leaky integrate-and-fire: u and v as in ``CubaModel``, without a reset::

        theta[t] = (1 - threshold_decay) * (theta[t-1] - threshold) + threshold
        r[t] = (1 - refractory_decay) * r[t-1]
        s[t] = v[t] - r[t] >= theta[t], and then r[t] += 2 * theta[t], theta[t] += threshold_step

    Attributes
    ----------
    threshold, threshold_step : float or vector, float
        In the unit of weights.
    current_decay, voltage_decay, threshold_decay, refractory_decay : float or vector
        0..1.
    bias, drive : float or vector
        Constant input to the voltage and to the current.
    graded : bool
        Send the voltage instead of 1.
    """  # noqa: D400  # ends in its equations

    kind: ClassVar[str] = "alif"

    threshold: Real
    threshold_step: float
    current_decay: Real
    voltage_decay: Real
    threshold_decay: Real
    refractory_decay: Real
    bias: Real = 0.0
    drive: Real = 0.0
    graded: bool = False

    @property
    def sends_graded(self) -> bool:
        """Whether it sends voltages."""
        return self.graded


@dataclass(frozen=True, eq=False)
class ResonatorModel(Model):
    """Resonate-and-fire, with x and y the input at the ports ``real`` (the default) and ``imag``::

        re[t] = cos_decay * re[t-1] - sin_decay * im[t-1] + x[t] + drive_real
        im[t] = sin_decay * re[t-1] + cos_decay * im[t-1] + y[t] + drive_imag
        PHASE       s[t] = re[t] >= threshold and im[t] >= 0 and im[t-1] < 0
        IZHIKEVICH  s[t] = im[t] >= threshold, and then re[t] = 0, im[t] just below threshold

    With a ``threshold_step`` that is not ``None`` the threshold adapts as in ``AlifModel`` and nothing is reset.

    Attributes
    ----------
    threshold : float or vector
        In the unit of weights.
    sin_decay, cos_decay : float or vector
        Sine and cosine of the turn per step, times what is kept; 0..1.
    firing : Firing
        When it fires.
    threshold_step : float or None
        Rise of the threshold with a spike.
    threshold_decay, refractory_decay : float or vector
        0..1; of no meaning without a step.
    drive_real, drive_imag : float or vector
        Constant input.
    graded : bool
        Send the compared part instead of 1.
    """  # noqa: D400  # ends in its equations

    kind: ClassVar[str] = "resonator"
    ports: ClassVar[tuple[str, ...]] = ("", IMAGINARY)

    threshold: Real
    sin_decay: Real
    cos_decay: Real
    firing: Firing = Firing.PHASE
    threshold_step: float | None = None
    threshold_decay: Real = 0.0
    refractory_decay: Real = 0.0
    drive_real: Real = 0.0
    drive_imag: Real = 0.0
    graded: bool = False

    @property
    def sends_graded(self) -> bool:
        """Whether it sends its state."""
        return self.graded


@dataclass(frozen=True, eq=False)
class DeltaModel(Model):
    """Delta encoder, with x[t] = a[t]::

        d[t] = x[t] - x[t-1] + residue[t-1]
        s[t] = d[t] where |d[t]| >= threshold, else 0
        residue[t] = d[t] - s[t]

    Messages have steps of 1/4096.

    Attributes
    ----------
    threshold : float or vector
        Smallest change that is sent.
    cumulative : bool
        Compare the sum of d since the last message instead.
    """  # noqa: D400  # ends in its equations

    kind: ClassVar[str] = "delta"

    threshold: Real
    cumulative: bool = False

    @property
    def sends_graded(self) -> bool:
        """Changes are numbers."""
        return True


@dataclass(frozen=True, eq=False)
class SigmaDeltaModel(Model):
    """Sigma-delta unit: ``DeltaModel`` with x[t] = activation(sum of a up to t + bias).

    Attributes
    ----------
    threshold : float or vector
        Smallest change that is sent.
    bias : float or vector
        Constant input to the activation.
    activation : Activation
        ``RELU`` or ``UNIT``.
    cumulative : bool
        As in ``DeltaModel``.
    """

    kind: ClassVar[str] = "sigma_delta"

    threshold: Real
    bias: Real = 0.0
    activation: Activation = Activation.RELU
    cumulative: bool = False

    @property
    def sends_graded(self) -> bool:
        """Changes are numbers."""
        return True


@dataclass(frozen=True, eq=False)
class SigmaModel(Model):
    """Sigma decoder: sends the sum of all input so far."""

    kind: ClassVar[str] = "sigma"

    @property
    def sends_graded(self) -> bool:
        """Sums are numbers."""
        return True


@dataclass(frozen=True, eq=False)
class RelayModel(Model):
    """Stateless unit: sends its input of this step.

    Attributes
    ----------
    binary : bool
        Send 1 for any input but 0.
    scale : float
        What one unit of the sent integer is worth: real value = integer * scale.
    """

    kind: ClassVar[str] = "relay"

    binary: bool = False
    scale: float = 1.0

    def __post_init__(self) -> None:
        """Check the scale."""
        super().__post_init__()
        if not (math.isfinite(self.scale) and self.scale > 0):
            raise NetworkError(f"relay: scale {self.scale} must be above 0")

    @property
    def sends_graded(self) -> bool:
        """Whether it passes on more than plain spikes."""
        return not self.binary


MODELS: dict[str, type[Model]] = {
    model.kind: model
    for model in (CubaModel, AlifModel, ResonatorModel, DeltaModel, SigmaDeltaModel, SigmaModel, RelayModel)
}
"""Every kind of equation, by its word in the graph's text."""
