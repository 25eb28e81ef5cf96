"""Programs and samples for SLAYER devices."""

from __future__ import annotations

from typing import Any

import numpy as np

from hardware.chip.known import LOIHI2
from hardware.network import Connection, Layer, Network
from hardware.neurons.cuba import Cuba, Message
from hardware.program import Program
from hardware.spikes import SpikeTrain
from hardware.synapses.dense import Dense
from lava_fed.data.dataset import DataSet


def chain(seed: int, *sizes: int, message: Message = Message.SPIKE, **neuron: Any) -> Program:
    """Make a random chain of CUBA layers called l1, l2 ...; ``neuron`` fixes what is drawn otherwise."""
    rng = np.random.default_rng(seed)
    names = ["input", *(f"l{index}" for index in range(1, len(sizes)))]
    layers, connections = [], []
    for index in range(1, len(sizes)):
        last = index == len(sizes) - 1
        parameters = {
            "current_decay": int(rng.choice([512, 2048, 4096])),
            "voltage_decay": int(rng.choice([0, 123, 2048])),
            "threshold": int(rng.integers(60, 300)),
            **neuron,
        }
        bias = np.zeros(sizes[index], np.int16)
        layers.append(
            Layer(names[index], Cuba(**parameters, bias_mantissa=bias, message=message if last else Message.SPIKE))
        )
        weights = (2 * rng.integers(-40, 60, (sizes[index], sizes[index - 1]))).astype(np.int16)
        connections.append(Connection(names[index - 1], names[index], Dense(weights)))
    return Program(Network(sizes[0], tuple(layers), tuple(connections)), LOIHI2)


def noise(seed: int, samples: int, steps: int, units: int) -> SpikeTrain:
    """Return spikes at random, three in ten."""
    rng = np.random.default_rng(seed)
    return SpikeTrain((rng.random((samples, steps, units)) < 0.3).astype(np.uint8))


def patterns(seed: int, samples: int, steps: int = 9, units: int = 20, classes: int = 4) -> DataSet:
    """Return samples whose class says which units fire often."""
    rng = np.random.default_rng(seed)
    labels = np.arange(samples) % classes
    often = np.arange(units)[np.newaxis] % classes == labels[:, np.newaxis]
    rates = np.where(often, 0.6, 0.1)[:, np.newaxis]
    spikes = SpikeTrain((rng.random((samples, steps, units)) < rates).astype(np.uint8))
    return DataSet(spikes, labels.astype(np.int32), classes, "patterns")
