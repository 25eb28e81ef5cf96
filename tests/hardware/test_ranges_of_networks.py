"""What whole networks can reach: loops, chains, and networks that were trained."""

from __future__ import annotations

import importlib.util
import time
from pathlib import Path

import numpy as np
import pytest

from compile.pipeline import compile_model
from hardware.errors import NetworkError
from hardware.network import Connection, Layer, Network
from hardware.neurons.cuba import Cuba, Message
from hardware.neurons.relay import Relay
from hardware.ranges.analysis import ranges
from hardware.ranges.interval import WORD, Interval
from hardware.synapses.dense import Dense
from tests.hardware.bounded import row
from tests.programs import cuba, dense, program


def loop(exponent: int, weight: int) -> Network:
    """A relay that the input drives, and its own last message scaled."""
    back = Dense(np.array([[weight]], np.int16), exponent)
    connections = Connection("input", "a", row(100)), Connection("a", "a", back)
    return program(*connections, inputs=1, layers=(Layer("a", Relay(1)),)).network


def test_messages_that_grow_round_a_loop_may_be_any_word() -> None:
    assert ranges(loop(0, 2)).messages["a"] == ranges(loop(0, -2)).messages["a"] == WORD


def test_messages_that_shrink_round_a_loop_stay_small() -> None:
    found = ranges(loop(-8, 128)).messages["a"]
    assert 199 <= found.high < 256 and -2 <= found.low <= 0


def test_loops_of_graded_layers_end_soon() -> None:
    names = [f"n{index}" for index in range(12)]
    connections = [Connection("input", names[0], dense(30, 30))]
    for index, name in enumerate(names):
        connections += [
            Connection(name, names[(index + 1) % 12], dense(30, 30, seed=index, exponent=-8)),
            Connection(name, names[(index + 5) % 12], dense(30, 30, seed=index, exponent=-8)),
        ]
    layers = tuple(Layer(name, cuba(30, message=Message.VOLTAGE)) for name in names)
    network = program(*connections, inputs=30, layers=layers).network
    began = time.perf_counter()
    found = ranges(network)
    assert time.perf_counter() - began < 1
    assert all(message in Interval(1 - 2**23, 2**23 - 1) for message in found.messages.values())


def test_a_chain_in_reversed_order_is_bounded_as_in_order() -> None:
    links = [("input", "a"), ("a", "b"), ("b", "c"), ("c", "d"), ("d", "e"), ("e", "f")]
    connections = [Connection(source, target, row(3)) for source, target in links]
    found = [
        ranges(
            program(*connections, inputs=1, layers=tuple(Layer(name, Relay(1)) for name in order)).network
        ).messages
        for order in ("abcdef", "fedcba")
    ]
    assert found[0] == found[1] and found[0]["f"] == Interval(0, 3**6)


@pytest.mark.parametrize("largest", [-1, 2**31 + 1])
def test_a_largest_input_that_is_no_word_is_refused(largest: int) -> None:
    with pytest.raises(NetworkError, match=r"must lie in 0\.\.2147483648"):
        ranges(loop(0, 2), largest)


@pytest.fixture(scope="module")
def nets() -> Path:
    spec = importlib.util.find_spec("lava")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("lava-dl is not installed")
    return Path(next(iter(spec.submodule_search_locations))).parent / "tests/lava/lib/dl/netx"


PIXELS = 255 * 64


@pytest.mark.parametrize("file", ["mnist.net", "gts/pilotnet_lif/network.net", "gts/pilotnet_sdnn/network.net"])
def test_shipped_networks_have_useful_ranges_at_once(nets: Path, file: str) -> None:
    """Spiking ones: sums of 16 bits, currents that fit 24, no plain convolution that wraps."""
    network = compile_model(nets / file).network
    took = []
    for _ in range(5):
        began = time.perf_counter()
        found = ranges(network, PIXELS)
        took.append(time.perf_counter() - began)
    assert min(took) < 0.05
    for layer in network.layers:
        if isinstance(layer.neuron, Cuba):
            here = found.layers[layer.name]
            assert here.exact_in_words and here.current_stays, layer.name
    for connection in network.connections:
        sums = found.connections[connection.name]
        if not network.sends_graded(connection.source):
            assert sums.exact_after_exponent and sums.fits(16), connection.name
    assert found.layers["encoder"].exact_in_words


def test_a_small_network_takes_a_millisecond() -> None:
    connections = Connection("input", "a", dense(64, 64)), Connection("a", "b", dense(10, 64))
    layers = (Layer("a", cuba(64)), Layer("b", cuba(10)))
    network = program(*connections, inputs=64, layers=layers).network
    took = []
    for _ in range(50):
        began = time.perf_counter()
        ranges(network)
        took.append(time.perf_counter() - began)
    assert min(took) < 0.001
