"""Real numbers cross to integers exactly or not at all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compile.graph import Edge, Graph
from compile.neurons import CubaModel
from compile.nodes import Average, Concat, Flatten, Population, Source
from compile.quantize import quantize
from compile.synapses import ConvWeights, DenseWeights, OneToOne, PoolWeights, SparseWeights, Weights
from hardware.errors import NetworkError
from hardware.network import Network
from hardware.neurons.cuba import Cuba, Message, Reset
from hardware.neurons.neuron import spread
from hardware.synapses.convolution import Convolution
from hardware.synapses.dense import Dense
from hardware.synapses.grid import SignMode
from hardware.synapses.sparse import Sparse

CUBA = CubaModel(threshold=1.0, current_decay=1.0, voltage_decay=1.0)


def one_layer(weights: object, bias: object = 0.0, threshold: float = 1.0, decay: float = 1.0) -> Graph:
    matrix = np.atleast_2d(np.asarray(weights, dtype=np.float64))
    spread_bias = np.asarray(bias, np.float64) if np.ndim(bias) else float(str(bias))
    model = CubaModel(threshold, decay, decay, bias=spread_bias)
    population = Population("readout", (matrix.shape[0],), model)
    return Graph(
        (Source("input", (matrix.shape[1],)), population), (Edge("input", "readout", DenseWeights(matrix)),)
    )


def reading(weights: Weights, source: tuple[int, ...], target: tuple[int, ...]) -> Graph:
    nodes = (Source("input", source), Population("readout", target, CUBA))
    return Graph(nodes, (Edge("input", "readout", weights),))


def cuba_of(network: Network) -> Cuba:
    assert isinstance(network.output.neuron, Cuba)
    return network.output.neuron


def test_by_hand() -> None:
    model = CubaModel(1.25, 0.25, 0.030029296875, bias=np.array([0, -0.5]), drive=0.25, refractory=3)
    weights = DenseWeights(np.array([[0.5, -4], [3.96875, 0]]), np.array([[0, 1], [63, 0]]))
    population = Population("readout", (2,), model, np.array([0, 5]))
    network = quantize(Graph((Source("input", (2,)), population), (Edge("input", "readout", weights),)))
    (connection,), (layer,) = network.connections, network.layers
    assert isinstance(connection.synapse, Dense)
    assert connection.synapse.weights.tolist() == [[32, -256], [254, 0]]
    assert connection.synapse.delays is not None
    assert connection.synapse.delays.tolist() == [[0, 1], [63, 0]]
    assert (connection.synapse.exponent, connection.synapse.grid.sign) == (0, SignMode.MIXED)
    neuron = cuba_of(network)
    assert (neuron.threshold, neuron.current_decay, neuron.voltage_decay) == (80, 1024, 123)
    assert neuron.bias.tolist() == [0, -32 << 6]
    assert (neuron.drive, neuron.refractory) == (1024, 3)
    assert layer.delays is not None
    assert layer.delays.tolist() == [0, 5]
    assert not network.graded_input


@given(
    weights=st.lists(st.integers(-128, 127), min_size=1, max_size=8),
    threshold=st.integers(0, 131071),
    decay=st.integers(0, 4096),
    bias=st.integers(-4096, 4095),
)
def test_everything_on_the_grid_arrives_unchanged(
    weights: list[int], threshold: int, decay: int, bias: int
) -> None:
    graph = one_layer(np.array(weights) * 2 / 64, [bias / 64], threshold / 64, decay / 4096)
    network = quantize(graph)
    assert network.connections[0].synapse.weights.tolist() == [[2 * w for w in weights]]
    neuron = cuba_of(network)
    assert (neuron.threshold, neuron.current_decay, neuron.voltage_decay) == (threshold, decay, decay)
    assert (neuron.bias_mantissa.tolist(), neuron.bias_exponent) == ([bias], 6)


@given(
    values=st.lists(st.integers(-512, 510), min_size=1, max_size=8),
    common=st.sampled_from([1, 2, 4, 8, 16, 64]),
)
def test_whatever_is_kept_is_the_same_number(values: list[int], common: int) -> None:
    """Weights that a grid and a shared exponent hold are kept, all others refused: never another number."""
    wanted = np.array(values) * common
    try:
        synapse = quantize(one_layer(wanted / 64)).connections[0].synapse
    except NetworkError as error:
        assert "weight values are not integers" in str(error)  # either way is specified
        assert np.any(np.abs(wanted) > 254) or np.any(wanted % 2)
        return
    assert np.array_equal(np.ldexp(synapse.weights.astype(float), synapse.exponent), [wanted])


@given(st.integers(-128, 127), st.floats(-0.999, 0.999).filter(lambda x: abs(x) > 1e-9))
def test_nothing_between_the_grid_is_rounded(on: int, off: float) -> None:
    off += 0.001 if abs(off) in (0.5, 0.25) or off % 1 == 0 else 0
    with pytest.raises(NetworkError, match="layer 'readout': 1 of 2 weight values are not integers in -256..254"):
        quantize(one_layer([[2 / 64, (2 * on + off) / 64]]))


@pytest.mark.parametrize(
    ("integers", "stored", "exponent", "sign"),
    [
        ([2, -4, 254, -256], [2, -4, 254, -256], 0, SignMode.MIXED),
        ([0, 0], [0, 0], 0, SignMode.MIXED),
        ([1, 255], [1, 255], 0, SignMode.EXCITATORY),
        ([-1, -255], [-1, -255], 0, SignMode.INHIBITORY),
        ([1, -1, 127, -128], [2, -2, 254, -256], -1, SignMode.MIXED),
        ([300, -508], [150, -254], 1, SignMode.MIXED),
        ([512, 4], [128, 1], 2, SignMode.EXCITATORY),
        ([256], [128], 1, SignMode.MIXED),
        ([-258], [-129], 1, SignMode.INHIBITORY),
        ([254 * 128, -32768], [254, -256], 7, SignMode.MIXED),
    ],
)
def test_the_grid_follows_from_the_numbers(
    integers: list[int], stored: list[int], exponent: int, sign: SignMode
) -> None:
    synapse = quantize(one_layer([np.array(integers) / 64])).connections[0].synapse
    assert (synapse.weights.tolist(), synapse.exponent, synapse.grid.sign) == ([stored], exponent, sign)


@pytest.mark.parametrize(
    ("graph", "sentence"),
    [
        (one_layer([[-2 / 64, 1 / 64, 300 / 64]]), "2 of 3 weight values .* in steps of 2; the worst is 300 "),
        (one_layer([[255 / 64, -129 / 64]]), "the worst is 255 "),
        (one_layer([[0]], threshold=131072 / 64), "1 of 1 threshold values .*0..131071; the worst is 131072"),
        (one_layer([[0]], threshold=1.251), "threshold values .* the worst is 80.064"),
        (one_layer([[0]], decay=0.03), "current decay values are not integers in 0..4096; the worst is 122.88"),
        (one_layer([[0]], bias=0.01), "1 of 1 bias values .*; the worst is 40.96"),
        (one_layer([[0]], bias=0.01, decay=0.5), "1 of 1 bias values .* -4096..4095; the worst is 0.64"),
        (one_layer([[0], [0]], bias=[64, -64.015625], decay=0.5), "2 of 2 bias values .*the worst is -?409"),
    ],
)
def test_what_is_off_the_grid_is_named_with_its_remedy(graph: Graph, sentence: str) -> None:
    with pytest.raises(NetworkError, match=sentence) as caught:
        quantize(graph)
    assert "layer 'readout'" in str(caught.value)
    assert "train it quantization aware" in str(caught.value)
    assert "--bits 8" in str(caught.value)


def test_the_hook_with_the_wider_range_is_named() -> None:
    """SLAYER's quantize_8bit clips to -256..254, its quantize_hook_fx to -512..510; both have steps of 2."""
    kept = quantize(one_layer(np.array([[-512, 508, 4]]) / 64)).connections[0].synapse
    assert (kept.weights.tolist(), kept.exponent) == ([[-256, 254, 2]], 1)
    with pytest.raises(NetworkError, match="1 of 2 weight values .*quantize_hook_fx .*; train it"):
        quantize(one_layer(np.array([[510, -2]]) / 64))
    with pytest.raises(NetworkError) as caught:
        quantize(one_layer(np.array([[510, 3, -1]]) / 64))
    assert "quantize_hook_fx" not in str(caught.value)


