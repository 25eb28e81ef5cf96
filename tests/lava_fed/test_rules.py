"""Combining rules: what each makes of changes, and what no liar can make of them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from hardware.errors import LavaFedError
from lava_fed.aggregate.aggregator import MasterState
from lava_fed.aggregate.bulyan import Bulyan, around_median
from lava_fed.aggregate.clip import Clip
from lava_fed.aggregate.composed import Composed
from lava_fed.aggregate.distances import Distances, squared_norm
from lava_fed.aggregate.fedavg import FedAvg
from lava_fed.aggregate.geometric_median import GeometricMedian
from lava_fed.aggregate.krum import Krum, MultiKrum
from lava_fed.aggregate.median import Median
from lava_fed.aggregate.rule import Rule
from lava_fed.aggregate.staleness import factor
from lava_fed.aggregate.trimmed_mean import TrimmedMean
from lava_fed.aggregate.updates import Updates
from lava_fed.messages.delta import FRACTION_BITS, WeightDelta
from lava_fed.shared import Shared
from tests.lava_fed.conftest import FIRST, SECOND, small_program

SHARED = Shared.of(small_program())
STATE = MasterState.of(SHARED)
ONE = 1 << FRACTION_BITS
SIZE = 16
RULES: list[Rule] = [FedAvg(), Median(), TrimmedMean(), Krum(), MultiKrum(), Bulyan(), GeometricMedian()]
ROBUST = RULES[1:]
vectors = hnp.arrays(np.int32, (SIZE,), elements=st.integers(-(2**31) + 1, 2**31 - 1))


def delta(index: int, values: np.ndarray, samples: int = 10, **fields: int) -> WeightDelta:
    flat = np.broadcast_to(values, (SIZE,)).astype(np.int32)
    weights = {SECOND: flat[:6].reshape(2, 3), FIRST: flat[6:].reshape(2, 5)}
    return WeightDelta(SHARED.program.digest, f"d{index:03}", 1, 0, samples, weights, **fields)


def updates(values: Sequence[np.ndarray], **fields: int) -> Updates:
    return Updates.of(STATE, [delta(index, each, **fields) for index, each in enumerate(values)])


def combined(rule: Rule, values: Sequence[np.ndarray]) -> np.ndarray:
    found = rule.combine(updates(values)).changes
    return np.concatenate([found[SECOND].ravel(), found[FIRST].ravel()])


many = st.lists(vectors, min_size=1, max_size=9)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
@given(values=many, dice=st.randoms())
@settings(deadline=None, max_examples=40)
def test_who_answers_first_makes_no_difference(rule: Rule, values: list[np.ndarray], dice: random.Random) -> None:
    deltas = [delta(index, each, samples=index + 1) for index, each in enumerate(values)]
    shuffled = deltas.copy()
    dice.shuffle(shuffled)
    one, other = rule.apply(STATE, deltas), rule.apply(STATE, shuffled)
    assert all(np.array_equal(one.arrays[name], other.arrays[name]) for name in one.arrays)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
@given(value=vectors, devices=st.integers(1, 12))
@settings(deadline=None, max_examples=30)
def test_where_all_say_the_same_that_is_what_comes_of_it(rule: Rule, value: np.ndarray, devices: int) -> None:
    assert np.array_equal(combined(rule, [value] * devices), value)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
@given(values=many)
@settings(deadline=None, max_examples=40)
def test_no_rule_leaves_the_range_of_what_was_said(rule: Rule, values: list[np.ndarray]) -> None:
    found, said = combined(rule, values), np.stack(values).astype(np.int64)
    assert np.all(found >= said.min(axis=0)) and np.all(found <= said.max(axis=0))


@pytest.mark.parametrize("rule", ROBUST, ids=lambda rule: rule.name)
@pytest.mark.parametrize("push", [2**31 - 1, -(2**31) + 1, 40 * ONE])
def test_three_liars_among_twelve_move_nothing_far(rule: Rule, push: int) -> None:
    rng = np.random.default_rng(4)
    honest = [(ONE * (5 + rng.normal(size=SIZE))).astype(np.int32) for _ in range(9)]
    liars = [np.full(SIZE, push, np.int32)] * 3
    found = combined(type(rule)(attackers=3) if hasattr(rule, "attackers") else rule, [*liars, *honest])
    if rule.name == "bulyan":  # it asks for 4 f + 3 devices, so among twelve it stands two
        found = combined(Bulyan(attackers=2), [*liars[:2], *honest, honest[0]])
    assert np.all(np.abs(found / ONE - 5) < 3.5)
    assert np.abs(combined(FedAvg(), [*liars, *honest]) / ONE - 5).max() > 8


@given(many)
@settings(deadline=None, max_examples=40)
def test_medians_and_trimmed_means_are_those_of_their_definitions(values: list[np.ndarray]) -> None:
    ordered = np.sort(np.stack(values), axis=0).astype(object)
    count = len(values)
    middle = [
        round(Fraction(int(ordered[(count - 1) // 2, k]) + int(ordered[count // 2, k]), 2)) for k in range(SIZE)
    ]
    assert combined(Median(), values).tolist() == middle
    cut = 3 * count // 10
    kept = ordered[cut : count - cut]
    means = [round(Fraction(int(kept[:, k].sum()), len(kept))) for k in range(SIZE)]
    assert combined(TrimmedMean(), values).tolist() == means


@given(many)
@settings(deadline=None, max_examples=30)
def test_distances_are_exact(values: list[np.ndarray]) -> None:
    found = Distances.between(updates(values))
    for first, one in enumerate(values):
        for second, other in enumerate(values):
            exact = sum((int(a) - int(b)) ** 2 for a, b in zip(one, other, strict=True))
            assert found.exact(first, second) == exact
    assert squared_norm({"x": values[0]}) == sum(int(a) ** 2 for a in values[0])


@given(st.lists(vectors, min_size=4, max_size=9))
@settings(deadline=None, max_examples=30)
def test_krum_keeps_those_with_the_most_company(values: list[np.ndarray]) -> None:
    count = len(values)
    attackers = max(0, min(3 * count // 10, (count - 3) // 2))
    near = max(1, count - attackers - 2)
    whole = [[int(each) for each in value] for value in values]

    def score(device: int) -> int:
        away = [
            sum((a - b) ** 2 for a, b in zip(whole[device], whole[other], strict=True))
            for other in range(count)
            if other != device
        ]
        return sum(sorted(away)[:near])

    ranked = sorted(range(count), key=lambda device: (score(device), device))
    assert MultiKrum().chosen(updates(values)) == ranked[: count - attackers]
    assert combined(Krum(), values).tolist() == whole[ranked[0]]
    chosen = [whole[device] for device in ranked[: count - attackers]]
    means = [round(Fraction(sum(column), len(chosen))) for column in zip(*chosen, strict=True)]
    assert combined(MultiKrum(), values).tolist() == means


def test_eight_bits_choose_the_attackers_and_wide_integers_do_not() -> None:
    """Flower's Multi-Krum computes in the type that devices send; with int8, squares wrap round."""
    rng = np.random.default_rng(11)
    honest = rng.integers(0, 9, (9, 400)).astype(np.int8)
    liars = rng.integers(-128, 128, (3, 400)).astype(np.int8)
    sent = np.concatenate([honest, liars])

    def chosen(values: np.ndarray) -> set[int]:
        squares = np.square(values).sum(axis=1, dtype=values.dtype)
        away = squares[:, None] + squares[None, :] - 2 * (values @ values.T)
        nearest = np.sort(away, axis=1)[:, 1:8].sum(axis=1, dtype=np.int64)
        return set(np.argsort(nearest, kind="stable")[:6].tolist())

    assert chosen(sent) & {9, 10, 11}
    assert not chosen(sent.astype(np.float64)) & {9, 10, 11}
    program = small_program(hidden=200)
    shared = Shared.of(program)
    state = MasterState.of(shared)
    deltas = [
        WeightDelta(
            program.digest,
            f"d{index:02}",
            1,
            0,
            1,
            {SECOND: (each.astype(np.int32) << 16).reshape(2, 200), FIRST: np.zeros((2, 5), np.int32)},
        )
        for index, each in enumerate(sent)
    ]
    assert not set(MultiKrum(attackers=3, keep=6).chosen(Updates.of(state, deltas))) & {9, 10, 11}


