"""What each type of block keeps in a ``.net`` file: weights, sizes, delays, bias and neuron."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compile.errors import UnsupportedLayerError
from compile.frontends.slayer_chain import UNITS_LIMIT, axonal_delays, check_delays
from compile.frontends.slayer_neurons import NEEDED, SCALE, spread
from compile.frontends.strict_hdf5 import StrictGroup
from compile.neurons import Real
from compile.synapses import Pair
from hardware.chip.widths import THRESHOLD_MANTISSA_MAX
from hardware.encoder import Encoder
from hardware.errors import ContainerError, NetworkError
from hardware.neurons.resonator import IMAGINARY

NORM_EXPONENT_LIMIT = 3
"""SLAYER's WgtScaleBatchNorm scales by 2^-3..2^3, yet exports the exponent as it was before that limit."""
OLD_KEYS = frozenset(["wgtExp", "theta", "tauRho", "scaleRho"])


def where_of(index: int, kind: str) -> str:
    """Name a block in errors."""
    return f"layer {index} ({kind})"


def read_shape(group: StrictGroup, where: str) -> tuple[int, ...]:
    """Return the block's ``shape``, channels first."""
    shape = tuple(int(axis) for axis in group.array("shape", kinds="iu", most_axes=1).reshape(-1))
    if not 1 <= len(shape) <= 3 or min(shape) < 1 or math.prod(shape) > UNITS_LIMIT:
        raise ContainerError(f"{where}: shape {shape} is not 1 to 3 axes of at most {UNITS_LIMIT} units")
    return shape


def read_count(group: StrictGroup, key: str, where: str) -> int:
    """Return a number of features, channels or groups."""
    count = group.integer(key)
    if not 1 <= count <= UNITS_LIMIT:
        raise ContainerError(f"{where}: {key} {count} must lie in 1..{UNITS_LIMIT}")
    return count


def read_pair(group: StrictGroup, key: str, where: str, low: int, default: int | None = None) -> Pair:
    """Return a size along rows and columns; one number stands for both."""
    if key not in group.keys and default is not None:
        return default, default
    values = group.array(key, kinds="iu", most_axes=1).reshape(-1)
    if values.size not in (1, 2) or values.min() < low or values.max() > UNITS_LIMIT:
        raise ContainerError(
            f"{where}: {key} {values.tolist()[:4]} must be one or two integers in {low}..{UNITS_LIMIT}"
        )
    return int(values[0]), int(values[-1])


def read_weights(group: StrictGroup, where: str, shape: tuple[int, ...]) -> dict[str, NDArray[np.float64]]:
    """Return real weights by port: one array, or the real and the imaginary part of a complex one.

    Parameters
    ----------
    group : StrictGroup
        The block.
    where : str
        The block, for errors.
    shape : tuple of int
        What the weights must be; flat, or with further axes of length 1 at their end, is allowed.
    """
    if not group.is_group("weight"):
        return {"": _weights(group, "weight", where, shape)}
    both = group.group("weight")
    both.only({"real", "imag"})
    return {"": _weights(both, "real", where, shape), IMAGINARY: _weights(both, "imag", where, shape)}


def read_recurrent(group: StrictGroup, where: str, units: int) -> NDArray[np.float64]:
    """Return the weights of a population from itself, shape (units, units)."""
    return _weights(group, "weight_rec", where, (units, units))


def read_bias(group: StrictGroup, where: str, shape: tuple[int, ...]) -> Real:
    """Return the bias, divided by SLAYER's scale."""
    if "bias" not in group.keys:
        return 0.0
    bias = group.array("bias", most_axes=1).astype(np.float64)
    if bias.size == 0:
        raise ContainerError(f"{where}: bias is empty")
    return spread(bias / SCALE, shape, "bias", where)


def read_delays(
    group: StrictGroup, where: str, shape: tuple[int, ...], sources: int | None
) -> tuple[NDArray[np.uint8] | None, NDArray[np.uint8] | None]:
    """Return axonal delays, shape (units,), and synaptic delays, shape (targets, sources), of a block.

    Parameters
    ----------
    group : StrictGroup
        The block.
    where : str
        The block, for errors.
    shape : tuple of int
        Of the population.
    sources : int or None
        What a dense block reads; lava-dl's netx takes as many delays for those of its input. ``None`` where the
        block is not dense.
    """
    if "delay" not in group.keys:
        return None, None
    delays, units = group.array("delay"), math.prod(shape)
    if delays.ndim == 2 and sources is not None and delays.shape == (units, sources):
        check_delays(delays, where)
        return None, delays.astype(np.uint8)
    if delays.ndim < 2 and sources is not None and delays.size == sources and delays.size not in (1, units):
        check_delays(delays, where)
        return None, np.broadcast_to(delays.reshape(-1).astype(np.uint8), (units, sources))
    if delays.ndim == 2:
        raise ContainerError(f"{where}: delays have shape {delays.shape}, expected one a channel or a synapse")
    return axonal_delays(delays, shape, where), None


