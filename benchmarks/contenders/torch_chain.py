"""A chain of layers in torch, for peers that bring only the neurons.

Synapses are torch's own matrix products and convolutions, in float32, computed for all steps at once, which is the
fastest way that torch has; only the neurons go step by step. What is timed passes all layers in one step.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from benchmarks.contenders.contender import Contender, Job, Layers

HALF = 0.5 / 64
"""Taken beyond a threshold, so that ``>`` and ``>=`` mean the same on the chip's grid of 1/64."""


class TorchChain(Contender):
    """Layers of torch's synapses and a peer's neurons."""

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        import torch

        torch.set_grad_enabled(False)
        if job.meta["unportable"]:
            raise ValueError(job.meta["unportable"])
        self._chain = [
            (layer["name"], layer["synapse"] == "direct", _synapses(layer, job), self._neurons(layer))
            for layer in job.meta["layers"]
        ]

    @abstractmethod
    def neurons(self, layer: Mapping[str, Any]) -> Callable[[Any], Any]:
        """Make a layer's neurons: a function from input to spikes, both (steps, batch, ...), from rest."""

    def _neurons(self, layer: Mapping[str, Any]) -> Callable[[Any], Any]:
        return _sum if layer["kind"] == "sum" else self.neurons(layer)

    def threads(self, count: int) -> None:
        """Use this many threads."""
        import torch

        torch.set_num_threads(count)

    def work(self, start: int, batch: int) -> Callable[[], object]:
        """Make a tensor of the batch."""
        drive = self._drive(start, batch)
        return lambda: self._forward(drive, None)

    def layers(self, samples: int) -> Layers:
        """Return every layer's messages, with each connection a step late as on the chip."""
        kept: dict[str, Any] = {}
        self._forward(self._drive(0, samples), kept)
        return {name: np.moveaxis(sent.flatten(2).numpy(), 0, 1) for name, sent in kept.items()}

    def _drive(self, start: int, batch: int) -> Any:
        import torch

        values = torch.from_numpy(self.job.drive(start, batch))
        if values.ndim == 2:
            return values.expand(self.job.steps, *values.shape)
        return values.transpose(0, 1).contiguous()

    def _forward(self, sent: Any, kept: dict[str, Any] | None) -> Any:
        for name, direct, synapses, neurons in self._chain:
            if kept is not None and not direct:
                sent = _a_step_later(sent)
            sent = neurons(synapses(sent))
            if kept is not None:
                kept[name] = sent
        return sent


def _synapses(layer: Mapping[str, Any], job: Job) -> Callable[[Any], Any]:
    """Make a layer's synapses: a function from (steps, batch, ...) to (steps, batch, ...)."""
    import torch

    stored = job.arrays.get(f"{layer['name']}.bias")
    bias = None if stored is None else torch.from_numpy(stored)
    if layer["synapse"] == "direct":
        return lambda sent: sent if bias is None else sent + bias
    weight = torch.from_numpy(job.arrays[f"{layer['name']}.weight"])
    if layer["synapse"] == "dense":
        return lambda sent: torch.nn.functional.linear(sent.flatten(2), weight, bias)
    shape = layer["source_shape"]
    options = {name: layer[name] for name in ("stride", "padding", "dilation", "groups")}

    def convolve(sent: Any) -> Any:
        images = sent.reshape(-1, *shape)
        out = torch.nn.functional.conv2d(images, weight, bias, **options)
        return out.reshape(*sent.shape[:2], *out.shape[1:])

    return convolve


def _a_step_later(sent: Any) -> Any:
    import torch

    return torch.cat([torch.zeros_like(sent[:1]), sent[:-1]])


def _sum(arrived: Any) -> Any:
    return arrived.cumsum(0)
