"""``hardware.fixed`` equals Lava's LIF from any state, reachable in a test or not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware import fixed
from hardware.chip import widths
from hardware.neurons.cuba import Cuba
from tests.versus_lava.in_process import Neurons, import_lava, is_lavas

pytestmark = pytest.mark.lava

EDGE = widths.STATE_LIMIT
DECAYS = [0, 1, 2, 2047, 2048, 4094, 4095, 4096]
STATES = [0, 1, -1, 63, 64, -64, EDGE - 1, EDGE, 1 - EDGE, -EDGE + 2, EDGE // 2, -EDGE // 2, 4095, -4097]
INPUTS = [
    0,
    1,
    -1,
    2**17,
    -(2**17),
    2**17 - 1,
    1 - 2**17,
    2**17 + 1,
    -(2**17) - 1,
    2**18,
    -(2**18),
    2**23,
    -(2**23),
]


def lava_step(neuron, u, v, a):
    """Advance Lava's LIF by one step from the states ``u, v`` with the input ``a``."""
    import_lava()
    lif = Neurons("any", neuron)
    assert is_lavas(lif.process)
    lif["u"] = np.broadcast_to(u, neuron.units)
    lif["v"] = np.broadcast_to(v, neuron.units)
    lif.receive("", np.asarray(a, np.int32))
    fired = lif.step()
    return lif["u"], lif["v"], fired


def our_step(neuron, u, v, a):
    u = fixed.wrap(fixed.decay(u, neuron.current_decay) + fixed.align(a))
    v = fixed.saturate(fixed.decay(v, neuron.voltage_decay) + u + int(neuron.bias[0]))
    fires = v > fixed.align(neuron.threshold)
    return u, 0 if fires else v, int(fires)


def assert_equal_to_lava(neuron, states):
    u, v, a = (np.array(column) for column in zip(*states, strict=True))
    expected = [our_step(neuron, *map(int, state)) for state in states]
    for found, column, name in zip(lava_step(neuron, u, v, a), zip(*expected, strict=True), "uvs", strict=True):
        np.testing.assert_array_equal(found, column, err_msg=name)


def neurons(units, current_decay, voltage_decay, threshold, mantissa, exponent):
    bias = np.full(units, mantissa, np.int16)
    return Cuba(current_decay, voltage_decay, threshold, bias, exponent)


@pytest.mark.parametrize("current_decay", DECAYS)
@pytest.mark.parametrize("voltage_decay", DECAYS)
def test_every_pair_of_edges(current_decay, voltage_decay):
    states = [(u, v, a) for u in STATES for v in STATES for a in INPUTS]
    for threshold, mantissa, exponent in [(0, 0, 0), (131071, 0, 6), (1, 4095, 7), (64, -4096, 7), (100, -1, 0)]:
        neuron = neurons(len(states), current_decay, voltage_decay, threshold, mantissa, exponent)
        assert_equal_to_lava(neuron, states)


def test_a_voltage_just_at_the_threshold_does_not_fire_and_one_above_does():
    neuron = neurons(3, 4096, 0, 50, 0, 0)
    _, v, fired = lava_step(neuron, 0, np.array([50 * 64 - 1, 50 * 64, 50 * 64 + 1]), np.zeros(3))
    assert fired.tolist() == [0, 0, 1]
    assert v.tolist() == [50 * 64 - 1, 50 * 64, 0]


def test_the_current_wraps_once_and_its_interval_is_open_below():
    neuron = neurons(4, 0, 4096, 131071, 0, 0)
    u, _, _ = lava_step(neuron, np.array([EDGE - 64, EDGE, 64 - EDGE, 0]), 0, np.array([1, 1, -1, 2**20]))
    assert u.tolist() == [EDGE, 64 - EDGE, EDGE, 2**26 - 2 * EDGE]


@settings(max_examples=200, deadline=None)
@given(
    states=st.lists(
        st.tuples(st.integers(1 - EDGE, EDGE), st.integers(1 - EDGE, EDGE - 1), st.integers(1 - 2**24, 2**24 - 1)),
        min_size=1,
        max_size=40,
    ),
    decays=st.tuples(st.integers(0, 4096), st.integers(0, 4096)),
    threshold=st.integers(0, 131071),
    bias=st.tuples(st.integers(-4096, 4095), st.integers(0, 7)),
)
def test_any_state(states, decays, threshold, bias):
    assert_equal_to_lava(neurons(len(states), *decays, threshold, *bias), states)
