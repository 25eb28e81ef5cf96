"""Programs of every sort that the page draws, and their pages."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from cli.chip_page.content import Content
from cli.chip_page.gather import gather
from cli.chip_page.page import render
from compile.core_rows import core_report
from compile.pipeline import place_network
from compile.place.placing import Placing
from hardware.activity import assumed
from hardware.chip.board import Board
from hardware.chip.known import LOIHI1, LOIHI2
from hardware.energy.account import account
from hardware.energy.known import find_model
from hardware.network import Connection, Layer, Network
from hardware.neurons.cuba import Cuba
from hardware.program import Placement, Program
from hardware.synapses.convolution import Convolution
from hardware.synapses.dense import Dense
from hardware.synapses.synapse import Synapse
from tests.browser import Browser, browser_program


def chain(*synapses: Synapse) -> Network:
    """Layers one after the other."""
    names = [f"layer{index}" for index in range(len(synapses))]
    layers = [
        Layer(name, Cuba(4096, 128, 90, np.zeros(synapse.targets, np.int16)))
        for name, synapse in zip(names, synapses, strict=True)
    ]
    connections = [
        Connection(source, name, synapse)
        for source, name, synapse in zip(["input", *names], names, synapses, strict=False)
    ]
    return Network(synapses[0].sources, tuple(layers), tuple(connections))


def dense(targets: int, sources: int) -> Dense:
    """All joined."""
    return Dense(np.full((targets, sources), 2, np.int16))


def image(channels: int, sources: int, side: int) -> Convolution:
    """A kernel of 3 x 3."""
    weights = np.full((channels, sources, 3, 3), 2, np.int16)
    return Convolution(weights, (sources, side, side), (channels, side, side), padding=(1, 1))


def small() -> Program:
    """Two layers on two cores of one Loihi 1, whose figures are nearly all published."""
    return place_network(chain(dense(30, 20), dense(10, 30)), LOIHI1)


def shared() -> Program:
    """Two layers that share a core, one on its own, and five on another."""
    network = chain(dense(30, 20), dense(10, 30), dense(4, 10), *(dense(4, 4) for _ in range(5)))
    cores = (5, 5, 90, 91, 91, 91, 91, 91)
    placement = tuple(
        Placement(layer.name, core, 0, layer.units) for layer, core in zip(network.layers, cores, strict=True)
    )
    return Program(network, LOIHI2, placement)


def deep() -> Program:
    """More layers than there are colours."""
    return place_network(chain(*(dense(12, 12) for _ in range(15))), LOIHI2)


def four() -> Program:
    """Images over four chips."""
    network = chain(image(20, 2, 64), image(20, 20, 64), image(20, 20, 64))
    chip = dataclasses.replace(LOIHI2, neurons_per_core=1024)
    return place_network(network, chip, board=Board.grid(chip, 2, 2), placing=Placing("greedy"))


def hala() -> Program:
    """Three chips of a board of 1,152."""
    network = chain(dense(6, 5), dense(6, 6), dense(6, 6))
    cores = (0, 36 * 128 + 121, 1151 * 128 + 7)
    placement = tuple(Placement(f"layer{index}", core, 0, 6) for index, core in enumerate(cores))
    return Program(network, LOIHI2, placement, board=LOIHI2.board("hala-point"))


PROGRAMS: dict[str, Callable[[], Program]] = {each.__name__: each for each in (small, shared, deep, four, hala)}


def content_of(program: Program, rate: float = 0.25) -> Content:
    """What its page shows at an assumed rate."""
    activity = assumed(program.network, rate)
    costs = account(program, activity, find_model("loihi1" if program.chip == LOIHI1 else "loihi2"))
    return gather("a.h5", program, core_report(program, activity), activity, costs)


@pytest.fixture(scope="session")
def contents() -> dict[str, Content]:
    """What the pages show, by the Program's name."""
    return {name: content_of(make()) for name, make in PROGRAMS.items()}


@pytest.fixture(scope="session")
def pages(contents: dict[str, Content], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Their pages."""
    folder = tmp_path_factory.mktemp("pages")
    written = {}
    for name, content in contents.items():
        written[name] = folder / f"{name}.html"
        written[name].write_text(render(content))
    return written


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A browser, where there is one."""
    program = browser_program()
    if program is None:
        pytest.skip("neither Chromium nor Chrome is on the search path")
    with Browser(program) as opened:
        yield opened
