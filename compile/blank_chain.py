"""Networks that know nothing yet, for devices that train them off the chip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from compile.blank import READOUT, UNITS_LIMIT, Numbers
from hardware.encoder import Encoder
from hardware.errors import LavaFedError
from hardware.network import INPUT, Connection, Layer, Network
from hardware.neurons.cuba import Cuba, Message, Reset
from hardware.neurons.neuron import FINE
from hardware.synapses.dense import Dense

FORGET = 4096
"""Decay of a current that is only its input."""
GRID = 4096
"""Steps per unit of the input's messages."""


@dataclass(frozen=True)
class BlankChain(Numbers):
    """How a chain of layers begins: integrate-and-fire units that forget nothing within a sample, random weights.

    Attributes
    ----------
    threshold : int
        Of the first hidden layer, in weight units: what its input of one step must reach to fire in every step.
    threshold_deep : int
        Of the hidden layers behind it, which see spikes.
    subtract : int
        1 where a spike takes the threshold off the voltage, 0 where it resets it to zero, as in lava-dl.
    seed : int
        Of the first weights.
    """

    threshold: int = 2048
    threshold_deep: int = 512
    subtract: int = 0
    seed: int = 0


def blank_chain(sizes: Sequence[int], blank: BlankChain) -> Network:
    """Make a network for surrogate gradients: real numbers in, spikes between layers, voltages out.

    Standard deviations of the first weights are the threshold of the layer over the root of its fan-in; the output
    counts as a layer of ``threshold_deep``.

    Parameters
    ----------
    sizes : sequence of int
        Inputs, units of each hidden layer, classes. One input more is added, which stands in for biases; see
        ``lava_fed.data.held``.
    blank : BlankChain
        How the network begins.

    Raises
    ------
    LavaFedError
        Where the sizes are too large.
    """
    if sum(sizes) > UNITS_LIMIT:
        raise LavaFedError(f"a blank network of {sum(sizes):,} units is over the limit of {UNITS_LIMIT:,}")
    rng, reset = np.random.default_rng(blank.seed), Reset.SUBTRACT if blank.subtract else Reset.ZERO
    names = [*(f"hidden{number}" for number in range(1, len(sizes) - 1)), READOUT]
    layers, connections = [], []
    source, width = INPUT, sizes[0] + 1
    for name, units in zip(names, sizes[1:], strict=True):
        threshold = blank.threshold if source == INPUT else blank.threshold_deep
        message = Message.VOLTAGE if name == READOUT else Message.SPIKE
        bias = np.zeros(units, np.int16)
        layers.append(Layer(name, Cuba(FORGET, 0, threshold, bias, message=message, reset=reset)))
        drawn = rng.normal(0, threshold / np.sqrt(width), (units, width))
        synapse = Dense(np.zeros((units, width), np.int16))
        grid = synapse.grid
        weights = np.clip(np.rint(drawn / grid.step) * grid.step, grid.low, grid.high).astype(np.int16)
        port = FINE if source == INPUT else ""
        connections.append(Connection(source, name, synapse.with_weights(weights), port=port))
        source, width = name, units
    return Network(sizes[0] + 1, tuple(layers), tuple(connections), graded_input=True, encoder=Encoder(grid=GRID))
