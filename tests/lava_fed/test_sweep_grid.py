"""Which runs a sweep has: every combination, names that any file system takes, nothing twice."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lava_fed.errors import ConfigError
from lava_fed.sweep.grid import grid, seeds

DOCUMENT: dict[str, Any] = {"rounds": {"count": 3}, "devices": {"count": 4}, "run": {"seed": 9}}


def test_every_combination_runs_with_every_seed() -> None:
    points = grid(DOCUMENT, ["devices.alpha=0.1,1", "aggregate.name=median"], (1, 2))
    assert [point.name for point in points] == [
        "devices.alpha=0.1/seed-1",
        "devices.alpha=0.1/seed-2",
        "devices.alpha=1/seed-1",
        "devices.alpha=1/seed-2",
    ]
    assert points[2].document == {
        "rounds": {"count": 3},
        "devices": {"count": 4, "alpha": 1},
        "run": {"seed": 1},
        "aggregate": {"name": "median"},
    }
    assert DOCUMENT["run"] == {"seed": 9}


def test_without_settings_only_seeds_differ() -> None:
    assert [point.name for point in grid(DOCUMENT, [], (4,))] == ["seed-4"]


def test_names_that_no_file_system_takes_are_made_safe_and_stay_apart() -> None:
    points = grid(DOCUMENT, ['program.share=["a->b"],["a-*b"]', f"data.name={'x' * 300},y"], (1,))
    folders = {point.name.split("/")[0] for point in points}
    assert len(folders) == 4
    assert all(re.fullmatch(r"[A-Za-z0-9_.=,+~-]{1,120}", folder) for folder in folders)


@pytest.mark.parametrize(
    ("text", "expected"), [("1", (1,)), ("1-3", (1, 2, 3)), ("5,1-2", (5, 1, 2)), (" 7 , 8 ", (7, 8))]
)
def test_seeds(text: str, expected: tuple[int, ...]) -> None:
    assert seeds(text) == expected


@pytest.mark.parametrize("text", ["", "a", "3-1", "1-", "-1", "1,,2", "2147483648", "0-10000", "1.5"])
def test_what_is_no_seed_is_told(text: str) -> None:
    with pytest.raises(ConfigError, match="are no seeds; write them as 1-10"):
        seeds(text)


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        (["a.b=1", "a.b=2"], r"a\.b is given twice"),
        (["run.seed=1"], r"run\.seed is given twice"),
        (["a.b=1,1"], "has a value twice"),
        (
            [f"a.{key}=" + ",".join(map(str, range(101))) for key in "bc"],
            "would have 10,201 runs, the limit is 10,000",
        ),
    ],
)
def test_what_makes_no_grid_is_told(settings: list[str], problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        grid(DOCUMENT, settings, (1,))


def test_a_seed_twice_is_told() -> None:
    with pytest.raises(ConfigError, match="has a seed twice"):
        seeds("1-3,2")


@given(st.text(max_size=12))
def test_any_text_is_seeds_or_a_sentence(text: str) -> None:
    try:
        assert len(set(seeds(text))) == len(seeds(text)) > 0
    except ConfigError as error:
        assert "\n" not in str(error)
