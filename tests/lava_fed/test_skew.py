"""Devices whose sensors differ."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hardware.encoder import Encoder
from hardware.errors import LavaFedError
from hardware.spikes import SpikeTrain
from lava_fed.config.devices import SkewConfig
from lava_fed.data.dataset import DataSet
from lava_fed.data.har import CHANNELS, MOMENTS, Windows
from lava_fed.data.held import Held
from lava_fed.data.images import Images
from lava_fed.data.owners import Owners
from lava_fed.data.rated import Rated
from lava_fed.errors import ConfigError
from lava_fed.learning.samples import Samples, labels_of
from lava_fed.skew.apply import TRANSFORMS, skewed, transform
from lava_fed.skew.motion import SensorGain, SensorTurn
from lava_fed.skew.pictures import Blur, Brightness, PictureTransform, Rotation, Translation
from lava_fed.skew.trains import Jitter, Thinning, UnitGain, dice
from lava_fed.skew.view import Skewed

RNG = np.random.default_rng(8)
PIXELS = RNG.integers(0, 256, (6, 7, 5)).astype(np.uint8)
IMAGES = Images(PIXELS, np.arange(6) % 3, "images")
GREY = Rated((PIXELS // 16).astype(np.uint8), np.arange(6, dtype=np.int32) % 3, 3, "grey", 16, 8)
MOTION = Windows(
    RNG.integers(-9000, 9000, (6, MOMENTS, CHANNELS)).astype(np.int16),
    np.arange(6, dtype=np.int32),
    Owners(("a", "b"), np.arange(6, dtype=np.int32) % 2),
    "motion",
)
PLAIN = DataSet(SpikeTrain((RNG.random((6, 40, 9)) < 0.4).astype(np.uint8)), np.arange(6) % 3, 3, "plain")
GRADED = DataSet(SpikeTrain(RNG.integers(-5, 6, (6, 40, 9)).astype(np.int32)), np.arange(6) % 3, 3, "graded")
HELD = Held.of(IMAGES, Encoder())
EVERYTHING: tuple[Samples, ...] = (IMAGES, HELD, GREY, MOTION, PLAIN, GRADED)
NAMES = [kind.name for kind in TRANSFORMS]
AMOUNTS = {kind.name: min(kind.most, 20.0) * 0.7 for kind in TRANSFORMS}


def seen(kind: PictureTransform, *rows: list[int]) -> list[list[int]]:
    made = Rated(np.array([rows], np.uint8), np.zeros(1, np.int32), 1, "one", 16, 4)
    changed = kind(made, np.zeros(1, np.int64))
    assert isinstance(changed, Rated)
    shown: list[list[int]] = changed.pixels[0].tolist()
    return shown


@given(st.sampled_from(EVERYTHING), st.sampled_from(NAMES), st.integers(0, 9), st.permutations(range(6)))
@settings(deadline=None, max_examples=60)
def test_a_sample_is_transformed_alike_whenever_it_is_taken(
    samples: Samples, name: str, device: int, order: list[int]
) -> None:
    config = SkewConfig(name, AMOUNTS[name])
    try:
        made = skewed(config, samples, device, seed=4)
    except LavaFedError as error:
        assert "does not suit" in str(error)
        return
    whole, again = made.take(slice(None)), skewed(config, samples, device, seed=4).take(slice(None))
    assert np.array_equal(whole.x.values, again.x.values) and np.array_equal(whole.labels, labels_of(samples))
    some = np.array(order[:3])
    for part in (made.take(some), made.only(np.array(order)).take(slice(3))):
        assert np.array_equal(part.x.values, whole.x.values[some]) and np.array_equal(
            part.labels, whole.labels[some]
        )
    assert made.digest != samples.digest and len(made) == 6 and made.classes == samples.classes
    assert made.owners is samples.owners and made.title == samples.title


def test_devices_see_the_same_samples_differently() -> None:
    for name, samples in (
        ("rotation", IMAGES),
        ("sensor_turn", MOTION),
        ("thinning", PLAIN),
        ("unit_gain", PLAIN),
    ):
        config = SkewConfig(name, AMOUNTS[name])
        one, two = (skewed(config, samples, device, seed=4) for device in (0, 1))
        other = skewed(config, samples, 0, seed=5)
        assert len({each.digest for each in (one, two, other)}) == 3
        assert np.any(one.take(slice(None)).x.values != two.take(slice(None)).x.values)


def test_no_transform_leaves_the_samples_alone() -> None:
    assert skewed(SkewConfig(), IMAGES, 0, 1) is IMAGES
    for name, samples in (("rotation", IMAGES), ("blur", GREY), ("sensor_turn", MOTION), ("jitter", GRADED)):
        same = skewed(SkewConfig(name, 0.0), samples, 3, 1).take(slice(None))
        assert np.array_equal(same.x.values, samples.take(slice(None)).x.values)


def test_images_turn_counterclockwise_around_their_middle() -> None:
    image = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    assert seen(Rotation(90.0), *image) == [[3, 6, 9], [2, 5, 8], [1, 4, 7]]
    assert seen(Rotation(180.0), *image) == [[9, 8, 7], [6, 5, 4], [3, 2, 1]]
    assert seen(Rotation(0.0), *image) == image
    # at 45 degrees the corners lie between black and the image, the middle stays
    turned = seen(Rotation(45.0), *[[16] * 3] * 3)
    assert turned[1] == [16, 16, 16] and 0 < turned[0][0] < 16
    # a row of two stands upright between two columns, of which each pixel sees a quarter
    assert seen(Rotation(90.0), [16, 0]) == [[4, 4]]


def test_images_move_by_whole_pixels_and_black_comes_in() -> None:
    assert seen(Translation(1, 0), [1, 2], [3, 4]) == [[0, 0], [1, 2]]
    assert seen(Translation(0, -1), [1, 2], [3, 4]) == [[2, 0], [4, 0]]
    assert seen(Translation(9, 0), [1, 2], [3, 4]) == [[0, 0], [0, 0]]


def test_brighter_than_white_is_white() -> None:
    assert seen(Brightness(1.5), [0, 3, 11, 16]) == [[0, 4, 16, 16]]
    assert seen(Brightness(0.5), [0, 3, 11, 16]) == [[0, 2, 6, 8]]


def test_a_blur_spreads_what_is_there() -> None:
    dot = np.zeros((9, 9), int)
    dot[4, 4] = 16
    found = np.array(seen(Blur(1.0), *dot.tolist()))
    # the weights of a Gaussian: 0.4, 0.24 and 0.05 of it at distances 0, 1 and 2
    assert found[4, 2:7].tolist() == [0, 2, 3, 2, 0] and np.array_equal(found, found.T)
    assert seen(Blur(0.0), [0, 5, 16]) == [[0, 5, 16]]
    even = np.array(seen(Blur(0.7), *[[16] * 9] * 9))
    assert even[4, 4] == 16 and even[0, 0] < 16


def test_sensors_turn_together_and_keep_their_lengths() -> None:
    turned = SensorTurn(90.0, (0.0, 0.0, 1.0))(MOTION, np.arange(6))
    assert isinstance(turned, Windows)
    before, after = (each.reshape(6, MOMENTS, 3, 3).astype(int) for each in (MOTION.signals, turned.signals))
    assert np.array_equal(after[..., 0], -before[..., 1]) and np.array_equal(after[..., 1], before[..., 0])
    assert np.array_equal(after[..., 2], before[..., 2])
    anyhow = transform("sensor_turn", 100.0, 2, 1)(MOTION, np.arange(6))
    assert isinstance(anyhow, Windows)
    lengths = [
        np.linalg.norm(each.reshape(-1, 3).astype(float), axis=1) for each in (MOTION.signals, anyhow.signals)
    ]
    assert np.abs(lengths[0] - lengths[1]).max() < 1


def test_a_sensor_stands_at_the_end_of_its_range() -> None:
    louder = SensorGain(10.0)(MOTION, np.arange(6))
    assert isinstance(louder, Windows)
    assert np.array_equal(louder.signals, np.clip(MOTION.signals.astype(int) * 10, -32768, 32767))


def test_jitter_moves_spikes_within_their_sample() -> None:
    moved = Jitter(3, 77)(PLAIN, np.arange(6)).take(slice(None)).x.values
    assert moved.shape == PLAIN.x.values.shape and np.any(moved != PLAIN.x.values) and moved.max() == 1
    graded = Jitter(3, 77)(GRADED, np.arange(6)).take(slice(None)).x.values
    assert np.array_equal(graded.sum(axis=1), GRADED.x.values.sum(axis=1))
    single = np.zeros((2000, 21, 1), np.uint8)
    single[:, 10] = 1
    far = Jitter(2, 5)(DataSet(SpikeTrain(single), None, 1, "t"), np.arange(2000)).take(slice(None)).x.values
    share = far[:, :, 0].mean(axis=0)
    assert share[8:13].sum() == pytest.approx(1) and np.all(np.abs(share[8:13] - 0.2) < 0.05)


def test_thinning_loses_its_share() -> None:
    all_on = DataSet(SpikeTrain(np.ones((50, 40, 20), np.uint8)), None, 1, "t")
    left = Thinning(0.3, 9)(all_on, np.arange(50)).take(slice(None)).x.values
    assert abs(left.mean() - 0.7) < 0.01
    units = UnitGain(0.8, 9)(all_on, np.arange(50)).take(slice(None)).x.values.mean(axis=(0, 1))
    assert 0.15 < units.min() < 0.5
    assert 0.8 < units.max() <= 1
    assert Thinning(1.0, 9)(all_on, np.arange(50)).take(slice(None)).x.values.sum() == 0


def test_dice_are_even_and_independent_of_their_neighbours() -> None:
    thrown: NDArray[np.float64] = dice(np.arange(100_000), 123)
    assert thrown.min() >= 0 and thrown.max() < 1
    counts = np.histogram(thrown, bins=20, range=(0, 1))[0]
    assert np.abs(counts - 5000).max() < 5 * np.sqrt(5000)
    assert abs(np.corrcoef(thrown[1:], thrown[:-1])[0, 1]) < 0.01
    assert abs(np.corrcoef(thrown, dice(np.arange(100_000), 124))[0, 1]) < 0.01


@given(st.sampled_from(NAMES), st.integers(0, 50), st.integers(0, 2**31 - 1))
@settings(deadline=None)
def test_what_is_drawn_stays_within_the_amount(name: str, device: int, seed: int) -> None:
    amount = AMOUNTS[name]
    drawn = transform(name, amount, device, seed)
    assert drawn == transform(name, amount, device, seed)
    if isinstance(drawn, Rotation | SensorTurn):
        assert abs(drawn.degrees) <= amount
    elif isinstance(drawn, Translation):
        assert max(abs(drawn.down), abs(drawn.right)) <= amount
    elif isinstance(drawn, Brightness | SensorGain):
        assert abs(np.log(drawn.gain)) <= amount + 1e-9
    elif isinstance(drawn, Blur):
        assert 0 <= drawn.sigma <= amount
    elif isinstance(drawn, Jitter):
        assert 0 <= drawn.reach <= amount
    else:
        assert isinstance(drawn, UnitGain) or (isinstance(drawn, Thinning) and 0 <= drawn.share <= amount)


def test_slips_are_said() -> None:
    for config, samples, match in (
        (SkewConfig("mirror", 1.0), IMAGES, "no transform is called 'mirror'; known: rotation, "),
        (SkewConfig("thinning", 1.5), IMAGES, "amount 1.5 must lie in 0..1 for 'thinning'"),
        (SkewConfig("rotation", float("nan")), IMAGES, "amount nan must lie in 0..180"),
    ):
        with pytest.raises(ConfigError, match=match):
            skewed(config, samples, 0, 1)
    for config, unfit in ((SkewConfig("rotation", 9.0), PLAIN), (SkewConfig("sensor_turn", 9.0), IMAGES)):
        with pytest.raises(LavaFedError, match="does not suit"):
            skewed(config, unfit, 0, 1)
    with pytest.raises(LavaFedError, match="'blur' does not suit motion"):
        Skewed.of(MOTION, Blur(1.0))
