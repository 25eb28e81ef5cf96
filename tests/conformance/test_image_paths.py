"""Whatever way the emulator takes through images, it arrives where the specification does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hardware.network import Connection, Layer
from hardware.neurons.relay import Relay
from hardware.program import Program
from hardware.spikes import SpikeTrain
from hardware.synapses.convolution import Convolution
from hardware.synapses.sparse import Sparse
from tests.any_image import AXES, Axis, convolution, convolutions
from tests.conformance.comparison import assert_equal_run
from tests.conformance.test_paths import both_ways
from tests.densities import EXCITATORY, drawn, graded
from tests.every_kind import HIGH, LOW, network
from tests.programs import cuba

SAME: Axis = (1, 1, 1, 3)
"""Stride, padding, dilation and taps that keep the size of an image."""


def one_at_a_time(units: int) -> SpikeTrain:
    """Each unit fires alone, in one step each; then all but each."""
    alone = np.eye(units, dtype=np.uint8)
    return SpikeTrain(np.stack([alone, 1 - alone]))


def at_the_rim(shape: tuple[int, int, int]) -> SpikeTrain:
    """Steps in which only one border of the image fires, only the inside, only a corner, one channel, all."""
    steps = np.zeros((9, *shape), np.uint8)
    steps[0, :, 0], steps[1, :, -1], steps[2, :, :, 0], steps[3, :, :, -1] = 1, 1, 1, 1
    steps[4, :, 1:-1, 1:-1] = 1
    steps[5, :, 0, 0] = 1
    steps[6, -1, -1, -1] = 1
    steps[7, 0], steps[8] = 1, 1
    return SpikeTrain(steps.reshape(1, 9, -1))


@pytest.mark.parametrize("transposed", [False, True], ids=["plain", "transposed"])
@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize("part", range(6))
def test_every_stride_padding_dilation_and_kernel_on_either_axis(part: int, groups: int, transposed: bool) -> None:
    columns = np.random.default_rng(groups + 8 * transposed).permutation(len(AXES))
    for index in range(part, len(AXES), 6):
        rows, across = AXES[index], AXES[columns[index]]
        size = tuple(max(length, _least(axis)) for length, axis in zip((5, 4), (rows, across), strict=True))
        channels = (4, 4) if groups == 4 else ((2, 4), (4, 2))[index // 6 % 2]
        synapse = convolution(channels, size, rows, across, groups=groups, transposed=transposed, seed=index)
        program = network(
            synapse.sources, [Layer("a", Relay(synapse.targets))], [Connection("input", "a", synapse)]
        )
        shares = (0.0, 0.1, 0.6, 0.4, 1.0)
        assert_equal_run(program, drawn(synapse.sources, *shares, samples=1, seed=index))


def _least(axis: Axis) -> int:
    """Return the shortest axis on which a kernel has a position."""
    _, padding, dilation, taps = axis
    return max(1, dilation * (taps - 1) + 1 - 2 * padding)


GEOMETRIES = {
    "same size": (SAME, SAME),
    "not square": ((1, 0, 1, 2), (1, 2, 1, 5)),
    "stride": ((2, 1, 1, 3), (3, 0, 1, 2)),
    "one by one": ((1, 0, 1, 1), (1, 0, 1, 1)),
    "one row": ((1, 0, 1, 1), (1, 1, 1, 3)),
    "dilated": ((1, 2, 2, 3), (1, 3, 3, 3)),
    "padding beyond the kernel": ((1, 3, 1, 2), (2, 3, 1, 1)),
    "as large as the image": ((1, 0, 1, 5), (1, 0, 1, 4)),
}


@pytest.mark.parametrize("transposed", [False, True], ids=["plain", "transposed"])
@pytest.mark.parametrize("name", GEOMETRIES)
def test_single_spikes_single_silences_and_borders(name: str, transposed: bool) -> None:
    rows, columns = GEOMETRIES[name]
    synapse = convolution((2, 3), (5, 4), rows, columns, transposed=transposed, seed=1)
    program = both_ways(synapse)
    assert_equal_run(program, one_at_a_time(synapse.sources))
    assert_equal_run(program, at_the_rim(synapse.source_shape))


CHANNELS = [(1, 1), (1, 2), (2, 1), (3, 5), (4, 4), (5, 3), (6, 7), (7, 8), (8, 8), (9, 16), (16, 9), (17, 3),
            (1, 24), (24, 2), (3, 33)]  # fmt: skip


@pytest.mark.parametrize("transposed", [False, True], ids=["plain", "transposed"])
@pytest.mark.parametrize("channels", CHANNELS, ids=str)
def test_channels_of_every_number(channels: tuple[int, int], transposed: bool) -> None:
    synapse = convolution(channels, (3, 4), SAME, (1, 0, 1, 2), transposed=transposed, seed=2)
    half = 0.5 - 0.5 / synapse.sources
    spikes = drawn(synapse.sources, 0, 1 / synapse.sources, 0.2, half, 0.5, 0.55, 0.95, 1, samples=1)
    assert_equal_run(both_ways(synapse), spikes)


@pytest.mark.parametrize("multiplier", [1, 2, 3])
@pytest.mark.parametrize("count", [1, 2, 3, 8, 9, 24])
def test_each_channel_apart(count: int, multiplier: int) -> None:
    for transposed in (False, True):
        channels = (count, count * multiplier)
        synapse = convolution(channels, (3, 2), SAME, SAME, groups=count, transposed=transposed, seed=count)
        assert_equal_run(both_ways(synapse), drawn(synapse.sources, 0.1, 0.5, 0.9, 0.0, 1.0, samples=1))


NARROW = {
    "all zero": [0],
    "even": [2, -2, 254, -256],
    "multiples of 64": [64, -128, 192, -256],
    "only -256": [-256],
    "one of them small": [-256] * 30 + [2],
}
POSITIVE = {"bytes": [1, 127], "past a byte": [1, 127, 128, 255]}


@pytest.mark.parametrize("exponent", [-8, -3, -1, 0, 1, 7])
@pytest.mark.parametrize("name", [*NARROW, *POSITIVE])
def test_kernels_at_the_ends_of_a_byte(name: str, exponent: int) -> None:
    values = {**NARROW, **POSITIVE}[name]
    weights = np.resize(np.array(values, np.int16), 3 * 2 * 3 * 3)
    more = {"grid": EXCITATORY} if name in POSITIVE else {}
    for transposed in (False, True):
        synapse = convolution(
            (2, 3), (4, 3), SAME, SAME, transposed=transposed, weights=weights, exponent=exponent, **more
        )
        assert_equal_run(both_ways(synapse), drawn(24, 0.1, 0.5, 0.9, 1.0, 0.0))
        words = both_ways(synapse, plain=False)
        for low, high in ((-2, 2), (-(2**20), 2**20), (LOW, HIGH)):
            assert_equal_run(words, graded(24, low, high, steps=4))


@pytest.mark.parametrize("value", [254, -256, 252, 255, 129])
@pytest.mark.parametrize("channels", [5, 6, 10, 11])
def test_sums_of_an_image_at_the_ends_of_narrow_types(channels: int, value: int) -> None:
    more = {"grid": EXCITATORY} if value % 2 else {}
    weights = np.full(2 * channels * 25, value, np.int16)
    weights[channels * 25 :: 2] = 0 if value % 2 else -value // 4 * 2
    axis: Axis = (1, 2, 1, 5)
    for transposed in (False, True):
        synapse = convolution((channels, 2), (5, 5), axis, axis, weights=weights, transposed=transposed, **more)
        program = network(
            synapse.sources, [Layer("a", Relay(synapse.targets))], [Connection("input", "a", synapse)]
        )
        sent = assert_equal_run(program, drawn(synapse.sources, 1.0, 0.9, 0.45, samples=1)).spikes["a"]
        assert transposed or np.abs(sent).max() == abs(value) * channels * 25


@pytest.mark.parametrize("exponent", [-8, -1, 0, 1, 7])
@pytest.mark.parametrize("total", [2**23 - 1, 2**23, 2**23 + 1, 2**24, 2**31 - 1, 2**31, 2**31 + 1, 2**32 + 5])
def test_graded_sums_just_around_24_and_32_bits(total: int, exponent: int) -> None:
    weights = np.array([[[[1, 255, 255]]]], np.int16)
    values = np.array([[total % 255, total // 255, 0]])
    for transposed, ordered in ((False, weights), (True, weights[:, :, :, ::-1])):
        synapse = Convolution(
            ordered,
            (1, 1, 3),
            (1, 1, 3),
            padding=(0, 1),
            transposed=transposed,
            exponent=exponent,
            grid=EXCITATORY,
        )
        spikes = SpikeTrain(np.stack([values, -values, values[:, ::-1]], axis=1))
        sent = assert_equal_run(both_ways(synapse, plain=False), spikes).spikes["input.0"]
        bits = 32 if transposed else 24
        assert exponent or sent[0, 1, 1] == (total + 2 ** (bits - 1)) % 2**bits - 2 ** (bits - 1)


@st.composite
def image_runs(draw: st.DrawFn) -> tuple[Program, SpikeTrain]:
    """Any convolution, from the input or a layer that holds its spikes back, to neurons or bare sums."""
    synapse, plain = draw(convolutions()), draw(st.sampled_from([True, True, False]))
    units, rng = synapse.sources, np.random.default_rng(draw(st.integers(0, 99)))
    repeat = Relay(units, binary=plain)
    late = rng.integers(0, 3, units) if draw(st.booleans()) else None
    neuron = cuba(synapse.targets, threshold=300) if draw(st.booleans()) else Relay(synapse.targets)
    program = network(
        units,
        [Layer("repeat", repeat, delays=late), Layer("a", neuron)],
        [
            Connection("input", "repeat", Sparse.diagonal(np.full(units, 2))),
            Connection(draw(st.sampled_from(["input", "repeat"])), "a", synapse),
        ],
        graded=not plain,
    )
    if not plain and draw(st.booleans()):
        high = draw(st.sampled_from([2, 40_000, HIGH]))
        return program, graded(units, -high, high, steps=draw(st.integers(1, 3)), share=draw(st.floats(0, 1)))
    shares = st.sampled_from([0.0, 0.02, 0.1, 0.49, 0.5, 0.51, 0.9, 1.0])
    steps = draw(st.lists(shares, min_size=1, max_size=4))
    return program, drawn(units, *steps, samples=draw(st.integers(1, 3)), seed=draw(st.integers(0, 99)))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(drawn_run=image_runs())
def test_any_convolution_at_any_density(drawn_run: tuple[Program, SpikeTrain]) -> None:
    assert_equal_run(*drawn_run)
