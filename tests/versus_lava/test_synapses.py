"""Several steps of every synapse kind at any messages: Lava's own models equal the specification."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hardware.emulator.reference_synapses import SynapseState
from hardware.errors import NetworkError
from hardware.network import Connection
from hardware.synapses.convolution import Convolution
from hardware.synapses.dense import Dense
from hardware.synapses.grid import SignMode, WeightGrid
from hardware.synapses.sparse import Sparse
from tests.versus_lava.in_process import Synapses, import_lava, is_lavas

pytestmark = pytest.mark.lava

EXPONENTS = st.integers(-8, 7)
GRIDS = st.builds(WeightGrid, st.sampled_from(SignMode), st.integers(1, 8))
PAIRS = st.tuples(st.integers(1, 3), st.integers(1, 3))
GRADED = ["plain", "small", "any"]


def drawn_weights(draw, grid, shape):
    rng = np.random.default_rng(draw(st.integers(0, 2**31), "weights"))
    return (
        rng.integers(0, (grid.high - grid.low) // grid.step, shape, endpoint=True) * grid.step + grid.low
    ).astype(np.int16)


@st.composite
def dense(draw, delayed):
    grid, shape = draw(GRIDS), (draw(st.integers(1, 4)), draw(st.integers(1, 4)))
    weights = drawn_weights(draw, grid, shape)
    delays = draw(st.integers(0, 2**31).map(lambda seed: np.random.default_rng(seed).integers(0, 5, shape)))
    return Dense(weights, draw(EXPONENTS), grid, delays if delayed else None)


@st.composite
def sparse(draw):
    grid, shape = draw(GRIDS), (draw(st.integers(1, 4)), draw(st.integers(1, 4)))
    cells = st.lists(st.integers(0, shape[0] * shape[1] - 1), min_size=1, max_size=8, unique=True).map(sorted)
    source_of, target_of = np.divmod(np.array(draw(cells)), shape[0])
    return Sparse(drawn_weights(draw, grid, source_of.shape), target_of, source_of, shape, draw(EXPONENTS), grid)


@st.composite
def convolutions(draw, *, transposed, plain=False):
    groups, kernel = draw(st.integers(1, 2)), draw(PAIRS)
    channels = [groups * draw(st.integers(1, 2)) for _ in range(2)]
    stride, dilation, padding = draw(PAIRS), draw(PAIRS), draw(st.tuples(st.integers(0, 2), st.integers(0, 2)))
    near = draw(PAIRS)
    cut = (0, 0) if plain else draw(st.tuples(st.integers(0, 1), st.integers(0, 1)))
    far = tuple(
        (near[i] - 1 + cut[i]) * stride[i] + dilation[i] * (kernel[i] - 1) + 1 - 2 * padding[i] for i in (0, 1)
    )
    assume(min(far) >= 1)
    shapes = [(channels[0], *far), (channels[1], *near)]
    order = slice(None, None, -1 if transposed else 1)
    source, target = shapes[order]
    first, second = (source[0], target[0]) if transposed else (target[0], source[0])
    grid = draw(GRIDS)
    weights = drawn_weights(draw, grid, (first, second // groups, *kernel))
    exponent = 0 if plain else draw(EXPONENTS)
    try:
        return Convolution(weights, source, target, stride, padding, dilation, groups, transposed, exponent, grid)
    except NetworkError:
        assume(False)


def messages(draw, kind, sources, steps):
    """Draw messages of all steps: plain spikes, integers of 18 bits, or any words with their ends."""
    rng = np.random.default_rng(draw(st.integers(0, 2**31), "messages"))
    if kind == "plain":
        return rng.integers(0, 2, (steps, sources))
    if kind == "small":
        return rng.integers(-(2**17), 2**17, (steps, sources))
    ends = np.array([0, 1, -1, 2**31 - 1, -(2**31), 2**23, -(2**23)])
    anything = rng.integers(-(2**31), 2**31, (steps, sources))
    return np.where(rng.random((steps, sources)) < 0.5, rng.choice(ends, (steps, sources)), anything)


def assert_equals_the_specification(synapse, sent, *, graded, lavas=None):
    import_lava()
    found = Synapses(Connection("a", "b", synapse), graded=graded)
    if lavas is not None:
        assert is_lavas(found.process) is lavas
    state, arriving = SynapseState(synapse), {}
    for step, row in enumerate(sent):
        expected = arriving.pop(step, np.zeros(synapse.targets, np.int64))
        np.testing.assert_array_equal(found.step(row), expected.astype(np.int32), err_msg=f"step {step}")
        for delay, sums in state.deliver(row.tolist()).items():
            arriving[step + 1 + delay] = arriving.get(step + 1 + delay, 0) + np.array(sums)


@pytest.mark.parametrize("kind", GRADED)
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_dense(kind, data):
    synapse = data.draw(dense(delayed=False))
    sent = messages(data.draw, kind, synapse.sources, 3)
    assert_equals_the_specification(synapse, sent, graded=kind != "plain", lavas=True)


@pytest.mark.parametrize("kind", GRADED)
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_dense_with_delays(kind, data):
    synapse = data.draw(dense(delayed=True))
    sent = messages(data.draw, kind, synapse.sources, 9)
    lavas = kind == "plain" or synapse.exponent >= 0 or synapse.delays is None
    assert_equals_the_specification(synapse, sent, graded=kind != "plain", lavas=lavas)


@pytest.mark.parametrize("kind", GRADED)
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_sparse(kind, data):
    synapse = data.draw(sparse())
    sent = messages(data.draw, kind, synapse.sources, 3)
    assert_equals_the_specification(synapse, sent, graded=kind != "plain", lavas=True)


@pytest.mark.parametrize("kind", GRADED)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_transposed_convolutions_as_sparse_synapses(kind, data):
    synapse = data.draw(convolutions(transposed=True))
    sent = messages(data.draw, kind, synapse.sources, 2)
    assert_equals_the_specification(synapse, sent, graded=kind != "plain", lavas=True)


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_lavas_own_convolution_of_plain_spikes(data):
    synapse = data.draw(convolutions(transposed=False, plain=True))
    sent = messages(data.draw, "plain", synapse.sources, 3)
    assert_equals_the_specification(synapse, sent, graded=False, lavas=True)


@pytest.mark.parametrize("kind", GRADED)
@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_our_wider_convolution(kind, data):
    synapse = data.draw(convolutions(transposed=False))
    sent = messages(data.draw, kind, synapse.sources, 3)
    assert_equals_the_specification(synapse, sent, graded=kind != "plain")


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_lavas_own_convolution_of_graded_messages_while_sums_fit_into_32_bits(data):
    from lava.proc.conv.process import Conv

    from tests.versus_lava.in_process import model

    import_lava()
    synapse = data.draw(convolutions(transposed=False, plain=True))
    sent = messages(data.draw, "small", synapse.sources, 2)
    wide = Synapses(Connection("a", "b", synapse), graded=True)
    lavas = Synapses(Connection("a", "b", synapse), graded=False)
    lavas.process = Conv(**lavas.process.proc_params._parameters | {"num_message_bits": 24})
    lavas.model = model(lavas.process)
    assert is_lavas(lavas.process)
    assert not is_lavas(wide.process)
    for row in sent:
        np.testing.assert_array_equal(lavas.step(row), wide.step(row))


def test_a_plain_convolution_keeps_24_bits():
    weights = np.full((1, 1, 1, 1), 254, np.int16)
    synapse = Convolution(weights, (1, 1, 1), (1, 1, 1))
    for message in (2**15, 2**16, 33026, 33027, -33026, 2**31 - 1, -(2**31)):
        sent = np.array([[message], [0]])
        assert_equals_the_specification(synapse, sent, graded=True)
        wrapped = (254 * message + 2**23) % 2**24 - 2**23
        assert SynapseState(synapse).deliver([message]) == {0: [wrapped]}


@pytest.mark.parametrize(
    ("more", "source", "target"),
    [
        ({"dilation": (1, 130)}, (1, 2, 140), (1, 1, 10)),
        ({"padding": (0, 80)}, (1, 2, 3), (1, 1, 162)),
        ({"stride": (1, 130)}, (1, 2, 140), (1, 1, 2)),
        ({}, (1, 2, 140), (1, 1, 3)),
    ],
)
def test_sizes_that_lavas_8_bits_do_not_hold_and_targets_cut_short(more, source, target):
    weights = np.arange(4, dtype=np.int16).reshape(1, 1, 2, 2) * 2
    synapse = Convolution(weights, source, target, **more)
    sent = np.random.default_rng(0).integers(0, 2, (2, synapse.sources))
    assert_equals_the_specification(synapse, sent, graded=False, lavas=False)
