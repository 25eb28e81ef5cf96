"""The hooks by which SLAYER's synapses quantize their weights.

SLAYER has two: a neuron's ``quantize_8bit`` makes even integers -256..254, over 64; the range of
``utils.quantize.quantize_hook_fx`` at ``num_bits`` b is -2^(b+1)..2^(b+1) - 2. They agree at b = 7. Which one a
synapse has is found by what it does to a few numbers, because users wrap and bind them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from compile.errors import UnsupportedLayerError
from compile.frontends.slayer_neurons import SCALE

NONE, QUANTIZE_8BIT, CUSTOM = "none", "quantize_8bit", "custom"
"""No hook or one that changes nothing; the neuron's own; anything else that is not SLAYER's."""
LOW, HIGH = -256, 254
BITS_MOST = 16


def hook_of(synapse: Any) -> str:
    """Name the hook of a real synapse, or of the real part of a complex one.

    Parameters
    ----------
    synapse : module of ``slayer.synapse``
        With a ``pre_hook_fx``.

    Returns
    -------
    str
        ``none``, ``quantize_8bit``, ``quantize_hook_fx(num_bits=<b>)``, or ``custom``.
    """
    return name_hook(getattr(synapse, "real", synapse).pre_hook_fx)


def name_hook(hook: Any) -> str:
    """Name a hook by what it does; see ``hook_of``."""
    import torch

    if hook is None:
        return NONE
    probe = torch.cat([torch.arange(-40, 41) / 128, torch.tensor([-1e4, 1e4, 3.99, -4.01, 7.9])])
    with torch.no_grad():
        found = (hook(probe.clone()) * SCALE).double().numpy()
    given = probe.double().numpy() * SCALE
    if np.array_equal(found, given):
        return NONE
    low, high = found.min(), found.max()
    if not np.array_equal(found, np.clip(2 * np.rint(given / 2), low, high)):
        return CUSTOM
    if (low, high) == (LOW, HIGH):
        return QUANTIZE_8BIT
    for bits in range(1, BITS_MOST + 1):
        if (low, high) == (-(2 << bits), (2 << bits) - 2):
            return f"quantize_hook_fx(num_bits={bits})"
    return CUSTOM


def weights_of(synapse: Any, mask: Any = None) -> NDArray[np.float64]:
    """Return the weights that a real synapse's forward pass uses: normed, masked, then through its hook.

    Parameters
    ----------
    synapse : module of ``slayer.synapse.layer``
        Not changed.
    mask : tensor or None
        Of the block; multiplied in first.

    Returns
    -------
    float64 array
        In the shape of ``synapse.weight``, without the time axis, which must have length 1.
    """
    import torch

    with torch.no_grad():
        weight = _normed(synapse)
        if mask is not None:
            weight = weight * mask
        if synapse.pre_hook_fx is not None:
            weight = synapse.pre_hook_fx(weight)
        real: NDArray[np.float64] = weight.detach().cpu().double().numpy()[..., 0]
    return real


def whole(hook: Any, value: Any, where: str) -> int:
    """Return the one integer at a scale of 64 that a hook makes of an input block's weight or bias.

    Raises
    ------
    UnsupportedLayerError
        Where the input block does not use ``quantize_8bit``, the only one that the host can imitate.
    """
    import torch

    if (name := name_hook(hook)) != QUANTIZE_8BIT:
        raise UnsupportedLayerError(
            f"{where}: its input is quantized by {name}; only the neuron's quantize_8bit is known for an input"
        )
    with torch.no_grad():
        return int(hook(value, descale=True).item())


def _normed(synapse: Any) -> Any:
    """Return the weight; where weight norm is enabled, what it is now and not what it was in the last pass."""
    for hook in synapse._forward_pre_hooks.values():
        if hasattr(hook, "compute_weight") and getattr(hook, "name", "") == "weight":
            return hook.compute_weight(synapse)
    return synapse.weight
