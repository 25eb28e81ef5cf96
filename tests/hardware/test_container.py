"""Containers: what goes in comes out, and anything else is refused in one sentence."""

from __future__ import annotations

import hashlib
import io
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


def wrapped(body: bytes, version: int = container.VERSION, block: int = container.BLOCK) -> bytes:
    """Give any body a valid first block."""
    prefix = struct.pack("<8sIIQ32s", container.MAGIC, version, block, len(body), hashlib.sha256(body).digest())
    return prefix.ljust(container.BLOCK, b"\x00") + body


def hdf5(fill: Any) -> bytes:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        fill(file)
    return wrapped(buffer.getvalue())


def with_header(file: h5py.File, names: str = "[]", header: str = "{}") -> None:
    text = f'{{"kind":"thing","names":{names},"header":{header}}}'.encode()
    file["header"] = np.frombuffer(text, np.uint8)
    file.create_group("arrays")


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
@given(st.binary(max_size=2000))
def test_garbage_behind_a_valid_checksum(body: bytes) -> None:
    refused(wrapped(body))


@settings(max_examples=300, deadline=None)
@given(st.integers(container.BLOCK, len(GOOD) - 1), st.integers(0, 255))
def test_a_forged_byte_behind_a_valid_checksum_never_escapes_as_another_error(at: int, value: int) -> None:
    body = bytearray(GOOD[container.BLOCK :])
    body[at - container.BLOCK] = value
    try:
        container.decode(wrapped(bytes(body)), "thing", "FILE")
    except ContainerError as error:
        assert "FILE" in str(error)


def test_trailing_bytes() -> None:
    assert "truncated" in refused(GOOD + b"\x00")


def test_another_version() -> None:
    body = GOOD[container.BLOCK :]
    assert "format version 2, this lava-fed reads version 1" in refused(wrapped(body, version=2))


def test_another_kind() -> None:
    assert refused(GOOD, kind="program") == "FILE is a 'thing' file, expected a 'program' file"


def test_other_formats() -> None:
    assert refused(b"\x89HDF\r\n\x1a\n" + b"\x00" * 1000) == "FILE is not a lava-fed file"
    assert refused(b"PK\x03\x04" + b"\x00" * 1000) == "FILE is not a lava-fed file"


def test_a_huge_array_that_is_not_there() -> None:
    def fill(file: h5py.File) -> None:
        with_header(file, '["a"]')
        file["arrays"].create_dataset("0", shape=(1 << 40,), dtype="i8", chunks=(1 << 10,))

    assert "not stored contiguously" in refused(hdf5(fill))


def test_an_array_whose_space_was_never_written() -> None:
    def fill(file: h5py.File) -> None:
        with_header(file, '["a"]')
        file["arrays"].create_dataset("0", shape=(1 << 30,), dtype="i8")

    assert "not stored contiguously" in refused(hdf5(fill))


def test_a_compressed_bomb() -> None:
    def fill(file: h5py.File) -> None:
        with_header(file, '["a"]')
        file["arrays"].create_dataset("0", data=np.zeros(1 << 22, np.int8), compression="gzip")

    assert "not stored contiguously" in refused(hdf5(fill))


def test_links_to_other_files(tmp_path: Path) -> None:
    secret = tmp_path / "secret.h5"
    with h5py.File(secret, "w") as file:
        file["x"] = np.arange(3, dtype=np.int8)

    def external(file: h5py.File) -> None:
        with_header(file, '["a"]')
        file["arrays/0"] = h5py.ExternalLink(str(secret), "/x")

    def soft(file: h5py.File) -> None:
        with_header(file, '["a"]')
        file["arrays/0"] = h5py.SoftLink("/header")

    assert "link to elsewhere" in refused(hdf5(external))
    assert "link to elsewhere" in refused(hdf5(soft))


@pytest.mark.parametrize(
    "fill",
    [
        lambda file: None,
        lambda file: with_header(file, "[]", "[]"),
        lambda file: with_header(file, '["a"]'),
        lambda file: with_header(file, '"abc"'),
        lambda file: with_header(file, "["),
        lambda file: file.create_dataset("header", data=np.zeros(3)),
        lambda file: (with_header(file), file.create_group("more")),
        lambda file: (with_header(file, '["a"]'), file["arrays"].create_dataset("0", data="text")),
        lambda file: (with_header(file, '["a"]'), file["arrays"].create_group("0")),
        lambda file: (with_header(file, '["a"]'), file["arrays"].create_dataset("0", data=np.zeros(2, "c16"))),
    ],
)
def test_valid_hdf5_that_is_no_container(fill: Any) -> None:
    refused(hdf5(fill))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ContainerError, match="cannot read .*: No such file or directory"):
        container.read(tmp_path / "missing.h5", "thing")
    with pytest.raises(ContainerError, match="cannot read .*: Is a directory"):
        container.read(tmp_path, "thing")


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
