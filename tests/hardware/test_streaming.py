"""Runs in parts: the same results, in the memory of one part."""

from __future__ import annotations

import numpy as np
import pytest

from hardware.counters import Counters
from hardware.emulator.engine import EmulatorBackend, EmulatorSession
from hardware.errors import LavaFedError
from hardware.run_result import RunResult
from hardware.spikes import SpikeTrain
from hardware.streaming import run_parts, sample_bytes, samples_at_once
from tests.programs import learner

LAYERS = [layer.name for layer in learner().network.layers]
PROBES = [f"{name}.v" for name in LAYERS]


class Watched(EmulatorSession):
    """Notes the size of each call."""

    def __init__(self) -> None:
        super().__init__(learner())
        self.sizes: list[int] = []

    def run(self, spikes, *, probes=(), layers=None) -> RunResult:
        self.sizes.append(spikes.samples)
        return super().run(spikes, probes=probes, layers=layers)


def train(samples: int) -> SpikeTrain:
    return SpikeTrain(np.random.default_rng(samples).integers(0, 2, (samples, 16, 6)).astype(np.uint8))


@pytest.mark.parametrize("budget", [1, 3000, 1 << 26])
@pytest.mark.parametrize("given", [[11], [4, 7]])
def test_results_do_not_depend_on_the_parts(budget: int, given: list[int]) -> None:
    whole = train(11)
    trains = [whole] if given == [11] else [whole.take(slice(0, 4)), whole.take(slice(4, 11))]
    with EmulatorBackend().load(learner()) as session:
        expected = session.run(whole, probes=PROBES, layers=LAYERS[-1:])
        found = list(run_parts(session, iter(trains), probes=PROBES, layers=LAYERS[-1:], budget=budget))
    assert [list(part.spikes) for part in found] == [LAYERS[-1:]] * len(found)
    for name in PROBES:
        assert np.array_equal(np.concatenate([part.probes[name] for part in found]), expected.probes[name])
    sent = np.concatenate([part.spikes[LAYERS[-1]] for part in found])
    assert np.array_equal(sent, expected.spikes[LAYERS[-1]])
    assert sum((part.counters for part in found), Counters()) == expected.counters


def test_a_part_takes_no_more_than_the_budget_or_one_sample() -> None:
    network = learner().network
    recorded = sample_bytes(network, 16, probes=PROBES, layers=[])
    assert recorded == 16 * 4 * sum(layer.units for layer in network.layers)
    assert sample_bytes(network, 16, probes=[*PROBES, *PROBES], layers=[]) == recorded
    assert sample_bytes(network, 16, layers=LAYERS[:1]) == 16 * network.layer(LAYERS[0]).units
    session = Watched()
    each = recorded + 16 * 6
    for budget, sizes in [(5 * each, [5, 5, 1]), (5 * each - 1, [4, 4, 3]), (1, [1] * 11)]:
        session.sizes.clear()
        assert len(list(run_parts(session, [train(11)], probes=PROBES, layers=[], budget=budget))) == len(sizes)
        assert session.sizes == sizes
    assert samples_at_once(0) > samples_at_once(1 << 27) == 1


def test_a_held_image_counts_as_one_step() -> None:
    session, images = Watched(), np.ones((9, 6), np.uint8)
    list(run_parts(session, [SpikeTrain.held(images, 500)], layers=[], budget=9 * 6))
    assert session.sizes == [9]


def test_input_that_does_not_fit_is_refused_as_by_the_session() -> None:
    with EmulatorBackend().load(learner()) as session:
        for wrong, sentence in [
            (SpikeTrain(np.zeros((0, 4, 6), np.uint8)), "the input is empty"),
            (SpikeTrain(np.zeros((2, 4, 5), np.uint8)), "the input has 5 units"),
        ]:
            with pytest.raises(LavaFedError, match=sentence):
                list(run_parts(session, [wrong]))
