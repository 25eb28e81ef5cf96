"""A few steps of every kind of neuron worked out by hand, run on the specification and on the fast emulator."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hardware.backend import Backend
from hardware.emulator.engine import EmulatorBackend
from hardware.emulator.reference import ReferenceBackend
from hardware.network import Connection, Layer
from hardware.neurons.alif import Adaptation, Alif
from hardware.neurons.cuba import Cuba, Message, Reset
from hardware.neurons.neuron import Neuron
from hardware.neurons.relay import Relay
from hardware.neurons.resonator import Firing, Resonator
from hardware.neurons.sigma_delta import Activation, Delta, SigmaDelta
from hardware.spikes import SpikeTrain
from hardware.synapses.convolution import Convolution
from hardware.synapses.dense import Dense
from hardware.synapses.sparse import Sparse
from hardware.synapses.synapse import Synapse
from tests.every_kind import HIGH, LOW, network, one


@pytest.fixture(params=[EmulatorBackend(), ReferenceBackend()], ids=lambda backend: backend.name)
def backend(request: pytest.FixtureRequest) -> Backend:
    return request.param


def follow(
    backend: Backend, neuron: Neuron, inputs: list[int], weight: int = 2, *states: str, **more: Any
) -> list[list[int]]:
    """Drive one unit by one input; return its messages, then each state asked for."""
    built = one(neuron, Dense(np.array([[weight]])), graded=True, **more)
    train = SpikeTrain(np.array(inputs)[None, :, None])
    result = backend.load(built).run(train, probes=[f"a.{state}" for state in states])
    return [result.spikes["a"][0, :, 0].tolist(), *(result.probes[f"a.{s}"][0, :, 0].tolist() for s in states)]


def lif(**more: Any) -> Cuba:
    """Forget the current at once, keep the voltage; fires above 640."""
    return Cuba(4096, 0, 10, np.zeros(1, np.int16), **more)


def test_a_refractory_neuron_keeps_its_voltage_while_the_current_goes_on(backend: Backend) -> None:
    # every spike brings 12 << 6 = 768, above 640
    sent, u, v, waiting = follow(backend, lif(refractory=3), [1] * 8, 12, "u", "v", "waiting")
    assert sent == [0, 1, 0, 0, 1, 0, 0, 1]
    assert waiting == [0, 2, 1, 0, 2, 1, 0, 2]
    assert u == [0] + [768] * 7
    assert v == [0] * 8


def test_a_graded_neuron_sends_the_voltage_that_it_had_before_the_reset(backend: Backend) -> None:
    assert follow(backend, lif(message=Message.GRADED), [1] * 6, 8, "v") == [
        [0, 0, 1024, 0, 1024, 0],
        [0, 512, 0, 512, 0, 512],
    ]


def test_a_neuron_that_sends_voltages_is_never_reset(backend: Backend) -> None:
    sent, v, waiting = follow(backend, lif(message=Message.VOLTAGE, refractory=9), [1, 1, 0, 1], 8, "v", "waiting")
    assert sent == v == [0, 512, 1024, 1024]
    assert waiting == [0] * 4


def test_a_threshold_that_is_subtracted_leaves_the_rest(backend: Backend) -> None:
    assert follow(backend, lif(reset=Reset.SUBTRACT), [1] * 5, 14, "v") == [
        [0, 1, 1, 1, 1],
        [0, 256, 512, 768, 1024],
    ]


def test_fine_input_is_divided_by_64_toward_zero(backend: Backend) -> None:
    built = one(
        Cuba(4096, 4096, 131071, np.zeros(1, np.int16)),
        Dense(np.array([[0]])),
        graded=True,
        fine=Dense(np.array([[2]])),
    )
    train = SpikeTrain(np.array([31, 32, -31, -32, 100, 0])[None, :, None])
    u = backend.load(built).run(train, probes=["a.u"]).probes["a.u"]
    assert u[0, :, 0].tolist() == [0, 0, 1, 0, -1, 3]


def test_plain_and_fine_input_and_a_drive_are_rounded_as_a_whole(backend: Backend) -> None:
    built = one(
        Cuba(4096, 4096, 131071, np.zeros(1, np.int16), drive=1),
        Dense(np.array([[2]])),
        graded=True,
        fine=Dense(np.array([[-4]])),
    )
    train = SpikeTrain(np.array([1, 0, 16, -1, 0])[None, :, None])
    u = backend.load(built).run(train, probes=["a.u"]).probes["a.u"]
    # 128 + 1 - 4/64, 1, 2048 + 1 - 1, -128 + 1 + 4/64
    assert u[0, :, 0].tolist() == [1, 128, 1, 2048, -126]


def test_a_drive_enters_the_current_in_every_step(backend: Backend) -> None:
    neuron = Cuba(2048, 4096, 131071, np.zeros(1, np.int16), drive=100)
    assert follow(backend, neuron, [0] * 4, 2, "u")[1] == [100, 150, 175, 187]


def test_an_adaptive_threshold_rises_with_a_spike_and_falls_back(backend: Backend) -> None:
    # at rest 640; each spike adds 64 << 6 = 4096 to theta, and 2 * theta to r; half of either is kept
    neuron = Alif(1, 4096, 0, 10, Adaptation(64, 2048, 2048))
    sent, v, theta, r = follow(backend, neuron, [1, 0, 0, 0, 0], 10, "v", "theta", "r")
    assert v == [0, 640, 640, 640, 640]
    assert sent == [0, 1, 0, 0, 0]  # met exactly
    assert theta == [640, 640 + 4096, 640 + 2048, 640 + 1024, 640 + 512]
    assert r == [0, 1280, 640, 320, 160]


def turning(**more: Any) -> Resonator:
    """Turn by a quarter in each step and keep everything; the threshold is 640."""
    return Resonator(1, 4096, 0, 10, **more)


def test_a_resonator_turns_by_a_quarter(backend: Backend) -> None:
    # re' = -im + 640 * s, im' = re
    sent, re, im = follow(backend, turning(), [1, 0, 0, 0, 0, 0, 0], 10, "re", "im")
    assert re == [0, 640, 0, -640, 0, 640, 0]
    assert im == [0, 0, 640, 0, -640, 0, 640]
    assert sent == [0, 0, 0, 0, 0, 1, 0]  # where im rises from -640 to 0 and re meets the threshold


def test_the_other_resonator_fires_and_resets_on_the_imaginary_part(backend: Backend) -> None:
    neuron = turning(firing=Firing.IZHIKEVICH)
    sent, re, im = follow(backend, neuron, [1, 0, 0, 0], 10, "re", "im")
    assert sent == [0, 0, 1, 0]
    assert re == [0, 640, 0, -639]
    assert im == [0, 0, 639, 0]


def test_a_synaptic_delay_holds_back_each_port_on_its_own(backend: Backend) -> None:
    connections = [
        Connection("input", "a", Dense(np.array([[10]]), delays=np.array([[0]]))),
        Connection("input", "a", Dense(np.array([[6]]), delays=np.array([[2]])), port="imag"),
    ]
    built = network(1, [Layer("a", turning())], connections)
    train = SpikeTrain(np.array([1, 0, 0, 0, 0, 0], np.uint8)[None, :, None])
    probes = backend.load(built).run(train, probes=["a.re", "a.im"]).probes
    assert probes["a.re"][0, :, 0].tolist() == [0, 640, 0, -640, -384, 640]
    assert probes["a.im"][0, :, 0].tolist() == [0, 0, 640, 384, -640, -384]


def test_a_resonator_with_an_adaptive_threshold_is_not_reset(backend: Backend) -> None:
    neuron = turning(firing=Firing.IZHIKEVICH, adaptation=Adaptation(1, 0, 0), graded=True)
    sent, im, theta, r = follow(backend, neuron, [1] + [0] * 6, 10, "im", "theta", "r")
    assert im == [0, 0, 640, 0, -640, 0, 640]
    assert sent == [0, 0, 640, 0, 0, 0, 0]  # the second time, 640 - 1280 lies below
    assert theta == [640, 640, 704, 704, 704, 704, 704]
    assert r == [0, 0, 1280, 1280, 1280, 1280, 1280]


def test_a_delta_encoder_sends_changes_that_reach_its_threshold(backend: Backend) -> None:
    sent, act, residue = follow(backend, Delta(1, 256, 6, 5), [1, 2, 3, 3, 1, 0, 0], 2, "act", "residue")
    # x = 0, 128, 256, 384, 384, 128, 0
    assert act == [0, 128, 256, 384, 384, 128, 0]
    assert sent == [0, 0, 8, 0, 0, 0, -8]
    assert residue == [0, 128, 0, 128, 128, -128, 0]


def test_a_cumulative_error_sends_sooner(backend: Backend) -> None:
    sent, residue, error = follow(
        backend, Delta(1, 256, 6, 0, cumulative=True), [1, 1, 1, 1, 1, 1], 2, "residue", "error"
    )
    # d = 0, 128, 128 (the residue again), ...: the error reaches 256 with the second
    assert sent == [0, 0, 128, 0, 0, 0]
    assert residue == [0, 128, 0, 0, 0, 0]
    assert error == [0, 128, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("activation", "messages"), [(Activation.RELU, [0, 1, -1, 3, 0]), (Activation.UNIT, [-5, 6, -6, 8, 0])]
)
def test_a_sigma_delta_unit_sends_the_changes_of_its_activation(
    backend: Backend, activation: Activation, messages: list[int]
) -> None:
    neuron = SigmaDelta(1, 64, -320, activation, 6)
    sent, sigma = follow(backend, neuron, [192, -192, 256, 0, 0], 2, "sigma")
    assert sigma == [0, 384, 0, 512, 512]
    assert sent == messages


def test_minus_two_to_the_31_has_no_magnitude_in_32_bits(backend: Backend) -> None:
    sent, residue = follow(backend, Delta(1, 0, 0, 0), [LOW // 2, 0, 0], 2, "residue")
    assert sent == [0, 0, 0]
    assert residue == [0, LOW, 0]


def test_relays_pass_on_what_arrives(backend: Backend) -> None:
    assert follow(backend, Relay(1), [5, 0, -7, 0], -2) == [[0, -10, 0, 14]]
    assert follow(backend, Relay(1, binary=True), [5, 0, -7, 0], -2) == [[0, 1, 0, 1]]
    assert follow(backend, Relay(1), [HIGH, LOW, 0], 2) == [[0, -2, 0]]


def test_an_axonal_delay_holds_the_message_back_and_leaves_the_state_alone(backend: Backend) -> None:
    sent, u = follow(backend, lif(), [1, 0, 0, 0, 0], 12, "u", delays=np.array([2]))
    assert u == [0, 768, 0, 0, 0]
    assert sent == [0, 0, 0, 1, 0]


def test_both_delays_add_to_the_one_step_of_a_connection(backend: Backend) -> None:
    built = network(
        1,
        [Layer("a", Relay(1), delays=np.array([3])), Layer("b", Relay(2))],
        [
            Connection("input", "a", Dense(np.array([[2]]))),
            Connection("a", "b", Dense(np.array([[4], [6]]), delays=np.array([[0], [2]]))),
        ],
    )
    train = SpikeTrain(np.eye(1, 10, dtype=np.uint8)[0][None, :, None])
    spikes = backend.load(built).run(train).spikes
    assert spikes["a"][0, :, 0].nonzero()[0].tolist() == [1 + 3]
    assert spikes["b"][0, :, 0].nonzero()[0].tolist() == [1 + 3 + 1]
    assert spikes["b"][0, :, 1].nonzero()[0].tolist() == [1 + 3 + 1 + 2]
    assert spikes["b"][0, 7, 1] == 12


def test_each_delay_is_scaled_on_its_own(backend: Backend) -> None:
    built = one(Relay(1), Dense(np.array([[2, 2]]), -2, delays=np.array([[0, 1]])))
    train = SpikeTrain(np.array([[[0, 1], [1, 0], [0, 0]]]))
    # both arrive in step 2, each as 2 >> 2; their sum would be 4 >> 2
    assert backend.load(built).run(train).spikes["a"][0, :, 0].tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("synapse", "message", "arrives"),
    [
        (Dense(np.array([[254]]), 7), 2**30, 0),  # 254 * 2^30 keeps 2^31, as -2^31; shifted, nothing
        (Dense(np.array([[254]]), -8), 2**23 + 1, (127 * 2**24 + 254) >> 8),
        (Dense(np.array([[254]]), -8), 2**24, (127 * 2**25 - 2**32) >> 8),
        (Sparse.diagonal(np.array([-256])), 2**24, 0),
        (Convolution(np.full((1, 1, 1, 1), 2), (1, 1, 1), (1, 1, 1)), 2**22 - 1, 2**23 - 2),
        (Convolution(np.full((1, 1, 1, 1), 2), (1, 1, 1), (1, 1, 1)), 2**22, -(2**23)),
        (Convolution(np.full((1, 1, 1, 1), 2), (1, 1, 1), (1, 1, 1), exponent=3), 2**22, -(2**26)),
        (Convolution(np.full((1, 1, 1, 1), 2), (1, 1, 1), (1, 1, 1), transposed=True), 2**22, 2**23),
    ],
)
def test_how_many_bits_of_a_sum_remain(backend: Backend, synapse: Synapse, message: int, arrives: int) -> None:
    built = one(Relay(1), synapse, graded=True)
    result = backend.load(built).run(SpikeTrain(np.array([[[message], [0]]])))
    assert result.spikes["a"][0, 1, 0] == arrives
