"""Where enough of an image fires, targets sum what they hear in their windows; nobody can tell."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from hardware.emulator.layout import lay_out
from hardware.emulator.tables import LISTENS, PATTERNS, WINDOWS
from hardware.network import INPUT, Connection, Layer
from hardware.neurons.relay import Relay
from hardware.program import Program
from hardware.spikes import SpikeTrain
from hardware.synapses.convolution import Convolution
from tests.any_image import AXES, Axis, convolution
from tests.conformance.comparison import assert_equal_run
from tests.densities import EXCITATORY, drawn, graded
from tests.every_kind import network

SAME: Axis = (1, 1, 1, 3)
SHARES = (0.2, 0.4, 0.02, 0.0, 0.7, 1.0, 0.95)


def behind(synapse: Convolution) -> Program:
    """A layer that reads the input."""
    layer = Layer("layer", Relay(synapse.targets))
    return network(synapse.sources, [layer], [Connection(INPUT, "layer", synapse)])


def listens_from(program: Program) -> int:
    """Return from how many messages on the connection listens; -1 where it always scatters them."""
    row = lay_out([program.network])[0].image.connections[0]
    assert row[PATTERNS] < 0, "this one looks up patterns instead"
    return int(row[LISTENS]) if row[WINDOWS] >= 0 else -1


@pytest.mark.parametrize("part", range(4))
def test_every_stride_padding_and_dilation_of_a_kernel_on_rows(part: int) -> None:
    columns: list[Axis] = list(product((1, 2, 3), (0, 1, 2), (1,), (1, 2, 3)))
    listened = 0
    for index in range(part, len(AXES), 4):
        rows, across = AXES[index], columns[index % len(columns)]
        size = tuple(max(n, dilation * (taps - 1) + 1 - 2 * pad, 1) for n, (_, pad, dilation, taps) in
                     zip((7, 6), (rows, across), strict=True))  # fmt: skip
        synapse = convolution((11, 3 + index % 3), size, rows, across, seed=index)
        program = behind(synapse)
        listened += 0 <= listens_from(program) < synapse.sources // 4
        assert_equal_run(program, drawn(synapse.sources, *SHARES, samples=1, seed=index))
    assert listened > len(AXES) // 8


@pytest.mark.parametrize("channels", [1, 15, 16, 17, 32, 36, 48, 49, 64, 65, 100, 129])
def test_targets_of_every_number_of_channels(channels: int) -> None:
    size = (6, 7) if channels < 32 else (3, 4)
    synapse = convolution((12, channels), size, (2, 1, 1, 3), (1, 1, 1, 3), seed=channels)
    program = behind(synapse)
    assert 0 <= listens_from(program) < synapse.sources // 4
    assert_equal_run(program, drawn(synapse.sources, *SHARES, samples=2))


@pytest.mark.parametrize("channels", [11, 63, 64, 65, 130])
def test_pixels_of_every_number_of_channels(channels: int) -> None:
    weights = np.resize(np.arange(-20, 22, 2, dtype=np.int16), channels * 18)
    synapse = convolution((channels, 2), (5, 4), SAME, SAME, weights=weights)
    program = behind(synapse)
    assert 0 <= listens_from(program) < synapse.sources // 4
    assert_equal_run(program, drawn(synapse.sources, *SHARES, samples=2))


def test_windows_that_lie_wholly_beyond_the_image() -> None:
    synapse = convolution((12, 3), (2, 2), (1, 3, 1, 2), (1, 3, 1, 2), seed=1)
    assert_equal_run(behind(synapse), drawn(synapse.sources, *SHARES))


def test_exactly_as_many_messages_as_it_takes_to_listen() -> None:
    synapse = convolution((12, 3), (6, 6), SAME, SAME, seed=2)
    program = behind(synapse)
    least = listens_from(program)
    flags = np.zeros((1, 3, synapse.sources), np.uint8)
    for step, count in enumerate((least - 1, least, least + 1)):
        flags[0, step, np.random.default_rng(step).permutation(synapse.sources)[:count]] = 1
    assert_equal_run(program, SpikeTrain(flags))


@pytest.mark.parametrize("kind", [{"groups": 2}, {"transposed": True}], ids=str)
def test_groups_and_transposed_convolutions_are_scattered(kind: dict[str, int]) -> None:
    synapse = convolution((12, 12), (5, 5), SAME, SAME, **kind)
    program = behind(synapse)
    assert listens_from(program) == -1
    assert_equal_run(program, drawn(synapse.sources, *SHARES))


def test_dilated_columns_and_weights_beyond_a_byte_are_scattered() -> None:
    dilated = convolution((12, 2), (5, 9), SAME, (1, 0, 2, 3))
    large = convolution((2, 2), (6, 6), SAME, (1, 0, 1, 6), weights=np.resize([1, 255, 128], 72).astype(np.int16),
                        grid=EXCITATORY)  # fmt: skip
    for synapse in (dilated, large):
        program = behind(synapse)
        assert listens_from(program) == -1
        assert_equal_run(program, drawn(synapse.sources, *SHARES))


def test_integers_are_multiplied() -> None:
    synapse = convolution((12, 3), (5, 5), SAME, SAME)
    program = network(300, [Layer("a", Relay(synapse.targets))], [Connection(INPUT, "a", synapse)], graded=True)
    assert_equal_run(program, graded(300, -9, 9, share=1.0))
