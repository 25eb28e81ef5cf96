"""Parameters of a live SLAYER block: its neuron, norm, delays and weights, in real numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compile.errors import UnsupportedLayerError
from compile.frontends.slayer_chain import axonal_delays
from compile.frontends.slayer_neurons import SCALE, spread
from compile.frontends.slayer_norms import Parts
from compile.neurons import Real
from compile.slayer.hooks import weights_of
from hardware.neurons.resonator import IMAGINARY

RUN_FIRST = "run it forward once, so that SLAYER draws its parameters"


def check_scale(neuron: Any, where: str) -> None:
    """Check that a neuron has SLAYER's usual scale, and has drawn the parameters of its channels.

    Raises
    ------
    UnsupportedLayerError
        Where it has not.
    """
    if neuron.w_scale != SCALE:
        raise UnsupportedLayerError(
            f"{where}: its neuron has a scale of {neuron.w_scale}; only SLAYER's usual {SCALE} is known, so leave "
            "the parameter scale out"
        )
    if neuron.shape is None and any(name.endswith("_min") for name in vars(neuron)):
        raise UnsupportedLayerError(f"{where} has not drawn the parameters of its channels; {RUN_FIRST}")


def device_values(neuron: Any, where: str) -> dict[str, Any]:
    """Return a neuron's parameters as ``slayer_neurons.read_model`` takes them."""
    check_scale(neuron, where)
    if not hasattr(neuron, "delta"):
        return dict(neuron.device_params)
    threshold = neuron.delta.threshold.detach().cpu().double().numpy()
    return {
        "type": "SDNN",
        "vThMant": np.trunc(threshold * SCALE).astype(np.int64),
        "activation": activation_of(neuron.activation, where),
        "cumulative": bool(neuron.delta.cum_error),
    }


def activation_of(function: Any, where: str) -> str:
    """Name the activation of a sigma-delta neuron by what it does to a few numbers."""
    import torch

    probe = torch.tensor([-300.0, -2.5, -1.0, -1e-3, 0.0, 1e-3, 0.5, 3.0, 300.0])
    with torch.no_grad():
        found = function(probe.clone())
    if torch.equal(found, probe):
        return "identity"
    if torch.equal(found, torch.relu(probe)):
        return "relu"
    raise UnsupportedLayerError(
        f"{where}: its activation is neither relu nor the identity; sigma-delta units here have only these two"
    )


def norm_parts(neuron: Any, shape: tuple[int, ...], where: str) -> Parts:
    """Return scale and shift of a neuron's norms, by port."""
    if hasattr(neuron, "real_norm"):
        return {
            "": _norm(neuron.real_norm, shape, where),
            IMAGINARY: _norm(neuron.imag_norm, shape, where),
        }
    return {"": _norm(neuron.norm, shape, where)}


def bias_of(neuron: Any, shape: tuple[int, ...], where: str) -> Real:
    """Return the bias that was set on a sigma-delta neuron."""
    if not getattr(neuron, "bias_is_set", False):
        return 0.0
    return spread(neuron.bias.detach().cpu().double().numpy(), shape, "bias", where)


def delays_of(block: Any, shape: tuple[int, ...], where: str) -> NDArray[np.uint8] | None:
    """Return the axonal delays of a block, floored as SLAYER's forward pass and export do."""
    delay = block.delay
    if delay is None:
        return None
    if not delay.init:
        raise UnsupportedLayerError(f"{where} has not drawn its delays; {RUN_FIRST}")
    steps = delay.delay.detach().cpu().double().numpy().reshape(-1)
    steps = np.clip(steps, 0, math.inf if delay.max_delay is None else delay.max_delay)
    return axonal_delays(np.floor(steps), shape, where)


def ways_of(synapse: Any, mask: Any, where: str) -> dict[str, NDArray[np.float64]]:
    """Return the weights of a synapse by port, each without its time axis."""
    if synapse.complex:
        return {"": weights_of(synapse.real, mask), IMAGINARY: weights_of(synapse.imag, mask)}
    weights = weights_of(synapse, mask)
    if not np.isfinite(weights).all():
        raise UnsupportedLayerError(f"{where}: some weights are not finite numbers; train it again")
    return {"": weights}


def _norm(norm: Any, shape: tuple[int, ...], where: str) -> tuple[float, Real]:
    import torch

    if norm is None:
        return 1.0, 0.0
    if not hasattr(norm, "running_mean") or not hasattr(norm, "pre_hook_fx"):
        raise UnsupportedLayerError(
            f"{where}: its norm is a {type(norm).__name__}; known are SLAYER's MeanOnlyBatchNorm and "
            "WgtScaleBatchNorm"
        )
    with torch.no_grad():
        mean = norm.pre_hook_fx(norm.running_mean).cpu().double().numpy()
        scale = float(norm.std(norm.running_var)) if hasattr(norm, "running_var") else 1.0
    return 1 / scale, spread(-mean / scale, shape, "norm", where)
