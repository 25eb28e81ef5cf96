"""Runs side by side: Student's intervals, groups by what differs, pairs by seed, a page that is safe."""

from __future__ import annotations

import math
import statistics
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lava_fed.compare.comparison import compare
from lava_fed.compare.student import Interval, inside, quantile
from lava_fed.compare.summary import Judged, Summary
from lava_fed.errors import RunError
from lava_fed.report.comparing import accuracy, render, rows


def summary(name: str, seed: int, value: float, **settings: Any) -> Summary:
    curve = (Judged(1, value / 2, 100), Judged(2, value, 250))
    return Summary(name, seed, {"program": "abc", **settings}, curve, 150, 100, {"radio": 2.0})


@pytest.mark.parametrize(
    ("freedom", "expected"), [(1, 12.7062), (2, 4.3027), (3, 3.1824), (9, 2.2622), (30, 2.0423), (1000, 1.9623)]
)
def test_quantiles_are_those_of_the_tables(freedom: int, expected: float) -> None:
    assert quantile(freedom) == pytest.approx(expected, abs=5e-5)


def test_the_distribution_of_one_and_two_degrees_by_hand() -> None:
    assert inside(1.0, 1) == pytest.approx(0.5)
    assert inside(math.sqrt(2), 2) == pytest.approx(math.sqrt(0.5))


@given(st.lists(st.floats(0, 1), min_size=2, max_size=12))
def test_an_interval_is_that_of_the_formula_whatever_the_order(values: list[float]) -> None:
    found = Interval.of(values)
    assert found == Interval.of(values[::-1])
    half = quantile(len(values) - 1) * statistics.stdev(values) / math.sqrt(len(values))
    assert found.half == pytest.approx(half, abs=1e-9) and found.mean == pytest.approx(statistics.fmean(values))


def test_a_single_run_has_no_interval() -> None:
    assert Interval.of([0.5]) == Interval(0.5, None, 1)
    assert accuracy(Interval.of([0.5])) == "50.00 %"


def test_runs_are_grouped_by_what_differs_but_the_seed() -> None:
    runs = [
        summary(f"{rule}{seed}", seed, 0.5 + 0.1 * seed, rule=rule, same=1) for rule in "ab" for seed in (2, 1)
    ]
    first, second = compare(runs)
    assert (first.settings, second.settings) == ({"rule": "a"}, {"rule": "b"})
    assert [run.seed for run in first.runs] == [1, 2]
    assert first.over(lambda run: run.accuracy).mean == pytest.approx(0.65)


def test_a_setting_that_some_runs_lack_sets_them_apart() -> None:
    first, second = compare([summary("a", 1, 0.5), summary("b", 1, 0.6, extra=[1, 2])])
    assert (first.settings, second.settings) == ({"extra": "not set"}, {"extra": [1, 2]})


def test_differences_are_paired_by_seed() -> None:
    runs = [summary(f"a{seed}", seed, 0.1 * seed, rule="a") for seed in (1, 2, 3)]
    runs += [summary(f"b{seed}", seed, 0.1 * seed + 0.05, rule="b") for seed in (2, 3, 4)]
    first, second = compare(runs)
    ahead = second.ahead(first)
    assert ahead is not None
    assert (ahead.mean, ahead.half, ahead.count) == (pytest.approx(0.05), pytest.approx(0, abs=1e-9), 2)
    assert compare([*runs[:1], summary("c", 9, 0.5, rule="c")])[1].ahead(first) is None


def test_the_same_run_twice_and_no_run_are_refused() -> None:
    with pytest.raises(RunError, match=r"x and y are the same run, with seed 1; leave one out"):
        compare([summary("x", 1, 0.5), summary("y", 1, 0.5)])
    with pytest.raises(RunError, match="no finished run to compare"):
        compare([])


def test_the_table_and_the_page_hold_every_group_and_run() -> None:
    hostile = "<script>alert(1)</script>"
    groups = compare(
        [summary(f"{rule}{seed}", seed, 0.5 + seed / 100, rule=rule) for rule in ("a", hostile) for seed in (1, 2)]
    )
    table = rows(groups)
    assert table[0][:3] == ("a", "2", "51.50 ± 6.35 %")
    assert table[1][3] == "+0.00 ± 0.00 points"
    page = render(groups, "sweep")
    assert "51.50 ± 6.35&nbsp;%" in page and "<script" not in page and page == render(groups, "sweep")
    assert page.count("<svg") == 2 and "nan" not in page


def test_one_run_alone_has_a_page_too() -> None:
    assert "all runs" in render(compare([summary("a", 1, 0.5)]), "one")
