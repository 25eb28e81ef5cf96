"""Twins of sigma-delta neurons."""

from __future__ import annotations

from typing import Any

from compile.slayer.availability import load
from compile.slayer.twin import WORD_LIMIT, Advance, Arrived, check
from hardware.neurons.neuron import spread
from hardware.neurons.sigma_delta import Activation, Delta, Sigma, SigmaDelta

SCALE = 1 << 18
"""Scale of sigma-delta states: 64 * 4096."""


def delta(layer: str, neuron: Delta | SigmaDelta) -> Advance:
    """Return how ``slayer.axon.Delta`` advances, behind ``slayer.dendrite.Sigma`` where the neuron has one.

    SLAYER lifts a threshold of 0 to 1/4096; here the Program's own counts.
    """
    import torch

    def parameter(value: Any) -> Any:
        return torch.from_numpy(spread(value, neuron.units).astype("f8") / SCALE)

    twin = load().axon.Delta(1.0, scale=SCALE / 2**neuron.output_shift, persistent_state=True).double()
    twin.threshold.data = parameter(neuron.threshold)
    twin.clamp = lambda: None
    if isinstance(neuron, SigmaDelta):
        summing = load().dendrite.Sigma(persistent_state=True).double()
        bias = parameter(neuron.bias)[:, None]
        activation = torch.relu if neuron.activation is Activation.RELU else torch.nn.Identity()
    else:
        factor = 2.0**neuron.input_shift / SCALE

    def advance(arrived: Arrived) -> Any:
        (seen,) = arrived.values()
        if isinstance(neuron, SigmaDelta):
            total = summing(seen / SCALE)
            check(layer, {"sum": total}, WORD_LIMIT, SCALE)
            value = activation(total + bias)
        else:
            value = seen * factor
        check(layer, {"activation": value}, WORD_LIMIT // 2, SCALE)
        return torch.round(twin(value) * twin.scale)

    return advance


def sigma(layer: str, neuron: Sigma) -> Advance:
    """Return how ``slayer.dendrite.Sigma`` advances."""
    import torch

    del neuron
    summing = load().dendrite.Sigma(persistent_state=True).double()

    def advance(arrived: Arrived) -> Any:
        (seen,) = arrived.values()
        total = summing(seen / SCALE)
        check(layer, {"sum": total}, WORD_LIMIT, SCALE)
        return torch.round(total * SCALE)

    return advance
