"""Small Programs with two connections that learn, on different grids."""

from __future__ import annotations

import numpy as np
import pytest

from hardware.chip.known import LOIHI2
from hardware.learning import supervised
from hardware.network import Connection, Layer, Network
from hardware.neurons.cuba import Cuba
from hardware.program import Program
from hardware.synapses.dense import Dense
from hardware.synapses.grid import SignMode, WeightGrid

FIRST, SECOND = "input->out", "hidden->out"


def small_program(hidden: int = 3, bits: int = 8) -> Program:
    """Two units learn from five inputs (mixed signs) and from a hidden layer (excitatory)."""
    method = supervised()
    rule, teacher = method.rule, method.teacher
    layers = (
        Layer("hidden", Cuba(4096, 4096, 10, np.zeros(hidden, np.int16))),
        Layer("out", Cuba(4096, 4096, 10, np.zeros(2, np.int16)), teacher),
    )
    return Program(
        Network(
            5,
            layers,
            (
                Connection("input", "hidden", Dense(np.full((hidden, 5), 2, np.int16))),
                Connection("input", "out", Dense(np.zeros((2, 5), np.int16), grid=WeightGrid(bits=bits)), rule),
                Connection(
                    "hidden",
                    "out",
                    Dense(np.zeros((2, hidden), np.int16), grid=WeightGrid(SignMode.EXCITATORY)),
                    rule,
                ),
            ),
        ),
        LOIHI2,
    )


@pytest.fixture(scope="session")
def program() -> Program:
    return small_program()
