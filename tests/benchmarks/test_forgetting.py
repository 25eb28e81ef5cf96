"""One task after another: the walk that is measured, what can be forgotten at most, the tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks import forgetting, forgetting_bound
from benchmarks.forgetting_bound import WEIGHTS, Bench, follow, margins, walked
from benchmarks.mini_federation import Judge
from hardware.emulator.engine import EmulatorBackend
from lava_fed.learning.samples import labels_of
from lava_fed.local.proximal import WHOLE
from lava_fed.local.trainer import Work
from lava_fed.shared import Shared


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Bench:
    bench = Bench.make()
    found = Bench(bench.program, bench.train.only(slice(250)), bench.test.only(slice(120)))
    monkeypatch.setattr(forgetting_bound, "PASSES", 1)
    monkeypatch.setattr(Bench, "make", lambda: found)
    return found


def walk(bench: Bench, begin: np.ndarray, share: int) -> tuple[np.ndarray, list[float]]:
    with EmulatorBackend().load(bench.program) as session:
        return walked(session, bench.train, begin, share, 1)


def test_without_a_pull_the_walk_is_plain_learning_and_with_the_whole_one_it_stays_where_it_was(
    small: Bench,
) -> None:
    begin = np.zeros((10, 128), np.int16)
    order = np.random.default_rng(1).permutation(250)
    with EmulatorBackend().load(small.program) as session:
        data = small.train.take(order)
        session.learn(data.x, data.labels, seed=1, layers=())
        plain = session.weights()[WEIGHTS].copy()
    np.testing.assert_array_equal(walk(small, begin, 0)[0], plain)
    stayed, lengths = walk(small, begin, WHOLE)
    np.testing.assert_array_equal(stayed, begin)
    assert len(lengths) == 3
    assert min(lengths) > 0


def test_margins_are_to_the_best_other_class() -> None:
    scores = np.array([[5, 9, 2], [5, 9, 2], [3, 3, 1]])
    assert margins(scores, np.array([1, 0, 0], np.int32)).tolist() == [4, -4, 0]


def test_a_stronger_pull_stays_nearer_and_no_more_is_forgotten_than_the_distance_allows(small: Bench) -> None:
    learned = walk(small, np.zeros((10, 128), np.int16), 0)[0]
    loose, tight = (follow(small, 60, share, 2, learned) for share in (0, 128))
    assert tight["reached"] < loose["reached"] / 2
    assert tight["forgot"] <= loose["forgot"]
    assert tight["reached"] <= tight["largest"] * (WHOLE - 128) / 128 + np.sqrt(10 * 128), (
        "the bound, and rounding"
    )
    for point in (loose, tight):
        assert point["forgot"] <= point["endangered"] <= point["before"]
    assert loose["claimed"] == loose["before"], "without a pull nothing is promised"


def test_the_same_task_again_is_not_forgotten(small: Bench) -> None:
    learned = walk(small, np.zeros((10, 128), np.int16), 0)[0]
    assert follow(small, 0, 64, 2, learned)["forgot"] < 0.1


def test_classes_that_come_in_turn_are_forgotten_and_replay_brings_them_back(
    small: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "SPLIT", ((0, 1, 2, 3, 4), (5, 6, 7, 8, 9)))
    monkeypatch.setattr(forgetting, "DEVICES", 2)
    plain, replayed = (forgetting.sequence(Work(2, replay=budget), 1) for budget in (0, 8192))
    assert plain["forgetting"] > 0.4
    assert replayed["forgetting"] < plain["forgetting"] / 2
    assert replayed["average"] > plain["average"] + 0.15


def test_a_judge_scores_the_weights_that_it_is_given(small: Bench) -> None:
    learned = walk(small, np.zeros((10, 128), np.int16), 0)[0]
    with Judge(Shared.of(small.program), small.test) as judge:
        right = judge.right({WEIGHTS: learned})
        blank = judge.scores({WEIGHTS: np.zeros_like(learned)})
    assert right.mean() > 0.5
    assert not blank.any()
    assert len(right) == len(labels_of(small.test))


def test_the_tables_say_where_the_bound_holds() -> None:
    point: dict[str, Any] = {
        "degrees": 30,
        "seed": 1,
        "first": 100.0,
        "largest": 120.0,
        "before": 0.9,
        "forgot": 0.1,
        "endangered": 0.5,
        "claimed": 0.9,
        "other": 0.8,
    }
    lengths = {0: 900.0, 4: 800.0, 16: 700.0, 64: 290.0, 128: 120.0, 248: 2.0}
    made = [point | {"share": share, "reached": length} for share, length in lengths.items()]
    run = {
        "average": 0.5,
        "learned": 0.9,
        "forgetting": 0.4,
        "backward": -0.4,
        "agreement": 0.25,
        "distance": 300.0,
    }
    bound, sequence = forgetting.tables({"seeds": 1, "points": made, "sequences": {"nothing": [run]}})
    assert bound.rows[0][:5] == ("30", "0.000", "100", "none", "900")
    assert bound.rows[4][:5] == ("30", "0.500", "100", "100", "120")
    assert "Reached is beyond D (1 - s) / s in 1 of 5 runs with a pull" in bound.notes[1]
    assert sequence.rows == (
        ("nothing", "50.0 % (50.0 to 50.0)", "90.0 % (90.0 to 90.0)", "40.0", "-40.0", "300", "0.25"),
    )
