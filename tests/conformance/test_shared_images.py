"""One population read in many ways at once: as images of other shapes, as a row, by itself."""

from __future__ import annotations

import numpy as np
import pytest

from hardware.network import Connection, Layer
from hardware.neurons.cuba import Message
from hardware.neurons.neuron import Neuron
from hardware.neurons.relay import Relay
from hardware.neurons.sigma_delta import Delta, SigmaDelta
from hardware.program import Program
from hardware.spikes import SpikeTrain
from hardware.synapses.convolution import Convolution
from hardware.synapses.dense import Dense
from hardware.synapses.sparse import Sparse
from tests.any_image import kernel_of
from tests.conformance.comparison import assert_equal_learning, assert_equal_run
from tests.densities import drawn, graded
from tests.every_kind import network, sparse
from tests.programs import TEACHER, THREE_FACTOR, Case, cuba, dense

SHARES = (0.0, 0.03, 0.2, 0.45, 0.5, 0.52, 0.8, 1.0, 1.0, 0.0)
VIEWS = [(2, 4, 4), (4, 2, 4), (4, 4, 2), (32, 1, 1), (1, 8, 4), (1, 1, 32), (8, 2, 2), (16, 2, 1)]


def same(source: tuple[int, int, int], channels: int, seed: int = 0, **more: int) -> Convolution:
    """A convolution of three by three that keeps the size."""
    weights = kernel_of((channels, source[0], 3, 3), seed)
    return Convolution(weights, source, (channels, *source[1:]), padding=(1, 1), **more)


def _into(layer: str, source: str, target: int) -> list[Connection]:
    """Six readers of a population of 32, each another layer."""
    late = np.resize([0, 3, 1], (target, 32))
    readers = [
        dense(target, 32, seed=3),
        sparse(target, 32, seed=4, share=0.2),
        dense(target, 32, seed=5, delays=late, exponent=-2),
        Convolution(kernel_of((3, 2, 2, 2), 6), (2, 4, 4), (3, 3, 3)),
        Convolution(kernel_of((4, 3, 2, 2), 7), (4, 4, 2), (3, 5, 3), transposed=True),
        same((4, 2, 4), 4, 8),
    ]
    return [Connection(source, f"{layer}{index}", synapse) for index, synapse in enumerate(readers)]


@pytest.mark.parametrize("source", ["input", "spikes", "late", "graded", "slow"])
def test_a_population_that_feeds_every_kind_of_synapse(source: str) -> None:
    each = Sparse.diagonal(np.full(32, 200))
    held = np.resize([2, 0, 1], 32)
    layers = [
        Layer("spikes", cuba(32, threshold=50)),
        Layer("late", cuba(32, threshold=50), delays=held),
        Layer("graded", cuba(32, message=Message.VOLTAGE)),
        Layer("slow", Delta(32, 9000), delays=held),
    ]
    connections = [Connection("input", layer.name, each) for layer in layers]
    if source != "input":
        connections.append(Connection(source, source, dense(32, 32, seed=9, exponent=-5)))
    readers = _into("r", source, 17)
    layers += [Layer(c.target, Relay(c.synapse.targets)) for c in readers[:3]]
    layers += [Layer(c.target, cuba(c.synapse.targets, threshold=400)) for c in readers[3:]]
    sent = assert_equal_run(network(32, layers, connections + readers), drawn(32, *SHARES)).spikes
    assert all(sent[f"r{index}"].any() for index in range(6))


@pytest.mark.parametrize("plain", [True, False], ids=["plain", "graded"])
@pytest.mark.parametrize("first", VIEWS)
def test_two_convolutions_read_a_population_as_different_images(first: tuple[int, int, int], plain: bool) -> None:
    others = [view for view in VIEWS if view != first]
    for second in others:
        synapses = {"a": same(first, 2, 1), "b": same(second, 3, 2), "c": same(second, 1, 3)}
        layers = [Layer(name, Relay(synapse.targets)) for name, synapse in synapses.items()]
        built = network(
            32,
            layers,
            [Connection("input", name, synapse) for name, synapse in synapses.items()],
            graded=not plain,
        )
        spikes = drawn(32, 0.1, 0.8, 0.5, samples=1) if plain else graded(32, -900, 900, steps=2)
        assert_equal_run(built, spikes)


