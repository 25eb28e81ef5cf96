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
from lava_fed.aggregate.aggregator import FRACTION_BITS, MasterState, divide_half_even, requantize
from lava_fed.aggregate.fedavg import FedAvg
from lava_fed.delta import WeightDelta
from tests.lava_fed.conftest import FIRST, SECOND, small_program

PROGRAM = small_program()
DIGEST = PROGRAM.digest
ONE = 1 << FRACTION_BITS
changes = hnp.arrays(np.int16, (2, 5), elements=st.integers(-511, 511))


def delta(device: str, samples: int, first: object, second: object = 0, round_: int = 1) -> WeightDelta:
    weights = {FIRST: np.broadcast_to(first, (2, 5)), SECOND: np.broadcast_to(second, (2, 3))}
    return WeightDelta(DIGEST, device, round_, samples, weights)


def state(first: object = 0, second: object = 0) -> MasterState:
    arrays = {FIRST: np.broadcast_to(first, (2, 5)), SECOND: np.broadcast_to(second, (2, 3))}
    return MasterState(PROGRAM, {name: np.array(array, np.int64) for name, array in arrays.items()})


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
        master = half_even(mean * ONE)
        inside = min(max(master, -256 * ONE), 254 * ONE)
        clipped += inside != master
        assert expected.arrays[FIRST][index] == inside
    assert expected.clipped == clipped and not expected.arrays[SECOND].any()


def test_fedavg_by_hand() -> None:
    after = FedAvg().apply(state(10 * ONE), [delta("b", 1, 4), delta("a", 3, -2)])
    assert after.arrays[FIRST][0, 0] == 10 * ONE - ONE // 2
    third = FedAvg().apply(state(), [delta("a", 1, 1), delta("b", 1, 0), delta("c", 1, 0)])
    assert third.arrays[FIRST][0, 0] == 21845  # 65536 / 3 = 21845.33
    tie = FedAvg().apply(state(), [delta("a", 1, 1), delta("b", 2**17 - 1, 0)])
    assert tie.arrays[FIRST][0, 0] == 0  # half of 2^-16 goes to the even neighbour
    tie = FedAvg().apply(state(), [delta("a", 3, 1), delta("b", 2**17 - 3, 0)])
    assert tie.arrays[FIRST][0, 0] == 2


def test_steps_smaller_than_the_grid_add_up_over_rounds() -> None:
    """Plain averaging of chip weights would round each of these steps to nothing."""
    fedavg, now = FedAvg(), FedAvg().init(PROGRAM)
    seen = []
    for number in range(1, 17):
        now = fedavg.apply(now, [delta("a", 1, 1, round_=number), delta("b", 7, 0, round_=number)])
        seen.append(int(fedavg.weights(now)[FIRST][0, 0]))
    # The master moves by 1/8 a round; the grid has steps of 2; 1.0 lies halfway and goes to even multiple 0.
    assert seen == [0] * 8 + [2] * 8
    assert now.arrays[FIRST][0, 0] == 2 * ONE


