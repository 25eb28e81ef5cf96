"""SLAYER networks of dense CUBA blocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from compile.slayer.availability import load
from compile.slayer.recipe import Recipe

OWN_WIDTH = 100.0
"""Thresholds for each unit of SLAYER's ``tau_grad``."""


def build(recipe: Recipe, inputs: int, outputs: int) -> Any:
    """Build the network of a recipe, with weights drawn from torch's global generator.

    Every block quantizes its weights to even integers / 64 in each forward pass and trains through it
    (``neuron.quantize_8bit``, straight through); weight normalization is off.

    Parameters
    ----------
    recipe : Recipe
        Hidden sizes and neurons.
    inputs, outputs : int
        Units of data and of labels.

    Returns
    -------
    torch.nn.ModuleList
        One ``slayer.block.cuba.Dense`` a layer.
    """
    model = recipe.model
    neuron = {
        "threshold": model.threshold,
        "current_decay": model.current_decay,
        "voltage_decay": model.voltage_decay,
        "requires_grad": False,
        "shared_param": True,
        "tau_grad": recipe.training.gradient_width / OWN_WIDTH,
    }
    return chain([neuron] * (len(model.hidden) + 1), [inputs, *model.hidden, outputs], model.weight_scale)


def chain(neurons: Sequence[dict[str, Any]], sizes: Sequence[int], weight_scale: float = 1.0) -> Any:
    """Chain dense CUBA blocks.

    Parameters
    ----------
    neurons : sequence of dict
        Parameters of ``slayer.neuron.cuba.Neuron`` for each layer.
    sizes : sequence of int
        Units, beginning with the inputs: one more than there are layers.
    weight_scale : float
        Factor on torch's initial weights.
    """
    slayer = load()
    import torch

    return torch.nn.ModuleList(
        slayer.block.cuba.Dense(neuron, before, after, weight_scale=weight_scale, weight_norm=False)
        for neuron, before, after in zip(neurons, sizes[:-1], sizes[1:], strict=True)
    )
