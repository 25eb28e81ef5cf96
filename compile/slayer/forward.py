"""SLAYER's quantized forward pass of a Program, an oracle that shares no code with our backends."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from compile.slayer.availability import load
from compile.slayer.model import chain
from compile.slayer.recipe import THRESHOLD_LIMIT
from compile.slayer.train import EVALUATION_BATCH, to_tensor
from hardware.chip import ALIGN_SHIFT, DECAY_UNITY, STATE_LIMIT
from hardware.errors import LavaFedError
from hardware.network import INPUT, Connection, Network
from hardware.program import Program
from hardware.spikes import SpikeTrain
from hardware.synapses.grid import SignMode

WEIGHT_SCALE = 1 << ALIGN_SHIFT
STATE_SCALE = WEIGHT_SCALE << ALIGN_SHIFT


def quantized_forward(program: Program, spikes: SpikeTrain) -> dict[str, NDArray[np.uint8]]:
    """Run a Program's integers through SLAYER's dense CUBA blocks.

    Index k of each layer is what our backends call index k. A silent step is put before the input and dropped
    again, because SLAYER delays a layer's answer after its neuron while the chip delays the message before it:
    in the chip's first step neurons already see their bias, in SLAYER's they are not yet computed. Without
    biases this changes nothing, and the result is that of the plain forward pass.

    Parameters
    ----------
    program : Program
        A chain of dense layers from the input.
    spikes : SpikeTrain
        Input; each sample from rest.

    Returns
    -------
    dict of str to uint8 array, shape (samples, steps, units)
        Spikes of every layer, by name.

    Raises
    ------
    LavaFedError
        Where SLAYER cannot express the Program or does not have its 24-bit limits; names layer and reason.
    BackendUnavailableError
        Where SLAYER is not installed.
    """
    connections = _chain_of(program.network)
    if spikes.units != program.network.inputs:
        raise LavaFedError(f"the input has {spikes.units} units, the network expects {program.network.inputs}")
    if spikes.samples == 0 or spikes.steps == 0:
        raise LavaFedError(f"the input is empty: {spikes.samples} samples of {spikes.steps} steps")
    load()
    module = _build(program.network, connections)
    out: dict[str, list[NDArray[np.uint8]]] = {layer.name: [] for layer in program.network.layers}
    for start in range(0, spikes.samples, EVALUATION_BATCH):
        part = _run(module, spikes.take(slice(start, start + EVALUATION_BATCH)), program.network)
        for name, values in part.items():
            out[name].append(values)
    return {name: np.concatenate(parts) for name, parts in out.items()}


def _chain_of(network: Network) -> list[Connection]:
    """Return one connection a layer, in order, or say what SLAYER cannot express."""
    connections = []
    before = INPUT
    for layer in network.layers:
        incoming = network.into(layer.name)
        where = f"layer {layer.name!r}"
        if len(incoming) != 1 or incoming[0].source != before:
            raise LavaFedError(
                f"{where} reads {', '.join(repr(c.source) for c in incoming)}; SLAYER's forward pass is only a "
                f"chain, where it would read {before!r} alone"
            )
        synapse = incoming[0].synapse
        if synapse.exponent != 0 or synapse.grid.sign is not SignMode.MIXED or synapse.grid.bits != 8:
            raise LavaFedError(
                f"{where}: weights of {synapse.grid.bits} bits, {synapse.grid.sign.value} sign and exponent "
                f"{synapse.exponent}; SLAYER's forward pass knows 8 bits, mixed sign and exponent 0"
            )
        if odd := int(np.count_nonzero(synapse.weights % synapse.grid.step)):
            raise LavaFedError(
                f"{where}: {odd} of {synapse.weights.size} weights are odd, as learning on the chip leaves them; "
                "SLAYER's forward pass would round them to even, so compare the Program before it learned"
            )
        if layer.neuron.threshold >= THRESHOLD_LIMIT * WEIGHT_SCALE:
            raise LavaFedError(
                f"{where}: threshold mantissa {layer.neuron.threshold}; from "
                f"{int(THRESHOLD_LIMIT * WEIGHT_SCALE)} on SLAYER's single precision cannot tell "
                "a voltage at the threshold from one above it"
            )
        connections.append(incoming[0])
        before = layer.name
    return connections


def _build(network: Network, connections: list[Connection]) -> Any:
    """Return SLAYER blocks that hold the Program's integers; all divisions are by powers of two, hence exact."""
    import torch

    neurons = [
        {
            "threshold": layer.neuron.threshold / WEIGHT_SCALE,
            "current_decay": layer.neuron.current_decay / DECAY_UNITY,
            "voltage_decay": layer.neuron.voltage_decay / DECAY_UNITY,
        }
        for layer in network.layers
    ]
    module = chain(neurons, [network.inputs, *(layer.units for layer in network.layers)])
    with torch.no_grad():
        for block, layer, connection in zip(module, network.layers, connections, strict=True):
            weights = connection.synapse.weights.astype(np.float32) / WEIGHT_SCALE
            block.synapse.weight.copy_(torch.from_numpy(weights).reshape(block.synapse.weight.shape))
            if layer.neuron.bias.any():
                block.neuron.norm = _bias_module(layer.neuron.bias)
    return module


def _bias_module(bias: NDArray[np.int32]) -> Any:
    """Return a module that adds a constant per channel, in the place where SLAYER puts its batch norm."""
    import torch

    class Bias(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            values = torch.from_numpy(bias.astype(np.float32) / STATE_SCALE)
            self.register_buffer("values", values.reshape(1, -1, 1))

        def forward(self, current: Any) -> Any:
            return current + self.values

    return Bias()


def _run(module: Any, spikes: SpikeTrain, network: Network) -> dict[str, NDArray[np.uint8]]:
    import torch

    out = {}
    silent = torch.zeros(spikes.samples, spikes.units, 1)
    moving = torch.cat([silent, to_tensor(spikes)], dim=-1)
    with torch.no_grad():
        for block, layer in zip(module, network.layers, strict=True):
            _check_range(block, moving, layer.name)
            moving = block(moving)
            values = moving.numpy().astype(np.uint8)
            out[layer.name] = np.ascontiguousarray(np.moveaxis(values, 1, 2)[:, 1:])
    return out


def _check_range(block: Any, spikes: Any, name: str) -> None:
    current, voltage = block.neuron.dynamics(block.synapse(spikes))
    for what, state in (("current", current), ("voltage", voltage)):
        largest = int(state.abs().max().item() * STATE_SCALE)
        if largest >= STATE_LIMIT:
            raise LavaFedError(
                f"layer {name!r}: its {what} reaches {largest}, and SLAYER's forward pass neither wraps nor "
                f"saturates at the chip's {STATE_LIMIT}; it cannot serve as an oracle for this input"
            )
