"""Where most of an image of few channels fires, targets look up what they hear; nobody can tell."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from hardware.emulator.image_patterns import is_tabled
from hardware.emulator.layout import lay_out
from hardware.emulator.tables import GATHERED, SIZE
from hardware.network import INPUT, Connection, Layer
from hardware.neurons.relay import Relay
from hardware.program import Program
from hardware.synapses.convolution import Convolution
from tests.any_image import AXES, Axis, convolution
from tests.conformance.comparison import assert_equal_run
from tests.densities import EXCITATORY, drawn, graded
from tests.every_kind import network

SAME: Axis = (1, 1, 1, 3)
SHARES = (0.3, 0.5, 0.7, 0.0, 0.4, 1.0, 0.6)


def behind(*synapses: Convolution) -> Program:
    """A layer for each synapse, all of which read the input."""
    layers = [Layer(f"layer{index}", Relay(synapse.targets)) for index, synapse in enumerate(synapses)]
    connections = [Connection(INPUT, f"layer{index}", synapse) for index, synapse in enumerate(synapses)]
    return network(synapses[0].sources, layers, connections)


def crowds_from(program: Program) -> int:
    """Return how many entries the list of input spikes may have at most; -1 where it is always made."""
    return int(lay_out([program.network])[0].image.populations[0, GATHERED])


@pytest.mark.parametrize("part", range(4))
def test_every_stride_padding_and_dilation_of_a_kernel_on_rows(part: int) -> None:
    columns: list[Axis] = list(product((1, 2, 3), (0, 1, 2), (1,), (1, 2, 3)))
    seen = 0
    for index in range(part, len(AXES), 4):
        rows, across = AXES[index], columns[index % len(columns)]
        size = tuple(max(n, dilation * (taps - 1) + 1 - 2 * pad, 1) for n, (_, pad, dilation, taps) in
                     zip((7, 6), (rows, across), strict=True))  # fmt: skip
        channels = ((1, 3), (2, 5), (3, 17))[index % 3]
        synapse = convolution(channels, size, rows, across, seed=index)
        program = behind(synapse)
        assert is_tabled(synapse)
        seen += 0 <= crowds_from(program) < synapse.sources // 2
        assert_equal_run(program, drawn(synapse.sources, *SHARES, samples=1, seed=index))
    assert seen > len(AXES) // 8


@pytest.mark.parametrize("channels", [(1, 1), (1, 16), (2, 24), (3, 15), (3, 33)], ids=str)
def test_targets_of_every_number_of_channels(channels: tuple[int, int]) -> None:
    synapse = convolution(channels, (9, 8), (2, 1, 1, 5), (1, 1, 1, 3), seed=3)
    program = behind(synapse)
    assert 0 <= crowds_from(program) < synapse.sources // 2
    assert_equal_run(program, drawn(synapse.sources, *SHARES, samples=2))


def test_two_readers_of_one_image() -> None:
    coarse, fine = convolution((2, 3), (8, 8), (2, 0, 1, 2), (2, 0, 1, 2)), convolution((2, 4), (8, 8), SAME, SAME)
    program = behind(coarse, fine)
    assert crowds_from(program) == max(crowds_from(behind(coarse)), crowds_from(behind(fine))) > 0
    assert_equal_run(program, drawn(coarse.sources, *SHARES))


def test_a_reader_that_needs_the_list_gets_it() -> None:
    few, many = convolution((2, 3), (8, 8), SAME, SAME), convolution((2, 2), (8, 8), SAME, SAME, groups=2)
    program = behind(few, many)
    assert crowds_from(program) == -1
    assert_equal_run(program, drawn(few.sources, *SHARES))


def test_an_image_that_begins_in_the_middle_of_a_line_and_ends_with_it() -> None:
    synapse = convolution((1, 2), (5, 13), SAME, (1, 2, 1, 5), seed=5)  # 65 sources
    layers = [Layer("a", Relay(65, binary=True)), Layer("b", Relay(synapse.targets))]
    repeat = convolution((1, 1), (5, 13), (1, 0, 1, 1), (1, 0, 1, 1), weights=np.full(1, 2, np.int16))
    program = network(65, layers, [Connection(INPUT, "a", repeat), Connection("a", "b", synapse)])
    assert lay_out([program.network])[0].image.populations[:, SIZE].tolist()[:2] == [65, 65]
    assert_equal_run(program, drawn(65, *SHARES, *SHARES))


@pytest.mark.parametrize("axis", [(1, 0, 1, 11), (1, 0, 2, 3)], ids=["eleven taps", "dilated columns"])
def test_what_no_table_holds_is_scattered(axis: Axis) -> None:
    synapse = convolution((1, 2), (3, 16), (1, 0, 1, 1), axis)
    assert not is_tabled(synapse)
    program = behind(synapse)
    assert crowds_from(program) == -1
    assert_equal_run(program, drawn(synapse.sources, *SHARES))


def test_weights_beyond_a_byte_are_scattered() -> None:
    weights = np.resize([1, 255, 128], 18).astype(np.int16)
    synapse = convolution((1, 2), (6, 6), SAME, SAME, weights=weights, grid=EXCITATORY)
    program = behind(synapse)
    assert crowds_from(program) == -1
    assert_equal_run(program, drawn(synapse.sources, *SHARES))


def test_integers_are_never_looked_up() -> None:
    synapse = convolution((2, 3), (6, 6), SAME, SAME)
    program = network(72, [Layer("a", Relay(synapse.targets))], [Connection(INPUT, "a", synapse)], graded=True)
    assert_equal_run(program, graded(72, -9, 9, share=1.0))
    assert_equal_run(program, graded(72, 1, 1, share=0.6))
