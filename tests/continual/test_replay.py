from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.errors import LavaFedError
from hardware.spikes import SpikeTrain
from lava_fed.data.dataset import DataSet
from lava_fed.local.rehearsal import Mixed
from lava_fed.local.replay import Replay, fair_shares

STEPS, UNITS = 3, 5
RECORD = 2 + 2
"""15 bits and a label."""


def some(count: int, classes: int = 4, seed: int = 0, top: int = 2) -> DataSet:
    rng = np.random.default_rng(seed)
    values = rng.integers(0, top, (count, STEPS, UNITS))
    return DataSet(SpikeTrain(values), rng.integers(0, classes, count), classes, "some")


def content(replay: Replay) -> set[tuple[int, bytes]]:
    return {(int(y), row.tobytes()) for y, row in zip(replay.labels, replay.records, strict=True)}


@given(
    budget=st.integers(RECORD, 40 * RECORD), seed=st.integers(0, 5), cuts=st.lists(st.integers(0, 60), max_size=4)
)
def test_what_is_remembered_does_not_depend_on_order_portions_or_repeats(
    budget: int, seed: int, cuts: list[int]
) -> None:
    shown = some(60, seed=seed)
    whole = Replay(budget, seed).with_shown(shown)
    order = np.random.default_rng(seed + 9).permutation(60)
    parts = Replay(budget, seed)
    for first, last in zip([0, *sorted(cuts)], [*sorted(cuts), 60], strict=True):
        parts = parts.with_shown(shown.take(order[first:last])).with_shown(shown.take(order[first:last]))
    assert content(parts) == content(whole)
    assert whole.bytes <= budget


def test_the_budget_counts_bits_and_labels_and_is_used_to_the_last_record() -> None:
    replay = Replay(10 * RECORD + 3, 1).with_shown(some(100))
    assert len(replay) == 10
    assert replay.bytes == 10 * RECORD


def test_classes_have_equal_room_and_what_one_leaves_is_for_the_others() -> None:
    many, few = some(100, classes=1), some(3, classes=1, seed=1)
    few = DataSet(few.x, few.labels + 1, 2, "few")
    both = Replay(20 * RECORD, 1).with_shown(DataSet(many.x, many.labels, 2, "many")).with_shown(few)
    assert np.bincount(both.labels).tolist() == [17, 3]


def test_a_new_class_takes_its_share_from_the_old_ones() -> None:
    replay = Replay(12 * RECORD, 1)
    for label in range(3):
        new = some(40, classes=1, seed=label)
        replay = replay.with_shown(DataSet(new.x, new.labels + label, 3, "new"))
        assert set(np.bincount(replay.labels).tolist()) == {12 // (label + 1)}


def test_every_different_sample_is_remembered_as_often_as_any_other() -> None:
    shown = some(40, classes=1)
    repeated = shown.take(np.repeat(np.arange(40), [20] * 5 + [1] * 35))  # five are shown twenty times as often
    hits = sum(
        len(
            content(Replay(10 * RECORD, seed).with_shown(repeated))
            & content(Replay(99, 0).with_shown(shown.take(slice(0, 5))))
        )
        for seed in range(200)
    )
    assert 200 * 5 * 10 / 40 * 0.8 < hits < 200 * 5 * 10 / 40 * 1.2


def test_spikes_come_back_as_they_were() -> None:
    shown = some(8)
    replay = Replay(10_000, 1).with_shown(shown)
    values = {row.tobytes() for row in shown.x.values}
    assert {row.tobytes() for row in replay.spikes(np.arange(len(replay)))} == values


def test_graded_messages_are_refused() -> None:
    with pytest.raises(LavaFedError, match=r"replay keeps plain spikes, and these samples are graded messages"):
        Replay(10_000, 1).with_shown(some(8, top=1000))


def test_memory_goes_through_arrays_and_back() -> None:
    replay = Replay(99, 1).with_shown(some(20))
    again = Replay.recalled(replay.memory(), 99, 1)
    assert content(again) == content(replay)
    assert content(again.with_shown(some(20, seed=3))) == content(replay.with_shown(some(20, seed=3)))
    assert Replay.recalled({}, 99, 1).memory() == {}


def test_a_budget_of_nothing_remembers_nothing() -> None:
    assert len(Replay(0, 1).with_shown(some(20))) == 0


def test_a_budget_below_one_sample_is_refused_with_what_it_takes() -> None:
    with pytest.raises(
        LavaFedError, match=r"a sample takes 4 bytes, more than the budget of 3; raise work\.replay"
    ):
        Replay(3, 1).with_shown(some(20))


def test_samples_of_another_form_are_refused() -> None:
    replay = Replay(99, 1).with_shown(some(4))
    other = DataSet(SpikeTrain(np.zeros((2, STEPS, UNITS + 1), np.uint8)), np.zeros(2, np.int32), 4, "other")
    with pytest.raises(LavaFedError, match="3 steps and 6 units do not fit those that are remembered"):
        replay.with_shown(other)


def test_mixed_samples_are_own_ones_then_remembered_ones() -> None:
    own, old = some(6, seed=1), Replay(99, 1).with_shown(some(5, seed=2))
    mixed = Mixed(own, old)
    assert len(mixed) == 6 + len(old)
    order = np.array([7, 0, 5, 6, 0])
    taken = mixed.take(order)
    assert taken.labels.tolist() == [old.labels[1], own.labels[0], own.labels[5], old.labels[0], own.labels[0]]
    expected = np.concatenate([own.x.values, old.spikes(np.arange(len(old)))])[order]
    np.testing.assert_array_equal(taken.x.values, expected)
    np.testing.assert_array_equal(mixed.take(np.array([2, 1])).x.values, own.take(np.array([2, 1])).x.values)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=8), st.integers(0, 100))
def test_shares_are_fair_and_use_all_room(counts: list[int], room: int) -> None:
    shares = fair_shares(np.array(counts), room)
    assert shares.sum() == min(room, sum(counts))
    assert (shares <= counts).all()
    short = [int(share) for share, count in zip(shares, counts, strict=True) if share < count]
    assert not short or max(shares) <= min(short) + 1
