"""What every session refuses, in sentences."""

from __future__ import annotations

import numpy as np
import pytest

from hardware.backend import Backend
from hardware.counters import Counters
from hardware.emulator.engine import EmulatorBackend
from hardware.emulator.reference import ReferenceBackend
from hardware.errors import LavaFedError, NetworkError
from hardware.neurons.relay import Relay
from hardware.neurons.sigma_delta import Sigma
from hardware.spikes import SpikeTrain
from hardware.synapses.grid import SignMode, WeightGrid
from hardware.synapses.sparse import Sparse
from tests.every_kind import one
from tests.programs import INFERENCE, LEARNING, learner

GOOD = SpikeTrain(np.zeros((2, 16, 6), np.uint8))


@pytest.fixture(params=[EmulatorBackend(), ReferenceBackend()], ids=lambda backend: backend.name)
def session(request: pytest.FixtureRequest):
    with request.param.load(learner()) as session:
        yield session


def test_wrong_width(session) -> None:
    with pytest.raises(LavaFedError, match="the input has 5 units, the network expects 6"):
        session.run(SpikeTrain(np.zeros((1, 4, 5), np.uint8)))


@pytest.mark.parametrize("shape", [(0, 4, 6), (1, 0, 6)])
def test_empty_input(session, shape: tuple[int, int, int]) -> None:
    with pytest.raises(LavaFedError, match="the input is empty"):
        session.run(SpikeTrain(np.zeros(shape, np.uint8)))


def test_unknown_probe(session) -> None:
    with pytest.raises(
        LavaFedError, match=r"no state 'hidden.w' to probe here; known: hidden.u, hidden.v, hidden.waiting, "
    ):
        session.run(GOOD, probes=["hidden.w"])
    with pytest.raises(LavaFedError, match="no state 'hidden->readout.x1'"):
        session.run(GOOD, probes=["hidden->readout.x1"])  # traces move only while learning


def test_only_the_layers_asked_for_are_kept(session) -> None:
    everything, some, none = (session.run(GOOD, layers=layers) for layers in (None, ["readout"], []))
    assert list(everything.spikes) == ["hidden", "readout"]
    assert list(some.spikes) == ["readout"] and not none.spikes
    np.testing.assert_array_equal(some.spikes["readout"], everything.spikes["readout"])
    assert none.counters == everything.counters
    with pytest.raises(LavaFedError, match="no layer 'output' to record; known: hidden, readout"):
        session.run(GOOD, layers=["output"])


def test_only_the_layers_asked_for_are_kept_while_learning(session) -> None:
    case, start, found, learned = LEARNING[0], session.weights(), [], []
    for layers in (None, ["readout"], ()):
        session.write_weights(start)
        found.append(session.learn(case.spikes, case.labels, seed=3, layers=layers))
        learned.append(session.weights()["hidden->readout"])
    everything, some, none = found
    assert list(everything.spikes) == ["hidden", "readout"]
    assert list(some.spikes) == ["readout"] and not none.spikes
    np.testing.assert_array_equal(some.spikes["readout"], everything.spikes["readout"])
    assert none.counters == some.counters == everything.counters
    assert learned[0].any()
    np.testing.assert_array_equal(learned, [learned[0]] * 3)
    with pytest.raises(LavaFedError, match="no layer 'output' to record; known: hidden, readout"):
        session.learn(case.spikes, case.labels, seed=3, layers=["output"])


def test_labels_that_do_not_fit(session) -> None:
    with pytest.raises(LavaFedError, match="expected 2 integer labels"):
        session.learn(GOOD, np.array([0]), seed=0)
    with pytest.raises(LavaFedError, match="expected 2 integer labels"):
        session.learn(GOOD, np.array([0.0, 1.0]), seed=0)
    with pytest.raises(LavaFedError, match="labels 0..3 do not fit the 3 units of layer 'readout'"):
        session.learn(GOOD, np.array([0, 3]), seed=0)


def test_samples_of_broken_epochs(session) -> None:
    with pytest.raises(LavaFedError, match="a sample of 15 steps is not a whole number of learning epochs of 4"):
        session.learn(SpikeTrain(np.zeros((1, 15, 6), np.uint8)), np.array([0]), seed=0)


@pytest.mark.parametrize("seed", [-1, 2**31])
def test_seed_out_of_range(session, seed: int) -> None:
    with pytest.raises(LavaFedError, match="must lie in 0..2147483647"):
        session.learn(GOOD, np.array([0, 1]), seed=seed)


