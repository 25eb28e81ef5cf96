"""Networks on cores of a test's choice, and how often their units send."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
from hypothesis import strategies as st

from hardware.activity import Activity
from hardware.chip.known import LOIHI1
from hardware.chip.spec import ChipSpec
from hardware.network import INPUT, Connection, Layer, Network
from hardware.program import Placement, Program
from hardware.synapses.dense import Dense
from tests.programs import cases, cuba


def on_cores(program: Program, cores: Mapping[str, Sequence[int]], chip: ChipSpec = LOIHI1) -> Program:
    """Share out each layer evenly over the cores named for it, in runs, the longer ones first."""
    placement = []
    for name, places in cores.items():
        ends = np.cumsum(
            [len(run) for run in np.array_split(range(program.network.layer(name).units), len(places))]
        )
        starts = [0, *ends[:-1]]
        placement += [
            Placement(name, core, int(first), int(last))
            for core, first, last in zip(places, starts, ends, strict=True)
            if first < last
        ]
    return dataclasses.replace(program, chip=chip, placement=tuple(placement))


def two_layers(first: int, second: int, weight: int = 2) -> Program:
    """Layers "a" and "b", all joined to all; the host drives one unit of "a" that it never uses."""
    network = Network(
        1,
        (Layer("a", cuba(first)), Layer("b", cuba(second))),
        (
            Connection(INPUT, "a", Dense(np.full((first, 1), weight, np.int16))),
            Connection("a", "b", Dense(np.full((second, first), weight, np.int16))),
        ),
    )
    return Program(network, LOIHI1)


@st.composite
def activities(draw: st.DrawFn, network: Network, steps: int | None = None) -> Activity:
    """Any activity of a network."""
    count = draw(st.integers(1, 50)) if steps is None else steps
    units = {INPUT: network.inputs, **{layer.name: layer.units for layer in network.layers}}
    sent = {
        name: np.array(draw(st.lists(st.integers(0, count), min_size=size, max_size=size)), np.int64)
        for name, size in units.items()
    }
    active = None
    if draw(st.booleans()):
        active = {
            layer.name: np.array([draw(st.integers(int(least), count)) for least in sent[layer.name]], np.int64)
            for layer in network.layers
        }
    return Activity(draw(st.integers(1, 5)), count, sent, active=active)


@st.composite
def placed(draw: st.DrawFn) -> Program:
    """A random network on random cores of Loihi 1, several layers on one core too."""
    program = draw(cases()).program
    cores = {
        layer.name: draw(st.lists(st.integers(0, 127), min_size=1, max_size=3, unique=True))
        for layer in program.network.layers
    }
    return on_cores(program, cores)
