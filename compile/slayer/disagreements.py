"""Where SLAYER itself, as it is used for training, decides otherwise than Lava, feature by feature."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from compile.slayer.sigma_delta import SCALE
from hardware.network import Layer, Network
from hardware.neurons.alif import Alif
from hardware.neurons.cuba import Cuba, Message
from hardware.neurons.neuron import FINE, spread
from hardware.neurons.relay import Relay
from hardware.neurons.resonator import Resonator
from hardware.neurons.sigma_delta import SigmaDelta

SINGLE_LIMIT = 4096
"""Mantissa from which single precision no longer tells a voltage at the threshold from one above it."""
DELTA_STEP = SCALE // 4096
"""SLAYER's smallest threshold of changes."""


def disagreements(network: Network) -> tuple[str, ...]:
    """Name the known disagreements that a network touches, one sentence each; ours follows Lava in all of them.

    ``quantized_forward`` runs SLAYER's neurons on the Program's integers in double precision and in the chip's
    time, which settles most of them; a module run by SLAYER itself may still show them.
    """
    layers: dict[str, list[str]] = {}
    for layer in network.layers:
        for text in _of(layer, network):
            layers.setdefault(text, []).append(repr(layer.name))
    found = [f"{'layer' if len(n) == 1 else 'layers'} {', '.join(n)}: {text}" for text, n in layers.items()]
    found += [
        f"connection {connection.name}: SLAYER's blocks would round learned weights to even, here they stay"
        for connection in network.plastic
    ]
    return tuple(found)


def _of(layer: Layer, network: Network) -> Iterator[str]:
    neuron = layer.neuron
    if isinstance(neuron, Relay):
        yield "SLAYER has no relays; the comparison lets one pass on what it gets"
    if isinstance(neuron, SigmaDelta) and np.any(neuron.bias):
        yield "a bias reaches all of SLAYER's sigma-delta blocks in one step, and Lava's one after the other"
    if isinstance(neuron, SigmaDelta) and spread(neuron.threshold, neuron.units).min() < DELTA_STEP:
        yield "SLAYER lifts thresholds of changes below 1/4096 to that, and exports them as 0"
    if isinstance(neuron, Cuba | Alif | Resonator) and _constant(neuron):
        yield "SLAYER sees the effect of a bias one step later; give its own forward pass one silent step first"
    if isinstance(neuron, Cuba):
        if neuron.message is not Message.VOLTAGE and spread(neuron.threshold, neuron.units).max() >= SINGLE_LIMIT:
            yield "SLAYER's single precision takes a voltage at this threshold for one above it; here it is double"
        if neuron.message is Message.VOLTAGE and np.all(np.equal(neuron.current_decay, 0)):
            rounded = any(c.port == FINE for c in network.into(layer.name))
            yield "it sums its current over time, as lava-dl's netx; SLAYER's block shows that of each step" + (
                ", not rounded to 1/4096" if rounded else ""
            )
    if isinstance(neuron, Cuba) and np.any(neuron.drive) and any(c.port == FINE for c in network.into(layer.name)):
        yield "a recurrent SLAYER block rounds graded input apart from the drive of its norm, here they are joined"


def _constant(neuron: Cuba | Alif | Resonator) -> bool:
    names = ("bias", "drive", "drive_real", "drive_imag")
    return any(np.any(getattr(neuron, name)) for name in names if hasattr(neuron, name))
