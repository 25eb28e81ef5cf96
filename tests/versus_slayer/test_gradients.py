"""SLAYER devices compute what lava-dl's SLAYER computes: the same spikes, the same loss, the same gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from compile.slayer.availability import availability, load
from hardware.network import Network
from hardware.neurons.cuba import Cuba, Message
from lava_fed.local.slayer.chain import Chain
from lava_fed.local.slayer.layer import Surrogate
from tests.slayer_programs import chain, noise

if not availability().ok:
    pytest.skip(availability().reason, allow_module_level=True)

pytestmark = pytest.mark.slayer
SCALE = 64.0
"""SLAYER's weights and thresholds are ours divided by it; its states are ours divided by its square."""


def slayer_gradients(
    network: Network, spikes: NDArray[Any], labels: NDArray[Any], temperature: float, surrogate: Surrogate
) -> tuple[float, dict[str, NDArray[np.float64]], list[NDArray[np.float64]]]:
    """Return loss, gradients by weights in chip units and each layer's messages, by torch's autograd."""
    import torch

    slayer = load()
    signal = torch.from_numpy(np.moveaxis(spikes, 1, 2).astype(np.float64))
    weights, sent = {}, []
    for connection in network.connections:
        neuron = network.layer(connection.target).neuron
        assert isinstance(neuron, Cuba)
        twin = slayer.neuron.cuba.Neuron(
            max(int(neuron.threshold), 1) / SCALE,
            0.0,
            0.0,
            tau_grad=surrogate.width / 100,
            scale_grad=surrogate.scale * 10,
        ).double()
        twin.current_decay.data = torch.tensor([float(neuron.current_decay)], dtype=torch.float64)
        twin.voltage_decay.data = torch.tensor([float(neuron.voltage_decay)], dtype=torch.float64)
        twin.threshold_eps = 0.5 / SCALE**2
        weight = torch.from_numpy(connection.synapse.weights / SCALE).requires_grad_()
        weights[connection.name] = weight
        arrived = torch.einsum("oi,nit->not", weight, signal)
        if neuron.message is Message.VOLTAGE:
            twin._threshold = -1.0  # no neuron fires, as in SLAYER's affine blocks
            _, signal = twin.dynamics(arrived)
        else:
            _, voltage = twin.dynamics(arrived)
            signal = twin.spike(voltage)
        sent.append(np.moveaxis(signal.detach().numpy(), 2, 1))
    score = signal.sum(dim=2) if neuron.message is Message.SPIKE else signal[..., -1] * SCALE
    loss = torch.nn.functional.cross_entropy(score / temperature, torch.from_numpy(labels))
    loss.backward()
    by = {name: weight.grad.numpy() / SCALE for name, weight in weights.items()}
    return float(loss), by, sent


@pytest.mark.parametrize("message", [Message.SPIKE, Message.VOLTAGE])
@pytest.mark.parametrize("seed", range(6))
def test_spikes_loss_and_gradients_equal_those_of_slayer(seed: int, message: Message) -> None:
    program = chain(seed, 20, 12, 8, 5, message=message)
    spikes, labels = noise(seed, 9, 13, 20), np.arange(9) % 5
    surrogate, temperature = Surrogate(0.3 + 0.2 * seed, 1.5), 0.5 + 40 * (message is Message.VOLTAGE)
    ours = Chain.of(program.network)
    steps = ours.steps(13)
    turned = {
        c.name: np.ascontiguousarray(c.synapse.weights.T, dtype=np.float64) for c in program.network.connections
    }
    seen = ours.seen(spikes)
    loss, gradients, passes = ours.learn(
        seen, labels, turned, ours.room(seen, turned, 9, steps), temperature=temperature, surrogate=surrogate
    )
    expected, by, sent = slayer_gradients(
        program.network, spikes.values[:, :steps], labels, temperature, surrogate
    )
    for made, theirs in zip(passes[:-1], sent[:-1], strict=True):
        np.testing.assert_array_equal(made.sent, theirs)
    assert passes[0].sent.any()
    assert loss == pytest.approx(expected, rel=1e-9)
    for name, gradient in by.items():
        assert np.abs(gradient).max() > 0

        # its threshold lies half a state unit above ours, a 2000th of its surrogate's width
        np.testing.assert_allclose(gradients[name].T, gradient, rtol=0, atol=5e-4 * np.abs(gradient).max())
