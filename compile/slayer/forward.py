"""SLAYER's quantized forward pass of a Program, an oracle that shares no code with our backends.

Neurons and axonal delays are SLAYER's own, synapses are torch's operators. Index k of every layer is what the
backends call index k: a message arrives one step after it is sent. SLAYER itself delays the answer of a neuron
instead, which is the same from its second step on; so where a layer has a bias, SLAYER's own pass needs one silent
step first. Its sigma-delta blocks take no step at all: their index k is our k + (number of connections passed).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from compile.slayer.availability import load
from compile.slayer.neurons import population
from compile.slayer.synapses import Arrivals
from compile.slayer.train import EVALUATION_BATCH, to_tensor
from hardware.errors import LavaFedError
from hardware.network import INPUT, Layer, Network
from hardware.program import Program
from hardware.spikes import SpikeTrain

Traces = dict[str, NDArray[np.uint8] | NDArray[np.int32]]
VALUES_AT_ONCE = 1 << 24
"""Most values of a layer's trace that are computed at once."""


def quantized_forward(program: Program, spikes: SpikeTrain) -> Traces:
    """Run a Program's integers through SLAYER's neurons.

    Parameters
    ----------
    program : Program
        Any graph of layers; its learning rules and teachers are left aside.
    spikes : SpikeTrain
        Input; each sample from rest.

    Returns
    -------
    dict of str to uint8 or int32 array, shape (samples, steps, units)
        What every layer sends, by name; int32 where it is graded.

    Raises
    ------
    LavaFedError
        Where SLAYER cannot express the Program or does not have the chip's limits; names layer and reason.
    BackendUnavailableError
        Where SLAYER is not installed.
    """
    network = program.network
    if spikes.units != network.inputs:
        raise LavaFedError(f"the input has {spikes.units} units, the network expects {network.inputs}")
    if spikes.samples == 0 or spikes.steps == 0:
        raise LavaFedError(f"the input is empty: {spikes.samples} samples of {spikes.steps} steps")
    load()
    largest = max(network.inputs, *(layer.units for layer in network.layers)) * spikes.steps
    batch = max(1, min(EVALUATION_BATCH, VALUES_AT_ONCE // largest))
    parts = [_run(network, spikes.take(slice(start, start + batch))) for start in range(0, spikes.samples, batch)]
    return {layer.name: np.concatenate([part[layer.name] for part in parts]) for layer in network.layers}


def _run(network: Network, spikes: SpikeTrain) -> Traces:
    import torch

    with torch.no_grad():
        sent = {INPUT: to_tensor(spikes).double()}
        for group in in_order(network):
            layers = [_Running(network, layer, spikes) for layer in group]
            for layer in layers:
                sent[layer.name] = layer.sent
            looped = len(group) > 1 or any(c.source == group[0].name for c in network.into(group[0].name))
            stride = 1 if looped else spikes.steps
            for start in range(0, spikes.steps, stride):
                for layer in layers:
                    layer.advance(sent, start, start + stride)
    return {layer.name: _to_array(sent[layer.name], network.sends_graded(layer.name)) for layer in network.layers}


class _Running:
    """A layer on its way through time."""

    def __init__(self, network: Network, layer: Layer, spikes: SpikeTrain) -> None:
        import torch

        self.name = layer.name
        self.sent = torch.zeros(spikes.samples, layer.units, spikes.steps, dtype=torch.float64)
        self._ports = layer.neuron.ports
        self._ways = [
            (c.source, c.port or self._ports[0], Arrivals(c), int(c.direct)) for c in network.into(layer.name)
        ]
        self._advance = population(layer)
        self._delays = None if layer.delays is None else torch.from_numpy(layer.delays.astype(np.float64))

    def advance(self, sent: dict[str, Any], start: int, stop: int) -> None:
        """Compute what the layer sends in the steps from ``start`` to ``stop``, or once its axons let go of it."""
        import torch

        nothing = torch.zeros(*self.sent.shape[:-1], stop - start, dtype=torch.float64)
        arrived = dict.fromkeys(self._ports, nothing)
        for source, port, arrivals, early in self._ways:
            arrived[port] = arrived[port] + arrivals.between(sent[source], start + early, stop + early)
        made = self._advance(arrived)
        if self._delays is None:
            self.sent[..., start:stop] = made
            return
        later = torch.zeros_like(self.sent)
        later[..., start:stop] = made
        self.sent += _delayed(later, self._delays)


def _delayed(sent: Any, delays: Any) -> Any:
    axon = load().axon.Delay().double()
    axon.delay.data = delays
    axon.init = True
    return axon(sent)


def _to_array(sent: Any, graded: bool) -> NDArray[np.uint8] | NDArray[np.int32]:
    values = np.ascontiguousarray(np.moveaxis(sent.numpy(), 1, 2))
    if not graded:
        return values.astype(np.uint8)
    return values.astype(np.int64).astype(np.int32)


def in_order(network: Network) -> list[list[Layer]]:
    """Sort layers so that each group reads only itself and earlier groups; a group of several is a loop."""
    reach = {layer.name: {c.source for c in network.into(layer.name)} - {INPUT} for layer in network.layers}
    for middle, before in reach.items():
        for seen in reach.values():
            if middle in seen:
                seen.update(before)
    groups: list[list[Layer]] = []
    for layer in network.layers:
        name = layer.name
        if any(name in (other.name for other in group) for group in groups):
            continue
        groups.append(
            [o for o in network.layers if o.name == name or (o.name in reach[name] and name in reach[o.name])]
        )
    return sorted(groups, key=lambda group: len(reach[group[0].name] - {o.name for o in group}))