@pytest.mark.parametrize(
    ("bias", "exponent", "mantissa"),
    [(63.984375, 6, 4095), (-64.0, 6, -4096), (3 / 128, 5, 3), (5 / 4096, 0, 5), (128 - 1 / 32, 7, 4095)],
)
def test_a_bias_takes_the_exponent_that_holds_it(bias: float, exponent: int, mantissa: int) -> None:
    neuron = cuba_of(quantize(one_layer([[0]], bias=bias, decay=0.5)))
    assert (neuron.bias_exponent, neuron.bias_mantissa.tolist()) == (exponent, [mantissa])


def test_a_bias_of_no_exponent_drives_a_current_that_forgets() -> None:
    """With a current decay of 1, u is the input of this step alone, so drive and bias are one."""
    neuron = cuba_of(quantize(one_layer([[0], [0]], bias=[100, -1 / 4096])))
    assert isinstance(neuron.drive, np.ndarray)
    assert neuron.drive.tolist() == [409600, -1]
    assert not neuron.bias.any()


def test_every_unit_may_have_its_own_numbers() -> None:
    model = CubaModel(
        np.array([1.0, 2.0]), np.array([0.5, 1.0]), 0.25, message=Message.GRADED, reset=Reset.SUBTRACT
    )
    nodes = (Source("input", (2,)), Population("readout", (2,), model))
    neuron = cuba_of(quantize(Graph(nodes, (Edge("input", "readout", OneToOne(np.ones(2))),))))
    assert spread(neuron.threshold, 2).tolist() == [64, 128]
    assert spread(neuron.current_decay, 2).tolist() == [2048, 4096]
    assert (neuron.voltage_decay, neuron.message, neuron.reset) == (1024, Message.GRADED, Reset.SUBTRACT)


