"""Listed synapses that learn, and kernels: what the specification says of them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from hardware.emulator.reference import ReferenceBackend
from hardware.emulator.reference_synapses import SynapseState
from hardware.errors import LavaFedError, NetworkError
from hardware.learning import LearningRule, Reward, Teacher
from hardware.learning.rule import Rounding
from hardware.network import Connection, Layer
from hardware.program import Program
from hardware.run_result import RunResult
from hardware.spikes import SpikeTrain
from hardware.synapses.convolution import Convolution
from hardware.synapses.dense import Dense
from hardware.synapses.sparse import Sparse
from tests.every_kind import network, sparse
from tests.learning_programs import IMAGES, LEARNERS, learned_by
from tests.programs import Case, cuba, dense

BY_NAME = {case.name: case for case in LEARNERS}


def learn(program: Program, case: Case) -> tuple[dict[str, np.ndarray], RunResult]:
    """Learn a case's data on a Program; return weights and result."""
    session = ReferenceBackend().load(program)
    states = [p for p in case.learning_probes if not p.endswith(("tag_1", "tag_2", "weights"))]
    result = session.learn(case.spikes, case.labels, seed=7, probes=states, **case.lesson)
    return session.weights(), result


def with_synapse(program: Program, synapse: Dense | Sparse | Convolution) -> Program:
    connection = dataclasses.replace(program.network.connections[0], synapse=synapse)
    return dataclasses.replace(program, network=dataclasses.replace(program.network, connections=(connection,)))


@pytest.mark.parametrize("rounding", Rounding)
def test_listed_synapses_between_all_units_learn_as_dense_ones(rounding: Rounding) -> None:
    full = dense(4, 5, seed=3)
    source_of, target_of = (each.ravel() for each in np.meshgrid(range(5), range(4), indexing="ij"))
    listed = Sparse(full.weights.T.ravel(), target_of, source_of, (4, 5))
    text = {"text": "2^-2*u0*t*y1 - 2^-3*x0*(w + 3)*y1", "dt": "2^-1*x0*x1 - 2^-2*u0*t", "rounding": rounding}
    one, other = learned_by(full, **text), learned_by(listed, **text)
    case = Case("", one, samples=6)
    (first, seen), (second, same) = learn(one, case), learn(other, case)
    np.testing.assert_array_equal(first["input->a"].T.ravel(), second["input->a"])
    assert np.any(second["input->a"] != listed.weights)
    np.testing.assert_array_equal(seen.spikes["a"], same.spikes["a"])
    assert seen.counters == same.counters


def test_a_kernel_that_meets_each_pair_once_learns_as_dense_synapses() -> None:
    image = IMAGES["of one place"]
    one, other = learned_by(image), learned_by(Dense(image.matrix()))
    case = Case("", one, samples=6)
    (first, seen), (second, same) = learn(one, case), learn(other, case)
    np.testing.assert_array_equal(first["input->a"].reshape(3, 8), second["input->a"])
    np.testing.assert_array_equal(seen.spikes["a"], same.spikes["a"])


def test_all_places_change_the_one_weight(tmp_path) -> None:
    # a kernel of 2 over 3 pixels: weight 0 joins (0, 0) and (1, 1), weight 1 joins target 0 to pixel 1, 1 to 2
    image = Convolution(np.array([[[[10, -20]]]]), (1, 1, 3), (1, 1, 2))
    program = learned_by(image, "2^2*x0*y1", epoch=2)
    spikes = np.zeros((1, 2, 3), np.uint8)
    spikes[0, 1, :2] = 1
    session = ReferenceBackend().load(program)
    result = session.learn(SpikeTrain(spikes), seed=0, rewards=np.array([3]), probes=["input->a.weights"])
    # both pixels reach their targets by weight 0, the second reaches target 0 by weight 1 too
    change = 3 << 2
    assert session.weights()["input->a"].tolist() == [[[[10 + 2 * change, -20 + change]]]]
    assert result.probes["input->a.weights"].shape == (1, 2, 1, 1, 1, 2)
    assert result.counters.learning_updates == {"input->a": 4}
    program.with_weights(session.weights()).save(tmp_path / "learned.h5")
    assert Program.load(tmp_path / "learned.h5").network.connections[0].rule == program.network.connections[0].rule


