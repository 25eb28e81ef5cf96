"""Containers: what goes in comes out, and anything else is refused in one sentence."""

from __future__ import annotations

import hashlib
import json
import os
import struct
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from hardware import container
from hardware.errors import ContainerError

ARRAYS = {"a": np.arange(6, dtype=np.int16).reshape(2, 3), "b/c": np.zeros((0, 4)), "d": np.array(7, np.uint8)}
HEADER = {"name": "ünïcode", "numbers": [1, 2.5, None, True], "nested": {"x": {}}}
GOOD = container.encode("thing", HEADER, ARRAYS)


def wrapped(body: bytes, start: int, size: int, version: int = container.VERSION) -> bytes:
    """Give any body a valid first block."""
    checksum = hashlib.sha256(body).digest()
    prefix = struct.pack("<8sIIQ32sQQ", container.MAGIC, version, 512, len(body), checksum, start, size)
    return prefix.ljust(container.BLOCK, b"\x00") + body


def indexed(**index: Any) -> bytes:
    """A file of 64 zero bytes and an index, as it could come from anywhere."""
    text = json.dumps({"kind": "thing", "header": {}, "arrays": [], **index}).encode()
    return wrapped(bytes(64) + text, 64, len(text))


def one_array(**entry: Any) -> bytes:
    """The same with one array, here and there changed."""
    return indexed(arrays=[{"name": "a", "dtype": "<i2", "shape": [2, 3], "offset": 0, **entry}])


def refused(data: bytes, kind: str = "thing") -> str:
    with pytest.raises(ContainerError) as caught:
        container.decode(data, kind, "FILE")
    assert str(caught.value).startswith("FILE")
    return str(caught.value)


def test_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "x.h5"
    container.write(path, "thing", HEADER, ARRAYS)
    header, arrays = container.read(path, "thing")
    assert header == HEADER
    assert set(arrays) == set(ARRAYS)
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(arrays[name], array)
        assert not arrays[name].flags.writeable
    assert list(tmp_path.iterdir()) == [path]


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.text(min_size=1, max_size=20),
        hnp.arrays(
            st.sampled_from([np.int8, np.int16, np.int32, np.int64, np.uint8, np.float64]),
            hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
            elements={"allow_nan": False},
        ),
        max_size=4,
    )
)
def test_any_arrays_come_back(arrays: dict[str, Any]) -> None:
    data = container.encode("thing", {}, arrays)
    assert data == container.encode("thing", {}, dict(reversed(arrays.items())))
    _, back = container.decode(data, "thing", "FILE")
    assert set(back) == set(arrays)
    for name, array in arrays.items():
        assert back[name].dtype == array.dtype
        assert back[name].shape == array.shape
        np.testing.assert_array_equal(back[name], array)


def test_the_digest_is_the_same_for_ever() -> None:
    assert container.digest(HEADER, ARRAYS) == "7193e9ef96865992d62d17723dde53482b31c60fda2392cae9c6744254f40a7c"


def test_an_opened_file_is_plain_hdf5(tmp_path: Path) -> None:
    path = tmp_path / "x.h5"
    path.write_bytes(GOOD)
    with h5py.File(path, "r") as file:
        assert file.userblock_size == container.BLOCK
        np.testing.assert_array_equal(file["arrays/0"][()], ARRAYS["a"])


@pytest.mark.parametrize("length", [0, 1, 7, 8, 100, 511, 512, 513, len(GOOD) // 2, len(GOOD) - 1])
def test_truncated_anywhere(length: int) -> None:
    message = refused(GOOD[:length])
    assert "truncated" in message or "is not a lava-fed file" in message


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(GOOD) * 8 - 1))
def test_any_flipped_bit(bit: int) -> None:
    damaged = bytearray(GOOD)
    damaged[bit // 8] ^= 1 << bit % 8
    refused(bytes(damaged))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.integers(0, 500), st.integers(0, 500))
def test_garbage_behind_a_valid_checksum(body: bytes, start: int, size: int) -> None:
    refused(wrapped(body, start, size))


@settings(max_examples=500, deadline=None)
@given(st.integers(container.BLOCK, len(GOOD) - 1), st.integers(0, 255))
def test_a_forged_byte_behind_a_valid_checksum_never_ends_in_another_error(at: int, value: int) -> None:
    body = bytearray(GOOD[container.BLOCK :])
    body[at - container.BLOCK] = value
    start, size = struct.unpack_from("<QQ", GOOD, 56)
    try:
        container.decode(wrapped(bytes(body), start, size), "thing", "FILE")
    except ContainerError as error:
        assert "FILE" in str(error)


def test_a_written_index_is_read() -> None:
    _, arrays = container.decode(one_array(), "thing", "FILE")
    np.testing.assert_array_equal(arrays["a"], np.zeros((2, 3), np.int16))


