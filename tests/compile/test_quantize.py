"""Real numbers cross to integers exactly or not at all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compile.graph import CubaPopulation, Edge, Graph, Source
from compile.quantize import quantize
from compile.text import parse
from hardware.errors import NetworkError
from hardware.synapses.grid import SignMode

TEXT = """\
source input 2
cuba readout 2 threshold=1.25 current_decay=0.25 voltage_decay=0.030029296875 bias=[0 -0.5]
edge input -> readout
  0.5 -4
  3.96875 0
"""


def one_layer(weights: object, bias: object = None, threshold: float = 1.0, decay: float = 1.0) -> Graph:
    matrix = np.atleast_2d(np.asarray(weights, dtype=np.float64))
    units = matrix.shape[0]
    vector = np.zeros(units) if bias is None else np.asarray(bias, dtype=np.float64)
    population = CubaPopulation("readout", threshold, decay, decay, vector)
    return Graph((Source("input", (matrix.shape[1],)), population), (Edge("input", "readout", matrix),))


def test_by_hand() -> None:
    network = quantize(parse(TEXT))
    (connection,), (layer,) = network.connections, network.layers
    assert connection.synapse.weights.tolist() == [[32, -256], [254, 0]]
    assert (connection.synapse.exponent, connection.synapse.grid.sign) == (0, SignMode.MIXED)
    neuron = layer.neuron
    assert (neuron.threshold, neuron.current_decay, neuron.voltage_decay) == (80, 1024, 123)
    assert neuron.bias.tolist() == [0, -32 << 6]


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
    neuron = network.output.neuron
    assert (neuron.threshold, neuron.current_decay, neuron.voltage_decay) == (threshold, decay, decay)
    assert neuron.bias_mantissa.tolist() == [bias]


@given(st.integers(-128, 127), st.floats(-0.999, 0.999).filter(lambda x: abs(x) > 1e-9))
def test_nothing_between_the_grid_is_rounded(on: int, off: float) -> None:
    with pytest.raises(NetworkError, match="layer 'readout': 1 of 1 weight values are not integers in -256..254"):
        quantize(one_layer([[(2 * on + off) / 64]]))


@pytest.mark.parametrize(
    ("graph", "sentence"),
    [
        (one_layer([[2 / 64, 1 / 64, 300 / 64]]), "2 of 3 weight values .* in steps of 2; the worst is 300 "),
        (one_layer([[255 / 64]]), "the worst is 255 "),
        (one_layer([[256 / 64]]), "the worst is 256 "),
        (one_layer([[-258 / 64]]), "the worst is -258 "),
        (one_layer([[0]], threshold=131072 / 64), "1 of 1 threshold values .*0..131071; the worst is 131072"),
        (one_layer([[0]], threshold=1.251), "threshold values .* the worst is 80.064"),
        (one_layer([[0]], decay=0.03), "current decay values are not integers in 0..4096; the worst is 122.88"),
        (one_layer([[0]], bias=[0.01]), "1 of 1 bias values .* -4096..4095; the worst is 0.64"),
        (
            one_layer([[0], [0]], bias=[64, -64.015625]),
            "2 of 2 bias values .*the worst is -4097|the worst is 4096",
        ),
    ],
)
def test_what_is_off_the_grid_is_named_with_its_remedy(graph: Graph, sentence: str) -> None:
    with pytest.raises(NetworkError, match=sentence) as caught:
        quantize(graph)
    assert "layer 'readout'" in str(caught.value)
    assert "train it quantization aware" in str(caught.value)


def test_the_passes_must_have_run() -> None:
    with pytest.raises(NetworkError, match="the source is called 'in'"):
        quantize(parse(TEXT.replace("input", "in")))
    flat = TEXT.replace("source input 2", "source input 2\nflatten f 2").replace(
        "edge input -> readout", "edge input -> f\nedge f -> readout"
    )
    with pytest.raises(NetworkError, match="'f' is a flatten; fold it"):
        quantize(parse(flat))
