from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from hardware.errors import ContainerError, LavaFedError
from lava_fed.data import idx
from lava_fed.data.images import Images
from lava_fed.data.pixels import integrate


def idx_bytes(array: NDArray[np.uint8]) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def some_images(samples: int = 3, rows: int = 4, columns: int = 5) -> NDArray[np.uint8]:
    values = np.random.default_rng(0).integers(0, 256, (samples, rows, columns))
    return values.astype(np.uint8)


def integrator(value: int, shown: int, steps: int) -> list[int]:
    accumulator, train = 256, []
    for step in range(steps):
        accumulator += value if step < shown else 0
        fires = step < shown and accumulator >= 512
        accumulator -= 512 * fires
        train.append(int(fires))
    return train


@given(st.lists(st.integers(0, 255), min_size=1, max_size=5), st.integers(1, 20), st.integers(0, 5))
def test_a_pixel_is_an_integrator_beside_one_that_sees_white(values: list[int], shown: int, rest: int) -> None:
    pixels = np.array([values], np.uint8)
    train = integrate(pixels, steps=shown + rest, shown=shown).values[0].T.tolist()
    assert train == [integrator(value, shown, shown + rest) for value in [*values, 255]]


def test_pixels_that_do_not_fit_are_refused() -> None:
    for pixels, steps, shown, problem in [
        (np.zeros((1, 2), np.int32), 4, 4, "must be bytes"),
        (np.zeros(2, np.uint8), 4, 4, "must be bytes"),
        (np.zeros((1, 2), np.uint8), 4, 5, "shown for 5 steps does not fit a sample of 4"),
        (np.zeros((1, 2), np.uint8), 4, 0, "shown for 0 steps"),
        (np.zeros((1 << 20, 1023), np.uint8), 4, 4, "over the limit"),
    ]:
        with pytest.raises(LavaFedError, match=problem):
            integrate(pixels, steps=steps, shown=shown)


@pytest.mark.parametrize("pack", [gzip.compress, bytes])
def test_an_idx_file_is_read_as_it_was_written(tmp_path: Path, pack: type[bytes]) -> None:
    for array in (np.arange(7, dtype=np.uint8), some_images(), np.zeros((0, 3), np.uint8)):
        (tmp_path / "file").write_bytes(pack(idx_bytes(array)))
        found = idx.read(tmp_path / "file")
        np.testing.assert_array_equal(found, array)
        assert found.dtype == np.uint8 and not found.flags.writeable


def test_a_damaged_idx_file_is_refused(tmp_path: Path) -> None:
    sound = idx_bytes(some_images())
    path = tmp_path / "file"
    for content, problem in [
        (b"", "is no IDX file: it begins with nothing"),
        (b"\x01" + sound[1:], "it begins with 01000803"),
        (sound[:2] + b"\x0d" + sound[3:], "values of type 13"),
        (sound[:3] + b"\x09" + sound[4:], "9 axes"),
        (sound[:9], "ends within its header"),
        (sound[:-1], "should hold 60 values"),
        (sound + b"\x00", "found more"),
        (bytes([0, 0, 8, 2]) + struct.pack(">2I", 1 << 20, 1 << 20), "over the limit"),
        (gzip.compress(sound)[:-9], "cannot be read"),
        (b"\x1f\x8b" + bytes(40), "cannot be read: Unknown compression method"),
        (gzip.compress(sound + bytes(1 << 24)), "found more"),
    ]:
        path.write_bytes(content)
        with pytest.raises(ContainerError, match=problem):
            idx.read(path)
    with pytest.raises(ContainerError, match="cannot be read"):
        idx.read(tmp_path / "absent")


def folder_of(path: Path) -> Path:
    for split, samples in (("train", 3), ("t10k", 2)):
        labels = np.arange(samples, dtype=np.uint8)
        (path / f"{split}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx_bytes(some_images(samples))))
        (path / f"{split}-labels-idx1-ubyte").write_bytes(idx_bytes(labels))
    return path


def test_a_folder_of_the_mnist_family_is_read_split_by_split(tmp_path: Path) -> None:
    assert not Images.there(tmp_path)
    folder = folder_of(tmp_path)
    train, test = Images.read(folder, "train"), Images.read(folder, "test")
    assert Images.there(folder) and (len(train), len(test)) == (3, 2)
    assert (train.units, train.classes, train.y.tolist()) == (21, 3, [0, 1, 2])
    np.testing.assert_array_equal(train.pixels, some_images())
    assert train.digest != test.digest
    with pytest.raises(LavaFedError, match="no split 'valid'; known: train, test"):
        Images.read(folder, "valid")
    (folder / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(ContainerError, match="holds no file t10k-labels-idx1-ubyte.gz"):
        Images.read(folder, "test")


def test_labels_that_do_not_fit_the_images_are_refused() -> None:
    for pixels, y, problem in [
        (some_images(), np.arange(2), "expected 3 labels"),
        (some_images(), np.array([0, 1, -1]), "labels from 0"),
        (some_images().astype(float), np.arange(3), "images must be bytes"),
        (some_images()[0], np.arange(3), "images must be bytes"),
    ]:
        with pytest.raises(LavaFedError, match=problem):
            Images(pixels, y.astype(np.int32), "mine")


def test_images_become_spikes_in_the_order_that_is_asked() -> None:
    images = Images(some_images(), np.array([4, 5, 6], np.int32), "mine", steps=9, shown=3)
    part = images.take(np.array([2, 0]))
    np.testing.assert_array_equal(part.x.values, integrate(images.pixels[[2, 0]], steps=9, shown=3).values)
    assert (part.labels.tolist(), part.classes, part.title) == ([6, 4], 7, "mine")


def test_a_shift_moves_an_image_whole_and_brings_black_in() -> None:
    images = Images(some_images(200), np.zeros(200, np.int32), "mine")
    moved = images.shifted(np.random.default_rng(1), 1)
    found = set()
    for before, after in zip(images.pixels, moved.pixels, strict=True):
        places = [
            (down, right)
            for down in (-1, 0, 1)
            for right in (-1, 0, 1)
            if np.array_equal(np.pad(before, 1)[1 - down : 5 - down, 1 - right : 6 - right], after)
        ]
        assert len(places) == 1
        found.add(places[0])
    assert len(found) == 9
    np.testing.assert_array_equal(moved.pixels, images.shifted(np.random.default_rng(1), 1).pixels)
