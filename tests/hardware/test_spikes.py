"""Trains of messages: types, checks, and those that hold one image."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from hardware.errors import LavaFedError
from hardware.spikes import SpikeTrain


def shown(messages: np.ndarray, steps: int) -> SpikeTrain:
    """The same train with every step in memory."""
    return SpikeTrain(np.repeat(messages[:, None], steps, axis=1))


@pytest.mark.parametrize("low, high", [(0, 2), (-9, 9)])
def test_a_held_train_is_the_train_with_every_step_written_out(low, high):
    messages = np.random.default_rng(0).integers(low, high, (5, 4))
    held, full = SpikeTrain.held(messages, 6), shown(messages, 6)
    assert held.is_held and not full.is_held
    for pick in (slice(1, 4), slice(None, None, 2), np.array([4, 0, 0])):
        assert held.take(pick).is_held
        assert np.array_equal(held.take(pick).values, full.take(pick).values)
    assert held.values.dtype == full.values.dtype and held.graded == full.graded
    assert held.total() == full.total()
    assert held.by_unit().tolist() == full.by_unit().tolist()
    assert (held.samples, held.steps, held.units) == (5, 6, 4)


def test_a_held_train_keeps_one_step_through_take_and_from_a_view():
    image = np.ones((100, 1000), np.uint8)
    tracemalloc.start()
    train = SpikeTrain(np.broadcast_to(image[:, None], (100, 65535, 1000)))
    parts = [train.take(slice(0, 50)), train.take(np.arange(50)), SpikeTrain.held(image, 65535)]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert all(part.values.strides[1] == 0 for part in [train, *parts])
    assert peak < 2_000_000  # every step written out would take 6.5 GB
    assert train.total() == 100 * 65535 * 1000


def test_a_train_never_changes_with_the_array_that_it_was_made_of():
    image = np.zeros((1, 2), np.uint8)
    held = SpikeTrain.held(image, 3)
    view = image[:]
    view.flags.writeable = False
    seen = SpikeTrain(view[:, None])
    image[:] = 1
    assert held.total() == 0 and seen.total() == 0
    for train in (held, seen, SpikeTrain(np.full((1, 2, 2), 9, np.int64))):
        with pytest.raises(ValueError, match="read-only"):
            train.values[0, 0, 0] = 1


def test_one_step_is_not_held_and_no_step_is_refused():
    assert not SpikeTrain.held(np.ones((2, 3), int), 1).is_held
    assert SpikeTrain(np.zeros((3, 5, 0), np.uint8)).total() == 0
    for messages, steps, sentence in [
        (np.ones((2, 3), int), 0, "cannot be held for 0 steps"),
        (np.ones(3, int), 2, r"shape \(samples, units\), found \(3,\)"),
        (np.ones((2, 3)), 2, "must be integers"),
        (np.full((2, 3), 2**31), 2, "must fit signed 32 bits"),
    ]:
        with pytest.raises(LavaFedError, match=sentence):
            SpikeTrain.held(messages, steps)


def test_a_conversion_makes_one_copy():
    values = np.full((100, 100, 100), 7, np.int64)
    tracemalloc.start()
    train = SpikeTrain(values)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert train.values.nbytes <= peak < 1.2 * train.values.nbytes