def test_nothing_that_learns() -> None:
    session = EmulatorBackend().load(INFERENCE[0].program)
    with pytest.raises(LavaFedError, match="no connection that learns"):
        session.learn(SpikeTrain(np.zeros((1, 4, 5), np.uint8)), np.array([0]), seed=0)


def test_weights_that_do_not_fit(session) -> None:
    with pytest.raises(LavaFedError, match=r"weights have shape \(2, 8\), expected \(3, 8\)"):
        session.write_weights({"hidden->readout": np.zeros((2, 8), np.int16)})
    with pytest.raises(NetworkError, match="weights 0..256 exceed the chip's"):
        session.write_weights({"hidden->readout": np.eye(3, 8, dtype=np.int16) * 256})
    with pytest.raises(NetworkError, match="no connection 'nowhere'"):
        session.write_weights({"nowhere": np.zeros((3, 8), np.int16)})


@pytest.mark.parametrize("backend", [EmulatorBackend(), ReferenceBackend()], ids=lambda backend: backend.name)
def test_a_sign_is_kept_by_what_is_written_too(backend: Backend) -> None:
    with backend.load(learner(grid=WeightGrid(SignMode.EXCITATORY))) as session:
        session.write_weights({"hidden->readout": np.full((3, 8), 255)})
        with pytest.raises(NetworkError, match=r"weights -1..-1 must lie in 0..255 in steps of 1"):
            session.write_weights({"hidden->readout": np.full((3, 8), -1)})
        with pytest.raises(NetworkError, match="must be an integer matrix"):
            session.write_weights({"hidden->readout": np.zeros((3, 8))})
        assert np.all(session.weights()["hidden->readout"] == 255)


def test_what_is_written_is_checked_before_anything_is_replaced(session) -> None:
    with pytest.raises(LavaFedError, match="does not learn"):
        session.write_weights(
            {"hidden->readout": np.ones((3, 8), np.int16), "input->hidden": np.zeros((8, 6), np.int16)}
        )
    assert not session.weights()["hidden->readout"].any()


def test_fixed_weights_are_part_of_the_program(session) -> None:
    with pytest.raises(LavaFedError, match="connection input->hidden does not learn"):
        session.write_weights({"input->hidden": np.zeros((8, 6), np.int16)})


def test_the_program_stays_as_it_was_loaded(session) -> None:
    before = session.program.digest
    session.write_weights({"hidden->readout": np.ones((3, 8), np.int16)})
    session.learn(GOOD, np.array([0, 1]), seed=0)
    assert session.program.digest == before


def test_weights_that_are_returned_are_a_copy(session) -> None:
    session.weights()["hidden->readout"][:] = 9
    assert not session.weights()["hidden->readout"].any()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros((1, 2, 3)), "must be integers, found values of type float64"),
        (np.zeros((2, 3), np.uint8), r"shape \(samples, steps, units\)"),
        (np.full((1, 2, 3), 2**31), "2147483648..2147483648 must fit signed 32 bits"),
        (np.full((1, 2, 3), -(2**31) - 1), "-2147483649..-2147483649 must fit signed 32 bits"),
        (np.full((1, 2, 3), 2**64 - 1, np.uint64), "must fit signed 32 bits"),
    ],
)
def test_spikes_that_are_none(values: np.ndarray, message: str) -> None:
    with pytest.raises(LavaFedError, match=message):
        SpikeTrain(values)


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int8, np.int64, np.uint64])
def test_zeros_and_ones_of_any_type_are_plain_spikes(dtype: type) -> None:
    train = SpikeTrain(np.array([[[0, 1, 1]]], dtype))
    assert (train.values.dtype, train.graded, train.total()) == (np.uint8, False, 2)


@pytest.mark.parametrize("values", [[0, 2], [-1, 0], [2**31 - 1, 0], [-(2**31), 0]])
def test_other_integers_are_graded(values: list[int]) -> None:
    train = SpikeTrain(np.array([[values]]))
    assert (train.values.dtype, train.graded, train.total()) == (np.int32, True, 1)
    assert train.values.tolist() == [[values]]


@pytest.mark.parametrize(("value", "shown"), [(7, "7"), (-9, "-9")])
def test_graded_input_for_a_network_of_plain_spikes(session, value: int, shown: str) -> None:
    values = np.zeros((1, 16, 6), np.int64)
    values[0, 3, 2] = value
    message = f"graded spikes as large as {shown}, but this network takes plain spikes, 0 or 1"
    with pytest.raises(LavaFedError, match=message):
        session.run(SpikeTrain(values))
    with pytest.raises(LavaFedError, match=message):
        session.learn(SpikeTrain(values), np.array([0]), seed=0)


