"""Our backends equal SLAYER's quantized forward pass, spike for spike."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from compile.pipeline import place_network
from compile.slayer.availability import availability
from compile.slayer.forward import in_order, quantized_forward
from hardware.chip.known import LOIHI2
from hardware.emulator.engine import EmulatorBackend
from hardware.emulator.reference import ReferenceBackend
from hardware.errors import BackendUnavailableError, LavaFedError
from hardware.learning import supervised
from hardware.network import Connection, Layer, Network
from hardware.neurons.alif import Adaptation, Alif
from hardware.neurons.cuba import Cuba, Message, Reset
from hardware.neurons.neuron import Neuron
from hardware.neurons.relay import Relay
from hardware.neurons.resonator import Resonator
from hardware.neurons.sigma_delta import Delta
from hardware.program import Program
from hardware.spikes import SpikeTrain
from hardware.synapses.convolution import Convolution
from hardware.synapses.dense import Dense
from tests.versus_slayer.random_programs import SPIKING, SYNAPSES, graded, joined, sigma_delta, spiking

if not availability().ok:
    pytest.skip(availability().reason, allow_module_level=True)

pytestmark = pytest.mark.slayer


def chain(seed: int, *sizes: int, bias: int = 0, exponent: int = 6, **neuron: int) -> Program:
    """Make a random feed-forward Program; ``neuron`` fixes parameters that are otherwise drawn."""
    rng = np.random.default_rng(seed)
    names = ["input", *(f"l{index}" for index in range(1, len(sizes)))]
    layers, connections = [], []
    for index in range(1, len(sizes)):
        parameters = {
            "current_decay": int(rng.choice([0, 1, 512, 2048, 4095, 4096])),
            "voltage_decay": int(rng.choice([0, 1, 123, 2048, 4095, 4096])),
            "threshold": int(rng.integers(0, 400)),
            **neuron,
        }
        mantissa = rng.integers(-bias, bias + 1, sizes[index]).astype(np.int16)
        layers.append(Layer(names[index], Cuba(**parameters, bias_mantissa=mantissa, bias_exponent=exponent)))
        weights = (2 * rng.integers(-40, 60, (sizes[index], sizes[index - 1]))).astype(np.int16)
        connections.append(Connection(names[index - 1], names[index], Dense(weights)))
    return place_network(Network(sizes[0], tuple(layers), tuple(connections)), LOIHI2)


def noise(seed: int, samples: int, steps: int, units: int) -> SpikeTrain:
    rng = np.random.default_rng(seed)
    return SpikeTrain((rng.random((samples, steps, units)) < 0.3).astype(np.uint8))


def assert_equal(found: dict[str, NDArray[Any]], expected: Any, what: str) -> None:
    """Compare layer by layer."""
    assert list(found) == list(expected)
    for name, array in found.items():
        different = np.argwhere(array != expected[name])
        assert different.size == 0, f"{what}: layer {name!r} differs first at (sample, step, unit) {different[0]}"


@pytest.mark.parametrize("seed", range(12))
def test_random_networks_layer_by_layer(seed: int) -> None:
    program = chain(seed, 7, 9, 6, 4, bias=40 * (seed % 2), exponent=6 - seed % 3)
    spikes = noise(seed, 3, 20, 7)
    oracle = quantized_forward(program, spikes)
    for backend in (ReferenceBackend(), EmulatorBackend()):
        with backend.load(program) as session:
            assert_equal(oracle, session.run(spikes).spikes, backend.title)


def test_the_random_networks_do_spike_in_every_layer() -> None:
    totals = np.zeros(3)
    for seed in range(12):
        program = chain(seed, 7, 9, 6, 4, bias=40 * (seed % 2), exponent=6 - seed % 3)
        with EmulatorBackend().load(program) as session:
            totals += [array.sum() for array in session.run(noise(seed, 3, 20, 7)).spikes.values()]
    assert (totals > 200).all()


def test_with_bias_the_chip_is_one_step_ahead_of_slayer_and_a_silent_step_makes_up_for_it() -> None:
    program = chain(0, 2, 1, bias=0, current_decay=4096, voltage_decay=0, threshold=19)
    neuron = dataclasses.replace(program.network.layers[0].neuron, bias_mantissa=np.array([10], np.int16))
    network = dataclasses.replace(program.network, layers=(Layer("l1", neuron),))
    program = dataclasses.replace(program, network=network)
    silence = SpikeTrain(np.zeros((1, 6, 2), np.uint8))
    out = quantized_forward(program, silence)["l1"][0, :, 0].tolist()
    assert out == [0, 1, 0, 1, 0, 1], "10 a step, above 19 after the second"
    with EmulatorBackend().load(program) as session:
        assert session.run(silence).spikes["l1"][0, :, 0].tolist() == out


@pytest.mark.parametrize(("threshold", "fires"), [(63, True), (64, False), (4031, True), (4032, False)])
def test_a_voltage_equal_to_the_threshold_does_not_fire(threshold: int, fires: bool) -> None:
    program = chain(0, 1, 1, current_decay=4096, voltage_decay=0, threshold=threshold)
    program = changed(program, Connection("input", "l1", Dense(np.array([[64]], np.int16))))
    arrivals = -(-threshold // 64)
    ones = SpikeTrain(np.ones((1, arrivals + 1, 1), np.uint8))
    oracle = quantized_forward(program, ones)
    assert oracle["l1"][0, :, 0].tolist() == [0] * arrivals + [int(fires)]
    with EmulatorBackend().load(program) as session:
        assert_equal(oracle, session.run(ones).spikes, "emulator")


def test_more_samples_than_one_batch_holds() -> None:
    program = chain(3, 5, 4, 3)
    spikes = noise(3, 300, 4, 5)
    with EmulatorBackend().load(program) as session:
        assert_equal(quantized_forward(program, spikes), session.run(spikes).spikes, "emulator")


def changed(program: Program, connection: Connection) -> Program:
    connections = tuple(connection if c.name == connection.name else c for c in program.network.connections)
    return dataclasses.replace(program, network=dataclasses.replace(program.network, connections=connections))


def with_neuron(program: Program, neuron: Neuron) -> Program:
    """Give every layer the same neuron."""
    layers = tuple(dataclasses.replace(layer, neuron=neuron) for layer in program.network.layers)
    return dataclasses.replace(program, network=dataclasses.replace(program.network, layers=layers))


def assert_oracle(program: Program, spikes: SpikeTrain, least: float) -> None:
    """Compare SLAYER with the specification in every layer, of which all but one send often enough to matter."""
    oracle = quantized_forward(program, spikes)
    with ReferenceBackend().load(program) as session:
        found = session.run(spikes).spikes
    assert_equal(found, oracle, "reference")
    assert all(found[name].dtype == oracle[name].dtype for name in found)
    quiet = [name for name, array in oracle.items() if np.count_nonzero(array) < least * array.size]
    assert len(quiet) <= 1, f"{quiet} hardly send anything"


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("kind", SPIKING)
def test_every_kind_of_spiking_neuron_with_skips_loops_and_axonal_delays(kind: str, seed: int) -> None:
    assert_oracle(*spiking(SPIKING[kind], seed), 0.02)


@pytest.mark.parametrize("kind", SYNAPSES)
def test_every_kind_of_synapse(kind: str) -> None:
    assert_oracle(*joined(kind, 1), 0.3)


@pytest.mark.parametrize("seed", range(6))
def test_graded_messages(seed: int) -> None:
    assert_oracle(*graded(seed), 0.1)


@pytest.mark.parametrize("seed", range(6))
def test_sigma_delta_networks(seed: int) -> None:
    assert_oracle(*sigma_delta(seed), 0.1)


def test_layers_are_ordered_so_that_loops_run_together() -> None:
    neuron = Cuba(4096, 4096, 1, np.zeros(1, np.int16))
    ways = [("input", "d"), ("d", "c"), ("c", "b"), ("b", "c"), ("b", "a"), ("a", "a")]
    network = Network(
        1,
        tuple(Layer(name, neuron) for name in "abcd"),
        tuple(Connection(source, target, Dense(np.full((1, 1), 2, np.int16))) for source, target in ways),
    )
    assert [[layer.name for layer in group] for group in in_order(network)] == [["d"], ["b", "c"], ["a"]]


def test_fractions_of_two_ports_are_rounded_as_a_whole() -> None:
    network = Network(
        2,
        (Layer("a", Cuba(4096, 4096, 0, np.zeros(1, np.int16), message=Message.VOLTAGE)),),
        (
            Connection("input", "a", Dense(np.array([[2, 0]], np.int16))),
            Connection("input", "a", Dense(np.array([[0, 2]], np.int16)), port="fine"),
        ),
        graded_input=True,
    )
    program = Program(network, LOIHI2)
    spikes = SpikeTrain(np.array([[[1, -1], [1, 0], [0, 0]]]))
    assert quantized_forward(program, spikes)["a"][0, :, 0].tolist() == [0, 127, 128], "128 - 2/64 toward zero"
    assert_oracle(program, spikes, 0.0)


@pytest.mark.parametrize(("threshold", "weight"), [(4096, 128), (60000, 200), (100000, 250)])
def test_large_thresholds_are_met_exactly_in_double_precision(threshold: int, weight: int) -> None:
    program = chain(0, 1, 1, current_decay=4096, voltage_decay=0, threshold=threshold)
    program = changed(program, Connection("input", "l1", Dense(np.array([[weight]], np.int16))))
    ones = SpikeTrain(np.ones((1, threshold // weight + 2, 1), np.uint8))
    fired = np.flatnonzero(quantized_forward(program, ones)["l1"]).tolist()
    assert fired == [threshold // weight + 1], "one step after it was met"
    assert_oracle(program, ones, 0.0)


def test_learned_weights_and_teachers_are_no_hindrance() -> None:
    program = chain(1, 4, 3, 2)
    method = supervised()
    rule, teacher = method.rule, method.teacher
    first, second = program.network.connections
    learned = dataclasses.replace(
        program.network,
        layers=(program.network.layers[0], dataclasses.replace(program.network.layers[1], teacher=teacher)),
        connections=(first, dataclasses.replace(second, synapse=Dense(second.synapse.weights | 1), rule=rule)),
    )
    assert_oracle(dataclasses.replace(program, network=learned), noise(1, 2, 5, 4), 0.0)


def test_what_slayer_cannot_express_is_refused() -> None:
    program = chain(1, 4, 3, 3)
    spikes = noise(1, 2, 5, 4)
    plain = Cuba(1, 1, 1, np.zeros(3, np.int16))
    rest = Adaptation(1, 1, 1)
    for neuron, said in (
        (dataclasses.replace(plain, refractory=3), "SLAYER has no refractory delay, and this one is 3"),
        (dataclasses.replace(plain, reset=Reset.SUBTRACT), "SLAYER has no reset that subtracts"),
        (Alif(3, 1, 1, 1, rest, bias=5), "SLAYER has no bias of an adaptive neuron's voltage"),
        (Delta(3, 1, cumulative=True), "SLAYER has no cumulative error that runs"),
    ):
        with pytest.raises(LavaFedError, match=f"layer 'l1': {said}.*; compare with lava instead"):
            quantized_forward(with_neuron(program, neuron), spikes)
    with pytest.raises(LavaFedError, match="the input has 5 units, the network expects 4"):
        quantized_forward(program, noise(1, 2, 5, 5))
    with pytest.raises(LavaFedError, match="the input is empty: 0 samples"):
        quantized_forward(program, SpikeTrain(np.zeros((0, 5, 4), np.uint8)))


@pytest.mark.parametrize(
    ("neuron", "state"),
    [
        (Cuba(0, 4096, 4000, np.zeros(1, np.int16)), "current"),
        (Cuba(4096, 0, 131071, np.zeros(1, np.int16), message=Message.VOLTAGE), "voltage"),
        (Alif(1, 0, 4096, 4000, Adaptation(1, 1, 1)), "current"),
        (Resonator(1, 0, 4096, 4000), "real part"),
    ],
)
def test_beyond_24_bits_slayer_is_no_oracle(neuron: Neuron, state: str) -> None:
    program = with_neuron(chain(0, 300, 1), neuron)
    strong = Connection("input", "l1", Dense(np.full((1, 300), 254, np.int16)))
    ones = SpikeTrain(np.ones((1, 4, 300), np.uint8))
    with pytest.raises(LavaFedError, match=f"'l1': its {state} reaches .*SLAYER's forward pass neither wraps"):
        quantized_forward(changed(program, strong), ones)


def test_beyond_32_bits_a_sum_of_changes_has_no_oracle() -> None:
    program, _ = sigma_delta(0)
    values = SpikeTrain(np.full((1, 4, program.network.inputs), 2**19, np.int32))
    with pytest.raises(LavaFedError, match="'delta': its activation reaches"):
        quantized_forward(program, values)


def test_a_convolution_beyond_24_bits_has_no_oracle() -> None:
    kernel = Convolution(np.full((1, 1, 1, 1), 254, np.int16), (1, 1, 1), (1, 1, 1))
    network = Network(1, (Layer("a", Relay(1)),), (Connection("input", "a", kernel),), graded_input=True)
    program = Program(network, LOIHI2)
    fits, wraps = (SpikeTrain(np.full((1, 2, 1), value, np.int32)) for value in (33026, 33027))
    assert quantized_forward(program, fits)["a"].ravel().tolist() == [0, 254 * 33026]
    with pytest.raises(LavaFedError, match="input->a: its sum reaches 8388858, and SLAYER does not wrap"):
        quantized_forward(program, wraps)


def test_without_slayer_the_reason_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    from compile.slayer import availability as module

    monkeypatch.setattr(module, "find_spec", lambda name: None)
    assert module.availability().remedy == "install it with: pip install 'lava-fed[lava]'"
    monkeypatch.setattr(module.sys, "version_info", _Version((3, 12, 1)))
    state = module.availability()
    assert not state.ok
    assert "pin it to Python 3.10, and this is 3.12" in state.reason
    with pytest.raises(BackendUnavailableError, match="use Python 3.10 to train"):
        module.load()


class _Version(tuple[int, ...]):
    """Stands for ``sys.version_info``."""

    @property
    def major(self) -> int:
        return self[0]

    @property
    def minor(self) -> int:
        return self[1]