def test_bulyan_averages_what_lies_near_the_median() -> None:
    block = np.array([[0, 7], [1, 7], [2, 7], [100, 7], [-50, 8]], np.int32)
    assert around_median(block, 3).tolist() == [1, 7]
    assert around_median(block, 1).tolist() == [1, 7]
    assert around_median(block, 5).tolist() == [round(Fraction(53, 5)), round(Fraction(36, 5))]
    # 1 and 3 are equally near the median 2; the lower one is taken, and half of 3 goes to the even 2.
    assert around_median(np.array([[0], [1], [2], [3], [9]], np.int32), 2).tolist() == [
        2
    ]  # (1 + 2) / 2, half to even


def test_the_geometric_median_is_near_the_point_of_least_distances() -> None:
    rng = np.random.default_rng(2)
    values = [(ONE * rng.normal(size=SIZE)).astype(np.int32) for _ in range(8)] + [
        np.full(SIZE, 99 * ONE, np.int32)
    ]

    def total(point: np.ndarray) -> float:
        return float(sum(np.linalg.norm((point - each) / ONE) for each in values))

    found = combined(GeometricMedian(steps=50), values)
    least = total(found)
    assert all(total(found + rng.normal(size=SIZE) * ONE / 4) > least for _ in range(30))
    assert least < total(combined(FedAvg(), values)) and least < total(values[0])