def test_spikes_are_read_only() -> None:
    with pytest.raises(ValueError, match="read-only"):
        GOOD.values[0, 0, 0] = 1


def test_learning_checks_its_input_too(session) -> None:
    with pytest.raises(LavaFedError, match="the input has 5 units"):
        session.learn(SpikeTrain(np.zeros((1, 4, 5), np.uint8)), np.array([0]), seed=0)
    with pytest.raises(LavaFedError, match="the input is empty"):
        session.learn(SpikeTrain(np.zeros((0, 4, 6), np.uint8)), np.zeros(0, int), seed=0)
    with pytest.raises(LavaFedError, match=r"no state 'readout\.x1'"):
        session.learn(GOOD, np.array([0, 1]), seed=0, probes=["readout.x1"])


def test_the_largest_seed_is_one(session) -> None:
    session.learn(GOOD, np.array([0, 1]), seed=2**31 - 1)


def test_every_event_is_counted(session) -> None:
    case = LEARNING[0]
    samples, steps = case.samples, case.steps
    session.write_weights({"hidden->readout": np.full((3, 8), 9, np.int16)})
    for learns in (False, True):
        result = session.learn(case.spikes, case.labels, seed=1) if learns else session.run(case.spikes)
        sent = {"input": int(case.spikes.values.sum())}
        sent |= {name: int(spikes.sum()) for name, spikes in result.spikes.items()}
        assert min(sent.values()) > 0
        assert result.counters == Counters(
            sent,
            {"input->hidden": 8 * sent["input"], "hidden->readout": 3 * sent["hidden"]},
            {"hidden": 8 * samples * steps, "readout": 3 * samples * steps},
            {"hidden->readout": 24 * samples * steps // 4} if learns else {},
        )


def test_the_scores_of_a_plain_layer_are_its_spike_counts(session) -> None:
    case = LEARNING[0]
    result = session.run(case.spikes)
    expected = [[sum(unit) for unit in zip(*sample, strict=True)] for sample in result.spikes["hidden"].tolist()]
    assert result.scores("hidden").tolist() == expected
    assert result.scores("hidden").dtype == np.int64
    assert len({tuple(sample) for sample in expected}) > 1


@pytest.mark.parametrize("backend", [EmulatorBackend(), ReferenceBackend()], ids=lambda backend: backend.name)
def test_the_scores_of_a_graded_layer_are_its_last_messages(backend: Backend) -> None:
    built = one(Sigma(2), Sparse.diagonal(np.array([2, -4])), graded=True)
    result = backend.load(built).run(SpikeTrain(np.array([[[5, 1], [7, 1], [100, 100]]])))
    assert result.spikes["a"].tolist() == [[[0, 0], [10, -4], [24, -8]]]
    assert result.scores("a").tolist() == [[24, -8]]
    assert result.scores("a").dtype == np.int64


@pytest.mark.parametrize("backend", [EmulatorBackend(), ReferenceBackend()], ids=lambda backend: backend.name)
def test_graded_events_count_once_and_each_reaches_the_synapses_of_its_own_unit(backend: Backend) -> None:
    weights, target, source = np.array([2, 4, 6]), np.array([0, 1, 0]), np.array([0, 0, 1])
    built = one(Relay(2), Sparse(weights, target, source, (2, 3)), graded=True)
    result = backend.load(built).run(SpikeTrain(np.array([[[-9, 0, 5], [3, 4, 0], [0, 0, 0]]])))
    assert result.spikes["a"].tolist() == [[[0, 0], [-18, -36], [30, 12]]]
    assert result.counters.spikes == {"input": 4, "a": 4}
    assert result.counters.synaptic_operations == {"input->a": 2 * 2 + 1 * 1 + 1 * 0}


def test_counters_add_event_by_event() -> None:
    one = Counters({"a": 1, "b": 2}, {"a->b": 3}, {"a": 4}, {})
    two = Counters({"b": 10, "c": 20}, {"a->b": 30}, {"a": 40}, {"a->b": 50})
    assert one + two == Counters({"a": 1, "b": 12, "c": 20}, {"a->b": 33}, {"a": 44}, {"a->b": 50})
