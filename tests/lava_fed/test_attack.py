"""What attackers send: how far it is from honest changes, and that it never leaves the range of a weight."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.spikes import SpikeTrain
from lava_fed.attack.crafted import little_is_enough, min_max
from lava_fed.attack.forge import forge
from lava_fed.attack.labels import flipped
from lava_fed.config.trouble import AttackConfig
from lava_fed.data.dataset import DataSet
from lava_fed.messages.delta import WeightDelta
from lava_fed.shared import Shared
from tests.lava_fed.conftest import FIRST, SECOND, small_program

SHARED = Shared.of(small_program())


def deltas(devices: int = 10, spread: float = 1.0, seed: int = 0) -> list[WeightDelta]:
    """Changes of about one chip unit, each device's a little off."""
    rng = np.random.default_rng(seed)
    found = []
    for device in range(devices):
        weights = {
            name: ((1 + spread * rng.normal(size=shape)) * 65536).astype(np.int32)
            for name, shape in SHARED.shapes.items()
        }
        found.append(WeightDelta(SHARED.program.digest, f"device-{device}", 1, 0, 5, weights))
    return found


def flat(delta: WeightDelta) -> np.ndarray:
    return np.concatenate([array.ravel() for array in delta.weights.values()]).astype(float)


def forged(kind: str, strength: float = 0.0, attackers: int = 3, **made: float) -> tuple[list, list]:
    honest = deltas(**made)  # type: ignore[arg-type]
    config = AttackConfig(kind, attackers, strength)
    names = [f"device-{device}" for device in range(attackers)]
    return honest, forge(config, honest, names, SHARED, 1, 0)


@pytest.mark.parametrize(
    ("kind", "strength", "factor"),
    [("sign_flip", 0.0, -1), ("sign_flip", 4.0, -4), ("scaled", 0.0, 10), ("scaled", 2.5, 2.5)],
)
def test_lone_attackers_multiply_what_they_learned(kind: str, strength: float, factor: float) -> None:
    honest, read = forged(kind, strength)
    for before, after in zip(honest, read, strict=True):
        bad = after.device in ("device-0", "device-1", "device-2")
        assert np.allclose(flat(after), (factor if bad else 1) * flat(before), atol=1)
        assert (after.device, after.samples, after.turn) == (before.device, before.samples, before.turn)


def test_nobody_sends_more_than_the_coordinator_lets_in() -> None:
    _, read = forged("scaled", 1e6)
    assert np.abs(read[0].weights[FIRST]).max() == (256 + 255) << 16
    assert np.abs(read[0].weights[SECOND]).max() == 255 << 16


@pytest.mark.parametrize("kind", ["minmax", "alie"])
def test_attackers_who_agree_send_the_same_and_push_back(kind: str) -> None:
    honest, read = forged(kind)
    assert np.array_equal(flat(read[0]), flat(read[1])) and np.array_equal(flat(read[0]), flat(read[2]))
    good = np.stack([flat(delta) for delta in honest[3:]])
    assert np.all(flat(read[0]) <= good.mean(axis=0) + 1) and flat(read[0]).mean() < good.mean()
    assert all(np.array_equal(flat(a), flat(b)) for a, b in zip(honest[3:], read[3:], strict=True))


@given(st.integers(2, 12), st.integers(0, 99))
def test_min_max_is_as_far_as_it_can_be_unseen(devices: int, seed: int) -> None:
    honest = np.random.default_rng(seed).normal(size=(devices, 40))
    widest = max(np.linalg.norm(one - other) for one in honest for other in honest)

    def farthest(change: np.ndarray) -> float:
        return max(np.linalg.norm(change - each) for each in honest)

    change = min_max(honest, devices + 3, 3)
    assert farthest(change) <= widest * (1 + 1e-9)
    further = change - 0.01 * honest.std(axis=0)
    assert farthest(further) > widest


def test_a_little_is_enough_uses_the_quantile_of_its_paper() -> None:
    honest = np.array([[0.0], [2.0]])  # mean 1, deviation 1
    # n = 50, m = 24: a majority of 26 needs 2 honest devices of 26; the quantile of 24/26 is 1.43 (their example).
    assert little_is_enough(honest, 50, 24)[0] == pytest.approx(1 - 1.4261, abs=1e-4)
    assert little_is_enough(honest, 50, 24, 3.0)[0] == -2.0
    assert little_is_enough(honest, 3, 2)[0] < 1  # attackers are the majority


@pytest.mark.parametrize("kind", ["", "label_flip"])
def test_nothing_is_forged_where_nobody_forges(kind: str) -> None:
    honest, read = forged(kind)
    assert read == honest
    assert forge(AttackConfig("scaled", 3), honest, [], SHARED, 1, 0) == honest
    everybody = [delta.device for delta in honest]
    assert forge(AttackConfig("alie", 10), honest, everybody, SHARED, 1, 0) == honest  # none to hide among


def test_labels_are_turned_round_and_nothing_else() -> None:
    spikes = SpikeTrain(np.arange(24).reshape(4, 3, 2) % 2)
    honest = DataSet(spikes, np.array([0, 1, 2, 2]), 3, "few")
    turned = flipped(honest)
    assert turned.y.tolist() == [2, 1, 0, 0] and len(turned) == 4 and turned.digest != honest.digest
    part = turned.only(np.array([3, 1])).take(slice(None))
    assert part.labels.tolist() == [0, 1] and np.array_equal(part.x.values, spikes.values[[3, 1]])