@pytest.mark.parametrize(
    "entry",
    [
        {"shape": [1 << 62, 1 << 62]},
        {"shape": [1 << 40]},
        {"shape": [-1]},
        {"shape": [2.0]},
        {"shape": [True]},
        {"shape": "23"},
        {"shape": [1] * 9},
        {"shape": 5},
        {"shape": [10**4000]},
        {"offset": -2},
        {"offset": 1 << 63},
        {"offset": 10**6},
        {"offset": None},
        {"dtype": "|O"},
        {"dtype": "object"},
        {"dtype": ">i2"},
        {"dtype": "<U1000000000"},
        {"dtype": ["<i2"]},
    ],
    ids=str,
)
def test_arrays_that_cannot_be(entry: dict[str, Any]) -> None:
    refused(one_array(**entry))


@pytest.mark.parametrize(
    "index",
    [{"header": []}, {"arrays": 3}, {"arrays": [3]}, {"arrays": [{}]}, {"kind": ["thing"]}, {"kind": "x" * 10**6}],
    ids=lambda index: str(index)[:30],
)
def test_an_index_that_cannot_be(index: dict[str, Any]) -> None:
    assert len(refused(indexed(**index))) < 200


def test_two_arrays_of_one_name() -> None:
    entry = {"name": "a", "dtype": "<i2", "shape": [1], "offset": 0}
    assert "no valid index" in refused(indexed(arrays=[entry, entry]))


def test_an_index_nested_without_end() -> None:
    text = b"[" * 10**6
    assert "no valid index" in refused(wrapped(text, 0, len(text)))


def test_trailing_bytes() -> None:
    assert "truncated" in refused(GOOD + b"\x00")


def test_another_version() -> None:
    body = GOOD[container.BLOCK :]
    assert "format version 2, this lava-fed reads version 1" in refused(wrapped(body, 0, 0, version=2))


def test_another_kind() -> None:
    assert refused(GOOD, kind="program") == "FILE is a 'thing' file, expected a 'program' file"


def test_other_formats() -> None:
    assert refused(b"\x89HDF\r\n\x1a\n" + b"\x00" * 1000) == "FILE is not a lava-fed file"
    assert refused(b"PK\x03\x04" + b"\x00" * 1000) == "FILE is not a lava-fed file"


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ContainerError, match="cannot read .*: No such file or directory"):
        container.read(tmp_path / "missing.h5", "thing")
    with pytest.raises(ContainerError, match="is a folder, expected a file"):
        container.read(tmp_path, "thing")


def test_pipes_and_devices_are_neither_waited_for_nor_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    (tmp_path / "link").symlink_to(pipe)
    for path in (pipe, tmp_path / "link", Path(os.devnull)):
        with pytest.raises(ContainerError, match="is a pipe or device, expected a file"):
            container.read(path, "thing")
        with pytest.raises(ContainerError, match="is a pipe or device, expected a file"):
            container.write_bytes(path, b"")
    assert pipe.is_fifo()


def test_a_link_stays_and_its_file_is_replaced(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("real")
    for content in (b"old", b"new"):
        container.write_bytes(link, content)
        assert link.is_symlink() and (tmp_path / "real").read_bytes() == content
    link.unlink()
    link.symlink_to("link")
    with pytest.raises(ContainerError, match="cannot write"):
        container.write_bytes(link, b"")


def test_folders_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(ContainerError, match="cannot write .*: No such file or directory"):
        container.write(tmp_path / "missing" / "x.h5", "thing", {}, {})


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.h5"
    container.write(path, "thing", {}, {})
    before = path.read_bytes()

    def no_space(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(container.os, "fsync", no_space)
    with pytest.raises(ContainerError, match="cannot write .*: No space left on device"):
        container.write(path, "thing", HEADER, ARRAYS)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_objects_are_never_stored() -> None:
    with pytest.raises(ContainerError, match="of type object cannot be stored"):
        container.encode("thing", {}, {"a": np.array([object()])})


def test_the_digest_of_arrays_does_not_know_their_order() -> None:
    backwards = dict(reversed(ARRAYS.items()))
    assert container.digest(HEADER, backwards) == container.digest(HEADER, ARRAYS)
    assert container.encode("thing", HEADER, backwards) == GOOD


def test_eight_axes_are_the_most() -> None:
    data = container.encode("thing", {}, {"a": np.arange(2).reshape(1, 1, 1, 1, 1, 1, 1, 2)})
    assert container.decode(data, "thing", "FILE")[1]["a"].shape == (1, 1, 1, 1, 1, 1, 1, 2)
    assert "is not valid" in refused(one_array(shape=[1] * 9))


def test_a_file_has_the_rights_that_the_user_gives_new_files(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        opened = len(list(Path("/proc/self/fd").iterdir()))
        container.write_bytes(tmp_path / "a", b"1")
        assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640
        assert len(list(Path("/proc/self/fd").iterdir())) == opened
        assert os.umask(0o027) == 0o027, "and the user's choice stays"
    finally:
        os.umask(before)


def test_ctrl_c_while_writing_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        container.write_bytes(tmp_path / "a", b"1")
    assert list(tmp_path.iterdir()) == []
