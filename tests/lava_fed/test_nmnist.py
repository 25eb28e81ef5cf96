"""Recordings of an event camera, byte by byte."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from hardware.errors import ContainerError, LavaFedError
from lava_fed.data.nmnist import FILE, STEP, STEPS, Recordings, decode

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "nmnist_small"
real = pytest.mark.skipif(not DATA.is_dir(), reason="the small N-MNIST is not here")


def recordings(*events: list[list[int]]) -> Recordings:
    return Recordings(
        tuple(np.array(each, np.int32).reshape(-1, 4) for each in events), np.arange(len(events)) % 10, "t"
    )


def archive(folder: Path, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(folder / FILE, "w", zipfile.ZIP_LZMA) as file:
        for name, content in members.items():
            file.writestr(f"NMNISTsmall/{name}", content)


def test_an_event_is_five_bytes() -> None:
    found = decode(bytes([0, 33, 0x80, 0, 0, 33, 0, 0x7F, 0xFF, 0xFE]))
    assert found.tolist() == [[0, 33, 1, 0], [33, 0, 0, (1 << 23) - 2]]
    assert decode(b"").shape == (0, 4)
    with pytest.raises(ValueError, match="does not hold whole events"):
        decode(bytes(4))
    with pytest.raises(ValueError, match="outside 34 x 34"):
        decode(bytes([34, 0, 0, 0, 0]))


def test_a_unit_fires_once_in_a_step_for_its_polarity_and_square_of_pixels() -> None:
    made = recordings(
        [
            [0, 0, 0, 0],
            [1, 1, 0, STEP - 1],
            [2, 0, 1, STEP],
            [33, 33, 1, STEPS * STEP - 1],
            [5, 5, 0, STEPS * STEP],
        ],
        [],
    )
    x = made.take(slice(None)).x
    assert (x.samples, x.steps, x.units) == (2, STEPS, 2 * 17 * 17)
    found = np.argwhere(x.values).tolist()
    assert found == [[0, 0, 0], [0, 1, 17 * 17 + 1], [0, STEPS - 1, 2 * 17 * 17 - 1]]
    assert made.take(np.array([1, 0])).labels.tolist() == [1, 0]


def test_moved_recordings_lose_what_leaves_the_image() -> None:
    made = recordings(*[[[0, 33, 1, 7], [10, 20, 0, 8]]] * 100)
    moves = set()
    for events in made.shifted(np.random.default_rng(0), 1).events:
        move = tuple(events[-1, :2] - (10, 20))
        moves.add(move)
        assert len(events) == (2 if move[0] >= 0 and move[1] <= 0 else 1)
        assert events[-1, 2:].tolist() == [0, 8]
    assert len(moves) == 9


def test_the_digest_is_that_of_events_and_labels() -> None:
    made = recordings([[1, 2, 0, 3]], [[1, 2, 1, 3]])
    assert made.digest == recordings([[1, 2, 0, 3]], [[1, 2, 1, 3]]).digest
    assert made.only(slice(1)).digest != made.digest
    assert made.only(np.array([1, 0])).digest != made.digest


def test_labels_that_do_not_fit_are_refused() -> None:
    events = (np.zeros((0, 4), np.int32),)
    for y, problem in ((np.arange(2), "expected 1 labels"), (np.array([10]), "must lie in 0..9")):
        with pytest.raises(LavaFedError, match=problem):
            Recordings(events, y, "t")


def test_an_archive_is_read_by_its_lists(tmp_path: Path) -> None:
    lists = {"train1K.txt": b"#sample class\n2 7\n1 3\n", "test100.txt": b"60001\t9\n"}
    recorded = {"1.bs2": bytes([1, 2, 0, 0, 3]), "2.bs2": b"", "60001.bs2": bytes([4, 5, 128, 0, 6])}
    archive(tmp_path, {**lists, **recorded})
    train, test = Recordings.read(tmp_path, "train"), Recordings.read(tmp_path, "test")
    assert (train.y.tolist(), test.y.tolist()) == ([7, 3], [9])
    assert [len(each) for each in train.events] == [0, 1]
    assert test.events[0].tolist() == [[4, 5, 1, 6]]


@pytest.mark.parametrize(
    ("members", "problem"),
    [
        ({}, "train1K.txt"),
        ({"train1K.txt": b"1 3"}, "1.bs2"),
        ({"train1K.txt": b"1"}, "cannot be read"),
        ({"train1K.txt": b"1 three", "1.bs2": b""}, "three"),
        ({"train1K.txt": b"1 3", "1.bs2": bytes(3)}, "whole events"),
        ({"train1K.txt": b"1 3", "1.bs2": bytes((1 << 20) + 5)}, "over the limit"),
    ],
)
def test_archives_that_are_damaged_are_named(tmp_path: Path, members: dict[str, bytes], problem: str) -> None:
    archive(tmp_path, members)
    with pytest.raises(ContainerError, match=f"cannot be read as N-MNIST: .*{problem}|{problem}"):
        Recordings.read(tmp_path, "train")


def test_files_that_are_missing_or_no_archive_are_named(tmp_path: Path) -> None:
    with pytest.raises(ContainerError, match=f"holds no file {FILE}"):
        Recordings.read(tmp_path, "train")
    (tmp_path / FILE).write_bytes(b"no archive")
    with pytest.raises(ContainerError, match="cannot be read as N-MNIST"):
        Recordings.read(tmp_path, "train")
    with pytest.raises(LavaFedError, match="no split 'device'; known: train, test"):
        Recordings.read(tmp_path, "device")


@real
def test_the_real_recordings_have_the_labels_that_their_readme_counts() -> None:
    test = Recordings.read(DATA, "test")
    assert np.bincount(test.y).tolist() == [8, 14, 8, 11, 14, 7, 10, 15, 2, 11]
    assert 0.05 < test.take(slice(20)).x.values.mean() < 0.1
