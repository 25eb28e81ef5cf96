"""SLAYER's own neurons, holding a layer's integers and advanced in double precision.

Every quotient is by a power of two and every state below 2^53, so nothing is rounded but what SLAYER rounds; its
usual single precision would begin to err at 24 bits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compile.slayer.sigma_delta import delta, sigma
from compile.slayer.spiking import alif, cuba, resonator
from compile.slayer.twin import Advance, Arrived
from hardware.errors import LavaFedError
from hardware.network import Layer
from hardware.neurons.alif import Alif
from hardware.neurons.cuba import Cuba, Reset
from hardware.neurons.neuron import PerUnit, spread
from hardware.neurons.relay import Relay
from hardware.neurons.resonator import Resonator
from hardware.neurons.sigma_delta import Delta, Sigma, SigmaDelta


def population(layer: Layer) -> Advance:
    """Return a function that advances the neurons of a layer, which are at rest now.

    Parameters
    ----------
    layer : Layer
        Any kind of neuron; a relay, which SLAYER does not have, passes on what it gets.

    Raises
    ------
    LavaFedError
        Where SLAYER cannot express it, naming layer and feature.
    """
    neuron = layer.neuron
    if isinstance(neuron, Cuba):
        _refuse(layer, neuron.refractory > 1, f"refractory delay, and this one is {neuron.refractory}")
        _refuse(layer, neuron.reset is not Reset.ZERO, "reset that subtracts the threshold")
        return _grouped(neuron.threshold, neuron.units, lambda units: cuba(layer.name, neuron, units))
    if isinstance(neuron, Alif):
        _refuse(layer, np.any(neuron.bias), "bias of an adaptive neuron's voltage")
        return _grouped(neuron.threshold, neuron.units, lambda units: alif(layer.name, neuron, units))
    if isinstance(neuron, Resonator):
        return _grouped(neuron.threshold, neuron.units, lambda units: resonator(layer.name, neuron, units))
    if isinstance(neuron, Sigma):
        return sigma(layer.name, neuron)
    if isinstance(neuron, Relay):
        return _relay(neuron)
    if not isinstance(neuron, Delta | SigmaDelta):
        raise LavaFedError(f"layer {layer.name!r}: SLAYER has no {neuron.kind} neurons; compare with lava instead")
    _refuse(layer, neuron.cumulative, "cumulative error that runs: its own forward pass fails")
    return delta(layer.name, neuron)


def _refuse(layer: Layer, asked: object, what: str) -> None:
    if asked:
        raise LavaFedError(f"layer {layer.name!r}: SLAYER has no {what}; compare with lava instead")


def _relay(neuron: Relay) -> Advance:
    def advance(arrived: Arrived) -> Any:
        (seen,) = arrived.values()
        return (seen != 0).double() if neuron.binary else seen

    return advance


def _grouped(threshold: PerUnit, units: int, make: Callable[[NDArray[np.int64]], Advance]) -> Advance:
    """Give units of equal threshold a population of their own: a SLAYER neuron has only one threshold."""
    import torch

    values = spread(threshold, units)
    parts = [(group, make(group)) for group in (np.flatnonzero(values == value) for value in np.unique(values))]
    if len(parts) == 1:
        return parts[0][1]

    def advance(arrived: Arrived) -> Any:
        sent = torch.zeros_like(next(iter(arrived.values())))
        for group, part in parts:
            sent[:, group] = part({port: values[:, group] for port, values in arrived.items()})
        return sent

    return advance
