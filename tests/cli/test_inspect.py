"""What ``lava-fed inspect`` says about sums."""

from __future__ import annotations

import numpy as np
import pytest

from compile.pipeline import place_network
from hardware.chip.known import LOIHI2
from hardware.encoder import FINE, Encoder
from hardware.network import Connection, Layer, Network
from hardware.neurons.relay import Relay
from hardware.synapses.convolution import Convolution

EVERY_WORD = [-14 * 2**31 + 8, 14 * 2**31 - 6]


@pytest.mark.parametrize(
    ("graded", "encoder", "bits", "sums"),
    [
        (False, None, "4", [-8, 6]),
        (True, None, "24, may wrap", EVERY_WORD),
        (True, Encoder(), "19", [-14 * 4 * 4096, 14 * 4 * 4096]),
        (True, Encoder(decimate=4), "19", [-14 * 4 * 4096, 14 * 4 * 4096]),
        (True, Encoder(grid=FINE), "24, may wrap", EVERY_WORD),
    ],
)
def test_it_tells_how_many_bits_each_sum_takes_for_any_input(lava_fed, tmp_path, graded, encoder, bits, sums):
    synapse = Convolution(np.array([[[[2, 4, -8]]]], np.int16), (1, 1, 3), (1, 1, 1))
    network = Network(3, (Layer("a", Relay(1)),), (Connection("input", "a", synapse),), graded, encoder)
    place_network(network, LOIHI2).save(tmp_path / "sums.h5")
    (layer,) = lava_fed("inspect", "sums.h5", "--json").document["layers"]
    assert layer["sum_ranges"] == [sums]
    assert layer["sums_may_wrap"] == ["may wrap" in bits]
    assert f"-8..4 {bits} 1 -" in " ".join(lava_fed("inspect", "sums.h5").out.split())
