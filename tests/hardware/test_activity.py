"""The activity of a network: messages of every unit, the same however a run is cut."""

from __future__ import annotations

import numpy as np
import pytest

from hardware import streaming
from hardware.activity import Activity, assumed, measure
from hardware.emulator.engine import EmulatorBackend
from hardware.errors import LavaFedError
from hardware.network import INPUT
from hardware.spikes import SpikeTrain
from tests.programs import learner


def train(samples: int = 7) -> SpikeTrain:
    return SpikeTrain(np.random.default_rng(samples).integers(0, 2, (samples, 16, 6)).astype(np.uint8))


def test_every_message_is_counted_at_its_unit() -> None:
    with EmulatorBackend().load(learner()) as session:
        found, result = measure(session, [train()]), session.run(train())
    assert (found.samples, found.steps, found.measured) == (7, 7 * 16, True)
    assert found.sent[INPUT].tolist() == train().values.sum(axis=(0, 1)).tolist()
    for name, sent in result.spikes.items():
        assert found.sent[name].tolist() == (sent != 0).sum(axis=(0, 1)).tolist()
        assert int(found.sent[name].sum()) == result.counters.spikes[name]
    found.check(learner().network)


def test_the_parts_of_a_run_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    with EmulatorBackend().load(learner()) as session:
        whole = measure(session, [train()])
        monkeypatch.setattr(streaming, "BUDGET", 1)
        parts = measure(session, iter([train().take(slice(0, 3)), train().take(slice(3, 7))]))
    assert (parts.samples, parts.steps) == (whole.samples, whole.steps)
    for name, counts in whole.sent.items():
        assert np.array_equal(parts.sent[name], counts)


def test_a_held_image_counts_in_every_step() -> None:
    with EmulatorBackend().load(learner()) as session:
        found = measure(session, [SpikeTrain.held(np.ones((2, 6), np.uint8), 16)])
    assert found.sent[INPUT].tolist() == [32] * 6


def test_an_assumed_activity_says_so() -> None:
    found = assumed(learner().network, 0.25)
    assert not found.measured
    assert all((found.rates(name) == 0.25).all() for name in found.sent)
    found.check(learner().network)
    assert not (found + found).measured
    with pytest.raises(LavaFedError, match=r"rate of 1\.5 messages per step must lie in 0\.\.1"):
        assumed(learner().network, 1.5)


def test_what_does_not_fit_is_refused() -> None:
    with EmulatorBackend().load(learner()) as session, pytest.raises(LavaFedError, match="no input"):
        measure(session, [])
    with pytest.raises(LavaFedError, match="tells nothing"):
        Activity(0, 0, {})
    with pytest.raises(LavaFedError, match="expected a count"):
        Activity(1, 1, {INPUT: np.array([-1])})
    one = Activity(1, 4, {INPUT: np.array([1, 2])})
    with pytest.raises(LavaFedError, match="same network"):
        one + Activity(1, 4, {INPUT: np.array([1])})
    with pytest.raises(LavaFedError, match="counts 2 units of 'input', the network has 6"):
        one.check(learner().network)


def test_the_counts_cannot_be_changed_afterwards() -> None:
    given = np.array([1, 2])
    found = Activity(1, 4, {INPUT: given})
    given[0] = 5
    assert found.sent[INPUT].tolist() == [1, 2]
    with pytest.raises(ValueError, match="read-only"):
        found.sent[INPUT][0] = 3