def read_neuron(group: StrictGroup, where: str) -> dict[str, Any]:
    """Return the parameters of the block's neuron, every key accounted for."""
    neuron = group.group("neuron")
    kind = neuron.text("type")
    needed = NEEDED.get(kind)
    if needed is None:
        return {"type": kind}
    more = {"type", "messageBits"}
    more |= {"activation", "sigma_output"} if kind == "SDNN" else {"gradedSpike"}
    if kind in ("CUBA", "LOIHI", "ALIF"):
        more |= {"refDelay"}
    if kind in ("CUBA", "LOIHI"):
        more |= OLD_KEYS
    neuron.only(needed | more | {"weight_exp"})
    values: dict[str, Any] = {"type": kind}
    for key in sorted(needed):
        values[key] = neuron.array(key, kinds="iu", most_axes=3)
    for key in sorted(neuron.keys & {"messageBits", "gradedSpike", "sigma_output", "refDelay"}):
        values[key] = neuron.integer(key)
    if "activation" in neuron.keys:
        values["activation"] = neuron.text("activation")
    _check_old(neuron, values, where)
    return values


def read_norm(group: StrictGroup, where: str, shape: tuple[int, ...]) -> tuple[float, Real]:
    """Return scale and shift of the block's norm; a ``.net`` file calls the shift, before it is scaled, bias."""
    scale = 1 / _deviation(group, where)
    return scale, scale * read_bias(group, where, shape)


def read_encoder(group: StrictGroup, where: str, *, delta: bool) -> Encoder:
    """Return how the host makes the input; a delta encoder without weight and bias takes it at a scale of 64."""
    values = {}
    for key in ("weight", "bias"):
        if key in group.keys:
            value = group.real(key)
            if value != math.floor(value):
                raise ContainerError(f"{where}: {key} {value:g} must be a whole number, as SLAYER exports it")
            values[key] = int(value)
    try:
        return Encoder(**values, divide=6 if delta and not values else 0)
    except NetworkError as error:
        raise ContainerError(f"{where}: {error}") from error


def _deviation(group: StrictGroup, where: str) -> float:
    """Return what WgtScaleBatchNorm divides the block's input by, a power of two."""
    if "neuron" not in group.keys or "weight_exp" not in group.group("neuron").keys:
        return 1.0
    exponent = group.group("neuron").real("weight_exp")
    if exponent != math.floor(exponent) or abs(exponent) > NORM_EXPONENT_LIMIT:
        raise UnsupportedLayerError(
            f"{where}: neuron/weight_exp (WgtScaleBatchNorm) is {exponent:g}; SLAYER limits it to "
            f"-{NORM_EXPONENT_LIMIT}..{NORM_EXPONENT_LIMIT} but exports it without that limit, so the file does "
            "not say which scale it used; compile the live module instead"
        )
    return float(2.0**exponent)


def _weights(group: StrictGroup, key: str, where: str, shape: tuple[int, ...]) -> NDArray[np.float64]:
    weights = group.array(key, most_axes=5)
    found = weights.shape
    while len(found) > len(shape) and found[-1] == 1:
        found = found[:-1]
    if found != shape and weights.shape != (math.prod(shape),):
        raise ContainerError(f"{where}: weights have shape {weights.shape}, expected {shape}")
    real: NDArray[np.float64] = weights.reshape(shape).astype(np.float64) / SCALE
    return real


def _check_old(neuron: StrictGroup, values: Mapping[str, Any], where: str) -> None:
    if "wgtExp" in neuron.keys and neuron.integer("wgtExp"):
        raise UnsupportedLayerError(
            f"{where}: neuron/wgtExp is {neuron.integer('wgtExp')}; weight exponents of the old exporter are not "
            "supported; train it without them"
        )
    if "theta" in neuron.keys:
        theta, mantissa = neuron.real("theta"), int(np.max(values["vThMant"]))
        # The old exporter raised the mantissa, not theta, of a layer that shall never fire.
        if theta != mantissa * SCALE and mantissa < THRESHOLD_MANTISSA_MAX:
            raise ContainerError(f"{where}: neuron/theta {theta:g} contradicts vThMant {mantissa}")
    for key in ("tauRho", "scaleRho"):  # shape of SLAYER's surrogate gradient: of no meaning once trained
        if key in neuron.keys:
            neuron.real(key)
