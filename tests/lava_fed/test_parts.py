"""Input read in parts, and output written in parts."""

from __future__ import annotations

import resource
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.encoder import Encoder
from hardware.errors import ContainerError, LavaFedError
from hardware.spikes import SpikeTrain
from lava_fed.data import archive, arrays, member
from lava_fed.data.dataset import DataSet
from lava_fed.data.digest import Digest
from lava_fed.data.sink import Sink
from lava_fed.data.source import Source


def in_parts(path: Path, size: int, **options: object) -> list[DataSet]:
    with Source(path, **options) as source:
        return [source.take(size) for _ in range(-(-source.samples // size))]


def joined(parts: list[DataSet]) -> np.ndarray:
    return np.concatenate([part.x.values for part in parts])


@pytest.mark.parametrize("size", [1, 3, 7, 100])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize(
    ("x", "options"),
    [
        (np.random.default_rng(0).integers(0, 2, (7, 4, 5)).astype(np.uint8), {}),
        (np.random.default_rng(1).integers(-9, 9, (7, 2, 2, 5)).astype(">i4"), {"shape": (1, 2, 2)}),
        (np.random.default_rng(2).normal(0, 3, (7, 4, 5)), {"encoder": Encoder(weight=40, bias=36)}),
        (np.random.default_rng(3).normal(0, 3, (7, 4)).astype(np.float32), {"encoder": Encoder(), "steps": 5}),
        (np.random.default_rng(4).normal(0, 3, (7, 4, 5)), {"encoder": Encoder(decimate=4, grid=4096)}),
        (np.random.default_rng(5).normal(0, 3, (7, 4)), {"encoder": Encoder(decimate=2), "steps": 5}),
    ],
)
def test_all_parts_joined_are_the_whole(tmp_path, x, options, order, size):
    np.savez_compressed(tmp_path / "x.npz", x=np.asarray(x, order=order), y=np.arange(7) % 3)
    whole = archive.read(tmp_path / "x.npz", **options)
    parts = in_parts(tmp_path / "x.npz", size, **options)
    assert np.array_equal(joined(parts), whole.x.values)
    assert np.concatenate([part.labels for part in parts]).tolist() == whole.labels.tolist()
    assert {part.classes for part in parts} == {3}
    assert parts[-1].notes == whole.notes
    digest = Digest(whole.x.values.shape, 3, labelled=True)
    for part in parts:
        digest.add(part.x)
    assert digest.value(whole.y) == whole.digest


def test_an_image_is_held_and_equals_the_one_that_is_written_out(tmp_path):
    x = np.random.default_rng(0).normal(0, 3, (3, 1, 2, 2)).astype(np.float32)
    np.savez(tmp_path / "still.npz", x=x)
    np.savez(tmp_path / "moving.npz", x=np.repeat(x[..., None], 6, axis=-1))
    still = archive.read(tmp_path / "still.npz", encoder=Encoder(), steps=6)
    moving = archive.read(tmp_path / "moving.npz", encoder=Encoder())
    assert still.x.is_held and not moving.x.is_held
    assert np.array_equal(still.x.values, moving.x.values)
    assert (still.digest, still.notes) == (moving.digest, moving.notes)


@given(st.integers(1, 9), st.integers(1, 5), st.integers(1, 5), st.integers(1, 9), st.integers(0, 9))
@settings(max_examples=60, deadline=None)
def test_a_digest_does_not_depend_on_the_parts(
    samples: int, steps: int, units: int, size: int, graded: int
) -> None:
    values = np.random.default_rng(0).integers(0, 2, (samples, steps, units))
    if graded < samples:
        values[graded, 0, 0] = 5  # the parts before it are plain, and the whole is not
    digest = Digest((samples, steps, units), 1, labelled=False)
    for first in range(0, samples, size):
        digest.add(SpikeTrain(values[first : first + size]))
    assert digest.value(None) == DataSet(SpikeTrain(values), None, 1, "").digest


def test_only_the_first_samples_are_read_when_asked(tmp_path):
    np.savez(tmp_path / "x.npz", x=np.arange(12).reshape(4, 3, 1), y=np.array([0, 1, 2, 3]))
    with Source(tmp_path / "x.npz") as source:
        source.keep(2)
        part = source.take(100)
        assert (len(part), source.left, part.labels.tolist(), part.classes) == (2, 0, [0, 1], 4)


def test_a_file_over_the_limit_is_read_in_parts_and_one_sample_over_it_is_refused(tmp_path, monkeypatch):
    x = np.zeros((100, 20, 4), np.uint8)
    np.savez_compressed(tmp_path / "x.npz", x=x)
    np.savez_compressed(tmp_path / "turned.npz", x=np.asfortranarray(x))
    for module in (arrays, member):
        monkeypatch.setattr(module, "VALUES_LIMIT", 1000)
    monkeypatch.setattr(member, "HEADER_LIMIT", 200)
    assert joined(in_parts(tmp_path / "x.npz", 9)).shape == (100, 4, 20)
    with pytest.raises(ContainerError, match="array x unpacks to 8128 bytes, over the limit of 1000; split it"):
        archive.read(tmp_path / "x.npz")
    with pytest.raises(ContainerError, match="8000 bytes lies in Fortran order.*numpy.ascontiguousarray"):
        Source(tmp_path / "turned.npz")
    with pytest.raises(ContainerError, match="one sample of x, shown for 20 steps, takes 6400 bytes"):
        Source(tmp_path / "x.npz", steps=20)


@contextmanager
def damaged(path: Path) -> Iterator[None]:
    """Swap bytes in the second half of ``x`` while its directory stays sound."""
    whole = path.read_bytes()
    with zipfile.ZipFile(path) as file:
        info = file.getinfo("x.npy")
    at = info.header_offset + 60 + info.compress_size * 3 // 4
    path.write_bytes(whole[:at] + bytes(255 - byte for byte in whole[at : at + 40]) + whole[at + 40 :])
    yield
    path.write_bytes(whole)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_damage_in_the_middle_is_found_in_its_part_or_by_the_checksum_at_the_end(tmp_path, save):
    path = tmp_path / "x.npz"
    save(path, x=np.random.default_rng(0).integers(0, 99, (50, 40, 6)))
    good = joined(in_parts(path, 8))
    with damaged(path):
        with pytest.raises(ContainerError, match="x.npz is not a sound .npz archive"):
            archive.read(path)
        with Source(path) as source:
            assert np.array_equal(source.take(8).x.values, good[:8])
            with pytest.raises(ContainerError, match="x.npz is not a sound .npz archive|must fit signed 32 bits"):
                while source.left:
                    source.take(8)


def test_a_bad_value_in_a_later_part_is_the_same_sentence(tmp_path):
    x = np.zeros((10, 3, 2))
    x[9, 0, 0] = np.nan
    np.savez(tmp_path / "x.npz", x=x)
    with Source(tmp_path / "x.npz", encoder=Encoder()) as source:
        source.take(9)
        with pytest.raises(ContainerError, match="x.npz: 1 of 6 values of x are not finite numbers"):
            source.take(9)


def written(path: Path, size: int) -> bytes:
    spikes = np.random.default_rng(0).integers(0, 2, (10, 4, 3)).astype(np.uint8)
    voltages = np.asfortranarray(np.random.default_rng(1).integers(-9, 9, (10, 4, 3)).astype(">i4"))
    with Sink(path, 10) as sink:
        for first in range(0, 10, size):
            part = slice(first, first + size)
            sink.add({"a.spikes": spikes[part], "a.v": voltages[part]})
        sink.finish()
    with np.load(path, allow_pickle=False) as found:
        assert sorted(found) == ["a.spikes", "a.v"]
        assert np.array_equal(found["a.spikes"], spikes) and found["a.spikes"].dtype == np.uint8
        assert np.array_equal(found["a.v"], voltages)
    return path.read_bytes()


def test_what_is_written_in_parts_has_the_same_bytes_and_leaves_one_file(tmp_path):
    whole = written(tmp_path / "out.npz", 10)
    assert written(tmp_path / "out.npz", 3) == written(tmp_path / "other.npz", 1) == whole
    assert sorted(each.name for each in tmp_path.iterdir()) == ["other.npz", "out.npz"]


def test_a_sink_that_is_not_finished_leaves_the_old_file(tmp_path):
    (tmp_path / "out.npz").write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt), Sink(tmp_path / "out.npz", 2) as sink:
        sink.add({"a": np.zeros((1, 2))})
        raise KeyboardInterrupt
    with pytest.raises(LavaFedError, match="array a has 1 of 2 samples"), Sink(tmp_path / "out.npz", 2) as sink:
        sink.add({"a": np.zeros((1, 2))})
        sink.finish()
    assert [each.name for each in tmp_path.iterdir()] == ["out.npz"]
    assert (tmp_path / "out.npz").read_bytes() == b"old"


@pytest.mark.parametrize(
    ("other", "shown"),
    [(np.zeros((1, 2), np.int32), r"int32\(2,\)"), (np.zeros((1, 3), np.uint8), r"uint8\(3,\)")],
)
def test_a_part_of_another_form_is_refused_whole(tmp_path, other, shown):
    part = np.ones((1, 2), np.uint8)
    with Sink(tmp_path / "out.npz", 2) as sink:
        sink.add({"a": part, "b": part})
        with pytest.raises(LavaFedError, match=rf"array b was uint8\(2,\) and now is {shown}"):
            sink.add({"a": part, "b": other})
        sink.add({"a": part, "b": part})
        sink.finish()
    with np.load(tmp_path / "out.npz") as found:
        assert found["a"].tolist() == found["b"].tolist() == [[1, 1], [1, 1]]


@contextmanager
def small_files(limit: int) -> Iterator[None]:
    """Let no file grow beyond a limit, as a full disk would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize(("limit", "values"), [(100_000, 200_000), (10_000, 9_999)])
def test_a_full_disk_is_one_sentence_and_nothing_is_left(tmp_path, limit, values):
    noise = np.random.default_rng(0).integers(0, 256, (1, values)).astype(np.uint8)
    sentence = r"cannot write .*out.npz: File too large"
    with small_files(limit), pytest.raises(ContainerError, match=sentence), Sink(tmp_path / "out.npz", 1) as sink:
        sink.add({"a": noise})  # noise does not shrink, so the second case fails when it is packed
        sink.finish()
    assert list(tmp_path.iterdir()) == []


def test_a_target_that_cannot_be_is_one_sentence(tmp_path):
    with pytest.raises(ContainerError, match="cannot write .*: No such file or directory"):
        Sink(tmp_path / "no" / "out.npz", 1)
    with pytest.raises(ContainerError, match="is a folder, expected a file"):
        Sink(tmp_path, 1)


def test_a_bar_can_follow_the_packing(tmp_path):
    seen = []
    with Sink(tmp_path / "out.npz", 1) as sink:
        sink.add({"a": np.zeros((1, 3 << 20), np.uint8)})
        sink.finish(seen.append)
        assert seen == sorted(set(seen)) and seen[-1] == sink.size == 3 << 20
    assert (tmp_path / "out.npz").stat().st_size < 1 << 16