@pytest.mark.parametrize(("label", "weights"), [(0, {-256}), (1, {-256}), (2, {-1, 0})])
def test_sums_saturate_after_each_place_target_by_target(label: int, weights: set[int]) -> None:
    # three targets see a pixel each through the one weight; the label's adds all there is room for, others take it
    image = Convolution(np.array([[[[0]]]]), (1, 1, 3), (1, 1, 3))
    rule = LearningRule.parse("7*2^8*x0*y1", epoch=1, x1_impulse=0, x1_tau=0)
    layer = Layer("a", cuba(3), Teacher(margin=127, shift=0, rest=-127))
    session = ReferenceBackend().load(network(3, [layer], [Connection("input", "a", image, rule)]))
    session.learn(SpikeTrain(np.ones((1, 1, 3), np.uint8)), np.array([label]), seed=0)
    assert session.weights()["input->a"].item() in weights


def test_synapses_draw_by_the_units_they_join_and_kernels_by_their_place() -> None:
    listed = Sparse(np.array([2, 4, 6]), np.array([1, 0, 1]), np.array([0, 2, 2]), (2, 3))
    assert SynapseState(listed).joins() == [(3, [(1, 0)]), (2, [(0, 2)]), (5, [(1, 2)])]
    full = Dense(np.zeros((2, 3), np.int16))
    assert [join.number for join in SynapseState(full).joins()] == list(range(6))
    image = Convolution(np.zeros((1, 1, 1, 2), np.int16), (1, 1, 3), (1, 1, 2))
    assert SynapseState(image).joins() == [(0, [(0, 0), (1, 1)]), (1, [(0, 1), (1, 2)])]


def test_a_weight_that_meets_only_the_border_stays() -> None:
    case = BY_NAME["a convolution that learns, half in the border"]
    weights, _ = learn(case.program, case)
    before = case.program.weights()["input->a"]
    changed = weights["input->a"] != before
    assert changed[:, :, 1, 1].all()
    assert changed.sum() == 2


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: learned_by(IMAGES["plain"], "u0*x1", dt="u0*x1"),
            "input->a: its rule uses tags or delays",
        ),
        (lambda: learned_by(IMAGES["plain"], "u0*x1*d"), "use a rule for the weight alone, without t and d"),
        (
            lambda: learned_by(dense(4, 5, delays=np.ones((4, 5), np.uint8))),
            "connection input->a: only synapses without delays can learn",
        ),
        (
            lambda: network(
                3,
                [Layer("a", cuba(3), Reward())],
                [
                    Connection(
                        "input",
                        "a",
                        Sparse.diagonal(np.array([2, 4, 6])),
                        LearningRule.parse("u0*y1", epoch=1, x1_impulse=1, x1_tau=1),
                        direct=True,
                    )
                ],
            ),
            "connection input->a: the host drives its neurons directly, so it cannot learn",
        ),
    ],
)
def test_what_cannot_learn_is_named(make, message: str) -> None:
    with pytest.raises(NetworkError) as error:
        make()
    assert message in str(error.value)


def test_devices_take_weights_of_any_shape() -> None:
    for synapse in (sparse(6, 7, seed=4), IMAGES["plain"]):
        program = learned_by(synapse)
        with ReferenceBackend().load_devices([program, program]) as group:
            both = np.stack([np.zeros_like(synapse.weights), np.ones_like(synapse.weights)])
            group.write_weights({"input->a": both})
            np.testing.assert_array_equal(group.weights()["input->a"], both)
            group.write_weights({"input->a": synapse.weights})
            assert (group.weights()["input->a"] == synapse.weights).all()
            with pytest.raises(LavaFedError, match="2 devices, found 3 matrices for input->a"):
                group.write_weights({"input->a": np.concatenate([both, both[:1]])})
