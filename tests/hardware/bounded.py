"""Small networks for tests of ranges."""

from __future__ import annotations

from typing import Any

import numpy as np

from hardware.ranges.analysis import ranges
from hardware.ranges.layer_range import LayerRange
from hardware.ranges.sums import SumRange
from hardware.synapses.dense import Dense
from hardware.synapses.grid import SignMode, WeightGrid
from hardware.synapses.synapse import Synapse
from tests.every_kind import one
from tests.programs import cuba

POSITIVE, NEGATIVE = WeightGrid(SignMode.EXCITATORY), WeightGrid(SignMode.INHIBITORY)


def row(total: int, **more: Any) -> Dense:
    """One target whose weights, all of one sign, sum to ``total``: some of 255, and a rest."""
    count, rest = divmod(abs(total), 255)
    weights = np.array([[255] * count + [rest]], np.int16)
    return Dense(weights if total > 0 else -weights, grid=POSITIVE if total > 0 else NEGATIVE, **more)


def summed(synapse: Synapse, largest_input: int | None = None) -> SumRange:
    """Return the range of a connection that plain spikes drive, or graded messages."""
    loaded = one(cuba(synapse.targets), synapse, graded=largest_input is not None)
    return ranges(loaded.network, 1 if largest_input is None else largest_input).connections["input->a"]


def layer(loaded: Any, largest_input: int = 1) -> LayerRange:
    """Return the range of layer a."""
    return ranges(loaded.network, largest_input).layers["a"]
