"""Windows of motion, value by value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from hardware.errors import ContainerError, LavaFedError
from lava_fed.data.har import CHANNELS, FILE, MOMENTS, Windows
from lava_fed.data.motion import CHANGES, LEVELS, motion_code, motion_units
from lava_fed.data.owners import Owners

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "uci_har"
real = pytest.mark.skipif(not DATA.is_dir(), reason="UCI HAR is not here")


def arrays(samples: int = 4) -> dict[str, NDArray[Any]]:
    rng = np.random.default_rng(3)
    return {
        "half_q": rng.integers(-5000, 5000, (samples, MOMENTS, CHANNELS)).astype(np.int16),
        "y": (np.arange(samples) % 6 + 1).astype(np.uint8),
        "subject": (np.arange(samples) % 2 + 9).astype(np.uint8),
        "is_train": np.arange(samples) % 2 == 0,
    }


def test_a_split_holds_its_subjects_windows(tmp_path: Path) -> None:
    made = arrays()
    np.savez(tmp_path / FILE, **made)
    train, test = Windows.read(tmp_path, "train"), Windows.read(tmp_path, "test")
    assert np.array_equal(train.signals, made["half_q"][[0, 2]]) and train.y.tolist() == [0, 2]
    assert test.y.tolist() == [1, 3] and len(Windows.read(tmp_path)) == 4
    assert train.owners.names == ("subject-09", "subject-10") and list(test.owners.parts()) == ["subject-10"]
    assert train.digest != test.digest == Windows.read(tmp_path, "test").digest


def test_windows_are_taken_as_spikes_with_their_subjects(tmp_path: Path) -> None:
    np.savez(tmp_path / FILE, **arrays())
    taken = Windows.read(tmp_path).take(np.array([3, 0]))
    assert taken.x.values.shape == (2, MOMENTS, motion_units(CHANNELS)) and taken.labels.tolist() == [3, 0]
    assert taken.owners is not None and taken.owners.index.tolist() == [1, 0] and taken.classes == 6


def test_what_is_no_archive_of_windows_is_said(tmp_path: Path) -> None:
    with pytest.raises(LavaFedError, match="no split 'validation'; known: train, test"):
        Windows.read(tmp_path, "validation")
    with pytest.raises(ContainerError, match="holds no file uci_har.npz"):
        Windows.read(tmp_path)
    (tmp_path / FILE).write_bytes(b"no archive")
    with pytest.raises(ContainerError, match="cannot be read as UCI HAR"):
        Windows.read(tmp_path)
    for key, value, match in (
        ("y", np.array([1, 2, 3, 7], np.uint8), "labels 0..6 must lie in 0..5"),
        ("half_q", np.zeros((4, 64, 8), np.int16), "windows must be 16-bit"),
        ("subject", np.zeros(3, np.uint8), "4 windows have 3 owners"),
        ("is_train", np.zeros(4, np.uint8), "one truth value for each window"),
    ):
        np.savez(tmp_path / FILE, **(arrays() | {key: value}))
        with pytest.raises(LavaFedError, match=match):
            Windows.read(tmp_path, "train")


def test_a_unit_fires_where_its_channel_is_high_or_moves_fast() -> None:
    high, fast = len(LEVELS), len(CHANGES)
    signals = np.zeros((1, 3, 2), np.int16)
    signals[0, :, 1] = LEVELS[0], LEVELS[0] + 1 + CHANGES[0], 32767
    found = motion_code(signals, steps=4).values[0]
    first, second = found[:3, : high + 2 * fast], found[:3, high + 2 * fast : -1]
    # nothing moves in the first channel, whose 0 lies above the four negative levels
    assert np.all(first == (np.arange(high + 2 * fast) < sum(level < 0 for level in LEVELS)))
    assert second[0].sum() == 0 and second[1].tolist() == [1] + [0] * (high - 1) + [1] + [0] * (2 * fast - 1)
    assert second[2].tolist() == [1] * (high + fast) + [0] * fast
    assert found[:, -1].tolist() == [1, 1, 1, 0] and not found[3].any()
    falls = motion_code(signals[:, ::-1], steps=2).values[0, 1, high + 2 * fast : -1]
    assert falls.tolist() == [1] + [0] * (high + fast - 1) + [1] * fast
    assert np.array_equal(motion_code(signals, 2).values[0], found[:2])


def test_owners_are_named_by_their_numbers() -> None:
    owners = Owners.numbered("subject", np.array([12, 3, 12]))
    assert owners.names == ("subject-03", "subject-12") and owners.index.tolist() == [1, 0, 1]
    assert {name: part.tolist() for name, part in owners.parts().items()} == {
        "subject-03": [1],
        "subject-12": [0, 2],
    }
    assert list(owners.take(slice(0, 1)).parts()) == ["subject-12"]
    for names, index, match in (
        (("a", "a"), [0], "each its own"),
        (("a", ""), [0], "must have names"),
        (("a",), [1], "numbered 1..1, and there are 1"),
        ((), [], "0 owners"),
    ):
        with pytest.raises(LavaFedError, match=match):
            Owners(names, np.array(index, np.int32))
    with pytest.raises(LavaFedError, match="one integer for each sample"):
        Owners(("a",), np.array([0.5]))


@real
def test_the_data_set_is_as_published() -> None:
    train, test = Windows.read(DATA, "train"), Windows.read(DATA, "test")
    assert (len(train), len(test)) == (7352, 2947)
    assert np.bincount(train.y).tolist() == [1226, 1073, 986, 1286, 1374, 1407]
    assert np.bincount(test.y).tolist() == [496, 471, 420, 491, 532, 537]
    assert len(train.owners.parts()) == 21 and not set(train.owners.parts()) & set(test.owners.parts())
    assert test.owners.names[-1] == "subject-30"
