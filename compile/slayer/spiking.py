"""Twins of CUBA, adaptive and resonating neurons."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from compile.slayer.availability import load
from compile.slayer.twin import MANTISSA, STATE, WORD_LIMIT, Advance, Arrived, check, constant, prepare
from hardware.chip.widths import STATE_LIMIT
from hardware.neurons.alif import Adaptation, Alif
from hardware.neurons.cuba import Cuba, Message
from hardware.neurons.neuron import ALIGNED, FINE, PerUnit, spread
from hardware.neurons.resonator import IMAGINARY, REAL, Firing, Resonator

EPSILON = 0.5 / STATE
"""How far above its threshold a CUBA neuron fires. SLAYER's own 0.01 / 4096 decides the same between
integers, but it compares in single precision, which loses 0.01 beside thresholds from mantissa 4096 on."""
PERIOD = 8
"""Any period that SLAYER accepts; sine and cosine are put in afterwards."""


def cuba(layer: str, neuron: Cuba, units: NDArray[np.int64]) -> Advance:
    """Return how ``slayer.neuron.cuba.Neuron`` advances some units, whose thresholds are equal."""
    import torch

    twin = prepare(
        load().neuron.cuba.Neuron(
            _threshold(neuron, units),
            0.0,
            0.0,
            graded_spike=neuron.message is Message.GRADED,
            persistent_state=True,
        ),
        units,
        {"current_decay": neuron.current_decay, "voltage_decay": neuron.voltage_decay},
    )
    twin.threshold_eps = EPSILON
    bias, drive = constant(neuron.bias, units), constant(neuron.drive, units)
    twin.norm = _shift_by(bias)
    if neuron.message is Message.VOLTAGE:
        twin._threshold = -1.0  # as in SLAYER's Affine block: no neuron fires, so none is reset

    def advance(arrived: Arrived) -> Any:
        current, voltage = twin.dynamics(_input(arrived) + drive)
        check(layer, {"current": current - bias, "voltage": voltage}, STATE_LIMIT)
        twin.current_state = twin.current_state - bias[:, 0]  # what the norm added must not stay in the current
        if neuron.message is Message.VOLTAGE:
            return torch.round(voltage * STATE)
        return _messages(twin.spike(voltage), neuron.sends_graded)

    return advance


def alif(layer: str, neuron: Alif, units: NDArray[np.int64]) -> Advance:
    """Return how ``slayer.neuron.alif.Neuron`` advances some units, whose thresholds are equal."""
    twin = prepare(
        load().neuron.alif.Neuron(
            _threshold(neuron, units),
            neuron.adaptation.threshold_step / MANTISSA,
            0.0,
            0.0,
            0.0,
            0.0,
            graded_spike=neuron.graded,
            persistent_state=True,
        ),
        units,
        {
            "current_decay": neuron.current_decay,
            "voltage_decay": neuron.voltage_decay,
            **_decays(neuron.adaptation),
        },
    )
    drive = constant(neuron.drive, units)

    def advance(arrived: Arrived) -> Any:
        states = twin.dynamics(_input(arrived) + drive)
        current, voltage, threshold, refractory = states
        check(layer, {"current": current, "voltage": voltage}, STATE_LIMIT)
        check(layer, {"threshold": threshold, "refractory state": refractory}, WORD_LIMIT)
        return _messages(twin.spike(voltage, threshold, refractory), neuron.graded)

    return advance


def resonator(layer: str, neuron: Resonator, units: NDArray[np.int64]) -> Advance:
    """Return how SLAYER's RF, RF-IZ, ADRF or ADRF-IZ neuron advances some units, whose thresholds are equal.

    The forward pass of ADRF-IZ itself fails, because it hands its spike function the sum of two states; the two
    halves of it do not.
    """
    decays: dict[str, PerUnit] = {"sin_decay": neuron.sin_decay, "cos_decay": neuron.cos_decay}
    options = {"graded_spike": neuron.graded, "persistent_state": True}
    kinds, threshold = load().neuron, _threshold(neuron, units)
    by_phase = neuron.firing is Firing.PHASE
    if neuron.adaptation is None:
        twin = (kinds.rf if by_phase else kinds.rf_iz).Neuron(threshold, PERIOD, 0.0, **options)
    else:
        decays |= _decays(neuron.adaptation)
        step = neuron.adaptation.threshold_step / MANTISSA
        family = kinds.adrf if by_phase else kinds.adrf_iz
        twin = family.Neuron(threshold, step, PERIOD, 0.0, 0.0, 0.0, **options)
    twin = prepare(twin, units, decays)
    drive_real, drive_imag = constant(neuron.drive_real, units), constant(neuron.drive_imag, units)

    def advance(arrived: Arrived) -> Any:
        states = twin.dynamics((arrived[REAL] / MANTISSA + drive_real, arrived[IMAGINARY] / MANTISSA + drive_imag))
        check(layer, {"real part": states[0], "imaginary part": states[1]}, STATE_LIMIT)
        check(layer, dict(zip(("threshold", "refractory state"), states[2:], strict=False)), WORD_LIMIT)
        return _messages(twin.spike(*states), neuron.graded)

    return advance


def _threshold(neuron: Cuba | Alif | Resonator, units: NDArray[np.int64]) -> float:
    return int(spread(neuron.threshold, neuron.units)[units[0]]) / MANTISSA


def _decays(adaptation: Adaptation) -> dict[str, PerUnit]:
    return {
        "threshold_decay": adaptation.threshold_decay,
        "refractory_decay": adaptation.refractory_decay,
    }


def _input(arrived: Arrived) -> Any:
    return arrived[ALIGNED] / MANTISSA + arrived[FINE] / (STATE * MANTISSA)


def _messages(sent: Any, graded: bool) -> Any:
    import torch

    return torch.round(sent * STATE) if graded else sent


def _shift_by(bias: Any) -> Any:
    """Return a module that adds a constant to the current, in the place where SLAYER puts its batch norm."""
    import torch

    class Bias(torch.nn.Module):  # type: ignore[misc]
        def forward(self, current: Any) -> Any:
            return current + bias

    return Bias()
