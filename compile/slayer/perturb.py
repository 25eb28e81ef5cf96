"""Weights that are imperfect while a network trains."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from compile.frontends.slayer_neurons import SCALE
from compile.slayer.hooks import QUANTIZE_8BIT, hook_of
from hardware.mismatch.profile import DeviceProfile, MismatchError
from hardware.mismatch.stored_word import StoredWord
from hardware.mismatch.weights import imperfect_weights
from hardware.synapses.grid import WeightGrid

WORD = StoredWord.of_grid(WeightGrid())
"""SLAYER's ``quantize_8bit`` makes weights of the mixed 8-bit grid, over 64."""


@contextmanager
def perturbed(module: Any, profile: DeviceProfile, rng: np.random.Generator) -> Iterator[None]:
    """Let a SLAYER module compute with the weights of one imperfect device.

    Inside the block every forward pass uses what ``hardware.mismatch`` makes of the quantized weights as they are
    when the block begins: gain, flipped bits, stuck weights and dead synapses, on the chip's grid. Gradients pass
    as if nothing had happened, as they do through the quantization itself. Thresholds, leaks and dead neurons are
    left out. Afterwards the module is as before.

    Parameters
    ----------
    module : torch.nn.Module
        Holds synapses of ``lava.lib.dl.slayer`` that quantize by ``quantize_8bit``.
    profile : DeviceProfile
        How imperfect the device is.
    rng : numpy.random.Generator
        Draws the device; use the block anew for each batch, so that the network meets many devices.

    Raises
    ------
    MismatchError
        Where a synapse quantizes in another way, or there is none.

    Examples
    --------
    In any training loop::

        with perturbed(net, find_profile("mixed-signal"), rng):
            output = net(spikes)
        loss_of(output, labels).backward()
    """
    synapses = _synapses(module)
    hooks = [synapse.pre_hook_fx for synapse in synapses]
    try:
        for synapse, hook in zip(synapses, hooks, strict=True):
            synapse.pre_hook_fx = _changed(synapse, hook, profile, rng)
        yield
    finally:
        for synapse, hook in zip(synapses, hooks, strict=True):
            synapse.pre_hook_fx = hook


def _synapses(module: Any) -> list[Any]:
    from lava.lib.dl.slayer.synapse.layer import GenericLayer

    found = [part for part in module.modules() if isinstance(part, GenericLayer) and hasattr(part, "weight")]
    if not found:
        raise MismatchError("nothing to perturb: the module has no SLAYER synapse")
    for part in found:
        name = hook_of(part)
        if name != QUANTIZE_8BIT:
            raise MismatchError(
                f"a {type(part).__name__} synapse quantizes by {name}; to train it for imperfect devices, let its "
                "pre_hook_fx be the neuron's quantize_8bit"
            )
    return found


def _changed(synapse: Any, hook: Any, profile: DeviceProfile, rng: np.random.Generator) -> Any:
    """Return a hook that adds to the quantized weights what makes them imperfect."""
    import torch

    with torch.no_grad():
        quantized = hook(synapse.weight)
    perfect = np.rint(quantized.detach().cpu().double().numpy() * SCALE).astype(np.int16)
    weights, _ = imperfect_weights(perfect, WORD, profile, lambda _: rng, type(synapse).__name__)
    change = torch.from_numpy((weights.astype(np.float32) - perfect) / SCALE).to(quantized)
    return lambda weight: hook(weight) + change
