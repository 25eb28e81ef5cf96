from __future__ import annotations

import dataclasses
import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from hardware import registry
from hardware.errors import LavaFedError
from lava_fed.aggregate.aggregator import MasterState, divide_half_even, requantize
from lava_fed.aggregate.fedavg import FedAvg
from lava_fed.messages.delta import FRACTION_BITS, WeightDelta
from lava_fed.shared import Shared
from tests.lava_fed.conftest import FIRST, SECOND, small_program

SHARED = Shared.of(small_program())
DIGEST = SHARED.program.digest
ONE = 1 << FRACTION_BITS
changes = hnp.arrays(np.int32, (2, 5), elements=st.integers(-(2**31) + 1, 2**31 - 1))


def delta(device: str, samples: int, first: object, second: object = 0, turn: int = 1) -> WeightDelta:
    """Changes in master units."""
    weights = {FIRST: np.broadcast_to(first, (2, 5)), SECOND: np.broadcast_to(second, (2, 3))}
    whole = {name: np.array(array, np.int32) for name, array in weights.items()}
    return WeightDelta(DIGEST, device, turn, turn - 1, samples, whole)


def state(first: object = 0, second: object = 0) -> MasterState:
    arrays = {FIRST: np.broadcast_to(first, (2, 5)), SECOND: np.broadcast_to(second, (2, 3))}
    return MasterState(SHARED, {name: np.array(array, np.int64) for name, array in arrays.items()})


def half_even(value: Fraction) -> int:
    return round(value)  # Python rounds a Fraction half to even


@given(st.lists(st.integers(-(2**62), 2**62), min_size=1, max_size=20), st.integers(1, 2**62 - 1))
def test_division_rounds_half_to_even(numerators: list[int], divisor: int) -> None:
    got = divide_half_even(np.array(numerators, np.int64), divisor).tolist()
    assert got == [half_even(Fraction(n, divisor)) for n in numerators]


def test_division_at_its_edges() -> None:
    numbers = np.array([-5, -3, -2, -1, 0, 1, 2, 3, 5, 7], np.int64)
    assert divide_half_even(numbers, 2).tolist() == [-2, -2, -1, 0, 0, 0, 1, 2, 2, 4]
    assert divide_half_even(numbers, 1).tolist() == numbers.tolist()


@given(st.lists(st.tuples(st.integers(1, 2**31 - 1), changes), min_size=1, max_size=6), st.randoms())
@settings(deadline=None)
def test_fedavg_is_the_exact_weighted_mean_in_any_order(parts: list[tuple[int, np.ndarray]], dice: object) -> None:
    deltas = [delta(f"d{k}", samples, change) for k, (samples, change) in enumerate(parts)]
    expected = FedAvg().apply(state(), deltas)
    shuffled = deltas.copy()
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    again = FedAvg().apply(state(), shuffled)
    assert np.array_equal(expected.arrays[FIRST], again.arrays[FIRST])
    total, clipped = sum(samples for samples, _ in parts), 0
    for index in np.ndindex(2, 5):
        mean = Fraction(sum(samples * int(change[index]) for samples, change in parts), total)
        master = half_even(mean)
        inside = min(max(master, -256 * ONE), 255 * ONE)
        clipped += inside != master
        assert expected.arrays[FIRST][index] == inside
    assert expected.clipped == clipped and not expected.arrays[SECOND].any()


def test_fedavg_by_hand() -> None:
    after = FedAvg().apply(state(10 * ONE), [delta("b", 1, 4 * ONE), delta("a", 3, -2 * ONE)])
    assert after.arrays[FIRST][0, 0] == 10 * ONE - ONE // 2
    third = FedAvg().apply(state(), [delta("a", 1, ONE), delta("b", 1, 0), delta("c", 1, 0)])
    assert third.arrays[FIRST][0, 0] == 21845  # 65536 / 3 = 21845.33
    ties = [FedAvg().apply(state(), [delta("a", 1, change), delta("b", 1, 0)]) for change in (1, 3, -1)]
    assert [int(tie.arrays[FIRST][0, 0]) for tie in ties] == [0, 2, 0]  # halves go to the even neighbour


