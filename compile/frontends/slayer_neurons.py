"""Neuron equations from the parameters that SLAYER gives a device.

A ``.net`` file holds these parameters, a live neuron has them as ``device_params``. Integers become real numbers
by SLAYER's scales: weight, bias and threshold / 64, decays / 4096.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compile.errors import UnsupportedLayerError
from compile.neurons import (
    AlifModel,
    CubaModel,
    DeltaModel,
    Model,
    Real,
    ResonatorModel,
    SigmaDeltaModel,
    SigmaModel,
)
from hardware.chip.widths import ALIGN_SHIFT, DECAY_UNITY, REFRACTORY_MAX, THRESHOLD_MANTISSA_MAX
from hardware.errors import ContainerError
from hardware.neurons.cuba import Message
from hardware.neurons.resonator import Firing
from hardware.neurons.sigma_delta import Activation

SCALE = 1 << ALIGN_SHIFT
"""SLAYER's ``w_scale``."""
NEVER = THRESHOLD_MANTISSA_MAX / SCALE
"""Threshold of neurons that only show their voltage."""
AFFINE_MANTISSA = (1 << 18) - 1
"""``vThMant`` that SLAYER exports for an Affine block."""
_CUBA = frozenset(["iDecay", "vDecay", "vThMant"])
_ADAPT = frozenset(["thDecay", "refDecay", "vThStep"])
_TURN = frozenset(["sinDecay", "cosDecay", "vThMant"])
NEEDED: Mapping[str, frozenset[str]] = {
    "CUBA": _CUBA,
    "LOIHI": _CUBA,
    "ALIF": _CUBA | _ADAPT,
    "RF_PHASE": _TURN,
    "RF_IZHIKEVICH": _TURN,
    "ADRF_PHASE": _TURN | _ADAPT,
    "ADRF_IZHIKEVICH": _TURN | _ADAPT,
    "SDNN": frozenset(["vThMant"]),
}
"""Integer parameters of each type of neuron; ``LOIHI`` is the old exporter's CUBA."""
SPIKING = frozenset(["CUBA", "LOIHI", "ALIF"])
ACTIVATIONS = {
    "relu": Activation.RELU,
    "relu_": Activation.RELU,
    "identity": Activation.UNIT,
    "Identity": Activation.UNIT,
    "linear": Activation.UNIT,
}
"""What the names of activations mean."""


