from __future__ import annotations

import math

import numpy as np
import pytest

from hardware.errors import LavaFedError
from lava_fed.continual.drift import agreement, distance, label_shift
from lava_fed.messages.delta import FRACTION_BITS, WeightDelta


def delta(device: str, *values: list[int]) -> WeightDelta:
    weights = {f"c{k}": np.array([row], np.int32) << FRACTION_BITS for k, row in enumerate(values)}
    return WeightDelta("0" * 64, device, 1, 0, 10, weights)


def test_distance_is_the_norm_over_all_connections_in_chip_units() -> None:
    assert distance(delta("a", [3, 0], [0, 4]).weights) == 5.0


def test_distance_is_exact_for_every_change_that_a_word_holds() -> None:
    least, most = -(2**31), 2**31 - 1
    change = {"c": np.array([[least, most, 1, -1]], np.int32)}
    assert distance(change) == math.sqrt(least**2 + most**2 + 2) / 2**FRACTION_BITS


def test_agreement_is_the_mean_cosine_of_all_pairs() -> None:
    a, b, c = delta("a", [1, 0]), delta("b", [0, 7]), delta("c", [5, 5])
    assert agreement([a, b]) == pytest.approx(0)
    assert agreement([a, a, a]) == pytest.approx(1)
    assert agreement([a, b, c]) == pytest.approx(2 * np.sqrt(0.5) / 3)
    assert agreement([a, delta("d", [-2, 0])]) == pytest.approx(-1)


def test_a_change_of_nothing_agrees_with_nobody() -> None:
    assert agreement([delta("a", [1, 0]), delta("b", [0, 0])]) == 0
    assert agreement([delta("a", [0, 0]), delta("b", [0, 0])]) == 0


def test_one_device_agrees_with_nobody() -> None:
    with pytest.raises(LavaFedError, match="at least two devices"):
        agreement([delta("a", [1])])


def test_label_shift_lies_between_the_same_labels_and_no_label_in_common() -> None:
    assert label_shift(np.array([2, 4]), np.array([1, 2])) == 0
    assert label_shift(np.array([2, 0]), np.array([0, 9])) == 1
    assert label_shift(np.array([1, 1]), np.array([0, 9])) == 0.5
    with pytest.raises(LavaFedError, match="two sets that each have a sample"):
        label_shift(np.array([0, 0]), np.array([0, 9]))