@given(many, st.floats(0.01, 500))
@settings(deadline=None, max_examples=40)
def test_a_bound_holds_and_changes_nothing_below_it(values: list[np.ndarray], bound: float) -> None:
    before = updates(values)
    after = Clip(bound).apply(before)
    limit = int(bound * ONE)
    for old, new in zip(before.changes, after.changes, strict=True):
        norm = squared_norm({name: new[name] for name in SHARED.names})
        assert norm <= limit * limit
        if squared_norm({name: old[name] for name in SHARED.names}) <= limit * limit:
            assert all(np.array_equal(old[name], new[name]) for name in SHARED.names)
        else:
            assert all(np.all(np.abs(new[name]) <= np.abs(old[name])) for name in SHARED.names)


def test_the_median_of_norms_is_a_bound_that_few_liars_cannot_raise() -> None:
    values = [np.full(SIZE, (k + 1) * ONE, np.int32) for k in range(4)] + [np.full(SIZE, 2**31 - 1, np.int32)] * 3
    norms = [
        squared_norm({name: change[name] for name in SHARED.names}) ** 0.5 / ONE
        for change in Clip("median").apply(updates(values)).changes
    ]
    assert norms == pytest.approx([4, 8, 12, 16, 16, 16, 16], rel=1e-4)


def test_old_changes_count_for_less_and_a_lone_one_is_made_smaller() -> None:
    assert [factor(age, 0.5) for age in (0, 3, 8, 99)] == [65536, 32768, 21845, 6553]
    assert [factor(age, 1.0) for age in (0, 1, 2**30)] == [65536, 32768, 1]
    aggregator = Composed(FedAvg(), staleness=0.5)
    lone = aggregator.apply(aggregator.init(SHARED), [delta(0, np.full(SIZE, 4 * ONE), age=3)])
    assert np.all(lone.arrays[FIRST] == 2 * ONE)
    both = [delta(0, np.full(SIZE, 4 * ONE), age=3), delta(1, np.full(SIZE, 4 * ONE))]
    assert np.all(aggregator.apply(aggregator.init(SHARED), both).arrays[FIRST] == 3 * ONE)
    robust = Composed(Median(), staleness=0.5)
    assert np.all(robust.apply(robust.init(SHARED), both).arrays[FIRST] == 3 * ONE)


@pytest.mark.parametrize("devices", range(1, 14))
def test_lost_answers_never_stop_a_rule(devices: int) -> None:
    rng = np.random.default_rng(devices)
    values = [rng.integers(-9, 9, SIZE).astype(np.int32) for _ in range(devices)]
    for rule in (TrimmedMean(attackers=5), Krum(attackers=5), MultiKrum(attackers=5), Bulyan(attackers=5)):
        assert combined(rule, values).shape == (SIZE,)


def test_numbers_that_make_no_sense_are_refused() -> None:
    for make, problem in [
        (lambda: Krum(attackers=-1), "krum: attackers = -1 must be 0 or more"),
        (lambda: MultiKrum(keep=0), "multi_krum: keep = 0 must be 1 or more"),
        (lambda: GeometricMedian(steps=0), r"steps = 0 must lie in 1\.\.100"),
        (lambda: Clip("mean"), "aggregate.clip is 'mean', it must be 'median', 0 for none, or a norm"),
        (lambda: Clip(-1.0), "aggregate.clip is -1.0"),
    ]:
        with pytest.raises(LavaFedError, match=problem):
            make()
