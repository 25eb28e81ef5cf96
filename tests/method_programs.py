"""Small networks for the learning methods that ship, each with spikes and what its host gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from compile.blank import Blank, blank_network
from hardware.learning import LearningMethod, supervised
from hardware.learning.methods.direct_feedback import direct_feedback
from hardware.learning.methods.eprop import eprop
from hardware.learning.methods.prototypes import prototype_network, prototypes
from hardware.learning.methods.rstdp import rstdp
from hardware.learning.methods.soel import soel
from hardware.learning.methods.stdp import stdp
from hardware.network import Connection, Layer, Network
from hardware.neurons.cuba import Cuba
from hardware.spikes import SpikeTrain
from hardware.synapses.dense import Dense

SAMPLES, INPUTS = 4, 8
LABELS = {"labels": np.array([2, 0, -1, 1])}


@dataclass(frozen=True, eq=False)
class MethodCase:
    """A network that learns by a method.

    Attributes
    ----------
    name : str
        The method's.
    network : Network
        Small.
    spikes : SpikeTrain
        Some samples.
    host : mapping
        What ``learn`` takes beside spikes and seed.
    """

    name: str
    network: Network
    spikes: SpikeTrain
    host: Mapping[str, Any]


def two_layers(method: LearningMethod) -> Network:
    """Make a hidden layer that drives three units, which learn."""
    rng = np.random.default_rng(3)

    def neurons(units: int) -> Cuba:
        return Cuba(4096, 300, 90, np.zeros(units, np.int16))

    return Network(
        INPUTS,
        (Layer("hidden", neurons(6)), Layer("last", neurons(3), method.teacher)),
        (
            Connection("input", "hidden", Dense(2 * rng.integers(-10, 40, (6, INPUTS)))),
            Connection("hidden", "last", Dense(2 * rng.integers(0, 40, (3, 6))), method.rule),
        ),
    )


def blank(method: LearningMethod) -> Network:
    """Make a network that learns as a whole; an input more is always on."""
    return blank_network((INPUTS - 1, 5, 3), method, Blank(threshold=100, spread=50))


def spikes(steps: int, *, at_first: bool = False) -> SpikeTrain:
    """Make samples of random spikes, or of four inputs that fire first."""
    rng = np.random.default_rng(3)
    values = rng.random((SAMPLES, steps, INPUTS)) < 0.3
    values[:, steps // 2 :] = False
    if at_first:
        values[:] = False
        values[:, 0] = rng.permuted(np.tile(np.arange(INPUTS) < 4, (SAMPLES, 1)), axis=1)
    return SpikeTrain(values.astype(np.uint8))


ON_LAVA = (
    MethodCase("supervised", two_layers(supervised(margin=300, shift=2)), spikes(32), LABELS),
    MethodCase("stdp", two_layers(stdp()), spikes(32), {}),
    MethodCase("rstdp", two_layers(rstdp()), spikes(32), {"rewards": np.array([-128, 50, 0, 127])}),
    MethodCase("soel", two_layers(soel(margin=300, shift=2, trigger=9)), spikes(32), LABELS),
    MethodCase(
        "prototypes",
        prototype_network(INPUTS, 2, 2, method=prototypes(), active=4, alike=3),
        spikes(40, at_first=True),
        {"labels": np.array([0, 2, 1, -1])},
    ),
)
"""Those that Lava's simulator can run."""
ALL = (
    *ON_LAVA,
    MethodCase(
        "direct_feedback", blank(direct_feedback(margin=300, rest=-300, error_shift=2)), spikes(16), LABELS
    ),
    MethodCase("eprop", blank(eprop(margin=300, rest=-300, error_shift=2, window=90)), spikes(16), LABELS),
)
"""All that ship."""
