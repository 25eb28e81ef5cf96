"""Messages that carry numbers keep their worth on every way through the network."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compile.graph import Edge, Graph
from compile.neurons import (
    AlifModel,
    CubaModel,
    DeltaModel,
    Model,
    RelayModel,
    ResonatorModel,
    SigmaDeltaModel,
    SigmaModel,
)
from compile.nodes import Population, Source
from compile.quantize import quantize
from compile.quantize.messages import message_worth
from compile.synapses import DenseWeights, OneToOne, Weights
from hardware.encoder import Encoder
from hardware.errors import NetworkError
from hardware.network import Connection, Network
from hardware.neurons.alif import Alif
from hardware.neurons.cuba import Message
from hardware.neurons.relay import Relay
from hardware.neurons.resonator import Firing, Resonator
from hardware.neurons.sigma_delta import Activation, Delta, Sigma, SigmaDelta
from hardware.synapses.grid import SignMode

CUBA = CubaModel(1.0, 1.0, 0.5)
VOLTAGES = CubaModel(0.0, 0.0, 1.0, message=Message.VOLTAGE)
ALIF = AlifModel(1.25, 0.5, 1.0, 0.5, 0.25, 0.125, bias=-1 / 4096, drive=2.0, graded=True)
RESONATOR = ResonatorModel(1.5, 0.25, 0.75, drive_real=0.5, drive_imag=-0.25)
SPIKES = Source("input", (2,))
NUMBERS = Source("input", (2,), graded=True)


def encoded(**options: int) -> Source:
    return Source("input", (2,), graded=True, encoder=Encoder(**options))


def chain(source: Source, *layers: tuple[Weights, Model]) -> Network:
    nodes: list[Source | Population] = [source]
    edges = []
    for number, (weights, model) in enumerate(layers, start=1):
        nodes.append(Population(f"layer{number}", (2,), model))
        edges.append(Edge(nodes[-2].name, nodes[-1].name, weights))
    return quantize(Graph(tuple(nodes), tuple(edges)))


def last(network: Network) -> Connection:
    return network.connections[-1]


ONE = OneToOne(np.ones(2))
HALF = DenseWeights(np.full((2, 2), 0.5))


@pytest.mark.parametrize(
    ("network", "weight", "port"),
    [
        (chain(SPIKES, (HALF, CUBA)), 32, ""),
        (chain(NUMBERS, (HALF, CUBA)), 32, "fine"),
        (chain(encoded(weight=40, bias=36), (ONE, CUBA)), 64, "fine"),
        (chain(encoded(divide=1), (HALF, CUBA)), 64, "fine"),
        (chain(NUMBERS, (HALF, ALIF)), 32, "fine"),
        (chain(SPIKES, (HALF, ALIF)), 32, ""),
        (chain(SPIKES, (HALF, CUBA), (HALF, CUBA)), 32, ""),
        (chain(SPIKES, (HALF, VOLTAGES), (HALF, CUBA)), 32, "fine"),
        (chain(SPIKES, (HALF, ALIF), (HALF, CUBA)), 32, "fine"),
        (chain(SPIKES, (HALF, RESONATOR)), 32, ""),
        (chain(encoded(divide=6), (ONE, RESONATOR)), 1, ""),
        (chain(NUMBERS, (HALF, SigmaDeltaModel(0.0))), 32, ""),
        (chain(NUMBERS, (ONE, DeltaModel(0.0)), (HALF, SigmaDeltaModel(0.0))), 32, ""),
        (chain(NUMBERS, (HALF, SigmaDeltaModel(0.0)), (HALF, SigmaModel())), 32, ""),
        (chain(NUMBERS, (HALF, SigmaDeltaModel(0.0)), (ONE, SigmaModel())), 1, ""),
        (chain(SPIKES, (ONE, RelayModel())), 1, ""),
        (chain(SPIKES, (HALF, RelayModel(scale=1 / 64))), 32, ""),
        (chain(NUMBERS, (ONE, RelayModel(scale=1 / 4096))), 1, ""),
        (chain(NUMBERS, (ONE, RelayModel(scale=1 / 4096)), (HALF, CUBA)), 32, "fine"),
        (chain(SPIKES, (ONE, RelayModel(binary=True)), (HALF, CUBA)), 32, ""),
        (chain(SPIKES, (ONE, RelayModel()), (HALF, CUBA)), 32, ""),
        (chain(SPIKES, (OneToOne(np.full(2, 1 / 49)), RelayModel(scale=1 / 49))), 1, ""),
    ],
)
def test_the_integer_weight_follows_from_what_both_ends_are_worth(
    network: Network, weight: int, port: str
) -> None:
    connection = last(network)
    matrix = np.ldexp(connection.synapse.matrix().astype(float), connection.synapse.exponent)
    assert set(matrix.ravel()) <= {0, weight}
    assert weight in matrix
    assert connection.port == port


def test_coarse_messages_reach_the_fine_port_through_the_exponent() -> None:
    """At a scale of 64 a weight of 0.5 is 2048 at the fine port, over what a weight holds: 16 times 2^7."""
    synapse = last(chain(encoded(divide=6), (HALF, CUBA))).synapse
    assert (set(synapse.weights.ravel()), synapse.exponent) == ({128}, 4)


@pytest.mark.parametrize(
    ("source", "shift"), [(NUMBERS, 6), (encoded(weight=40, bias=36), 6), (encoded(divide=6), 12), (SPIKES, 18)]
)
def test_a_delta_encoder_shifts_its_input_to_the_scale_of_its_state(source: Source, shift: int) -> None:
    network = chain(source, (ONE, DeltaModel(0.25, cumulative=True)))
    delta = network.output.neuron
    assert isinstance(delta, Delta)
    assert (delta.input_shift, delta.threshold, delta.cumulative) == (shift, 1 << 16, True)
    assert last(network).synapse.grid.sign is SignMode.EXCITATORY
    assert (network.graded_input, network.encoder) == (source.graded, source.encoder)


def test_weights_of_a_delta_encoder_are_kept_by_a_smaller_shift() -> None:
    network = chain(NUMBERS, (OneToOne(np.array([0.5, -1.0])), DeltaModel(0.0)))
    delta = network.output.neuron
    assert isinstance(delta, Delta)
    assert (delta.input_shift, last(network).synapse.weights.tolist()) == (0, [32, -64])


def test_neurons_by_hand() -> None:
    alif = chain(SPIKES, (HALF, ALIF)).output.neuron
    assert isinstance(alif, Alif)
    assert (alif.threshold, alif.adaptation.threshold_step, alif.bias, alif.drive) == (80, 32, -1, 8192)
    assert (alif.current_decay, alif.voltage_decay, alif.graded) == (4096, 2048, True)
    assert (alif.adaptation.threshold_decay, alif.adaptation.refractory_decay) == (1024, 512)

    resonator = chain(SPIKES, (HALF, RESONATOR)).output.neuron
    assert isinstance(resonator, Resonator)
    assert (resonator.threshold, resonator.sin_decay, resonator.cos_decay) == (96, 1024, 3072)
    assert (resonator.drive_real, resonator.drive_imag, resonator.adaptation) == (2048, -1024, None)
    adaptive = ResonatorModel(1.5, 0.25, 0.75, Firing.IZHIKEVICH, 0.25, 0.5, 0.125)
    turned = chain(SPIKES, (HALF, adaptive)).output.neuron
    assert isinstance(turned, Resonator)
    assert turned.firing is Firing.IZHIKEVICH
    assert turned.adaptation is not None
    assert turned.adaptation.threshold_step == 16
    assert (turned.adaptation.threshold_decay, turned.adaptation.refractory_decay) == (2048, 512)

    unit = SigmaDeltaModel(13 / 64, bias=-3.5, activation=Activation.UNIT)
    sigma_delta = chain(NUMBERS, (HALF, unit)).output.neuron
    assert isinstance(sigma_delta, SigmaDelta)
    assert (sigma_delta.threshold, sigma_delta.bias) == (13 << 12, -224 << 12)
    assert (sigma_delta.activation, sigma_delta.cumulative) == (Activation.UNIT, False)

    assert isinstance(chain(NUMBERS, (HALF, SigmaModel())).output.neuron, Sigma)
    relay = chain(SPIKES, (ONE, RelayModel(binary=True))).output.neuron
    assert isinstance(relay, Relay)
    assert relay.binary


def test_complex_weights_arrive_at_two_ports() -> None:
    nodes = (SPIKES, Population("rf", (2,), RESONATOR))
    edges = (Edge("input", "rf", HALF), Edge("input", "rf", DenseWeights(-HALF.weights), "imag"))
    real, imaginary = quantize(Graph(nodes, edges)).connections
    assert (real.port, imaginary.port) == ("", "imag")
    assert (real.synapse.weights.max(), imaginary.synapse.weights.max()) == (32, -32)


def test_a_sigma_of_scale_64_is_worth_what_its_state_says() -> None:
    nodes = (
        NUMBERS,
        Population("delta", (2,), DeltaModel(0.0)),
        Population("sum", (2,), SigmaModel()),
    )
    graph = Graph(nodes, (Edge("input", "delta", ONE), Edge("delta", "sum", HALF)))
    assert message_worth(graph, "sum") == 1 / (1 << 18)


def test_sigmas_in_a_circle_have_no_scale() -> None:
    nodes = (NUMBERS, Population("a", (2,), SigmaModel()), Population("b", (2,), SigmaModel()))
    edges = (Edge("input", "a", ONE), Edge("a", "b", ONE), Edge("b", "a", ONE))
    with pytest.raises(NetworkError, match="feed each other in a circle"):
        quantize(Graph(nodes, edges))


def test_numbers_too_fine_for_a_resonator_are_refused() -> None:
    with pytest.raises(NetworkError, match=r"layer 'layer1': resonators .* graded ones of 'input', .* 64;"):
        chain(NUMBERS, (ONE, RESONATOR))
    graded = (HALF, CubaModel(1.0, 1.0, 0.5, message=Message.GRADED))
    with pytest.raises(NetworkError, match=r"layer 'layer2': resonators .* let 'layer1' send plain spikes"):
        chain(SPIKES, graded, (HALF, RESONATOR))


def test_a_resonator_takes_graded_messages_at_weights_that_are_multiples_of_64() -> None:
    network = chain(NUMBERS, (OneToOne(np.full(2, 128.0)), RESONATOR))
    assert set(last(network).synapse.weights.tolist()) == {2}


def test_weights_off_the_grid_into_a_resonator_of_plain_spikes_are_refused_as_any_others() -> None:
    with pytest.raises(NetworkError, match="layer 'layer1': 2 of 2 weight values .* train it quantization aware"):
        chain(SPIKES, (OneToOne(np.full(2, 1 / 3)), RESONATOR))


def test_a_delta_of_an_odd_scale_is_refused() -> None:
    with pytest.raises(NetworkError, match="layer 'layer2': a delta encoder shifts .* power of two"):
        chain(SPIKES, (OneToOne(np.full(2, 1 / 3)), RelayModel(scale=1 / 3)), (ONE, DeltaModel(0.0)))


@given(
    weight=st.integers(-128, 127).map(lambda w: 2 * w),
    message=st.integers(-(1 << 12), 1 << 12),
    divide=st.integers(0, 6),
)
def test_weight_times_message_is_the_real_product_at_every_port(weight: int, message: int, divide: int) -> None:
    """What the port makes of it, over the scale of the state, is the product of the two real numbers."""
    weights = DenseWeights(np.full((2, 2), weight / 64))
    real = weight / 64 * message * (1 << divide) / 4096
    for model, shift, scale in ((CUBA, -6, 4096), (SigmaDeltaModel(0.0), 0, 1 << 18)):
        synapse = last(chain(encoded(divide=divide), (weights, model))).synapse
        arrived = int(synapse.weights[0, 0]) * message * 2.0**synapse.exponent
        assert arrived * 2.0**shift / scale == real