@pytest.mark.parametrize("bits", range(1, 9))
def test_weights_are_the_nearest_points_of_the_grid(bits: int) -> None:
    program = small_program(bits=bits)
    grid = program.network.connection(FIRST).synapse.grid
    points = range(grid.low, grid.high + 1, grid.step)
    rng = np.random.default_rng(bits)
    values = rng.integers(grid.low * ONE, grid.high * ONE + 1, (2, 5))
    values[0] = [grid.low * ONE, grid.high * ONE, -grid.step * ONE // 2 if grid.low < 0 else 0, 1 - ONE, 0]
    values = np.clip(values, grid.low * ONE, grid.high * ONE)
    got = requantize(MasterState(program, {FIRST: values, SECOND: np.zeros((2, 3), np.int64)}))[FIRST]
    for index in np.ndindex(2, 5):
        exact = Fraction(int(values[index]), ONE)
        distance = abs(exact - int(got[index]))
        assert int(got[index]) in points and distance == min(abs(exact - point) for point in points)
        if distance == Fraction(grid.step, 2):
            assert (int(got[index]) // grid.step) % 2 == 0


def test_the_master_stops_at_the_edge_of_the_grid_and_says_so() -> None:
    up = FedAvg().apply(state(253 * ONE, 255 * ONE), [delta("a", 1, 2, 0)])
    assert np.all(up.arrays[FIRST] == 254 * ONE) and up.clipped == 10
    down = FedAvg().apply(up, [delta("a", 1, -511, -255)])
    assert np.all(down.arrays[FIRST] == -256 * ONE) and down.clipped == 10
    assert np.all(down.arrays[SECOND] == 0)
    # A saturated master turns round at once: nothing was wound up beyond the edge.
    back = FedAvg().apply(FedAvg().apply(up, [delta("a", 1, 500)]), [delta("a", 1, -2)])
    assert np.all(FedAvg().weights(back)[FIRST] == 252)


def test_weights_that_learning_reached_off_the_grid_are_taken_to_its_edge() -> None:
    learned = PROGRAM.with_weights({FIRST: np.full((2, 5), 255, np.int16)})
    first = FedAvg().init(learned)
    assert first.clipped == 10 and np.all(FedAvg().weights(first)[FIRST] == 254)


def test_deltas_that_do_not_fit_are_refused() -> None:
    good = delta("a", 1, 1)
    other = WeightDelta("0" * 64, "b", 1, 1, good.weights)
    for deltas, problem in [
        ([], "at least one device"),
        ([good, good], "device a answered twice in round 1"),
        ([good, delta("b", 1, 1), good], "device a answered twice in round 1"),
        ([good, delta("b", 1, 1, round_=2)], "rounds 1 and 2"),
        ([good, other], "delta of b is for Program 000000000000"),
        ([WeightDelta(DIGEST, "a", 1, 1, {FIRST: good.weights[FIRST]})], "'hidden->out' is missing"),
        (
            [WeightDelta(DIGEST, "a", 1, 1, {**good.weights, "x->y": np.zeros((1, 1), int)})],
            "'x->y' does not learn",
        ),
    ]:
        with pytest.raises(LavaFedError, match=problem):
            FedAvg().apply(state(), deltas)


def test_a_sum_that_would_overflow_is_refused_and_the_largest_that_fits_is_exact() -> None:
    most = 2**31 - 1
    deltas = [delta(f"d{k}", most, 511) for k in range(63)]
    assert np.all(FedAvg().apply(state(-200 * ONE), deltas).arrays[FIRST] == 254 * ONE)
    with pytest.raises(LavaFedError, match="too many for an exact sum"):
        FedAvg().apply(state(), [*deltas, delta("more", most, 511), delta("even-more", most, 511)])


@pytest.mark.parametrize(("devices", "change"), [(256, 511), (65, -511), (128, -511)])
def test_a_sum_that_would_overflow_is_refused_whatever_its_sign(devices: int, change: int) -> None:
    deltas = [delta(f"d{k}", 2**31 - 1, change) for k in range(devices)]
    with pytest.raises(LavaFedError, match="too many for an exact sum"):
        FedAvg().apply(state(), deltas)


def test_a_state_is_checked_and_frozen() -> None:
    with pytest.raises(LavaFedError, match="master weights: connection 'hidden->out' is missing"):
        MasterState(PROGRAM, {FIRST: np.zeros((2, 5), np.int64)})
    with pytest.raises(LavaFedError, match=r"has shape \(5, 2\), expected \(2, 5\)"):
        MasterState(PROGRAM, {FIRST: np.zeros((5, 2), np.int64), SECOND: np.zeros((2, 3), np.int64)})
    with pytest.raises(LavaFedError, match="must be int64 in"):
        state(-257 * ONE)
    with pytest.raises(LavaFedError, match="must be int64 in"):
        state(0, -1)
    assert state().clipped == 0
    assert list(state().arrays) == sorted([FIRST, SECOND])
    with pytest.raises(LavaFedError, match="must be int64 in"):
        state(255 * ONE)
    with pytest.raises(LavaFedError, match="must be int64 in"):
        MasterState(PROGRAM, {FIRST: np.zeros((2, 5), np.int32), SECOND: np.zeros((2, 3), np.int64)})
    with pytest.raises(ValueError, match="read-only"):
        state().arrays[FIRST][0, 0] = 1


def test_fedavg_is_registered() -> None:
    assert registry.find("aggregator", "fedavg") is FedAvg


def test_order_of_devices_by_hand() -> None:
    deltas = [delta("c", 5, 3), delta("a", 2, -7), delta("b", 11, 1)]
    results = {FedAvg().apply(state(), order).arrays[FIRST].tobytes() for order in itertools.permutations(deltas)}
    assert len(results) == 1


def test_a_program_that_does_not_learn_has_no_master() -> None:
    connections = tuple(dataclasses.replace(c, rule=None) for c in PROGRAM.network.connections)
    fixed = dataclasses.replace(PROGRAM, network=dataclasses.replace(PROGRAM.network, connections=connections))
    with pytest.raises(LavaFedError, match="has no connection that learns"):
        MasterState.of(fixed)