def test_one_device_alone_moves_the_master_by_what_it_learned() -> None:
    after = FedAvg().apply(state(3 * ONE), [delta("a", 77, 12345)])
    assert np.all(after.arrays[FIRST] == 3 * ONE + 12345)


def test_steps_smaller_than_the_grid_add_up_over_rounds() -> None:
    """Plain averaging of chip weights would round each of these steps to nothing."""
    fedavg, now = FedAvg(), FedAvg().init(SHARED)
    seen = []
    for number in range(1, 17):
        now = fedavg.apply(now, [delta("a", 1, ONE, turn=number), delta("b", 7, 0, turn=number)])
        seen.append(int(fedavg.weights(now)[FIRST][0, 0]))
    # The master moves by 1/8 a round; 0.5 and 1.5 lie halfway and go to the even neighbour.
    assert seen == [0] * 4 + [1] * 7 + [2] * 5
    assert now.arrays[FIRST][0, 0] == 2 * ONE


def test_weights_trained_off_the_chip_are_the_nearest_points_of_its_grid() -> None:
    connections = tuple(
        dataclasses.replace(c, rule=None) if c.name == FIRST else c
        for c in small_program(bits=6).network.connections
    )
    program = small_program(bits=6)
    program = dataclasses.replace(program, network=dataclasses.replace(program.network, connections=connections))
    shared = Shared.of(program, (FIRST,))
    low, high, step = -256, 248, 8
    assert [(c.low, c.high, c.step) for c in shared.connections] == [(low, high, step)]
    values = np.random.default_rng(0).integers(low * ONE, high * ONE + 1, (2, 5))
    values[0] = [low * ONE, high * ONE, -step * ONE // 2, 1 - ONE, 3 * step * ONE // 2]
    got = requantize(MasterState(shared, {FIRST: values}))[FIRST]
    for index in np.ndindex(2, 5):
        exact, point = Fraction(int(values[index]), ONE), int(got[index])
        assert point % step == 0 and low <= point <= high and abs(exact - point) <= Fraction(step, 2)
        if abs(exact - point) == Fraction(step, 2):
            assert (point // step) % 2 == 0


def test_the_master_stops_at_the_edge_of_its_range_and_says_so() -> None:
    up = FedAvg().apply(state(254 * ONE, 255 * ONE), [delta("a", 1, 2 * ONE, 0)])
    assert np.all(up.arrays[FIRST] == 255 * ONE) and up.clipped == 10
    down = FedAvg().apply(up, [delta("a", 1, -512 * ONE, -256 * ONE)])
    assert np.all(down.arrays[FIRST] == -256 * ONE) and down.clipped == 16
    assert np.all(down.arrays[SECOND] == 0)
    # A saturated master turns round at once: nothing was wound up beyond the edge.
    back = FedAvg().apply(FedAvg().apply(up, [delta("a", 1, 500 * ONE)]), [delta("a", 1, -2 * ONE)])
    assert np.all(FedAvg().weights(back)[FIRST] == 253)


def test_weights_that_learning_reached_off_the_grid_stay() -> None:
    learned = SHARED.program.with_weights({FIRST: np.full((2, 5), 255, np.int16)})
    first = FedAvg().init(Shared.of(learned))
    assert first.clipped == 0 and np.all(FedAvg().weights(first)[FIRST] == 255)


def test_deltas_that_do_not_fit_are_refused() -> None:
    good = delta("a", 1, 1)
    other = WeightDelta("0" * 64, "b", 1, 0, 1, good.weights)
    for deltas, problem in [
        ([], "at least one device"),
        ([good, good], "device a answered twice in turn 1"),
        ([good, delta("b", 1, 1), good], "device a answered twice in turn 1"),
        ([good, other], "delta of b is for Program 000000000000"),
        ([WeightDelta(DIGEST, "a", 1, 0, 1, {FIRST: good.weights[FIRST]})], "'hidden->out' is missing"),
        (
            [WeightDelta(DIGEST, "a", 1, 0, 1, {**good.weights, "x->y": np.zeros((1, 1), np.int32)})],
            "'x->y' is not shared here",
        ),
    ]:
        with pytest.raises(LavaFedError, match=problem):
            FedAvg().apply(state(), deltas)


def test_a_device_may_answer_two_tasks_of_one_buffer() -> None:
    both = FedAvg().apply(state(), [delta("a", 1, 2 * ONE, turn=1), delta("a", 1, 4 * ONE, turn=2)])
    assert both.arrays[FIRST][0, 0] == 3 * ONE


def test_no_sum_of_what_devices_may_send_overflows() -> None:
    most, far = 2**31 - 1, 2**31 - 1
    for sign in (1, -1):
        deltas = [delta(f"d{k}", most, sign * far) for k in range(200)]
        moved = FedAvg().apply(state(), deltas).arrays[FIRST]
        assert np.all(moved == (255 * ONE if sign > 0 else -256 * ONE))


def test_a_state_is_checked_and_frozen() -> None:
    with pytest.raises(LavaFedError, match="master weights: connection 'hidden->out' is missing"):
        MasterState(SHARED, {FIRST: np.zeros((2, 5), np.int64)})
    with pytest.raises(LavaFedError, match=r"has shape \(5, 2\), expected \(2, 5\)"):
        MasterState(SHARED, {FIRST: np.zeros((5, 2), np.int64), SECOND: np.zeros((2, 3), np.int64)})
    with pytest.raises(LavaFedError, match="must be int64 in"):
        state(-257 * ONE)
    with pytest.raises(LavaFedError, match="must be int64 in"):
        state(0, -1)
    assert state().clipped == 0
    assert list(state().arrays) == sorted([FIRST, SECOND])
    with pytest.raises(LavaFedError, match="must be int64 in"):
        state(256 * ONE)
    with pytest.raises(LavaFedError, match="must be int64 in"):
        MasterState(SHARED, {FIRST: np.zeros((2, 5), np.int32), SECOND: np.zeros((2, 3), np.int64)})
    with pytest.raises(ValueError, match="read-only"):
        state().arrays[FIRST][0, 0] = 1


def test_fedavg_is_registered() -> None:
    assert registry.find("aggregator", "fedavg") is FedAvg


def test_order_of_devices_by_hand() -> None:
    deltas = [delta("c", 5, 3), delta("a", 2, -7), delta("b", 11, 1)]
    results = {FedAvg().apply(state(), order).arrays[FIRST].tobytes() for order in itertools.permutations(deltas)}
    assert len(results) == 1


def test_a_program_that_does_not_learn_has_nothing_to_share() -> None:
    program = SHARED.program
    connections = tuple(dataclasses.replace(c, rule=None) for c in program.network.connections)
    fixed = dataclasses.replace(program, network=dataclasses.replace(program.network, connections=connections))
    with pytest.raises(LavaFedError, match="has no connection that learns"):
        Shared.of(fixed)
    assert len(Shared.of(fixed, "all").names) == 3
    with pytest.raises(LavaFedError, match="no connection 'x->y' to share; the Program has input->hidden"):
        Shared.of(fixed, ("x->y",))


def test_a_memory_survives_unless_it_is_replaced_and_must_be_wide() -> None:
    first = dataclasses.replace(state(), memory={"b": np.arange(3), "a": np.zeros((2, 2), np.int64)})
    assert list(first.memory) == ["a", "b"]
    assert first.moved(dict(first.arrays)).memory["b"].tolist() == [0, 1, 2]
    assert dict(first.moved(dict(first.arrays), {}).memory) == {}
    with pytest.raises(LavaFedError, match="memory of the aggregator: a must be int64, found int32"):
        dataclasses.replace(state(), memory={"a": np.zeros(1, np.int32)})