@pytest.mark.parametrize("seen", [(6, 2, 4), (48, 1, 1), (2, 4, 6), (1, 6, 8), (3, 4, 4)])
@pytest.mark.parametrize("neuron", [cuba(48, threshold=100), SigmaDelta(48, 900, output_shift=3)],
                         ids=["spikes", "graded"])  # fmt: skip
def test_a_layer_made_as_one_image_is_read_as_another(neuron: Neuron, seen: tuple[int, int, int]) -> None:
    layers = [Layer("a", neuron), Layer("b", cuba(2 * seen[1] * seen[2], threshold=500)), Layer("c", Relay(5))]
    built = network(
        32,
        layers,
        [
            Connection("input", "a", same((2, 4, 4), 3, 1)),
            Connection("a", "b", same(seen, 2, 2)),
            Connection("a", "c", dense(5, 48, seed=3)),
            Connection("a", "a", same(seen, seen[0], 4, exponent=-6)),
            Connection("b", "a", sparse(48, layers[1].units, seed=5, share=0.05)),
        ],
    )
    sent = assert_equal_run(built, drawn(32, *SHARES)).spikes
    assert sent["b"].any()
    assert sent["c"].any()


def test_convolution_and_dense_and_list_meet_at_one_port_and_at_two() -> None:
    connections = [
        Connection("input", "wait", Sparse.diagonal(np.full(32, 2))),
        Connection("input", "a", same((2, 4, 4), 3, 1)),
        Connection("wait", "a", same((2, 4, 4), 3, 2, exponent=-1)),
        Connection("input", "a", same((2, 4, 4), 3, 2, exponent=2), port="fine"),
        Connection("a", "a", dense(48, 48, seed=4, exponent=-4)),
        Connection("wait", "a", sparse(48, 32, seed=5, share=0.3), port="fine"),
    ]
    layers = [Layer("wait", Relay(32, binary=True)), Layer("a", cuba(48, threshold=600))]
    assert assert_equal_run(network(32, layers, connections), drawn(32, *SHARES)).spikes["a"].any()


def _taught_image() -> Program:
    """A convolution into a taught layer, into which its own spikes and the input lead by weights that learn."""
    return network(
        24,
        [
            Layer("a", cuba(24, threshold=30), delays=np.resize([0, 1], 24)),
            Layer("watch", Relay(8)),
            Layer("b", cuba(12, threshold=300), TEACHER),
        ],
        [
            Connection("input", "a", same((2, 4, 3), 2, 1)),
            Connection("a", "b", Convolution(kernel_of((3, 2, 3, 2), 2), (2, 4, 3), (3, 2, 2), exponent=-2)),
            Connection("input", "b", Dense(np.zeros((12, 24), np.int16)), THREE_FACTOR),
            Connection("b", "b", Dense(np.zeros((12, 12), np.int16)), THREE_FACTOR),
            Connection("b", "watch", Convolution(kernel_of((2, 3, 1, 1), 3), (3, 2, 2), (2, 2, 2))),
        ],
    )


@pytest.mark.parametrize("density", [0.1, 0.5, 0.9, 1.0])
def test_a_convolution_into_a_layer_that_is_taught(density: float) -> None:
    case = Case("taught image", _taught_image(), samples=5, density=density)
    assert_equal_run(case.program, case.spikes)
    changed = assert_equal_learning(case, 7, 8)
    assert all(weights.any() for weights in changed.values())


def test_constant_input_seen_as_an_image() -> None:
    steady = np.broadcast_to(np.arange(32, dtype=np.int64) * 77 - 900, (2, 6, 32))
    built = network(
        32,
        [Layer("a", Relay(48)), Layer("b", cuba(32, threshold=50))],
        [Connection("input", "a", same((2, 4, 4), 3)), Connection("input", "b", same((4, 2, 4), 4), port="fine")],
        graded=True,
    )
    assert assert_equal_run(built, SpikeTrain(steady)).spikes["b"].any()
