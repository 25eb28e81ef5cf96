"""Pool and unpool synapses of any size equal SLAYER's own, or are refused where SLAYER's fail."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from compile.errors import UnsupportedLayerError
from compile.frontends.slayer_pool import pool, unpool
from compile.graph import Edge, Graph
from compile.neurons import CubaModel
from compile.nodes import Population, Source
from compile.synapse_list import listed
from compile.synapses import Pair, Weights
from compile.transforms.lower_pooling import LowerPooling

PAIRS = st.tuples(st.integers(1, 3), st.integers(1, 3))
PADDINGS = st.tuples(st.integers(0, 1), st.integers(0, 1))
IMAGES = st.tuples(st.integers(1, 3), st.integers(1, 7), st.integers(1, 7))


def ours(
    weights: Weights, source: tuple[int, int, int], target: tuple[int, int, int], x: Any
) -> NDArray[np.float64]:
    nodes = (Source("in", source), Population("out", target, CubaModel(1.0, 1.0, 1.0)))
    (edge,) = LowerPooling()(Graph(nodes, (Edge("in", "out", weights),))).edges
    assert edge.weights is not None
    synapses = listed(edge.weights, source, target, "in->out")
    sums = np.zeros(int(np.prod(target)))
    np.add.at(sums, synapses.target_of, synapses.weights * x.ravel()[synapses.source_of])
    return sums.reshape(target)


@pytest.mark.parametrize("made", [pool, unpool])
@given(
    source=IMAGES,
    size=PAIRS,
    stride=PAIRS,
    padding=PADDINGS,
    dilation=st.sampled_from([(1, 1), (1, 1), (2, 1), (1, 2)]),
    seed=st.integers(0, 2**16),
)
@settings(deadline=None, max_examples=150)
def test_sums_equal_those_of_slayers_own_synapse(
    made: Any, source: tuple[int, int, int], size: Pair, stride: Pair, padding: Pair, dilation: Pair, seed: int
) -> None:
    torch = pytest.importorskip("torch")
    synapse = pytest.importorskip("lava.lib.dl.slayer").synapse
    rng = np.random.default_rng(seed)
    x, kernel = rng.normal(size=source), rng.normal(size=size)
    theirs = (synapse.Pool if made is pool else synapse.Unpool)(size, stride, padding, dilation).double()
    theirs.weight.data = torch.as_tensor(kernel).reshape(theirs.weight.shape)
    try:
        with torch.no_grad():
            wanted = theirs(torch.as_tensor(x)[None, ..., None])[0, ..., 0].numpy()
    except RuntimeError:
        wanted = None
    try:
        weights, target = made(kernel, stride, padding, dilation, source, "block 0")
    except UnsupportedLayerError:
        assert wanted is None or wanted.size == 0 or not np.any(wanted)
        return
    assert wanted is not None and wanted.shape == target
    np.testing.assert_allclose(ours(weights, source, target, x), wanted, atol=1e-12)