def spread(values: NDArray[Any], shape: tuple[int, ...], what: str, where: str) -> Real:
    """Spread one number, or one a channel, over the units of a population.

    Returns
    -------
    float, or float64 array of shape (units,)

    Raises
    ------
    ContainerError
        Where the count fits neither channels nor units.
    """
    units, flat = math.prod(shape), np.asarray(values, np.float64).reshape(-1)
    if flat.size == 1:
        return float(flat[0])
    if flat.size not in (shape[0], units):
        raise ContainerError(f"{where}: {what} has shape {np.shape(values)}, expected {(shape[0],)} or {(units,)}")
    if np.all(flat == flat[0]):
        return float(flat[0])
    return np.repeat(flat, units // flat.size)


def read_model(
    values: Mapping[str, Any],
    shape: tuple[int, ...],
    where: str,
    *,
    bias: Real = 0.0,
    drive: float = 0.0,
    encodes: bool = False,
) -> Model:
    """Make the equations of a neuron.

    Parameters
    ----------
    values : mapping
        Device parameters by SLAYER's names: text, truth values, integers or integer arrays.
    shape : tuple of int
        Of the population, channels first.
    where : str
        The block, for errors.
    bias : float or vector
        What a sigma-delta neuron adds before its activation.
    drive : float
        What the competition of winner-take-all blocks adds to the current.
    encodes : bool
        Whether it is that of an input block, so that SDNN means a delta encoder.

    Raises
    ------
    ContainerError
        Where a parameter is out of its range.
    UnsupportedLayerError
        Where the neuron is of a type, or uses a feature, that the graph cannot express.
    """
    kind = values["type"]
    if kind not in NEEDED:
        raise UnsupportedLayerError(
            f"{where} has {kind} neurons, which are not known; those of SLAYER are {', '.join(NEEDED)}"
        )
    real = {key: _real(key, values[key], shape, where) for key in NEEDED[kind] & values.keys()}
    graded = _common(values, kind, where)
    if kind == "SDNN":
        return _sigma_delta(values, real["vThMant"], bias, where, encodes=encodes)
    affine = bool(np.all(np.asarray(values["vThMant"]) == AFFINE_MANTISSA))
    if affine and kind not in ("CUBA", "LOIHI"):
        raise UnsupportedLayerError(
            f"{where} is an Affine block of {kind} neurons, which only shows their state; read the state with a "
            "probe of a Dense block instead"
        )
    if kind in ("CUBA", "LOIHI"):
        return CubaModel(
            threshold=NEVER if affine else real["vThMant"],
            current_decay=real["iDecay"],
            voltage_decay=real["vDecay"],
            drive=drive,
            refractory=int(values.get("refDelay", 1)),
            message=Message.VOLTAGE if affine else Message.GRADED if graded else Message.SPIKE,
        )
    if kind == "ALIF":
        return AlifModel(
            threshold=real["vThMant"],
            threshold_step=_step(real, where),
            current_decay=real["iDecay"],
            voltage_decay=real["vDecay"],
            threshold_decay=real["thDecay"],
            refractory_decay=real["refDecay"],
            drive=drive,
            graded=graded,
        )
    adapts = kind.startswith("AD")
    return ResonatorModel(
        threshold=real["vThMant"],
        sin_decay=real["sinDecay"],
        cos_decay=real["cosDecay"],
        firing=Firing.PHASE if kind.endswith("PHASE") else Firing.IZHIKEVICH,
        threshold_step=_step(real, where) if adapts else None,
        threshold_decay=real["thDecay"] if adapts else 0.0,
        refractory_decay=real["refDecay"] if adapts else 0.0,
        graded=graded,
    )


def currents(bias: Real = 0.0) -> CubaModel:
    """Return what lava-dl's netx makes of a block without neurons: its current and a bias, summed over time."""
    return CubaModel(NEVER, 0.0, 1.0, bias=bias, message=Message.VOLTAGE)


def _real(key: str, value: Any, shape: tuple[int, ...], where: str) -> Real:
    array, decay = np.asarray(value), key.endswith("Decay")
    limit = DECAY_UNITY if decay else (1 << 31) - 1
    if array.size == 0 or array.min() < 0 or array.max() > limit:
        worst = array.size and int(array.min() if array.min() < 0 else array.max())
        raise ContainerError(f"{where}: neuron/{key} {worst} must lie in 0..{limit}")
    return spread(array / (DECAY_UNITY if decay else SCALE), shape, f"neuron/{key}", where)


def _step(real: Mapping[str, Real], where: str) -> float:
    step = real["vThStep"]
    if not isinstance(step, float):
        raise ContainerError(f"{where}: neuron/vThStep must be one number")
    return step


def _common(values: Mapping[str, Any], kind: str, where: str) -> bool:
    """Check what many types share; return whether spikes are graded."""
    bits = int(values.get("messageBits", 0))
    if not 0 <= bits <= 32:
        raise ContainerError(f"{where}: neuron/messageBits {bits} must lie in 0..32")
    graded = int(values.get("gradedSpike", 0))
    if graded not in (0, 1):
        raise ContainerError(f"{where}: neuron/gradedSpike {graded} must be 0 or 1")
    delay = int(values.get("refDelay", 1))
    if not 1 <= delay <= REFRACTORY_MAX:
        raise ContainerError(f"{where}: neuron/refDelay {delay} must lie in 1..{REFRACTORY_MAX}")
    if delay != 1 and kind not in ("CUBA", "LOIHI"):
        raise UnsupportedLayerError(
            f"{where}: neuron/refDelay is {delay}; {kind} neurons only know a refractory delay of 1"
        )
    return bool(graded)


def _sigma_delta(values: Mapping[str, Any], threshold: Real, bias: Real, where: str, *, encodes: bool) -> Model:
    if int(values.get("sigma_output", 0)):
        return SigmaModel()
    cumulative = bool(values.get("cumulative", False))
    if encodes:
        return DeltaModel(threshold, cumulative)
    name = values.get("activation", "relu")
    if name not in ACTIVATIONS:
        raise UnsupportedLayerError(
            f"{where}: activation {name!r} is not known; use torch.nn.functional.relu, or a function named "
            "identity"
        )
    return SigmaDeltaModel(threshold, bias, ACTIVATIONS[name], cumulative)
