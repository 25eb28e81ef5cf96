"""What SLAYER's own blocks answer, mended where their forward pass is known to be wrong."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from tests.versus_slayer.blocks import WINDOW, Built, Cell

PASSES = 3
"""Forward passes in training, in which a norm learns its mean."""
MENDED = {
    "cuba, per channel": "SLAYER's own forward pass fails, as the decays of channels lack the axes of an image",
    "adrf_iz": "SLAYER's own forward pass fails, as it joins two arguments of its spike function",
}
"""What is mended of the families whose blocks fail."""


def mended_answer(cell: Cell, built: Built, rng: np.random.Generator) -> list[Any] | None:
    """Mend what is known to be wrong with SLAYER's blocks and run them; ``None`` where they fail all the same."""
    for block in built.blocks:
        neuron = getattr(block, "neuron", None)
        if neuron is not None and cell.family == "adrf_iz":  # it joins the arguments of its spikes wrongly
            neuron.forward = lambda values, neuron=neuron: neuron.spike(*neuron.dynamics(values))
        if neuron is not None and cell.family == "cuba, per channel":  # its decays lack the axes of an image
            neuron.dynamics = functools.partial(_by_channel, neuron, neuron.dynamics)
    try:
        return own_answer(cell, built, rng)
    except (AttributeError, RuntimeError, TypeError):  # it cannot run for another reason too; the page shows which
        return None


def _by_channel(neuron: Any, dynamics: Any, values: Any) -> Any:
    decays = [neuron.current_decay, neuron.voltage_decay]
    axes = (-1, *[1] * (values.ndim - 3))
    for decay in decays:
        decay.data = decay.data.reshape(axes if neuron.shape else -1)
    try:
        return dynamics(values)
    finally:
        for decay in decays:
            decay.data = decay.data.reshape(-1)


def own_answer(cell: Cell, built: Built, rng: np.random.Generator) -> list[Any]:
    """Let SLAYER learn its norms, set its delays, begin at rest and answer."""
    import torch

    values = torch.from_numpy(built.values)
    silent = silent_steps(cell, built) * (WINDOW if _decimates(built) else 1)
    values = torch.cat([torch.zeros_like(values[..., :1])] * silent + [values], dim=-1)
    blocks = torch.nn.ModuleList(built.blocks)
    with torch.no_grad():
        for _ in range(PASSES if "norm" in cell.variant else 1):
            _through(blocks, values)
        blocks.eval()
        for norm in (module for module in blocks.modules() if hasattr(module, "weight_exp")):
            if norm.weight_exp == 0:  # a scale of 1 would prove nothing
                norm.running_var *= 4
        for block in blocks:
            delay = getattr(block, "delay", None)
            if delay is not None:
                count = delay.delay.numel()
                delay.delay.data = torch.from_numpy(rng.integers(0, 6, count).astype(np.float32)) + 0.4
        _through(blocks, torch.cat([values, values[:1]]))  # another batch size: states go back to rest
        return _through(blocks, values)


def silent_steps(cell: Cell, built: Built) -> int:
    """Count the steps for which the chip's neurons meet their bias before the first message reaches them."""
    if cell.changes:
        added = getattr(built.blocks[0], "bias", None) is not None  # an input block that adds knows no silence
        return 0 if added else len(shown(built)) - encodes(built)
    return 1 - encodes(built)


def encodes(built: Built) -> int:
    """1 where the first block is an Input with neurons, which the host drives in the same step, else 0."""
    return int(type(built.blocks[0]).__name__ == "Input" and built.blocks[0].neuron is not None)


def _decimates(built: Built) -> bool:
    return type(built.blocks[0]).__name__ == "TimeDecimation"


def shown(built: Built) -> list[int]:
    """Indices of the blocks that become layers."""
    return [
        index
        for index, block in enumerate(built.blocks)
        if type(block).__name__ != "Flatten"
        and not (type(block).__name__ == "Input" and block.neuron is None)
        and not (index == 0 and _decimates(built))
    ]


def _through(blocks: Any, values: Any) -> list[Any]:
    out = []
    for block in blocks:
        values = block(values)
        out.append(values)
    return out


def first_line(error: Exception) -> str:
    """Kind and beginning of an error of SLAYER's."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:90]}"
