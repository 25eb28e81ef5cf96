"""Turns, and what is made of them."""

from __future__ import annotations

from benchmarks.measure import Turns, take_turns


def test_who_begins_changes_from_round_to_round() -> None:
    order: list[str] = []

    def turn(name: str) -> float:
        order.append(name)
        return 1.0

    take_turns(lambda: turn("a"), lambda: turn("b"), 3)
    assert order == ["a", "b", "b", "a", "a", "b"]


def test_a_ratio_is_taken_within_its_round() -> None:
    """A machine that gets ten times slower between rounds does not change it."""
    times = iter([1.0, 4.0, 40.0, 10.0])
    turns = take_turns(lambda: next(times), lambda: next(times), 2)
    assert turns == Turns(ours=(1.0, 10.0), theirs=(4.0, 40.0))
    assert turns.ratios == [4.0, 4.0]