def test_every_way_to_read() -> None:
    one = quantize(reading(OneToOne(np.array([1.0, 0.5])), (2,), (2,))).connections[0].synapse
    assert isinstance(one, Sparse)
    assert one.matrix().tolist() == [[64, 0], [0, 32]]

    listed = SparseWeights(np.array([0.5, -1.0]), np.array([1, 0]), np.array([0, 2]))
    sparse = quantize(reading(listed, (3,), (2,))).connections[0].synapse
    assert sparse.matrix().tolist() == [[0, 0, -64], [32, 0, 0]]

    kernel = np.arange(-6, 6).reshape(2, 1, 2, 3) / 32
    conv = quantize(reading(ConvWeights(kernel, (2, 1), (1, 1), (1, 2), 2), (2, 4, 5), (2, 3, 3))).connections[0]
    assert isinstance(conv.synapse, Convolution)
    assert np.array_equal(conv.synapse.weights, kernel * 64)
    assert (conv.synapse.stride, conv.synapse.padding, conv.synapse.dilation) == ((2, 1), (1, 1), (1, 2))
    assert (conv.synapse.source_shape, conv.synapse.target_shape) == ((2, 4, 5), (2, 3, 3))
    assert (conv.synapse.groups, conv.synapse.transposed) == (2, False)

    adjoint = ConvWeights(np.ones((2, 3, 2, 2)), (2, 2), transposed=True)
    back = quantize(reading(adjoint, (2, 2, 2), (3, 4, 4))).connections[0].synapse
    assert isinstance(back, Convolution)
    assert back.transposed
    assert back.weights.shape == (2, 3, 2, 2)


def test_the_passes_must_have_run() -> None:
    nodes = (Source("in", (2,)), Population("readout", (2,), CUBA))
    edge = Edge("in", "readout", OneToOne(np.ones(2)))
    with pytest.raises(NetworkError, match="the source is called 'in'"):
        quantize(Graph(nodes, (edge,)))
    for view, into, remedy in (
        (Flatten("seen", 2), "input", "fold-flatten"),
        (Concat("seen", (2,)), "input", "fold-concat"),
        (Average("seen", 1), "readout", "lower-average"),
    ):
        graph = Graph(
            (Source("input", (2,)), Population("readout", (2,), CUBA), view),
            (Edge("input", "readout", OneToOne(np.ones(2))), Edge(into, "seen")),
        )
        with pytest.raises(NetworkError, match=f"'seen' is a view .*{remedy}"):
            quantize(graph)
    pool = PoolWeights(np.ones((2, 2)), (2, 2))
    with pytest.raises(NetworkError, match="edge input->readout has pool weights; .*lower-pooling"):
        quantize(reading(pool, (1, 2, 2), (1, 1, 1)))
