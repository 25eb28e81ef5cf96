"""Neurons that never send anything, on the chip's own terms."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.chip.widths import BIAS_MANTISSA_LIMIT, DECAY_UNITY, STATE_LIMIT, THRESHOLD_MANTISSA_MAX
from hardware.mismatch.profile import MismatchError
from hardware.network import Connection, Layer, Network
from hardware.neurons.alif import Alif
from hardware.neurons.cuba import Cuba, Message
from hardware.neurons.neuron import PerUnit, spread
from hardware.neurons.readout import Readout
from hardware.neurons.resonator import Resonator
from hardware.neurons.sigma_delta import SigmaDelta
from hardware.synapses.convolution import Convolution
from hardware.synapses.dense import Dense
from hardware.synapses.sparse import Sparse
from hardware.synapses.synapse import Synapse

Dead = NDArray[np.bool_]
HELD_BELOW = 1 << 17
"""Input sums below this, shifted left by 6, stay below 2^23, so that u does not leave its 24 bits."""
LISTED_MAX = 1 << 24
"""Most synapses that a shared kernel is listed as."""


def silence(network: Network, dead: dict[str, Dead]) -> Network:
    """Return the network with some neurons dead.

    A CUBA or ALIF neuron whose input is provably small is held down by its own parameters: it forgets its state in
    every step, its bias pulls as hard as need be, and its threshold is the highest. Any other dead neuron is cut
    off: it has no bias and no drive, its threshold is the highest where it has one, and its incoming weights are
    0. A shared kernel cannot be cut for one unit, so it is then listed synapse by synapse; that sums in 32 bits
    where a plain convolution keeps 24, a difference only where a sum of weights times messages exceeds 2^23.

    Parameters
    ----------
    network : Network
        With neurons alive.
    dead : mapping of str to bool array, shape (units,)
        Which neurons of a layer are dead, by layer.

    Raises
    ------
    MismatchError
        Where a kernel learns or would be listed as more than 2^24 synapses, or a unit of a readout is dead.
    """
    layers, cut = [], {}
    for layer in network.layers:
        flags = dead.get(layer.name)
        if flags is None or not flags.any():
            layers.append(layer)
        elif can_hold(network, layer):
            layers.append(_held(layer, flags))
        elif isinstance(layer.neuron, Readout):
            raise MismatchError(
                f"layer {layer.name!r}: a dead unit of a readout would still send errors; set "
                "faults.dead_neurons to 0 in the device profile"
            )
        else:
            layers.append(_unbiased(layer, flags))
            cut[layer.name] = flags
    connections = tuple(
        dataclasses.replace(c, synapse=_cut(c, cut[c.target])) if c.target in cut else c
        for c in network.connections
    )
    return dataclasses.replace(network, layers=tuple(layers), connections=connections)


def can_hold(network: Network, layer: Layer) -> bool:
    """Say whether a layer's neurons can be held down by their own parameters, whatever arrives.

    With all decays at 4096 and no drive, |u| < 2^23. The bias of a CUBA neuron is at most -4096, so v is below
    2^23 - 4096 and never above the highest threshold, 2^23 - 64; that of an ALIF neuron is 1 - 2^23, so v <= 0.
    """
    neuron = layer.neuron
    if not (isinstance(neuron, Alif) or (isinstance(neuron, Cuba) and neuron.message is not Message.VOLTAGE)):
        return False
    into = network.into(layer.name)
    if any(network.sends_graded(connection.source) for connection in into):
        return False
    return sum(connection.input_bound() for connection in into) < HELD_BELOW


def _held(layer: Layer, dead: Dead) -> Layer:
    neuron = layer.neuron
    pairs = {"current_decay": DECAY_UNITY, "voltage_decay": DECAY_UNITY, "threshold": THRESHOLD_MANTISSA_MAX}
    changes: dict[str, Any] = {name: _where(dead, value, getattr(neuron, name)) for name, value in pairs.items()}
    changes["drive"] = _where(dead, 0, getattr(neuron, "drive"))  # noqa: B009  # both kinds have it
    if isinstance(neuron, Cuba):
        changes["bias_mantissa"] = np.where(dead, -BIAS_MANTISSA_LIMIT, neuron.bias_mantissa).astype(np.int16)
    else:
        changes["bias"] = _where(dead, 1 - STATE_LIMIT, getattr(neuron, "bias"))  # noqa: B009
    return _with(layer, changes)


def _unbiased(layer: Layer, dead: Dead) -> Layer:
    """Take every constant from dead neurons, and raise thresholds that 0 would reach."""
    neuron = layer.neuron
    changes: dict[str, Any] = {}
    if isinstance(neuron, Cuba):
        changes["bias_mantissa"] = np.where(dead, 0, neuron.bias_mantissa).astype(np.int16)
        changes["drive"] = _where(dead, 0, neuron.drive)
    elif isinstance(neuron, Alif):
        changes = {name: _where(dead, 0, getattr(neuron, name)) for name in ("bias", "drive")}
    elif isinstance(neuron, Resonator):
        changes = {name: _where(dead, 0, getattr(neuron, name)) for name in ("drive_real", "drive_imag")}
    elif isinstance(neuron, SigmaDelta):
        changes["bias"] = _where(dead, 0, neuron.bias)
    if isinstance(neuron, Alif | Resonator):
        changes["threshold"] = _where(dead, THRESHOLD_MANTISSA_MAX, neuron.threshold)
    return _with(layer, changes) if changes else layer


def _where(dead: Dead, value: int, old: PerUnit) -> NDArray[np.int32]:
    return np.where(dead, value, spread(old, len(dead))).astype(np.int32)


def _with(layer: Layer, changes: dict[str, Any]) -> Layer:
    changed = dataclasses.replace(layer.neuron, **changes)  # type: ignore[type-var]  # each kind is a dataclass
    return dataclasses.replace(layer, neuron=changed)


def _cut(connection: Connection, dead: Dead) -> Synapse:
    """Set the weights into dead units to 0."""
    synapse = connection.synapse
    if isinstance(synapse, Convolution):
        if not synapse.fan_in().any():
            return synapse  # it reaches nothing but padding
        if connection.rule is not None:
            raise MismatchError(
                f"connection {connection.name}: a kernel that learns cannot be cut off from dead neurons; set "
                "faults.dead_neurons to 0 in the device profile"
            )
        synapse = _listed(connection.name, synapse)
    if isinstance(synapse, Dense):
        return synapse.with_weights(np.where(dead[:, None], 0, synapse.weights).astype(np.int16))
    if isinstance(synapse, Sparse):
        return synapse.with_weights(np.where(dead[synapse.target_of], 0, synapse.weights).astype(np.int16))
    raise MismatchError(
        f"connection {connection.name}: {synapse.kind} synapses cannot be cut; exclude dead neurons"
    )


def _listed(name: str, synapse: Convolution) -> Sparse:
    count = int(synapse.fan_in().sum())
    if count > LISTED_MAX:
        raise MismatchError(
            f"connection {name}: to cut dead neurons off, its shared kernel would be listed as {count} synapses, "
            f"over the limit of {LISTED_MAX}; set faults.dead_neurons to 0 in the device profile"
        )
    target_of, source_of, weight_of = synapse.pairs()
    weights = synapse.weights.ravel()[weight_of]
    shape = (synapse.targets, synapse.sources)
    ends = target_of.astype(np.int32), source_of.astype(np.int32)
    return Sparse(weights, *ends, shape, synapse.exponent, synapse.grid)
