"""Putting together what devices learned: the aggregators that are compared, the prototypes, the tables."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import averaging_prototypes
from benchmarks.averaging import WAYS, tables, ways
from benchmarks.averaging_prototypes import ACTIVE, CLASSES, SHOTS, brightest, shown
from lava_fed.aggregate.aggregator import MasterState
from lava_fed.messages.delta import FRACTION_BITS, WeightDelta
from lava_fed.shared import Shared
from tests.learning_programs import rewarded

UNIT = 1 << FRACTION_BITS
SHARED = Shared.of(rewarded("2^-5*u0*x1*y1"))
NAME = SHARED.names[0]


def delta(device: str, change: float) -> WeightDelta:
    array = np.full(SHARED.shapes[NAME], round(change * UNIT), np.int32)
    return WeightDelta(SHARED.program.digest, device, 1, 0, 10, {NAME: array})


def moved(way: str, *changes: float) -> set[float]:
    state = MasterState.of(SHARED)
    after = ways(SHARED)[way].apply(state, [delta(f"device-{k}", change) for k, change in enumerate(changes)])
    return set(((after.arrays[NAME] - state.arrays[NAME]) / UNIT).ravel().tolist())


def test_on_the_grid_a_mean_below_half_a_unit_is_lost_and_on_master_weights_it_is_not() -> None:
    assert moved("nearest", 1, 0, 0) == {0}
    assert moved("master", 1, 0, 0) == {round(UNIT / 3) / UNIT}
    assert moved("nearest", 1, 1, 0) == {1}


def test_cutting_off_goes_towards_zero_whatever_the_sign() -> None:
    base = MasterState.of(SHARED).arrays[NAME]
    for sign in (1, -1):
        after = ways(SHARED)["truncated"].apply(MasterState.of(SHARED), [delta("a", sign * 0.75)])
        expected = np.trunc((base + sign * 0.75 * UNIT) / UNIT) * UNIT
        np.testing.assert_array_equal(after.arrays[NAME], expected)


def test_as_many_pixels_of_each_digit_fire_once_in_the_first_step() -> None:
    spikes, labels = brightest("test")
    assert spikes.values[:, 0].sum(axis=1).tolist() == [ACTIVE] * len(labels)
    assert not spikes.values[:, 1:].any()


def test_a_device_shows_the_next_few_of_each_class_that_it_has() -> None:
    labels = np.array([0, 1, 0, 0, 1, 0, 0], np.int32)
    part = np.array([0, 1, 2, 3, 5, 6])
    assert SHOTS == 2
    assert shown(labels, part, 1).tolist() == [0, 2, 1]
    assert shown(labels, part, 2).tolist() == [3, 5]
    assert shown(labels, part, 9).tolist() == [0], "a device always has something to show"


def test_prototypes_side_by_side_know_more_than_their_average(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(averaging_prototypes, "DEVICES", 3)
    monkeypatch.setattr(averaging_prototypes, "ROUNDS", 1)
    monkeypatch.setattr(averaging_prototypes, "SHOTS", 1)
    found = averaging_prototypes.prototypes_learned(ways, 1)
    assert found["union"] > max(found["master"], found["alone"]) + 0.1
    assert set(found) == {*WAYS, "alone"}
    assert CLASSES == 10


def test_the_tables_have_a_row_for_each_way() -> None:
    kinds = {name: [0.5, 0.7] for name in WAYS}
    errors, prototypes = tables({"seeds": 2, "errors": {"20": kinds}, "prototypes": {**kinds, "alone": [0.1]}})
    assert errors.header == ("", "20 samples a round, 50 rounds")
    assert [row[1] for row in errors.rows] == ["60.0 % (50.0 to 70.0)"] * 4
    assert prototypes.rows[0] == ("each device alone, mean", "10.0 % (10.0 to 10.0)")
    assert len(prototypes.rows) == 5
