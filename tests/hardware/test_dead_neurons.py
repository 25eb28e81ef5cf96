"""Dead neurons never send anything, whatever their kind and whatever arrives."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.emulator.engine import EmulatorBackend
from hardware.emulator.reference import ReferenceBackend
from hardware.mismatch import dead as dead_module
from hardware.mismatch.dead import can_hold, silence
from hardware.mismatch.profile import MismatchError
from hardware.neurons.cuba import Message, Reset
from hardware.neurons.relay import Relay
from hardware.neurons.resonator import Firing
from hardware.neurons.sigma_delta import Sigma, SigmaDelta
from hardware.program import Program
from hardware.spikes import SpikeTrain
from hardware.synapses.convolution import Convolution
from hardware.synapses.dense import Dense
from hardware.synapses.sparse import Sparse
from tests.any_network import cases_of_every_kind
from tests.every_kind import alif, kernel, one, resonator, sparse
from tests.learning_programs import LEARNERS, WHOLE
from tests.programs import Case, cuba, dense, learner

ONES = np.ones((1, 60, 1), np.uint8)


def sent(program: Program, spikes: SpikeTrain) -> dict[str, Any]:
    with EmulatorBackend().load(program) as session:
        return dict(session.run(spikes).spikes)


def with_dead(program: Program, **dead: list[bool]) -> Program:
    flags = {name: np.array(values) for name, values in dead.items()}
    return replace(program, network=silence(program.network, flags))


@settings(max_examples=150, deadline=None)
@given(cases_of_every_kind(), st.data())
def test_a_dead_neuron_of_any_kind_never_sends(case: Case, data: st.DataObject) -> None:
    flags = {
        layer.name: data.draw(st.lists(st.booleans(), min_size=layer.units, max_size=layer.units))
        for layer in case.program.network.layers
    }
    program = with_dead(case.program, **flags)
    for name, trains in sent(program, case.spikes).items():
        assert not trains[..., np.array(flags[name])].any()


@pytest.mark.parametrize(
    "neuron",
    [
        cuba(2, 0, 0, 0, bias=[4095, 4095], bias_exponent=7),
        cuba(2, 0, 0, 0, drive=2**23 - 1, message=Message.GRADED, reset=Reset.SUBTRACT),
        cuba(2, 0, 0, 0, drive=99, bias=[5, 5], message=Message.VOLTAGE),
        alif(2, threshold=0, bias=2**23 - 1, drive=2**23 - 1),
        resonator(2, threshold=0, drive_real=500, drive_imag=-500),
        resonator(2, Firing.IZHIKEVICH, 0, drive_imag=2**23 - 1),
        SigmaDelta(2, 0, 77),
        Sigma(2),
        Relay(2),
        Relay(2, True),
    ],
    ids=lambda neuron: f"{neuron.kind}",
)
@pytest.mark.parametrize(
    "synapse",
    [
        Dense(np.array([[254], [254]]), exponent=7),
        Sparse(np.array([254, 254]), np.array([0, 1]), np.array([0, 0]), (2, 1), exponent=7),
        Convolution(np.full((2, 1, 1, 1), 254), (1, 1, 1), (2, 1, 1), exponent=7),
    ],
    ids=lambda synapse: synapse.kind,
)
def test_a_neuron_that_would_always_send_is_silent_once_dead(neuron: Any, synapse: Any) -> None:
    program = with_dead(one(neuron, synapse), a=[True, False])
    trains = sent(program, SpikeTrain(ONES))["a"]
    assert not trains[..., 0].any()
    alive = sent(one(neuron, synapse), SpikeTrain(ONES))["a"]
    assert np.array_equal(trains[..., 1], alive[..., 1])


def test_neighbours_of_a_dead_neuron_live_on() -> None:
    program = one(cuba(18, threshold=30), Convolution(kernel(2, 1, 3, 3), (1, 5, 5), (2, 3, 3)))
    flags = np.zeros(18, bool)
    flags[[3, 11]] = True
    spikes = SpikeTrain((np.random.default_rng(1).random((2, 30, 25)) < 0.4).astype(np.uint8))
    before, after = sent(program, spikes)["a"], sent(with_dead(program, a=list(flags)), spikes)["a"]
    assert before[..., flags].any()
    assert np.array_equal(after[..., ~flags], before[..., ~flags])


def test_plain_integrators_are_held_down_and_keep_their_synapses() -> None:
    program = one(cuba(18, threshold=30), Convolution(kernel(2, 1, 3, 3), (1, 5, 5), (2, 3, 3)))
    changed = with_dead(program, a=[True] * 9 + [False] * 9)
    assert can_hold(program.network, program.network.layers[0])
    assert changed.network.connections == program.network.connections


def test_a_kernel_is_listed_where_neurons_must_be_cut_off() -> None:
    shared = Convolution(kernel(2, 1, 3, 3), (1, 5, 5), (2, 3, 3))
    program = one(SigmaDelta(18, 5), shared)
    changed = with_dead(program, a=[True] + [False] * 17).network.connections[0].synapse
    assert isinstance(changed, Sparse)
    assert not changed.matrix()[0].any()
    assert np.array_equal(changed.matrix()[1:], shared.matrix()[1:])


def test_a_kernel_that_reaches_only_padding_needs_no_cut() -> None:
    synapse = Convolution(kernel(1, 1, 1, 1), (1, 1, 1), (1, 1, 1), padding=(1, 1))
    program = one(Relay(1), synapse)
    assert with_dead(program, a=[True]).network.connections[0].synapse is synapse


def test_a_kernel_that_learns_is_not_listed() -> None:
    case = next(case for case in LEARNERS if case.name == "a convolution of integers")
    with pytest.raises(MismatchError, match="input->a: a kernel that learns cannot be cut off from dead neurons"):
        with_dead(case.program, a=[True] + [False] * 107)


def test_a_unit_of_a_readout_cannot_be_dead() -> None:
    with pytest.raises(MismatchError, match="layer 'out': a dead unit of a readout would still send errors"):
        with_dead(WHOLE.program, out=[True, False, False])


def test_a_hidden_unit_of_a_whole_network_stays_dead() -> None:
    changed = with_dead(WHOLE.program, hidden=[True] + [False] * 5)
    session = ReferenceBackend().load(changed)
    result = session.learn(WHOLE.spikes, WHOLE.labels, seed=1)
    assert not result.spikes["hidden"][..., 0].any()
    assert result.spikes["hidden"][..., 1:].any()


def test_a_kernel_of_too_many_synapses_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dead_module, "LISTED_MAX", 100)
    program = one(Relay(18), Convolution(kernel(2, 1, 3, 3), (1, 5, 5), (2, 3, 3)))
    with pytest.raises(MismatchError, match=r"input->a: .* 162 synapses, over the limit of 100; set faults"):
        with_dead(program, a=[True] + [False] * 17)


def test_inputs_that_could_leave_24_bits_are_cut_off_instead() -> None:
    large = one(cuba(2), dense(2, 600, low=127))
    assert not can_hold(large.network, large.network.layers[0])
    graded = one(cuba(2), dense(2, 2), graded=True)
    assert not can_hold(graded.network, graded.network.layers[0])
    cut = with_dead(large, a=[True, False]).network.connections[0].synapse.weights
    assert not cut[0].any()
    assert cut[1].all()


def test_a_dead_neuron_stays_dead_while_its_layer_learns() -> None:
    program = with_dead(learner(), readout=[True, False, False])
    rng = np.random.default_rng(3)
    spikes = SpikeTrain((rng.random((6, 16, 6)) < 0.6).astype(np.uint8))
    with EmulatorBackend().load(program) as session:
        result = session.learn(spikes, np.zeros(6, np.int64), seed=1)
        assert not result.spikes["readout"][..., 0].any()
        assert not session.run(spikes).spikes["readout"][..., 0].any()


def test_nobody_dead_changes_nothing() -> None:
    program = one(Relay(3), sparse(3, 4))
    assert with_dead(program, a=[False] * 3).digest == program.digest
