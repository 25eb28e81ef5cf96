from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from lava_fed.config.devices import DevicesConfig
from lava_fed.data.owners import Owners
from lava_fed.partition.classes import by_classes
from lava_fed.partition.deal import deal
from lava_fed.partition.dirichlet import dirichlet
from lava_fed.partition.dominant import dominant
from lava_fed.partition.heterogeneity import Heterogeneity
from lava_fed.partition.iid import iid
from lava_fed.partition.natural import natural
from lava_fed.partition.quantity import by_quantity

Labels = NDArray[np.int64]
PARTITIONS = ("iid", "dirichlet", "classes", "dominant", "quantity")
BALANCED = np.repeat(np.arange(10), 200)


def counts(labels: Labels, parts: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.stack([np.bincount(labels[part], minlength=int(labels.max()) + 1) for part in parts])


@given(
    st.sampled_from(PARTITIONS),
    st.lists(st.integers(0, 4), min_size=1, max_size=80),
    st.integers(1, 6),
    st.integers(0, 2**32),
    st.floats(0.01, 100),
    st.integers(1, 3),
    st.floats(0, 1),
)
@settings(deadline=None)
def test_no_sample_goes_to_two_devices(
    kind: str, given_labels: list[int], devices: int, seed: int, alpha: float, minimum: int, share: float
) -> None:
    labels = np.array(given_labels)
    config = DevicesConfig(devices, kind, alpha=alpha, classes=1 + seed % 5, share=share, minimum=minimum)
    try:
        parts = deal(config, labels, None, np.random.default_rng(seed))
    except LavaFedError:
        # Equal and unequal sizes reach whenever there is enough; the others may ask for classes that are rare.
        assert devices * minimum > len(labels) or kind in ("dirichlet", "classes", "dominant")
        return
    assert tuple(parts) == config.names and min(map(len, parts.values())) >= minimum
    dealt = np.concatenate(list(parts.values()))
    assert len(set(dealt.tolist())) == len(dealt)
    assert kind == "dominant" or sorted(dealt.tolist()) == list(range(len(labels)))
    again = deal(config, labels, None, np.random.default_rng(seed))
    for name, part in parts.items():
        assert part.dtype == np.int64 and np.all(np.diff(part) > 0) and np.array_equal(part, again[name])


def test_iid_shares_are_equal() -> None:
    parts = iid(np.zeros(11, int), 4, np.random.default_rng(0))
    assert sorted(map(len, parts)) == [2, 3, 3, 3]


def test_alpha_decides_the_skew() -> None:
    def distance(alpha: float) -> float:
        parts = dirichlet(BALANCED, 8, alpha, np.random.default_rng(1))
        return Heterogeneity.of(counts(BALANCED, parts)).distance

    assert distance(1000) < 0.05
    assert 0.2 < distance(1) < 0.5
    assert distance(0.05) > 0.5


def test_the_share_of_a_class_has_the_variance_of_a_dirichlet() -> None:
    devices, alpha, samples = 4, 2.0, 1000
    shares = np.array(
        [
            [len(part) / samples for part in dirichlet(np.zeros(samples, int), devices, alpha, rng)]
            for rng in map(np.random.default_rng, range(800))
        ]
    )
    expected = (1 / devices) * (1 - 1 / devices) / (devices * alpha + 1)
    assert np.allclose(shares.var(axis=0), expected, rtol=0.2)


@given(st.integers(1, 30), st.integers(1, 10), st.integers(0, 100))
@settings(deadline=None)
def test_every_device_sees_so_many_classes_and_every_class_is_held_equally_often(
    devices: int, classes: int, seed: int
) -> None:
    if devices * classes < 10:
        with pytest.raises(LavaFedError, match="leave some of 10 classes out"):
            by_classes(BALANCED, devices, classes, np.random.default_rng(seed))
        return
    found = counts(BALANCED, by_classes(BALANCED, devices, classes, np.random.default_rng(seed)))
    assert np.all(np.count_nonzero(found, axis=1) == classes)
    holders = np.count_nonzero(found, axis=0)
    assert holders.max() - holders.min() <= 1
    for column in found.T:
        assert column[column > 0].max() - column[column > 0].min() <= 1


def test_the_dominant_class_of_ten_devices_is_that_of_the_published_comparison() -> None:
    labels = np.random.default_rng(5).permutation(np.repeat(np.arange(10), 6000))
    parts = dominant(labels, 10, 0.55, np.random.default_rng(0))
    assert np.array_equal(counts(labels, parts), np.where(np.eye(10, dtype=bool), 3300, 300))
    assert sorted(np.concatenate(parts).tolist()) == list(range(60_000))


@given(
    st.integers(1, 25), st.integers(2, 7), st.floats(0, 1), st.lists(st.integers(30, 60), min_size=7, max_size=7)
)
@settings(deadline=None)
def test_devices_with_a_dominant_class_are_as_large_as_the_samples_allow(
    devices: int, classes: int, share: float, sizes: list[int]
) -> None:
    labels = np.repeat(np.arange(classes), sizes[:classes])
    found = counts(labels, dominant(labels, devices, share, np.random.default_rng(0)))
    size = int(found[0].sum())
    assert size >= 1 and np.all(found.sum(axis=1) == size)
    own = np.arange(classes) == (np.arange(devices) % classes)[:, np.newaxis]
    assert np.all(found[own] == round(share * size))
    others = found[~own].reshape(devices, -1)
    assert np.all(others.max(axis=1) - others.min(axis=1) <= 1)
    # one sample more for everybody would take more of some class than there is, but for what rounding leaves
    scarce = np.bincount(labels) - found.sum(axis=0)
    assert scarce.min() < devices + 1


def test_sizes_follow_a_dirichlet_above_the_minimum() -> None:
    devices, alpha, samples, least = 4, 2.0, 1000, 50
    sizes = np.array(
        [
            [len(part) for part in by_quantity(np.zeros(samples, int), devices, alpha, rng, minimum=least)]
            for rng in map(np.random.default_rng, range(800))
        ]
    )
    assert np.all(sizes.sum(axis=1) == samples) and sizes.min() >= least
    shares = (sizes - least) / (samples - devices * least)
    expected = (1 / devices) * (1 - 1 / devices) / (devices * alpha + 1)
    assert np.allclose(shares.var(axis=0), expected, rtol=0.2)
    even = by_quantity(np.zeros(samples, int), devices, 1e6, np.random.default_rng(0))
    assert np.ptp([len(part) for part in even]) <= 4


def test_every_sample_stays_with_its_owner() -> None:
    owners = Owners(("b", "a", "nobody"), np.array([1, 0, 1, 1], np.int32))
    parts = deal(DevicesConfig(0, "natural", minimum=1), np.zeros(4, int), owners, np.random.default_rng(0))
    assert {name: part.tolist() for name, part in parts.items()} == {"b": [1], "a": [0, 2, 3]}
    with pytest.raises(LavaFedError, match="b has 1 samples, fewer than 2; lower the minimum"):
        natural(owners, minimum=2)
    with pytest.raises(LavaFedError, match="whose samples they are, and this data set does not say"):
        natural(None)


def test_heterogeneity_is_measured_by_hand() -> None:
    same = Heterogeneity.of(np.array([[2, 2], [4, 4]]))
    assert same.distance == same.divergence == 0 and same.gini == pytest.approx(1 / 6)
    # mixes (1, 0) and (1/4, 3/4) of sizes 4 and 4; all together 5/8 and 3/8
    found = Heterogeneity.of(np.array([[4, 0], [1, 3]]))
    assert found.distance == pytest.approx(3 / 8) and found.gini == 0
    whole = -(5 / 8 * np.log2(5 / 8) + 3 / 8 * np.log2(3 / 8))
    second = -(1 / 4 * np.log2(1 / 4) + 3 / 4 * np.log2(3 / 4))
    assert found.divergence == pytest.approx(whole - second / 2)
    assert Heterogeneity.of(np.array([[1, 0], [999, 0]])).gini == pytest.approx(499 / 1000)
    with pytest.raises(LavaFedError, match="each at least one"):
        Heterogeneity.of(np.array([[1, 0], [0, 0]]))


def test_what_cannot_be_is_said() -> None:
    rng, none = np.random.default_rng(0), np.zeros(3, int)
    for call, match in (
        (lambda: iid(none, 4, rng), "3 samples are too few for 4 devices with at least 1 each"),
        (lambda: dirichlet(none, 2, 1.0, rng, minimum=2), "too few for 2 devices with at least 2 each"),
        (lambda: iid(none, 0, rng), "devices 0"),
        (lambda: by_classes(none, 1, 2, rng), "2 classes a device must lie in 1..1"),
        (lambda: by_classes(np.arange(3), 4, 1, rng), "too few for 4 devices"),
        (lambda: by_classes(np.array([0, 1, 1, 1]), 3, 2, rng), "1 samples of class 0 are too few for the 3"),
        (lambda: by_classes(np.array([0, 1, 1, 1]), 2, 1, rng, minimum=2), "would get 1 samples, fewer than 2"),
        (lambda: dominant(none, 2, 1.5, rng), "share 1.5 must lie in 0..1"),
        (lambda: dominant(none, 2, 0.5, rng), "one class only"),
        (lambda: dominant(np.array([0, 0, 0, 1]), 2, 0.5, rng, minimum=2), "would get 1 samples, fewer than 2"),
        (lambda: dirichlet(np.zeros(100, int), 2, 0.001, rng, minimum=50), "in each of 1000 draws; raise alpha"),
    ):
        _says(call, match)
    for alpha in (0.0, -1.0, float("nan"), float("inf")):
        _says(lambda: dirichlet(none, 2, alpha, rng), "alpha")  # noqa: B023  # called at once
        _says(lambda: by_quantity(none, 2, alpha, rng), "alpha")  # noqa: B023  # called at once


def _says(call: Callable[[], Any], match: str) -> None:
    with pytest.raises(LavaFedError, match=match):
        call()
