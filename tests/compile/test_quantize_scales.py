"""Which scale a layer takes, by hand: each case changes if one rule of the choice does."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from compile.graph import Edge, Graph
from compile.neurons import CubaModel, Model, RelayModel, SigmaDeltaModel, SigmaModel
from compile.nodes import Population, Source
from compile.quantize import Method, Per, Scheme, quantize, quantize_post_training
from compile.quantize.messages import message_worth, weight_scale
from compile.quantize.post_training import QuantizationReport, QuantizedLayer
from compile.quantize.rounding import rounded
from compile.quantize.saturation import SaturationCounts
from compile.quantize.scales import choose
from compile.synapses import ConvWeights, DenseWeights, OneToOne, Weights
from hardware.neurons.cuba import Cuba
from hardware.neurons.neuron import spread


def layer(weights: Weights, model: Model, shape: tuple[int, ...], *, graded: bool = False) -> Graph:
    units = weights.weights.shape[1] if isinstance(weights, DenseWeights) else 1
    source = Source("input", (units,) if len(shape) == 1 else (1, 1, 1), graded)
    return Graph((source, Population("out", shape, model)), (Edge("input", "out", weights),))


def dense(*weights: float) -> DenseWeights:
    return DenseWeights(np.array([weights]))


def cuba(weights: DenseWeights, threshold: float = 1.0) -> Graph:
    return layer(weights, CubaModel(threshold, 1.0, 0.1), (len(weights.weights),))


def test_the_least_error_clips_an_outlier_that_the_largest_weight_would_not() -> None:
    """Two bits hold -2..1 steps: 40 weights of 0.2 are lost beside one of 1, unless that one is clipped."""
    graph = cuba(dense(*[0.2] * 40, 1.0))
    errors, clipped = {}, {}
    for method in (Method.MAX, Method.MSE):
        _, report = quantize_post_training(graph, scheme=Scheme(2, Per.LAYER, method))
        errors[method], clipped[method] = report.error, report.counts.weights
    assert clipped == {Method.MAX: 0, Method.MSE: 1}
    assert errors[Method.MSE] < errors[Method.MAX]


def test_a_percentile_counts_no_zeros() -> None:
    """The median of 0.1, 0.2 .. 1.0 is 0.55 however many zeros lie beside them: five weights are beyond it."""
    kept = np.arange(1, 11) / 10
    scheme = Scheme(method=Method.PERCENTILE, percentile=50)
    stored = []
    for zeros in (0, 9, 90):
        network, report = quantize_post_training(cuba(dense(*[0.0] * zeros, *kept)), scheme=scheme)
        assert report.counts.weights == 5
        stored.append(network.connections[0].synapse.weights[0, zeros:].tolist())
    assert stored[0] == stored[1] == stored[2]
    assert stored[0][5:] == [254] * 5


def test_the_errors_of_layers_count_by_their_weights() -> None:
    def row(weights: int, error: float) -> QuantizedLayer:
        return QuantizedLayer("a", "1", 1.0, 1.0, (8,), (0,), weights, error, 0.0, SaturationCounts())

    assert QuantizationReport(Scheme(), (row(1, 4.0), row(3, 8.0))).error == 7.0
    assert QuantizationReport(Scheme(), ()).error == 0.0


def test_the_relative_error_compares_the_error_with_the_weights() -> None:
    """One bit of mixed sign keeps -0.5 alone: 0.25 is lost beside it, whatever the size of both."""
    for size in (1.0, 1e-6):
        graph = cuba(dense(-0.5 * size, 0.25 * size), threshold=0.0)
        (row,) = quantize_post_training(graph, scheme=Scheme(1))[1].layers
        assert row.error == pytest.approx((0.25 * size) ** 2 / 2)
        assert row.relative == pytest.approx(0.2**0.5)
    (row,) = quantize_post_training(cuba(dense(0.0, 0.0)))[1].layers
    assert row.relative == 0.0


@pytest.mark.parametrize(("threshold", "factor"), [(2000.0, 1.0), (250.0, 131071 / 16000 / 8), (300.0, 1.0)])
def test_a_threshold_is_stretched_to_an_eighth_of_its_range_and_never_lowered_for_that(
    threshold: float, factor: float
) -> None:
    _, report = quantize_post_training(cuba(dense(0.1, -0.03), threshold))
    assert report.layers[0].highest == pytest.approx(factor)


def test_a_bias_that_rounds_to_the_end_of_13_bits_takes_the_next_exponent() -> None:
    """At a scale of 4096, 4095.6 becomes 4096, one beyond the mantissa; so 3 becomes 4."""
    model = CubaModel(1.0, 0.5, 0.1, bias=np.array([4095.6, 3.0]) / 4096)
    kept, clipped = rounded(model, np.ones(2))
    assert isinstance(kept, CubaModel)
    assert (np.asarray(kept.bias) * 4096).tolist() == [4096.0, 4.0]
    assert clipped == 0
    neuron = quantize(layer(DenseWeights(np.ones((2, 1))), kept, (2,))).output.neuron
    assert isinstance(neuron, Cuba)
    assert (spread(neuron.bias, 2).tolist(), neuron.bias_exponent) == ([4096, 4], 2)


def test_a_sum_of_plain_and_graded_messages_has_the_finer_unit() -> None:
    """A spike is worth 1 and a message 1/4096, so a spike of weight 1 adds 4096 units to the sum."""
    nodes = (
        Source("input", (1,)),
        Population("fine", (1,), RelayModel(scale=1 / 4096)),
        Population("sum", (1,), SigmaModel()),
    )
    one = OneToOne(np.ones(1))
    edges = (Edge("input", "fine", one), Edge("input", "sum", one), Edge("fine", "sum", one))
    graph = Graph(nodes, edges)
    assert message_worth(graph, "sum") == 1 / 4096
    assert [weight_scale(graph, edge)[0] for edge in edges[1:]] == [4096.0, 1.0]


WEIGHT = 0.9
"""57.6 at a scale of 64, so it fills 8 bits with an exponent of -2; no exponent keeps it exactly."""
SIGMA_DELTA = SigmaDeltaModel(0.0)


def exponent(weights: Weights, shape: tuple[int, ...], heard: int) -> int:
    graph = layer(weights, SIGMA_DELTA, shape, graded=True)
    (population,) = graph.populations
    (found,) = choose(graph, population, Scheme(), heard={"input": heard}).exponents
    return found


@pytest.mark.parametrize(("share", "expected"), [(0.12, -2), (0.2, -1), (0.3, 0), (0.9, 0)])
def test_weights_are_no_finer_than_sums_of_twice_the_loudest_message_allow(share: float, expected: int) -> None:
    """At exponent e the sum before it is larger by 2^-e, and must stay below 2^31 for messages twice as large."""
    heard = int(share * 2**31 / (64 * WEIGHT))
    assert exponent(dense(WEIGHT), (1,), heard) == expected


def test_a_plain_convolution_must_keep_its_sums_in_24_bits() -> None:
    kernel: NDArray[np.float64] = np.full((1, 1, 1, 1), WEIGHT)
    heard = int(0.3 * 2**23 / (64 * WEIGHT))
    assert exponent(dense(WEIGHT), (1,), heard) == -2
    assert exponent(ConvWeights(kernel), (1, 1, 1), heard) == 0
    assert exponent(ConvWeights(kernel, transposed=True), (1, 1, 1), heard) == -2
    assert exponent(ConvWeights(kernel), (1, 1, 1), heard // 4) == -2
