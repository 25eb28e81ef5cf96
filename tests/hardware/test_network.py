"""Networks that no chip can express are refused, naming the place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.errors import NetworkError
from hardware.network import Connection, Layer, Network
from hardware.neurons.cuba import Cuba
from hardware.synapses.dense import Dense
from hardware.synapses.grid import SignMode, WeightGrid
from tests.programs import TEACHER, THREE_FACTOR, cuba, dense

A = Layer("a", cuba(4))
INTO_A = Connection("input", "a", dense(4, 3))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Network(0, (A,), (INTO_A,)), "needs inputs"),
        (lambda: Network(3, (), (INTO_A,)), "at least one layer"),
        (lambda: Network(3, (A,), ()), "at least one connection"),
        (lambda: Network(3, (A, A), (INTO_A,)), "two layers are called 'a'"),
        (lambda: Network(3, (Layer("input", cuba(4)),), (INTO_A,)), "two layers are called 'input'"),
        (lambda: Network(3, (Layer("a b", cuba(4)),), (INTO_A,)), "layer name 'a b' may only hold"),
        (lambda: Network(3, (Layer("a", cuba(4)),), (INTO_A, INTO_A)), "connection input->a occurs twice"),
        (lambda: Network(5, (A,), (INTO_A,)), "source 'input' has 5 units, the weights 3"),
        (
            lambda: Network(3, (A,), (Connection("input", "a", dense(5, 3)),)),
            "target 'a' has 4 units, the weights 5",
        ),
        (lambda: Network(3, (A,), (Connection("b", "a", dense(4, 3)),)), "its source 'b' is not a layer"),
        (lambda: Network(3, (A,), (Connection("a", "input", dense(3, 4)),)), "its target 'input' is not a layer"),
        (lambda: Network(3, (A, Layer("b", cuba(1))), (INTO_A,)), "layer 'b' has no incoming connection"),
        (
            lambda: Network(3, (A,), (Connection("input", "a", dense(4, 3), THREE_FACTOR),)),
            "its rule uses y1, but layer 'a' has no teacher",
        ),
        (
            lambda: Network(3, (A,), (Connection("input", "a", Dense(np.full((4, 3), 3, np.int16))),)),
            "connection input->a: weights 3..3 must lie in -256..254 in steps of 2",
        ),
        (
            lambda: Network(
                3,
                (A,),
                (Connection("input", "a", Dense(np.full((4, 3), -1), grid=WeightGrid(SignMode.EXCITATORY))),),
            ),
            "must lie in 0..255 in steps of 1 (excitatory sign, 8 bits)",
        ),
        (
            lambda: Network(
                3,
                (A,),
                (Connection("input", "a", Dense(np.full((4, 3), 1), grid=WeightGrid(SignMode.INHIBITORY))),),
            ),
            "must lie in -255..0 in steps of 1 (inhibitory sign, 8 bits)",
        ),
        (
            lambda: Network(1024, (A,), (Connection("input", "a", Dense(np.full((4, 1024), -256), exponent=7)),)),
            "layer 'a': its synaptic input can reach 33554432, over the limit of 16777215",
        ),
    ],
)
def test_networks_that_do_not_fit(build: Callable[[], Any], message: str) -> None:
    with pytest.raises(NetworkError) as caught:
        build()
    assert message in str(caught.value)


def test_what_learning_may_reach_counts_against_the_accumulator() -> None:
    taught = Layer("a", cuba(1), TEACHER)
    small = Dense(np.zeros((1, 512), np.int16), exponent=7)
    Network(512, (Layer("a", cuba(1)),), (Connection("input", "a", small),))
    with pytest.raises(NetworkError, match="can reach 16777216"):
        Network(512, (taught,), (Connection("input", "a", small, THREE_FACTOR),))
    wide = Dense(np.zeros((1, 65535), np.int16))
    Network(65535, (taught,), (Connection("input", "a", wide, THREE_FACTOR),))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: cuba(1, du=-1), "current_decay -1 must lie in 0..4096"),
        (lambda: cuba(1, dv=4097), "voltage_decay 4097 must lie in 0..4096"),
        (lambda: cuba(1, threshold=-1), "threshold mantissa -1"),
        (lambda: cuba(1, threshold=131072), "threshold mantissa 131072 must lie in 0..131071"),
        (lambda: cuba(1, bias=[4096]), "bias mantissa 4096..4096 must lie in -4096..4095"),
        (lambda: cuba(1, bias_exponent=8), "bias exponent 8 must lie in 0..7"),
        (lambda: Cuba(0, 0, 0, np.zeros(2)), "must be an integer vector"),
        (lambda: Dense(np.zeros((2, 2))), "must be an integer matrix"),
        (lambda: Dense(np.zeros(2, np.int16)), "must be an integer matrix"),
        (lambda: Dense(np.zeros((0, 2), np.int16)), "must be an integer matrix"),
        (lambda: Dense(np.array([[256]])), "exceed the chip's -256..255; quantize first"),
        (lambda: Dense(np.array([[70000]])), "exceed the chip's -256..255; quantize first"),
        (lambda: Dense(np.zeros((1, 1), np.int16), exponent=8), "weight exponent 8 must lie in -8..7"),
        (lambda: WeightGrid(bits=0), "weight bits 0 must lie in 1..8"),
        (lambda: WeightGrid(bits=9), "weight bits 9 must lie in 1..8"),
    ],
)
def test_parts_out_of_range(build: Callable[[], Any], message: str) -> None:
    with pytest.raises(NetworkError) as caught:
        build()
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("sign", "bits", "low", "high", "step"),
    [
        ("mixed", 8, -256, 254, 2),
        ("mixed", 1, -256, 0, 256),
        ("mixed", 4, -256, 224, 32),
        ("excitatory", 8, 0, 255, 1),
        ("excitatory", 4, 0, 240, 16),
        ("inhibitory", 8, -255, 0, 1),
        ("inhibitory", 1, -128, 0, 128),
    ],
)
def test_grids(sign: str, bits: int, low: int, high: int, step: int) -> None:
    grid = WeightGrid(SignMode(sign), bits)
    assert (grid.low, grid.high, grid.step) == (low, high, step)


@given(st.sampled_from(SignMode), st.integers(1, 8))
def test_a_grid_has_two_to_the_bits_points(sign: SignMode, bits: int) -> None:
    grid = WeightGrid(sign, bits)
    assert (grid.high - grid.low) // grid.step + 1 == 2**bits


def test_learning_reaches_every_integer_between_the_ends() -> None:
    ranges = {sign: WeightGrid(sign).learned_range for sign in SignMode}
    assert ranges == {
        SignMode.MIXED: (-256, 255),
        SignMode.EXCITATORY: (0, 255),
        SignMode.INHIBITORY: (-255, 0),
    }


def test_the_largest_input_of_a_unit() -> None:
    weights = np.array([[1, -3], [2, 1]], np.int16)
    assert Dense(weights).accumulator_bound() == 4
    assert Dense(weights, exponent=3).accumulator_bound() == 32
    assert Dense(weights, exponent=-3).accumulator_bound() == 4


def test_the_bias_is_its_mantissa_shifted_left() -> None:
    assert cuba(3, bias=[-4096, 1, 5], bias_exponent=7).bias.tolist() == [-524288, 128, 640]
    with pytest.raises(ValueError, match="read-only"):
        cuba(3).bias_mantissa[0] = 1


def test_values_cannot_be_changed_behind_the_network() -> None:
    weights = np.zeros((4, 3), np.int16)
    synapse = Dense(weights)
    weights[0, 0] = 99
    assert synapse.weights[0, 0] == 0
    with pytest.raises(ValueError, match="read-only"):
        synapse.weights[0, 0] = 1
