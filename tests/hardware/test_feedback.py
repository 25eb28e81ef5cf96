"""What a hidden layer makes of the errors that come back, number by number."""

from __future__ import annotations

import numpy as np
import pytest

from hardware.emulator.reference import ReferenceBackend
from hardware.learning import Feedback, LearningRule
from hardware.network import Connection, Layer
from hardware.neurons.cuba import Cuba
from hardware.neurons.readout import Readout
from hardware.run_result import RunResult
from hardware.spikes import SpikeTrain
from hardware.synapses.dense import Dense
from tests.every_kind import network


def one_error(back: list[int], bias: list[int], **feedback: int) -> RunResult:
    """Units driven by their bias alone, in a labelled sample of 4 steps, get each its weight as error."""
    units = len(back)
    rule = LearningRule.parse("u0*y1", epoch=1, x1_impulse=0, x1_tau=0)
    neuron = Cuba(4096, 4096, 10, np.array(bias, np.int16), 0)
    program = network(
        1,
        [
            Layer("hidden", neuron, Feedback(**{"most": 9, "shift": 3, **feedback})),
            Layer("out", Readout(1, margin=1, shift=0)),
        ],
        [
            Connection("input", "hidden", Dense(np.zeros((units, 1), np.int16)), rule),
            Connection("hidden", "out", Dense(np.zeros((1, units), np.int16))),
            Connection("out", "hidden", Dense(np.array(back)[:, None]), port="error"),
        ],
    )
    probes = [f"hidden.{state}" for state in ("d", "n", "y1", "y2", "y3")]
    train = SpikeTrain(np.zeros((1, 4, 1), np.uint8))
    return ReferenceBackend().load(program).learn(train, np.array([0]), seed=0, probes=probes)


def test_errors_are_rounded_to_nearest_and_halves_up() -> None:
    result = one_error([2, 4, 12, -2, -4, -6, -12, 0], [1] * 8)
    assert result.probes["hidden.d"][0, -1].tolist() == [2, 4, 12, -2, -4, -6, -12, 0]
    assert result.probes["hidden.y1"][0, -1].tolist() == [0, 1, 2, 0, 0, -1, -1, 0]
    assert one_error([2, -4], [1, 1], shift=0).probes["hidden.y1"][0, -1].tolist() == [2, -4]


@pytest.mark.parametrize(("most", "learns"), [(4, 0), (5, 1)])
def test_who_took_part_learns_until_it_fired_enough(most: int, learns: int) -> None:
    # the units hold v = -1, 0, 1 and 640, or fire in each of 4 steps and hold 0
    result = one_error([8] * 5, [-1, 0, 1, 640, 641], most=most)
    assert result.probes["hidden.n"][0, -1].tolist() == [0, 0, 0, 0, 4]
    assert result.probes["hidden.y1"][0, -1].tolist() == [0, 0, 1, 1, learns]


def test_near_the_threshold_is_less_than_a_window_away() -> None:
    # 640 is the threshold and does not fire yet; 641 fires and is reset to 0
    result = one_error([0] * 5, [512, 513, 640, 641, -512], window=2)
    assert result.probes["hidden.y3"][0].tolist() == [[0, 1, 1, 0, 0]] * 4
    assert one_error([0], [0], window=10).probes["hidden.y3"].sum() == 0
    assert one_error([0], [0], window=11).probes["hidden.y3"].sum() == 4


@pytest.mark.parametrize(("counts", "sent"), [(0, 0), (50, 50), (127, 127)])
def test_a_unit_tells_how_often_it_fired_up_to_127(counts: int, sent: int) -> None:
    # of 4 steps the first is S - 3, with one spike, the second S - 2, with two
    result = one_error([0], [641], counts=counts)
    assert result.probes["hidden.y2"][0, :, 0].tolist() == [sent, -min(2 * counts, 127), 0, 0]


@pytest.mark.parametrize(("counts", "sent"), [(0, 0), (50, 50), (127, 127)])
def test_one_count_serves_errors_of_both_signs_where_the_layer_says_so(counts: int, sent: int) -> None:
    result = one_error([0], [641], counts=counts, once=1)
    assert result.probes["hidden.y2"][0, :, 0].tolist() == [sent, -sent, 0, 0]
    assert result.probes["hidden.n"][0, :, 0].tolist() == [1, 2, 3, 4]
