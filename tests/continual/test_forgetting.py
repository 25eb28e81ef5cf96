from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hardware.errors import LavaFedError
from lava_fed.continual.forgetting import Forgetting, by_task

THREE = np.array([[0.9, 0.3, 0.1], [0.95, 0.8, 0.2], [0.5, 0.7, 1.0]])


def test_measures_of_three_tasks_by_hand() -> None:
    found = Forgetting(THREE)
    assert found.average == pytest.approx((0.5 + 0.7 + 1.0) / 3)
    assert found.backward_transfer == pytest.approx(((0.5 - 0.9) + (0.7 - 0.8)) / 2)
    assert found.forgetting == pytest.approx(((0.95 - 0.5) + (0.8 - 0.7)) / 2)
    assert found.forward_transfer(np.array([0.0, 0.1, 0.1])) == pytest.approx(((0.3 - 0.1) + (0.2 - 0.1)) / 2)


@given(arrays(np.float64, (4, 4), elements=st.floats(0, 1)))
def test_forgetting_is_never_less_than_what_backward_transfer_lost(matrix: np.ndarray) -> None:
    found = Forgetting(matrix)
    assert found.forgetting >= -found.backward_transfer - 1e-12


def test_who_keeps_everything_forgets_nothing() -> None:
    found = Forgetting(np.array([[0.9, 0.1], [0.9, 0.8]]))
    assert (found.forgetting, found.backward_transfer) == (0.0, 0.0)


def test_of_rounds_the_last_of_each_task_counts() -> None:
    rounds = np.linspace(0, 1, 18).reshape(6, 3)
    np.testing.assert_array_equal(Forgetting.of_rounds(rounds, 2).accuracy, rounds[[1, 3, 5]])
    with pytest.raises(LavaFedError, match=r"a row and a column for each of at least two tasks, found \(2, 3\)"):
        Forgetting.of_rounds(rounds, 3)


def test_what_is_no_accuracy_is_refused() -> None:
    for odd in (1.1, -0.1, np.nan):
        with pytest.raises(LavaFedError, match="holds accuracies"):
            Forgetting(np.array([[0.5, odd], [0.5, 0.5]]))


def test_by_task_counts_each_tasks_samples_alone() -> None:
    right = np.array([True, False, True, True, False])
    labels = np.array([0, 1, 2, 2, 3])
    assert by_task(right, labels, ((0, 1), (2, 3))) == [0.5, pytest.approx(2 / 3)]
    with pytest.raises(LavaFedError, match=r"task 2 has no test sample \(classes 7\)"):
        by_task(right, labels, ((0,), (7,)))
