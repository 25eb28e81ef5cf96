"""What rounding a float model promises: small errors, the same spikes where nothing is lost, losses counted."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

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
from compile.quantize import Method, Per, Scheme, quantize, quantize_post_training
from compile.quantize.groups import group, group_of_weights
from compile.quantize.scales import Freedom, choose
from compile.synapses import ConvWeights, DenseWeights, OneToOne, SparseWeights, Weights
from hardware.chip.known import LOIHI2
from hardware.emulator.engine import EmulatorSession
from hardware.encoder import Encoder
from hardware.errors import LavaFedError, NetworkError
from hardware.network import Network
from hardware.neurons.alif import Alif
from hardware.neurons.cuba import Cuba, Message, Reset
from hardware.neurons.neuron import spread
from hardware.neurons.resonator import Resonator
from hardware.neurons.sigma_delta import Activation
from hardware.program import Program
from hardware.spikes import SpikeTrain
from hardware.synapses.grid import SignMode
from tests.compile import float_run

SIGNS = st.sampled_from([SignMode.MIXED, None])
SCHEMES = st.builds(
    Scheme,
    bits=st.integers(1, 8),
    per=st.sampled_from(list(Per)),
    method=st.sampled_from(list(Method)),
    percentile=st.sampled_from([50.0, 90.0, 99.9]),
    sign=SIGNS,
)
MATRICES = st.tuples(st.integers(1, 5), st.integers(2, 6), st.integers(0, 2**32 - 1))


def drawn(shape: tuple[int, int, int], scale: float = 0.3) -> NDArray[np.float64]:
    targets, sources, seed = shape
    return np.random.default_rng(seed).normal(scale=scale, size=(targets, sources))


def one_layer(weights: NDArray[np.float64], model: Model | None = None, *more: Edge) -> Graph:
    units, sources = weights.shape
    nodes = (Source("input", (sources,)), Population("out", (units,), model or CubaModel(1.0, 1.0, 0.1)))
    return Graph(nodes, (Edge("input", "out", DenseWeights(weights)), *more))


def layer_of(graph: Graph, name: str = "out") -> Population:
    node = graph.node(name)
    assert isinstance(node, Population)
    return node


def emulated(network: Network, inputs: NDArray[np.integer]) -> dict[str, NDArray[np.integer]]:
    result = EmulatorSession(Program(network, LOIHI2)).run(SpikeTrain(inputs[np.newaxis]))
    return {name: sent[0] for name, sent in result.spikes.items()}


@given(MATRICES, SCHEMES)
@settings(deadline=None)
def test_a_weight_that_is_not_clipped_moves_by_half_a_step_at_most(
    shape: tuple[int, int, int], scheme: Scheme
) -> None:
    graph = one_layer(drawn(shape))
    network, report = quantize_post_training(graph, scheme=scheme)
    scales = choose(graph, layer_of(graph), scheme)
    (reading,), (exponent,) = scales.readings, scales.exponents
    wanted = reading.weights.weights * 64 * scales.factors[reading.groups] / 2.0**exponent
    stored = network.connections[0].synapse
    grid = stored.grid
    inside = (wanted >= grid.low - grid.step / 2) & (wanted <= grid.high + grid.step / 2)
    assert np.all(np.abs(stored.weights - wanted)[inside] <= grid.step / 2)
    assert grid.bits == scheme.bits
    (row,) = report.layers
    moved = np.abs(stored.weights - wanted)
    assert np.sum(moved > grid.step / 2) <= row.counts.weights <= np.sum(moved >= grid.step / 2)
    if scheme.method is Method.MAX and scheme.bits > 1:
        assert inside.all()
        assert row.counts.weights == 0


@given(MATRICES, st.integers(1, 8), st.sampled_from(list(Per)))
@settings(deadline=None)
def test_the_least_error_is_never_above_that_of_the_largest_weight(
    shape: tuple[int, int, int], bits: int, per: Per
) -> None:
    graph = one_layer(drawn(shape))
    errors = {
        method: quantize_post_training(graph, scheme=Scheme(bits, per, method))[1].error
        for method in (Method.MAX, Method.MSE)
    }
    assert errors[Method.MSE] <= errors[Method.MAX] * (1 + 1e-9)


@pytest.mark.parametrize("per", list(Per))
@pytest.mark.parametrize("method", [Method.MAX, Method.MSE])
def test_more_bits_leave_a_smaller_error_and_finer_groups_too(per: Per, method: Method) -> None:
    graph = one_layer(drawn((20, 50, 7)))
    errors = [quantize_post_training(graph, scheme=Scheme(bits, per, method))[1].error for bits in range(8, 0, -1)]
    assert all(more < fewer for more, fewer in pairwise(errors))
    if per is Per.CHANNEL:
        whole = quantize_post_training(graph, scheme=Scheme(8, Per.LAYER, method))[1].error
        assert errors[0] < whole


@given(
    seed=st.integers(0, 2**32 - 1),
    powers=st.lists(st.integers(-12, 3), min_size=3, max_size=3),
    keeps=st.sampled_from([0.0, 1.0]),
    reset=st.sampled_from(list(Reset)),
)
@settings(deadline=None, max_examples=40)
def test_spikes_stay_where_every_unit_lies_on_some_grid_of_powers_of_two(
    seed: int, powers: list[int], keeps: float, reset: Reset
) -> None:
    """Each unit has its own power; none fits the plain grid, and all spikes equal those of the real numbers."""
    rng = np.random.default_rng(seed)
    factor = 2.0 ** np.array(powers)
    weights = 2 * rng.integers(-60, 128, (3, 6)) / 64 * factor[:, np.newaxis]
    model = CubaModel(rng.integers(1, 200, 3) / 64 * factor, 1.0, keeps, reset=reset)
    back = 2 * rng.integers(-20, 20, (3, 3)) / 64 * factor[:, np.newaxis]
    graph = one_layer(weights, model, Edge("out", "out", DenseWeights(back)))
    network, report = quantize_post_training(graph)
    assert report.error == 0
    inputs = (rng.random((12, 6)) < 0.4).astype(np.uint8)
    assert np.array_equal(emulated(network, inputs)["out"], float_run.run(graph, inputs)["out"])


def test_an_exact_model_keeps_its_integers() -> None:
    weights = np.array([[0.5, -1.0], [0.25, 3.96875]])
    graph = one_layer(weights, CubaModel(1.25, 0.5, 0.25, bias=0.125))
    exact, (rounded, report) = quantize(graph), quantize_post_training(graph)
    assert np.array_equal(exact.connections[0].synapse.weights, rounded.connections[0].synapse.weights)
    assert (report.layers[0].lowest, report.layers[0].highest, report.error) == (1.0, 1.0, 0.0)
    (one,), (other,) = exact.layers, rounded.layers
    assert isinstance(one.neuron, Cuba)
    assert isinstance(other.neuron, Cuba)
    assert one.neuron.threshold == other.neuron.threshold
    assert one.neuron.bias.tolist() == other.neuron.bias.tolist()


def test_threshold_bias_and_drive_grow_with_the_weights() -> None:
    """By hand: 0.254 fills 254 at a factor of 15.625, so a threshold of 1 is 1000 and a bias of 0.1 is 6400."""
    model = CubaModel(1.0, 0.5, 0.1, bias=0.1, drive=np.array([0.2, 0.4]))
    network, report = quantize_post_training(one_layer(np.array([[0.254, 0.1], [-0.127, 0.127]]), model))
    assert (report.layers[0].lowest, report.layers[0].highest) == pytest.approx((15.625, 31.25))
    neuron = network.output.neuron
    assert isinstance(neuron, Cuba)
    assert network.connections[0].synapse.weights.tolist() == [[254, 100], [-254, 254]]
    assert spread(neuron.threshold, 2).tolist() == [1000, 2000]
    assert neuron.bias.tolist() == pytest.approx([6400, 12800], abs=2)
    assert spread(neuron.drive, 2).tolist() == [12800, 51200]
    assert (neuron.current_decay, neuron.voltage_decay) == (2048, 410)


def test_connections_of_different_size_get_exponents() -> None:
    small, large = np.array([[0.01, -0.02]]), np.array([[-0.75]])
    graph = one_layer(small, None, Edge("out", "out", DenseWeights(large)))
    network, _ = quantize_post_training(graph)
    first, second = (connection.synapse for connection in network.connections)
    assert (first.exponent, second.exponent) == (0, 6)
    factor = 0.02 * 64 / np.abs(first.weights).max()
    assert np.allclose(first.weights * factor / 64, small, atol=0.0001)
    assert np.allclose(second.weights * 2.0**6 * factor / 64, large, atol=0.01)


def test_alif_shares_one_factor_as_its_step_is_shared() -> None:
    model = AlifModel(1.0, 0.5, 0.1, 0.2, 0.3, 0.4, bias=0.1)
    graph = one_layer(np.array([[0.254, 0.1], [-0.05, 0.1]]), model)
    network, report = quantize_post_training(graph)
    neuron = network.output.neuron
    assert isinstance(neuron, Alif)
    assert report.layers[0].factors == Freedom.LAYER.value
    assert (neuron.threshold, neuron.adaptation.threshold_step, neuron.bias) == (1000, 500, 6400)


def test_both_parts_of_a_resonator_share_the_factor() -> None:
    """Real parts up to 0.254 and imaginary ones up to 0.508 meet at an exponent of 1 and a factor of 15.625."""
    model = ResonatorModel(1.0, 0.30001, 0.9, drive_imag=0.1)
    imaginary = Edge("input", "out", DenseWeights(np.array([[0.508, 0.2]])), "imag")
    network, report = quantize_post_training(one_layer(np.array([[0.254, -0.1]]), model, imaginary))
    first, second = (connection.synapse for connection in network.connections)
    assert (first.weights.tolist(), first.exponent) == ([[254, -100]], 0)
    assert (second.weights.tolist(), second.exponent) == ([[254, 100]], 1)
    neuron = network.output.neuron
    assert isinstance(neuron, Resonator)
    assert (neuron.threshold, neuron.drive_imag, neuron.sin_decay, neuron.cos_decay) == (1000, 6400, 1229, 3686)
    assert report.layers[0].highest == pytest.approx(15.625)


def test_percentile_clips_what_lies_above_it() -> None:
    """Of 1, 2, .. 100 the median is 50.5, which becomes the end; 50 of them lie beyond it, 49 more than a step."""
    weights = np.arange(1, 101)[np.newaxis] / 1000
    scheme = Scheme(method=Method.PERCENTILE, percentile=50)
    network, report = quantize_post_training(one_layer(weights), scheme=scheme)
    stored = network.connections[0].synapse.weights
    assert np.count_nonzero(stored == 254) == 50
    assert report.layers[0].counts.weights == 50


def test_one_bit_of_mixed_sign_has_no_positive_weight() -> None:
    """The grid of one bit and both signs is -256 and 0; what is lost is counted."""
    network, report = quantize_post_training(one_layer(np.array([[0.5, -0.5, -0.1]])), scheme=Scheme(bits=1))
    assert network.connections[0].synapse.weights.tolist() == [[0, -256, 0]]
    assert report.counts.weights == 1


@pytest.mark.parametrize(("sign", "weight"), [(SignMode.EXCITATORY, -0.1), (SignMode.INHIBITORY, 0.1)])
def test_a_sign_that_is_not_allowed_is_an_error(sign: SignMode, weight: float) -> None:
    with pytest.raises(NetworkError, match=f"layer 'out': 1 of 3 weights are not {sign.value}; .*--sign mixed"):
        quantize_post_training(one_layer(np.array([[0.0, weight, -weight]])), scheme=Scheme(sign=sign))


def test_the_sign_may_follow_the_weights_and_gains_a_bit() -> None:
    weights = np.array([[0.1, 0.3, 0.255]])
    graph = one_layer(-weights, None, Edge("out", "out", DenseWeights(np.array([[0.2]]))))
    network, _ = quantize_post_training(graph, scheme=Scheme(sign=None))
    assert [c.synapse.grid.sign for c in network.connections] == [SignMode.INHIBITORY, SignMode.EXCITATORY]
    mixed = quantize_post_training(one_layer(weights))[1].error
    assert quantize_post_training(one_layer(weights), scheme=Scheme(sign=None))[1].error < mixed


def test_states_that_leave_their_range_halve_the_factors() -> None:
    """Inhibition without leak lets v fall by 64 real units a step; stretched four times, it is cut by step 9."""
    weights = -np.full((1, 64), 1.0)
    weights[0, 0] = -1.01
    graph = one_layer(weights, CubaModel(1.0, 1.0, 0.0))
    loud = SpikeTrain(np.ones((2, 24, 64), np.uint8))
    free, calibrated = (quantize_post_training(graph, data)[1].layers[0] for data in (None, loud))
    assert calibrated.counts.voltages == 0
    assert free.highest / calibrated.highest in (2, 4)
    assert calibrated.highest * 64 * 23 < 2048
    assert calibrated.highest * 64 * 23 >= 1024


def test_states_that_no_factor_keeps_in_range_are_counted() -> None:
    relay = one_layer(np.array([[1.0]]), CubaModel(1.0, 1.0, 0.0, bias=100.0, message=Message.VOLTAGE))
    graph = Graph(
        (*relay.nodes, Population("after", (1,), CubaModel(1.0, 1.0, 1.0))),
        (*relay.edges, Edge("out", "after", DenseWeights(np.array([[0.1]])))),
    )
    _, report = quantize_post_training(graph, SpikeTrain(np.zeros((3, 25, 1), np.uint8)))
    assert report.layers[0].factors == Freedom.NONE.value
    assert report.layers[0].counts.voltages == 3 * 5
    assert report.counts.total == report.layers[0].counts.total + report.layers[1].counts.total


def test_sigma_delta_networks_keep_their_scale_and_come_close() -> None:
    rng = np.random.default_rng(5)
    nodes = (
        Source("input", (6,), True, Encoder()),
        Population("delta", (6,), DeltaModel(0.01)),
        Population("hidden", (8,), SigmaDeltaModel(0.02, bias=rng.normal(scale=0.1, size=8))),
        Population("summed", (3,), SigmaDeltaModel(0.0, activation=Activation.UNIT)),
        Population("out", (3,), SigmaModel()),
    )
    edges = (
        Edge("input", "delta", OneToOne(np.ones(6))),
        Edge("delta", "hidden", DenseWeights(rng.normal(scale=0.05, size=(8, 6)))),
        Edge("hidden", "summed", DenseWeights(rng.normal(scale=0.05, size=(3, 8)))),
        Edge("summed", "out", OneToOne(np.ones(3))),
    )
    graph = Graph(nodes, edges)
    assert isinstance(nodes[0], Source)
    assert nodes[0].encoder is not None
    values = rng.random((10, 6))
    messages = nodes[0].encoder(values)
    wanted = float_run.run(graph, messages / 4096)["out"]
    for data in (None, SpikeTrain(messages[np.newaxis])):
        network, report = quantize_post_training(graph, data)
        assert report.counts.total == 0
        assert [row.lowest for row in report.layers] == [1.0] * 4
        assert report.layers[1].exponents < (0,)
        assert (np.abs(emulated(network, messages)["out"] / 4096 - wanted) < 0.01).all()


def test_wiring_is_kept_at_eight_bits() -> None:
    """One to one, averages and pools are structure: the bits that were asked for are those of the weights."""
    nodes = (
        Source("input", (4,)),
        Population("image", (4,), CubaModel(0.3, 1.0, 1.0)),
        Population("mean", (2,), RelayModel(scale=1 / 2)),
    )
    sums = SparseWeights(np.full(4, 0.5), np.array([0, 0, 1, 1]), np.arange(4))
    graph = Graph(nodes, (Edge("input", "image", OneToOne(np.full(4, 0.7))), Edge("image", "mean", sums)))
    network, _ = quantize_post_training(graph, scheme=Scheme(bits=2))
    first, second = (connection.synapse for connection in network.connections)
    assert (first.grid.bits, first.grid.sign) == (8, SignMode.EXCITATORY)
    assert set(second.weights.tolist()) == {1}


def test_the_readout_of_voltages_is_stretched_by_one_power_of_two() -> None:
    weights = np.array([[0.03, -0.01], [0.002, 0.001]])
    model = CubaModel(0.0, 1.0, 0.0, message=Message.VOLTAGE)
    network, report = quantize_post_training(one_layer(weights, model))
    assert (report.layers[0].lowest, report.layers[0].highest) == (128.0, 128.0)
    assert network.connections[0].synapse.weights.tolist() == [[246, -82], [16, 8]]


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("groups", [1, 2])
def test_the_weights_of_a_convolution_belong_to_the_channel_they_make(transposed: bool, groups: int) -> None:
    rng = np.random.default_rng(1)
    first, second = (4, 6 // groups) if transposed else (6, 4 // groups)
    weights = ConvWeights(rng.normal(size=(first, second, 2, 3)), groups=groups, transposed=transposed)
    target = weights.reaches((4, 5, 5))
    nodes = (Source("input", (4, 5, 5)), Population("out", target, CubaModel(1.0, 1.0, 0.1)))
    edge = Edge("input", "out", weights)
    graph = Graph(nodes, (edge,))
    network, report = quantize_post_training(graph)
    assert report.layers[0].highest > report.layers[0].lowest
    grouping = group(graph, layer_of(graph), Per.CHANNEL)
    of_weights = group_of_weights(edge, weights, layer_of(graph), grouping).ravel()
    synapse = network.connections[0].synapse
    target_of, _, weight_of = synapse.pairs()  # type: ignore[attr-defined]  # it is a convolution
    assert np.array_equal(grouping.of_unit[target_of], of_weights[weight_of])
    scales = choose(graph, layer_of(graph), Scheme())
    real = synapse.weights / 64 / scales.factors[of_weights.reshape(weights.weights.shape)]
    assert np.abs(real - weights.weights).max() < 0.02


def test_large_layers_stay_below_the_accumulator() -> None:
    rng = np.random.default_rng(2)
    huge: Weights = DenseWeights(rng.normal(size=(2, 40000)))
    nodes = (Source("input", (40000,)), Population("out", (2,), CubaModel(1.0, 1.0, 0.1)))
    tiny = Edge("out", "out", DenseWeights(np.full((2, 2), 0.01) - np.eye(2) * 0.003))
    network, report = quantize_post_training(Graph(nodes, (Edge("input", "out", huge), tiny)))
    assert sum(connection.input_bound() for connection in network.connections) < 1 << 24
    assert report.counts.weights == 0


def test_the_same_model_gives_the_same_integers() -> None:
    graph = one_layer(drawn((5, 9, 3)))
    data = SpikeTrain((np.random.default_rng(0).random((4, 8, 9)) < 0.3).astype(np.uint8))
    programs = [Program(quantize_post_training(graph, data)[0], LOIHI2) for _ in range(2)]
    assert programs[0].digest == programs[1].digest


def test_options_out_of_range_are_errors() -> None:
    with pytest.raises(NetworkError, match="weight bits 9 must lie in 1..8"):
        Scheme(bits=9)
    with pytest.raises(LavaFedError, match="percentile 101 must lie above 0"):
        Scheme(percentile=101)
    assert dataclasses.replace(Scheme(), bits=3).words == "3 bits per channel, max, mixed sign"
