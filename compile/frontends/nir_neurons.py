"""NIR's neurons as the model's, in steps.

Every one is, per step, with k the fraction that a state forgets (``NirReading.leak``)::

    I[t] = (1 - k_syn) * I[t-1] + input[t]                    LI, LIF, I, IF: k_syn = 1
    v[t] = (1 - k_mem) * v[t-1] + k_mem * v_leak + I[t]       I, IF: k_mem = 0
    s[t] = v[t] > v_threshold

with the factors that the equations give the input (r, w_in, dt) taken into the weights. The model's voltage is v
less where it begins, its reset is to 0 or takes off the threshold; what the node's reset leaves besides is a
kick, a constant that arrives one step after each spike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from compile.errors import UnsupportedLayerError
from compile.frontends.nir_node import NirNode
from compile.frontends.nir_reading import Begin, Integrator, Leak, NirReading, NirReset, Synapse
from compile.neurons import CubaModel
from hardware.errors import ContainerError
from hardware.neurons.cuba import Message, Reset

NEURONS = frozenset({"Threshold", "I", "IF", "LI", "LIF", "CubaLI", "CubaLIF"})
"""Types that this module reads."""

Vector = NDArray[np.float64]
NEAR = 1e-12
"""Relative error below which a result of the arithmetic here is taken for the round number beside it."""


@dataclass(frozen=True, eq=False)
class Dynamics:
    """A node's neurons.

    Attributes
    ----------
    model : CubaModel
        Equations, without what the input adds in every step.
    gain : float64 array, shape () or (units,)
        Factor of all that arrives.
    kick : float64 array, shape () or (units,)
        What a spike adds to the voltage one step later.
    """

    model: CubaModel
    gain: Vector
    kick: Vector


def read_neurons(node: NirNode, units: int, shape: tuple[int, ...], reading: NirReading) -> Dynamics:
    """Return a node's neurons in steps.

    Parameters
    ----------
    node : NirNode
        Of a type in ``NEURONS``.
    units : int
        Number of neurons.
    shape : tuple of int
        Their shape; parameters are broadcast to it.
    reading : NirReading
        What NIR leaves open.

    Raises
    ------
    ContainerError
        Where parameters do not fit the number of neurons, or a time constant is not above 0.
    UnsupportedLayerError
        Where the step is too long for a time constant, or the chip has no such neuron.
    """
    parameters = {key: _spread(node, key, units, shape) for key in node.fields}
    zero, one = np.zeros(()), np.ones(())
    if node.kind == "Threshold":
        return Dynamics(CubaModel(_real(_threshold(node, parameters["threshold"])), 1.0, 1.0), one, zero)
    if node.kind in ("I", "IF"):
        leak, gain = zero, parameters["r"] * (reading.dt if reading.integrator is Integrator.TIME else 1.0)
    else:
        leak = _forgotten(node, "tau_mem" if "tau_mem" in parameters else "tau", parameters, reading)
        gain = leak * parameters["r"]
    current = one
    if node.kind.startswith("Cuba"):
        current = _forgotten(node, "tau_syn", parameters, reading)
        gain = gain * parameters.get("w_in", one) * (current if reading.synapse is Synapse.EULER else 1.0)
    gain = _round(gain)
    if node.kind in ("I", "LI", "CubaLI"):
        return Dynamics(_readout(node, parameters, current, leak, reading), gain, zero)
    reset = reading.replaced({key: node.metadata[key] for key in ("reset",) if key in node.metadata}).reset
    threshold, v_reset = parameters["v_threshold"], parameters.get("v_reset", zero)
    v_leak = parameters.get("v_leak", v_reset)
    begin = v_leak if reading.begin is Begin.REST else zero
    kept = 1 - leak
    if reset is NirReset.HOLD and (v_reset - begin).any():
        raise UnsupportedLayerError(
            f"{node.where} is to be held at a v_reset that is not where its voltage begins, which the chip "
            "cannot; "
            "train it with a v_reset equal to v_leak, or read it with reset=zero"
        )
    kick = {
        NirReset.ZERO: kept * (v_reset - begin),
        NirReset.HOLD: zero,
        NirReset.SUBTRACT: -kept * begin,
        NirReset.LATE: kept * (threshold - begin) - threshold,
    }[reset]
    model = CubaModel(
        _real(_threshold(node, threshold - begin)),
        _real(current),
        _real(leak),
        bias=_real(_round(leak * (v_leak - begin))),
        refractory=2 if reset is NirReset.HOLD else 1,
        reset=Reset.ZERO if reset in (NirReset.ZERO, NirReset.HOLD) else Reset.SUBTRACT,
    )
    return Dynamics(model, gain, _round(kick))


def _readout(
    node: NirNode, parameters: dict[str, Vector], current: Vector, leak: Vector, reading: NirReading
) -> CubaModel:
    v_leak = parameters.get("v_leak", np.zeros(()))
    if v_leak.any() and reading.begin is Begin.REST:
        raise UnsupportedLayerError(
            f"{node.where} is read out and rests at a v_leak that is not 0, while a voltage on the chip begins "
            "at 0; "
            "train it with a v_leak of 0, or read it with begin=zero"
        )
    bias = _real(_round(leak * v_leak))
    return CubaModel(0.0, _real(current), _real(leak), bias=bias, message=Message.VOLTAGE)


def _threshold(node: NirNode, threshold: Vector) -> Vector:
    if threshold.min() < 0:
        raise UnsupportedLayerError(
            f"{node.where}: its threshold lies {-float(threshold.min()):g} below the voltage at which it begins, "
            "so "
            "it would fire without input; the chip's thresholds are not negative, raise it above v_leak"
        )
    return threshold


def _forgotten(node: NirNode, key: str, parameters: dict[str, Vector], reading: NirReading) -> Vector:
    tau = parameters[key]
    if tau.min() <= 0:
        raise ContainerError(f"{node.where}: {key} {float(tau.min()):g} must be above 0")
    ratio = reading.dt / tau
    if reading.leak is Leak.EXACT:
        return _round(-np.expm1(-ratio))
    ratio = _round(ratio)
    if ratio.max() > 1:
        raise UnsupportedLayerError(
            f"{node.where}: a step of {reading.dt:g} s is longer than its {key} of {float(tau.min()):g} s; "
            "choose a "
            "smaller dt, that of the simulator it comes from"
        )
    return ratio


def _spread(node: NirNode, key: str, units: int, shape: tuple[int, ...]) -> Vector:
    value = node.numbers(key)
    if value.size == 1:
        return value.reshape(())
    if value.size == units:
        return value.reshape(-1)
    try:
        return np.broadcast_to(value, shape).reshape(-1).copy()
    except ValueError:
        raise ContainerError(f"{node.where}: {key} has shape {value.shape} for {units} units") from None


def _real(vector: Vector) -> float | Vector:
    return vector if vector.ndim else float(vector)


def _round(values: Vector) -> Vector:
    """Take off the rounding errors of dt / (dt / x) and the like, so that exact models stay exact."""
    fine = np.rint(values * 2.0**24) / 2.0**24
    return np.where(np.abs(values - fine) <= NEAR * np.abs(values), fine, values)
