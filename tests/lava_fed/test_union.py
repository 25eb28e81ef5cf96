"""Neuron unions: prototypes of several devices side by side, and what happens where rows run out."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.chip.known import LOIHI2
from hardware.learning.methods.prototypes import prototype_network, prototypes
from hardware.program import Program
from lava_fed.aggregate.aggregator import Aggregator, MasterState
from lava_fed.aggregate.build import build
from lava_fed.aggregate.pool import Pool, Prototype
from lava_fed.aggregate.union import classes_of_rows
from lava_fed.config.aggregate import AggregateConfig
from lava_fed.errors import ConfigError
from lava_fed.messages.delta import FRACTION_BITS, WeightDelta
from lava_fed.shared import Shared
from tests.lava_fed.conftest import FIRST, SECOND, small_program
from tests.learning_programs import whole

ONE = 1 << FRACTION_BITS
NAME = "input->prototypes"
CLASSES, EACH, INPUTS = 2, 3, 4
SHARED = Shared.of(
    Program(prototype_network(INPUTS, CLASSES, EACH, method=prototypes(), active=2, alike=1), LOIHI2)
)
UNION = build(AggregateConfig("union"), SHARED)


def wrote(device: str, rows: dict[int, tuple[int, ...]], samples: int = 1, turn: int = 1) -> WeightDelta:
    """Return what a device sends that wrote chip units into rows."""
    change = np.zeros((CLASSES * EACH, INPUTS), np.int32)
    for row, values in rows.items():
        change[row] = np.array(values) << FRACTION_BITS
    return WeightDelta(SHARED.program.digest, device, turn, turn - 1, samples, {NAME: change})


def chip(state: MasterState) -> list[list[float]]:
    return (state.arrays[NAME] / ONE).tolist()


def held(state: MasterState) -> list[int]:
    return state.memory[f"union/{NAME}"].tolist()


A, B, C, D = (100, 0, 0, 0), (0, 100, 0, 0), (0, 0, 100, 0), (0, 0, 96, 8)
NOTHING = [0, 0, 0, 0]


def test_each_class_has_the_rows_that_drive_its_unit() -> None:
    assert classes_of_rows(SHARED, NAME).tolist() == [0, 0, 0, 1, 1, 1]


def test_what_devices_wrote_into_the_same_row_gets_rows_of_the_same_class() -> None:
    """Whatever the config says of bounds and server steps: half a prototype is none."""
    state = UNION.apply(UNION.init(SHARED), [wrote("x", {0: A, 3: C}, 5), wrote("y", {0: B}, 9)])
    # The one that more samples stand for comes first.
    assert chip(state) == [list(B), list(A), NOTHING, list(C), NOTHING, NOTHING]
    assert held(state) == [9, 5, 0, 5, 0, 0]
    averaged = build(AggregateConfig("fedavg"), SHARED)
    lost = chip(averaged.apply(averaged.init(SHARED), [wrote("x", {0: A}), wrote("y", {0: B})]))
    assert lost[0] == [50, 50, 0, 0]


def test_where_rows_run_out_the_two_nearest_become_one() -> None:
    deltas = [wrote("w", {0: A}), wrote("x", {0: B}), wrote("y", {0: C}, 3), wrote("z", {0: D})]
    state = UNION.apply(UNION.init(SHARED), deltas)
    assert chip(state)[:3] == [[0, 0, 99, 2], list(B), list(A)]
    assert held(state)[:3] == [4, 1, 1]


def test_the_same_example_on_two_devices_is_one_prototype() -> None:
    state = UNION.apply(UNION.init(SHARED), [wrote("x", {0: A}, 2), wrote("y", {2: A}, 3)])
    assert chip(state)[:3] == [list(A), NOTHING, NOTHING] and held(state)[0] == 5


def test_old_prototypes_stay_in_their_rows_and_are_refined_by_those_who_changed_them() -> None:
    first = UNION.apply(UNION.init(SHARED), [wrote("x", {0: A, 1: B}, 3)])
    rows = chip(first)
    where = rows.index(list(A))
    change = {where: (-8, 8, 0, 0)}
    second = UNION.apply(first, [wrote("x", change, 1, 2), wrote("y", {2: C}, 50, 2)])
    assert chip(second)[where] == [92, 8, 0, 0] and chip(second)[1 - where] == list(B)
    assert chip(second)[2] == list(C) and held(second)[2] == 50


def test_two_old_prototypes_that_became_one_leave_a_row_to_a_new_one() -> None:
    first = UNION.apply(UNION.init(SHARED), [wrote("x", {0: A, 1: C, 2: D}, 2)])
    where = chip(first).index(list(A))
    state = UNION.apply(first, [wrote("x", {}, 1, 2), wrote("y", {}, 1, 2)])
    assert chip(state) == chip(first)  # nobody wrote anything
    # All rows are taken, so a device can only refine: nothing new can come, and nothing is lost.
    later = UNION.apply(state, [wrote("x", {where: (0, 0, 0, 4)}, 1, 3)])
    assert chip(later)[where] == [100, 0, 0, 4]
    pool = Pool.of([Prototype(np.array(each), 1, row) for row, each in enumerate((C, A, D))])
    placed = dict(Pool.of([*pool.prototypes, Prototype(np.array(B), 7, None)]).placed(np.arange(3)))
    assert [placed[row].values.tolist() for row in range(3)] == [[0, 0, 98, 4], list(A), list(B)]


rows = st.dictionaries(st.integers(0, 5), st.sampled_from([A, B, C, D, (1, 1, 1, 1), (0, 0, 1, 99)]), max_size=4)


@given(st.lists(st.tuples(rows, st.integers(1, 3)), min_size=1, max_size=5), st.randoms())
@settings(deadline=None, max_examples=60)
def test_no_order_of_devices_changes_a_union(parts: list, dice: object) -> None:
    names = [f"d{index}" for index in range(len(parts))]
    before = UNION.apply(UNION.init(SHARED), [wrote("z", {0: (7, 7, 0, 0), 4: B}, 2)])
    for state in (UNION.init(SHARED), before):
        ordered = UNION.apply(state, [wrote(n, r, s) for n, (r, s) in zip(names, parts, strict=True)])
        dice.shuffle(parts)  # type: ignore[attr-defined]
        renamed = UNION.apply(state, [wrote(n, r, s) for n, (r, s) in zip(names, parts, strict=True)])
        assert chip(ordered) == chip(renamed) and held(ordered) == held(renamed)
        used = np.any(ordered.arrays[NAME], axis=1)
        assert used.tolist() == (ordered.memory[f"union/{NAME}"] > 0).tolist()


def test_equally_near_prototypes_are_joined_in_one_order_only() -> None:
    corners = [(90, 0, 0, 0), (0, 90, 0, 0), (0, 0, 90, 0), (0, 0, 0, 90)]
    found = set()
    for order in itertools.permutations(corners):
        pool = Pool.of([Prototype(np.array(each), 1, None) for each in order]).fitted(2)
        found.add(tuple((tuple(each.values.tolist()), each.weight) for each in pool.prototypes))
    assert len(found) == 1 and sum(weight for _, weight in found.pop()) == 4


def test_a_union_beside_a_mean_leaves_server_and_bound_to_the_mean() -> None:
    shared = Shared.of(small_program())
    config = AggregateConfig("fedavg", server="plain", rate=0.5, layers={FIRST: "union"})
    mixed: Aggregator = build(config, shared)
    change = {FIRST: np.full((2, 5), ONE, np.int32), SECOND: np.full((2, 3), ONE, np.int32)}
    state = mixed.apply(mixed.init(shared), [WeightDelta(shared.program.digest, "x", 1, 0, 1, change)])
    assert np.all(state.arrays[FIRST] == ONE) and np.all(state.arrays[SECOND] == ONE // 2)


def test_a_layer_whose_rows_have_no_classes_is_refused_before_the_first_round() -> None:
    shared = Shared.of(whole())
    hidden = next(name for name in shared.names if name.startswith("input->"))
    config = AggregateConfig("fedavg", layers={hidden: "union"})
    with pytest.raises(ConfigError, match="rule 'union' cannot tell the classes of connection"):
        build(config, shared)
