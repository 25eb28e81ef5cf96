"""Neuron equations in real numbers that are integer neurons, exactly.

============================ ======================= ==========================
real                         integer                 grid
============================ ======================= ==========================
threshold of CUBA, ALIF, RF  64 threshold            0..131071
threshold step               64 step                 0..131071
decay d                      4096 d                  0..4096
CUBA bias b                  4096 b = m * 2^e        m -4096..4095, e 0..7
bias, drive of all others    4096 b                  ±(2^23 - 1)
sigma-delta threshold, bias  2^18 b                  0..2^31 - 1; 32 bits
============================ ======================= ==========================

A CUBA bias takes exponent 6 where it can, as SLAYER exports it. One that fits no exponent becomes ``drive``
where the current forgets everything in each step, as it is then the same number in the same sum.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from compile.graph import Graph
from compile.neurons import (
    AlifModel,
    CubaModel,
    DeltaModel,
    Model,
    Real,
    RelayModel,
    ResonatorModel,
    SigmaDeltaModel,
    SigmaModel,
)
from compile.nodes import Population
from compile.quantize.messages import STATE_SCALE, SUM_SCALE, WEIGHT_SCALE, input_shift
from compile.quantize.on_grid import on_grid, parameter
from hardware.chip import widths
from hardware.errors import NetworkError
from hardware.neurons.alif import Adaptation, Alif
from hardware.neurons.cuba import Cuba
from hardware.neurons.neuron import Neuron, PerUnit
from hardware.neurons.relay import Relay
from hardware.neurons.resonator import Resonator
from hardware.neurons.sigma_delta import WORD_MAX, Delta, Sigma, SigmaDelta

STATE_MAX = widths.STATE_LIMIT - 1
BIAS_EXPONENTS = (6, 5, 4, 3, 2, 1, 0, 7)
"""SLAYER's first, then finer ones, then the coarsest."""


def neuron(graph: Graph, population: Population) -> Neuron:
    """Turn the equations of a population into integers.

    Raises
    ------
    NetworkError
        Where a number is off its grid; the message names layer, number and remedy.
    """
    model, units = population.model, population.units
    numbers = _Numbers(f"layer {population.name!r}", model)
    if isinstance(model, CubaModel):
        return _cuba(model, units, numbers)
    if isinstance(model, AlifModel):
        return Alif(
            units=units,
            current_decay=numbers.decay("current_decay"),
            voltage_decay=numbers.decay("voltage_decay"),
            threshold=numbers.threshold("threshold"),
            adaptation=_adaptation(numbers),
            bias=numbers.state("bias"),
            drive=numbers.state("drive"),
            graded=model.graded,
        )
    if isinstance(model, ResonatorModel):
        return Resonator(
            units=units,
            sin_decay=numbers.decay("sin_decay"),
            cos_decay=numbers.decay("cos_decay"),
            threshold=numbers.threshold("threshold"),
            firing=model.firing,
            adaptation=None if model.threshold_step is None else _adaptation(numbers),
            drive_real=numbers.state("drive_real"),
            drive_imag=numbers.state("drive_imag"),
            graded=model.graded,
        )
    return _sender_of_numbers(graph, population, numbers)


def _sender_of_numbers(graph: Graph, population: Population, numbers: _Numbers) -> Neuron:
    model, units = population.model, population.units
    if isinstance(model, DeltaModel):
        return Delta(
            units,
            numbers.sum("threshold", 0),
            input_shift=input_shift(graph, population),
            cumulative=model.cumulative,
        )
    if isinstance(model, SigmaDeltaModel):
        return SigmaDelta(
            units,
            numbers.sum("threshold", 0),
            bias=numbers.sum("bias", -WORD_MAX - 1),
            activation=model.activation,
            cumulative=model.cumulative,
        )
    if isinstance(model, SigmaModel):
        return Sigma(units)
    if isinstance(model, RelayModel):
        return Relay(units, model.binary)
    raise NetworkError(f"layer {population.name!r}: no chip neuron computes a {model.kind}")


class _Numbers:
    """The parameters of one population, each by the scale of its kind."""

    def __init__(self, where: str, model: Model) -> None:
        """Remember the layer for errors."""
        self.where, self.model = where, model

    def decay(self, name: str) -> PerUnit:
        return self._get(name, widths.DECAY_UNITY, 0, widths.DECAY_UNITY)

    def threshold(self, name: str) -> PerUnit:
        return self._get(name, WEIGHT_SCALE, 0, widths.THRESHOLD_MANTISSA_MAX)

    def state(self, name: str) -> PerUnit:
        return self._get(name, STATE_SCALE, -STATE_MAX, STATE_MAX)

    def sum(self, name: str, low: int) -> PerUnit:
        return self._get(name, SUM_SCALE, low, WORD_MAX)

    def _get(self, name: str, scale: int, low: int, high: int) -> PerUnit:
        value: Real = getattr(self.model, name)
        return parameter(value, scale, low, high, self.where, name.replace("_", " "))


def _adaptation(numbers: _Numbers) -> Adaptation:
    return Adaptation(
        int(np.max(numbers.threshold("threshold_step"))),
        numbers.decay("threshold_decay"),
        numbers.decay("refractory_decay"),
    )


def _cuba(model: CubaModel, units: int, numbers: _Numbers) -> Cuba:
    bias = np.broadcast_to(np.asarray(model.bias, np.float64), (units,))
    current_decay, drive = numbers.decay("current_decay"), numbers.state("drive")
    exponent = _bias_exponent(bias)
    if exponent is None and np.all(np.asarray(current_decay) == widths.DECAY_UNITY):
        total = np.broadcast_to(np.asarray(model.drive, np.float64), (units,)) + bias
        drive = parameter(total, STATE_SCALE, -STATE_MAX, STATE_MAX, numbers.where, "bias")
        bias, exponent = np.zeros(units), widths.ALIGN_SHIFT
    limit, chosen = widths.BIAS_MANTISSA_LIMIT, widths.ALIGN_SHIFT if exponent is None else exponent
    mantissa = on_grid(bias, STATE_SCALE / (1 << chosen), -limit, limit - 1, 1, numbers.where, "bias")
    return Cuba(
        current_decay=current_decay,
        voltage_decay=numbers.decay("voltage_decay"),
        threshold=numbers.threshold("threshold"),
        bias_mantissa=mantissa.astype(np.int16),
        bias_exponent=chosen,
        drive=drive,
        refractory=model.refractory,
        message=model.message,
        reset=model.reset,
    )


def _bias_exponent(bias: NDArray[np.float64]) -> int | None:
    limit = widths.BIAS_MANTISSA_LIMIT
    for exponent in BIAS_EXPONENTS:
        mantissa = bias * (STATE_SCALE / (1 << exponent))
        if not np.any(mantissa % 1) and mantissa.min() >= -limit and mantissa.max() < limit:
            return exponent
    return None
