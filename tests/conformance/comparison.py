"""What it means that two backends agree."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hardware.emulator.engine import EmulatorBackend
from hardware.emulator.reference import ReferenceBackend
from hardware.probes import layer_states
from hardware.program import Program
from hardware.run_result import RunResult
from hardware.session import Session
from hardware.spikes import SpikeTrain
from tests.programs import Case


def assert_same(found: RunResult, expected: RunResult) -> None:
    """Every message with its type, every state asked for and every counter is the same."""
    assert list(found.spikes) == list(expected.spikes)
    assert list(found.probes) == list(expected.probes)
    for layer, spikes in expected.spikes.items():
        assert found.spikes[layer].dtype == spikes.dtype
        np.testing.assert_array_equal(found.spikes[layer], spikes, err_msg=layer)
    for probe, states in expected.probes.items():
        assert found.probes[probe].dtype == np.int32
        np.testing.assert_array_equal(found.probes[probe], states, err_msg=probe)
    assert found.counters == expected.counters


def assert_same_weights(found: Session, expected: Session) -> None:
    """Every connection that learns has the same weights."""
    assert set(found.weights()) == set(expected.weights())
    for name, weights in expected.weights().items():
        np.testing.assert_array_equal(found.weights()[name], weights, err_msg=name)


def every_state(program: Program) -> list[str]:
    """Name every state of every layer."""
    return [f"{layer.name}.{state}" for layer in program.network.layers for state in layer_states(layer)]


def assert_equal_run(program: Program, spikes: SpikeTrain) -> RunResult:
    """Emulator and specification agree on all that can be seen, probed and not; return what they saw."""
    fast, probes = EmulatorBackend().load(program), every_state(program)
    expected = ReferenceBackend().load(program).run(spikes, probes=probes)
    assert_same(fast.run(spikes, probes=probes), expected)
    without = fast.run(spikes)
    for layer, messages in expected.spikes.items():
        np.testing.assert_array_equal(without.spikes[layer], messages, err_msg=f"{layer}, without probes")
    return expected


def assert_equal_learning(case: Case, *seeds: int) -> dict[str, NDArray[np.int16]]:
    """Emulator and specification agree on all of learning, call after call; return the weights."""
    fast, slow = EmulatorBackend().load(case.program), ReferenceBackend().load(case.program)
    for seed in seeds:
        told = {"seed": seed, "probes": case.learning_probes, **case.lesson}
        assert_same(fast.learn(case.spikes, case.labels, **told), slow.learn(case.spikes, case.labels, **told))
        assert_same_weights(fast, slow)
    return slow.weights()
