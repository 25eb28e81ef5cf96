"""Our backends equal SLAYER's quantized forward pass, spike for spike."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from compile.pipeline import place_network
from compile.slayer.availability import availability
from compile.slayer.forward import quantized_forward
from hardware.chip import LOIHI2
from hardware.emulator.engine import EmulatorBackend
from hardware.emulator.reference import ReferenceBackend
from hardware.errors import BackendUnavailableError, LavaFedError
from hardware.learning import supervised
from hardware.network import Connection, Layer, Network
from hardware.neurons.cuba import Cuba
from hardware.program import Program
from hardware.spikes import SpikeTrain
from hardware.synapses.dense import Dense
from hardware.synapses.grid import SignMode, WeightGrid

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


def test_what_slayer_cannot_express_is_refused() -> None:
    program = chain(1, 4, 3, 2)
    spikes = noise(1, 2, 5, 4)
    first, second = program.network.connections
    exponent = dataclasses.replace(first, synapse=dataclasses.replace(first.synapse, exponent=1))
    with pytest.raises(LavaFedError, match="'l1': weights of 8 bits, mixed sign and exponent 1"):
        quantized_forward(changed(program, exponent), spikes)
    single = Dense(np.full((3, 4), 7, np.int16), grid=WeightGrid(SignMode.EXCITATORY))
    with pytest.raises(LavaFedError, match="'l1': weights of 8 bits, excitatory sign"):
        quantized_forward(changed(program, dataclasses.replace(first, synapse=single)), spikes)
    rule, teacher = supervised()
    odd = Dense(second.synapse.weights | 1)
    learned = dataclasses.replace(
        program.network,
        layers=(program.network.layers[0], dataclasses.replace(program.network.layers[1], teacher=teacher)),
        connections=(first, dataclasses.replace(second, synapse=odd, rule=rule)),
    )
    with pytest.raises(LavaFedError, match="'l2': 6 of 6 weights are odd, as learning on the chip leaves them"):
        quantized_forward(dataclasses.replace(program, network=learned), spikes)
    back = Connection("l2", "l1", Dense(np.full((3, 2), 2, np.int16)))
    looped = dataclasses.replace(program.network, connections=(first, second, back))
    with pytest.raises(LavaFedError, match="'l1' reads 'input', 'l2'; SLAYER's forward pass is only a chain"):
        quantized_forward(dataclasses.replace(program, network=looped), spikes)
    with pytest.raises(LavaFedError, match="'l1': threshold mantissa 4096; from 4096 on SLAYER"):
        quantized_forward(chain(1, 4, 3, 2, threshold=4096), spikes)
    with pytest.raises(LavaFedError, match="the input has 5 units, the network expects 4"):
        quantized_forward(program, noise(1, 2, 5, 5))
    with pytest.raises(LavaFedError, match="the input is empty: 0 samples"):
        quantized_forward(program, SpikeTrain(np.zeros((0, 5, 4), np.uint8)))


def test_beyond_24_bits_slayer_is_no_oracle() -> None:
    program = chain(0, 300, 1, current_decay=0, voltage_decay=4096, threshold=4000)
    strong = Connection("input", "l1", Dense(np.full((1, 300), 254, np.int16)))
    ones = SpikeTrain(np.ones((1, 4, 300), np.uint8))
    with pytest.raises(LavaFedError, match="'l1': its current reaches .*SLAYER's forward pass neither wraps"):
        quantized_forward(changed(program, strong), ones)


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
