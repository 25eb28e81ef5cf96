"""A float network for digits keeps its accuracy at 8 bits, and the table says where it ends."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier

from compile.graph import Edge, Graph
from compile.neurons import CubaModel
from compile.nodes import Population, Source
from compile.quantize import Method, Per, Scheme, accuracy_by_bits
from compile.synapses import DenseWeights
from hardware.errors import LavaFedError
from hardware.neurons.cuba import Message, Reset
from hardware.spikes import SpikeTrain
from tests.compile import float_run

STEPS = 24


@pytest.fixture(scope="module")
def digits() -> tuple[Graph, SpikeTrain, NDArray[np.int32]]:
    """A perceptron of 24 hidden units as spiking neurons that keep what exceeds the threshold; 200 test digits."""
    x, y = load_digits(return_X_y=True)
    rng = np.random.default_rng(0)
    order = rng.permutation(len(y))
    x, y = x[order] / 16, y[order]
    trained = MLPClassifier((24,), max_iter=1000, tol=1e-3, random_state=0).fit(x[200:], y[200:])
    (first, second), (hidden_bias, out_bias) = trained.coefs_, trained.intercepts_
    hidden = CubaModel(1.5, 1.0, 0.0, bias=hidden_bias, reset=Reset.SUBTRACT)
    readout = CubaModel(0.0, 1.0, 0.0, bias=out_bias / 1.5, message=Message.VOLTAGE)
    graph = Graph(
        (Source("input", (64,)), Population("hidden", (24,), hidden), Population("out", (10,), readout)),
        (Edge("input", "hidden", DenseWeights(first.T)), Edge("hidden", "out", DenseWeights(second.T))),
    )
    spikes = rng.random((200, STEPS, 64)) < x[:200, np.newaxis]
    return graph, SpikeTrain(spikes.astype(np.uint8)), y[:200].astype(np.int32)


@pytest.mark.parametrize("per", list(Per))
def test_eight_bits_keep_the_accuracy_of_the_real_numbers(
    digits: tuple[Graph, SpikeTrain, NDArray[np.int32]], per: Per
) -> None:
    graph, train, labels = digits
    real = [float_run.run(graph, sample)["out"][-1].argmax() for sample in train.values]
    accuracy = float(np.mean(np.array(real) == labels))
    assert accuracy > 0.9
    rows = accuracy_by_bits(graph, train, labels, Scheme(per=per, method=Method.MSE))
    assert [row.bits for row in rows] == [8, 7, 6, 5, 4, 3, 2, 1]
    assert abs(rows[0].accuracy - accuracy) <= 0.02
    assert rows[4].accuracy > 0.85
    assert rows[-1].accuracy < accuracy - 0.2
    errors = [row.error for row in rows]
    assert errors == sorted(errors)
    assert rows[0].counts.voltages == rows[0].counts.currents == 0


def test_only_the_widths_that_were_asked_for(digits: tuple[Graph, SpikeTrain, NDArray[np.int32]]) -> None:
    graph, train, labels = digits
    (row,) = accuracy_by_bits(graph, train, labels, bits=[8])
    assert row.as_json()["counts"] == row.counts.as_json()
    assert row.as_json()["accuracy"] == row.accuracy


def test_labels_must_fit(digits: tuple[Graph, SpikeTrain, NDArray[np.int32]]) -> None:
    graph, train, labels = digits
    with pytest.raises(LavaFedError, match="expected 200 integer labels to calibrate with, found int32.3,"):
        accuracy_by_bits(graph, train, labels[:3])
    with pytest.raises(LavaFedError, match=r"labels 10\.\.19 do not fit the 10 units of the output"):
        accuracy_by_bits(graph, train, labels + 10)
