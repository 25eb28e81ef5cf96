from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.errors import LavaFedError
from lava_fed import partition


def deal(kind: str, labels: np.ndarray, devices: int, seed: int, alpha: float, minimum: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    if kind == "iid":
        return partition.iid(labels, devices, rng, minimum=minimum)
    return partition.dirichlet(labels, devices, alpha, rng, minimum=minimum)


@given(
    st.sampled_from(["iid", "dirichlet"]),
    st.lists(st.integers(0, 4), min_size=1, max_size=80),
    st.integers(1, 6),
    st.integers(0, 2**32),
    st.floats(0.01, 100),
    st.integers(1, 3),
)
@settings(deadline=None)
def test_every_sample_goes_to_exactly_one_device(
    kind: str, labels: list[int], devices: int, seed: int, alpha: float, minimum: int
) -> None:
    given_labels = np.array(labels)
    try:
        parts = deal(kind, given_labels, devices, seed, alpha, minimum)
    except LavaFedError:
        # Only where it cannot be, or where luck may really run out.
        assert devices * minimum > len(labels) or (kind == "dirichlet" and devices > 1)
        return
    assert len(parts) == devices and min(map(len, parts)) >= minimum
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(labels)))
    for part, again in zip(parts, deal(kind, given_labels, devices, seed, alpha, minimum), strict=True):
        assert np.all(np.diff(part) > 0) and np.array_equal(part, again)


def test_iid_shares_are_equal() -> None:
    parts = partition.iid(np.zeros(11), 4, np.random.default_rng(0))
    assert sorted(map(len, parts)) == [2, 3, 3, 3]


def test_alpha_decides_the_skew() -> None:
    labels = np.repeat(np.arange(10), 200)

    def largest_share(alpha: float) -> float:
        parts = partition.dirichlet(labels, 8, alpha, np.random.default_rng(1))
        return float(np.mean([np.bincount(labels[part], minlength=10).max() / len(part) for part in parts]))

    assert 0.1 < largest_share(1000) < 0.15 < largest_share(1) < largest_share(0.05)


def test_the_share_of_a_class_has_the_variance_of_a_dirichlet() -> None:
    devices, alpha, samples = 4, 2.0, 1000
    shares = np.array(
        [
            [len(part) / samples for part in partition.dirichlet(np.zeros(samples, int), devices, alpha, rng)]
            for rng in map(np.random.default_rng, range(800))
        ]
    )
    expected = (1 / devices) * (1 - 1 / devices) / (devices * alpha + 1)
    assert np.allclose(shares.var(axis=0), expected, rtol=0.2)


def test_what_cannot_be_is_said() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(LavaFedError, match="3 samples are too few for 4 devices with at least 1 each"):
        partition.iid(np.zeros(3), 4, rng)
    with pytest.raises(LavaFedError, match="too few for 2 devices with at least 2 each"):
        partition.dirichlet(np.zeros(3, int), 2, 1.0, rng, minimum=2)
    with pytest.raises(LavaFedError, match="devices 0"):
        partition.iid(np.zeros(3), 0, rng)
    for alpha in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(LavaFedError, match="alpha"):
            partition.dirichlet(np.zeros(3, int), 2, alpha, rng)
    with pytest.raises(LavaFedError, match="fewer than 50 of 100 samples in each of 1000 draws; raise alpha"):
        partition.dirichlet(np.zeros(100, int), 2, 0.001, rng, minimum=50)
