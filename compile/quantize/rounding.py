"""The parameters of neurons, scaled by what their weights are scaled by and rounded onto their grids."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from compile.neurons import AlifModel, CubaModel, DeltaModel, Model, Real, ResonatorModel, SigmaDeltaModel
from compile.quantize.messages import STATE_SCALE, SUM_SCALE, WEIGHT_SCALE
from hardware.chip import widths
from hardware.neurons.cuba import Message
from hardware.neurons.sigma_delta import WORD_MAX

STATE_MAX = widths.STATE_LIMIT - 1
BIAS_MAX = (widths.BIAS_MANTISSA_LIMIT - 1) << widths.BIAS_EXPONENT_MAX
_THRESHOLD = (WEIGHT_SCALE, 0, widths.THRESHOLD_MANTISSA_MAX)
_STATE = (STATE_SCALE, -STATE_MAX, STATE_MAX)
_GRIDS: dict[type[Model], dict[str, tuple[int, int, int]]] = {
    CubaModel: {"threshold": _THRESHOLD, "bias": (STATE_SCALE, -BIAS_MAX, BIAS_MAX), "drive": _STATE},
    AlifModel: {"threshold": _THRESHOLD, "threshold_step": _THRESHOLD, "bias": _STATE, "drive": _STATE},
    ResonatorModel: {
        "threshold": _THRESHOLD,
        "threshold_step": _THRESHOLD,
        "drive_real": _STATE,
        "drive_imag": _STATE,
    },
    DeltaModel: {"threshold": (SUM_SCALE, 0, WORD_MAX)},
    SigmaDeltaModel: {"threshold": (SUM_SCALE, 0, WORD_MAX), "bias": (SUM_SCALE, -WORD_MAX, WORD_MAX)},
}
"""Scale, lowest and highest integer of each parameter that grows with the weights."""


def room(model: Model, units: int) -> NDArray[np.float64]:
    """Return the largest factor by which the parameters of each unit may grow, shape (units,)."""
    most = np.full(units, np.inf)
    for name, (scale, _, high) in _grids(model).items():
        if name == "threshold" and _never_fires(model):
            continue
        used = np.abs(_spread(getattr(model, name), units)) * scale
        np.minimum(most, np.divide(high, used, out=np.full(units, np.inf), where=used > 0), out=most)
    return most


def rounded(model: Model, factor: NDArray[np.float64]) -> tuple[Model, int]:
    """Scale the parameters of each unit by its factor, and round all of them onto their grids.

    Parameters
    ----------
    model : Model
        Real numbers.
    factor : float64 array, shape (units,)
        What the weights into each unit are scaled by.

    Returns
    -------
    model : Model
        Numbers that exact quantization keeps.
    clipped : int
        How many were cut to their range.
    """
    changes: dict[str, Real] = {}
    clipped = 0
    for field in dataclasses.fields(model):
        if field.name.endswith("_decay"):
            decay = np.asarray(getattr(model, field.name), np.float64)
            changes[field.name] = np.rint(decay * widths.DECAY_UNITY) / widths.DECAY_UNITY
    for name, (scale, low, high) in _grids(model).items():
        value = getattr(model, name)
        scaled = _spread(value, factor.size) * factor * scale
        kept = np.clip(np.rint(scaled), low, high)
        if not (name == "threshold" and _never_fires(model)):
            clipped += int(np.count_nonzero(np.rint(scaled) != kept))
        if isinstance(model, CubaModel) and name == "bias":
            kept = _shared_exponent(kept)
        changes[name] = float(kept[0]) / scale if name == "threshold_step" else kept / scale
    return dataclasses.replace(model, **changes), clipped


def lossless(model: Model, factor: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Say for each unit whether its scaled parameters lie on their grids, shape (units,)."""
    whole = np.ones(factor.size, bool)
    for name, (scale, low, high) in _grids(model).items():
        scaled = _spread(getattr(model, name), factor.size) * factor * scale
        if not (name == "threshold" and _never_fires(model)):
            whole &= (scaled == np.rint(scaled)) & (scaled >= low) & (scaled <= high)
    return whole


def _grids(model: Model) -> dict[str, tuple[int, int, int]]:
    grids = _GRIDS.get(type(model), {})
    return {name: grid for name, grid in grids.items() if getattr(model, name) is not None}


def _never_fires(model: Model) -> bool:
    return isinstance(model, CubaModel) and model.message is Message.VOLTAGE


def _spread(value: Real, units: int) -> NDArray[np.float64]:
    return np.broadcast_to(np.asarray(value, np.float64), (units,))


def _shared_exponent(bias: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round biases at a scale of 4096 to mantissas of 13 bits with the smallest exponent that holds all."""
    largest = float(np.abs(bias).max())
    exponent = next(
        e for e in range(widths.BIAS_EXPONENT_MAX + 1) if np.rint(largest / (1 << e)) < widths.BIAS_MANTISSA_LIMIT
    )
    kept: NDArray[np.float64] = np.ldexp(np.rint(np.ldexp(bias, -exponent)), exponent)
    return kept
