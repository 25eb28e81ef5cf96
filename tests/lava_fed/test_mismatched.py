"""Devices of one federation on chips that differ."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from hardware.chip.known import LOIHI2
from hardware.learning import supervised
from hardware.mismatch.profile import MismatchError
from hardware.network import Connection, Layer, Network
from hardware.neurons.cuba import Cuba
from hardware.program import Program
from hardware.synapses.dense import Dense
from lava_fed.mismatched import device_programs

NAMES = ("device-0", "device-1")


def made(hidden: int = 40) -> Program:
    rng = np.random.default_rng(1)
    method = supervised(rate=-6, margin=2048, shift=5, x1_impulse=16, x1_tau=12, epoch=8)
    frozen = (rng.integers(-60, 60, (hidden, 6)) * 2).astype(np.int16)
    learned = rng.integers(-120, 120, (4, hidden)).astype(np.int16) * 2
    return Program(
        Network(
            6,
            (
                Layer("hidden", Cuba(4096, 256, 120, np.zeros(hidden, np.int16))),
                Layer("readout", Cuba(4096, 128, 80, np.zeros(4, np.int16)), method.teacher),
            ),
            (
                Connection("input", "hidden", Dense(frozen)),
                Connection("hidden", "readout", Dense(learned), method.rule),
            ),
        ),
        LOIHI2,
    )


def profile(folder: Path, faults: str) -> str:
    path = folder / "kind.toml"
    path.write_text(f'name = "kind"\ntitle = "a kind"\nsource = "assumed"\n[faults]\n{faults}\n')
    return str(path)


def thresholds(program: Program) -> NDArray[np.int64]:
    neuron = program.network.layers[0].neuron
    assert isinstance(neuron, Cuba)
    return np.asarray(neuron.threshold, np.int64)


def test_frozen_weights_differ_from_chip_to_chip_and_learning_ones_do_not(tmp_path: Path) -> None:
    program, kind = made(), profile(tmp_path, 'stuck_weights = 0.2\nstuck_at = "any"')
    found = device_programs(program, kind, 1.0, NAMES, seed=3)
    assert tuple(found) == NAMES
    first, second = (each.network for each in found.values())
    assert np.any(
        first.connection("input->hidden").synapse.weights != second.connection("input->hidden").synapse.weights
    )
    for network in (first, second):
        assert np.array_equal(
            network.connection("hidden->readout").synapse.weights, program.weights()["hidden->readout"]
        )
    again = device_programs(program, kind, 1.0, NAMES[::-1], seed=3)
    assert {name: each.digest for name, each in again.items()} == {
        name: each.digest for name, each in found.items()
    }


def test_frozen_weights_that_are_shared_stay_too(tmp_path: Path) -> None:
    program, kind = made(), profile(tmp_path, "dead_synapses = 0.5")
    found = device_programs(program, kind, 1.0, NAMES[:1], 3, shared=("input->hidden",))["device-0"]
    assert (
        found.network.connections[0].synapse.weights.tolist()
        == program.network.connections[0].synapse.weights.tolist()
    )


def test_neurons_differ_where_the_profile_says_so() -> None:
    program = made()
    found = device_programs(program, "mixed-signal", 1.0, NAMES, seed=3)
    first, second = (thresholds(each) for each in found.values())
    assert np.any(first != second) and np.ptp(first) > 0
    perfect = device_programs(program, "mixed-signal", 0.0, NAMES, seed=3)
    assert all(np.all(thresholds(each) == 120) for each in perfect.values())


def test_a_dead_neuron_stays_dead_under_whatever_weights_are_written(tmp_path: Path) -> None:
    kind = profile(tmp_path, "dead_neurons = 1.0")
    found = device_programs(made(), kind, 1.0, NAMES[:1], seed=3)["device-0"]
    # held down by its own parameters: the weights into it are the federation's
    assert np.array_equal(found.weights()["hidden->readout"], made().weights()["hidden->readout"])
    with pytest.raises(MismatchError, match="could only be cut off by the weights of hidden->readout, which are"):
        device_programs(made(hidden=600), kind, 1.0, NAMES[:1], seed=3)
    assert device_programs(made(hidden=600), kind, 0.0, NAMES[:1], seed=3)


def test_an_unknown_profile_is_said() -> None:
    with pytest.raises(MismatchError, match="no device profile is called 'unheard'"):
        device_programs(made(), "unheard", 1.0, NAMES, seed=3)
