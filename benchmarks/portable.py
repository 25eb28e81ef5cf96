"""A network in terms that every simulator of spiking neurons knows: weights, leaks and thresholds as numbers.

One unit here is one unit of a weight. A layer keeps of its voltage v the share 1 - leak from step to step, adds
what arrives, fires where v exceeds the threshold and then starts again from 0; an integrator only adds.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.networks import Workload
from hardware.chip import widths
from hardware.emulator.engine import EmulatorBackend
from hardware.network import Connection, Layer, Network
from hardware.neurons.cuba import Cuba, Message, Reset
from hardware.neurons.neuron import FINE
from hardware.program import Program
from hardware.spikes import SpikeTrain
from hardware.synapses.convolution import Convolution
from hardware.synapses.dense import Dense

ENCODED = 16
"""Samples whose first layer is run for simulators that take only spikes."""


def write_job(workload: Workload, folder: Path) -> None:
    """Write the folder that ``benchmarks.contenders.contender.Job`` reads.

    Where the network is not a chain of plain leaky neurons, ``meta.json`` says why under ``"unportable"``.
    """
    network = workload.program.network
    reason = why_not(network)
    layers: list[dict[str, Any]] = []
    arrays: dict[str, NDArray[Any]] = {}
    if not reason:
        layers += [_described(layer, network.into(layer.name)[0], arrays) for layer in network.layers]
    direct = network.connections[0].direct
    meta = {
        "name": workload.name,
        "steps": workload.steps,
        "file": str(workload.file) if workload.file else "",
        "inputs": network.inputs,
        "images": workload.input.ndim == 2,
        "input_scale": widths.DECAY_UNITY // 64 if direct else 1,
        "unportable": reason,
        "layers": layers,
    }
    if direct and not reason:
        np.save(folder / "encoder.npy", _encoder_spikes(workload))
    workload.program.save(folder / "program.h5")
    np.save(folder / "input.npy", workload.input)
    np.savez(folder / "weights.npz", **arrays)
    (folder / "meta.json").write_text(json.dumps(meta), encoding="utf-8")


def _encoder_spikes(workload: Workload) -> NDArray[Any]:
    """Return what the first layer sends, shape (samples, steps, units), for simulators that take only spikes."""
    network = workload.program.network
    first = network.layers[0]
    alone = Network(network.inputs, (first,), (network.connections[0],), network.graded_input, network.encoder)
    images = workload.input[:ENCODED]
    held = SpikeTrain(np.broadcast_to(images[:, None], (len(images), workload.steps, network.inputs)))
    return EmulatorBackend().load(Program(alone, workload.program.chip)).run(held).spikes[first.name]


def why_not(network: Network) -> str:
    """Say in a few words why a network is no chain of plain leaky neurons; empty where it is one."""
    previous = "input"
    for layer in network.layers:
        incoming = network.into(layer.name)
        if len(incoming) != 1 or incoming[0].source != previous:
            return "no plain chain of layers"
        if not isinstance(layer.neuron, Cuba):
            return f"no {layer.neuron.kind.replace('_', '-')} neurons"
        if layer.delays is not None or not _plain(layer.neuron) or not _same_bits(incoming[0]):
            return f"layer {layer.name} is no plain leaky neuron"
        previous = layer.name
    return ""


def _plain(neuron: Cuba) -> bool:
    """Whether it is a leaky neuron without memory in its current, or a plain sum that is sent in every step."""
    if type(neuron.current_decay) is not int or type(neuron.voltage_decay) is not int:
        return False
    leaky = neuron.current_decay == widths.DECAY_UNITY and neuron.message is Message.SPIKE
    common = neuron.refractory == 1 and neuron.reset is Reset.ZERO and type(neuron.threshold) is int
    return (leaky or _sums(neuron)) and common and not np.any(neuron.drive)


def _sums(neuron: Cuba) -> bool:
    current_sums = neuron.current_decay == 0 and neuron.voltage_decay == widths.DECAY_UNITY
    return current_sums and neuron.message is Message.VOLTAGE


def _same_bits(connection: Connection) -> bool:
    synapse = connection.synapse
    return synapse.exponent == 0 and (
        connection.direct
        or (isinstance(synapse, Dense) and synapse.delays is None)
        or (isinstance(synapse, Convolution) and not synapse.transposed)
    )


def _described(layer: Layer, connection: Connection, arrays: dict[str, NDArray[Any]]) -> dict[str, Any]:
    neuron, synapse = layer.neuron, connection.synapse
    if not isinstance(neuron, Cuba):
        raise TypeError(f"layer {layer.name} was said to be a leaky neuron")
    image = synapse.target_shape if isinstance(synapse, Convolution) else None
    described: dict[str, Any] = {
        "name": layer.name,
        "units": layer.units,
        "kind": "sum" if _sums(neuron) else "leaky",
        "leak": int(neuron.voltage_decay) / widths.DECAY_UNITY if not _sums(neuron) else 0.0,
        "threshold": int(neuron.threshold),
        "shape": list(image or (layer.units,)),
        "synapse": "direct" if connection.direct else synapse.kind,
    }
    bias = neuron.bias / 64
    if bias.any():
        channels = bias.reshape(image[0], -1) if image else bias[:, None]
        if np.any(channels != channels[:, :1]):
            raise ValueError(f"layer {layer.name}: its biases differ within a channel")
        arrays[f"{layer.name}.bias"] = channels[:, 0].astype(np.float32)
    if isinstance(synapse, Convolution):
        described |= {name: getattr(synapse, name) for name in ("stride", "padding", "dilation", "groups")}
        described["source_shape"] = list(synapse.source_shape)
    if not connection.direct:
        arrays[f"{layer.name}.weight"] = synapse.weights.astype(np.float32)
    elif connection.port != FINE or np.any(synapse.weights != 64):
        raise ValueError(f"layer {layer.name}: the host drives it at another scale")
    return described
