from __future__ import annotations

import io
import os
import struct
import warnings
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from hardware.encoder import Encoder
from hardware.errors import ContainerError, LavaFedError
from hardware.spikes import SpikeTrain
from lava_fed.data import archive, registry
from lava_fed.data.dataset import DataSet
from lava_fed.data.encode import rate_code


def integrate_and_fire(values: list[int], full_scale: int, steps: int) -> list[list[int]]:
    """Return the specification: one unit at a time, one step at a time."""
    trains = []
    for value in values:
        accumulator, train = 0, []
        for _ in range(steps):
            accumulator += value
            train.append(int(accumulator >= full_scale))
            accumulator -= full_scale * train[-1]
        trains.append(train)
    return trains


@given(st.integers(1, 2**31 - 1), st.integers(1, 70), st.data())
@settings(deadline=None)
def test_rate_code_is_an_integrate_and_fire_unit(full_scale: int, steps: int, draw: st.DataObject) -> None:
    values = draw.draw(st.lists(st.integers(0, full_scale), min_size=1, max_size=6))
    train = rate_code(np.array([values]), full_scale, steps).values[0].T
    assert train.tolist() == integrate_and_fire(values, full_scale, steps)


def test_rate_code_at_its_edges() -> None:
    train = rate_code(np.array([[0, 16, 1, 15]]), 16, 32)
    assert train.values.sum(axis=1).tolist() == [[0, 32, 2, 30]]
    assert rate_code(np.zeros((3, 8, 8), int), 16, 1).values.shape == (3, 1, 64)
    for values, full_scale, steps, problem in [
        ([[17]], 16, 4, "values 17..17 must lie in 0..16"),
        ([[-1]], 16, 4, "values -1..-1"),
        ([[1]], 0, 4, "full scale 0"),
        ([[1]], 2, 0, "0 steps"),
        ([1], 2, 4, "expected integers of shape"),
        ([[0.5]], 2, 4, "expected integers"),
    ]:
        with pytest.raises(LavaFedError, match=problem):
            rate_code(np.array(values), full_scale, steps)


def test_a_train_that_is_too_large_is_refused_before_it_is_made() -> None:
    with pytest.raises(LavaFedError, match="360 samples of 65535 steps and 64 units make 1509926400 values, over"):
        registry.load("digits", "test", 65535)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ContainerError, match="pipe is a pipe or device, expected a file"):
        archive.read(tmp_path / "pipe")


def test_digits_are_split_once_and_for_all() -> None:
    splits = {name: registry.load("digits", name, 16) for name in registry.splits("digits")}
    assert {name: len(split) for name, split in splits.items()} == {"public": 300, "device": 1137, "test": 360}
    assert {name: split.digest[:16] for name, split in splits.items()} == {
        "public": "d3c1a7777b0fd4e9",
        "device": "12fb08329ed904e9",
        "test": "2b1c5656e1d04a6d",
    }
    # Stratified: each class has its overall share in each split, to within one sample or so.
    whole = sum(split.class_counts() for split in splits.values())
    for split in splits.values():
        assert np.abs(split.class_counts() - whole * len(split) / 1797).max() < 2
    # Disjoint and complete: 16 steps of a code with 16 levels carry the images themselves.
    images = np.concatenate([split.x.values.sum(axis=1) for split in splits.values()])
    from sklearn.datasets import load_digits

    assert sorted(map(tuple, images)) == sorted(map(tuple, load_digits().data.astype(int)))


def test_unknown_data_is_a_sentence() -> None:
    assert registry.names() == ["digits"]
    with pytest.raises(LavaFedError, match="no data set is called 'mnist'; known: digits"):
        registry.load("mnist", "test", 8)
    with pytest.raises(LavaFedError, match="no split 'train'; known: public, device, test"):
        registry.load("digits", "train", 8)


def data_set(samples: int = 3, steps: int = 5, units: int = 4, labels: bool = True) -> DataSet:
    rng = np.random.default_rng(0)
    x = SpikeTrain(rng.integers(0, 2, (samples, steps, units), dtype=np.uint8))
    return DataSet(x, np.arange(samples, dtype=np.int32) if labels else None, samples if labels else 1, "some.npz")


def test_labels_must_fit() -> None:
    x = SpikeTrain(np.zeros((2, 3, 1), np.uint8))
    for y, problem in [
        ([0], "2 integer labels"),
        ([0.0, 1.0], "integer labels"),
        ([0, 3], "0..2"),
        ([-1, 0], "0..2"),
    ]:
        with pytest.raises(LavaFedError, match=problem):
            DataSet(x, np.array(y), 3, "toy")
    with pytest.raises(LavaFedError, match="toy has no labels"):
        _ = DataSet(x, None, 3, "toy").labels
    data = DataSet(x, np.array([1, 0]), 3, "toy")
    assert data.take(np.array([1])).labels.tolist() == [0] and data.class_counts().tolist() == [1, 1, 0]
    with pytest.raises(ValueError, match="read-only"):
        data.labels[0] = 2


@pytest.mark.parametrize("labels", [True, False])
def test_an_archive_reads_back_and_its_bytes_are_always_the_same(tmp_path: Path, labels: bool) -> None:
    data, path = data_set(labels=labels), tmp_path / "some.npz"
    archive.write(path, data)
    first = path.read_bytes()
    archive.write(path, data)
    assert path.read_bytes() == first
    back = archive.read(path)
    assert back.digest == data.digest and back.classes == data.classes and back.title == "some.npz"


@given(
    hnp.arrays(
        st.sampled_from(["u1", "?", "i2", "<i8", ">i4"]),
        st.tuples(*[st.integers(1, 4)] * 4),
        elements=st.integers(0, 1),
    )
)
@settings(max_examples=30, deadline=None)
def test_what_numpy_saves_is_read(x: np.ndarray) -> None:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, x=np.asfortranarray(x), y=np.arange(len(x)))
    back = read_bytes(buffer.getvalue())
    assert np.array_equal(back.x.values, np.moveaxis(x.reshape(len(x), -1, x.shape[-1]), 1, 2))
    assert back.labels.tolist() == list(range(len(x)))


def read_bytes(raw: bytes) -> DataSet:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "DATA.npz"
        path.write_bytes(raw)
        return archive.read(path)


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile warns of names that occur twice
        with zipfile.ZipFile(buffer, "w", method) as file:
            for name, content in members.items():
                file.writestr(name.rstrip("+"), content)
    return buffer.getvalue()


def npy(header: str, body: bytes = b"", version: bytes = b"\x01\x00") -> bytes:
    text = header.encode() + b"\n"
    return b"\x93NUMPY" + version + struct.pack("<H", len(text)) + text + body


GOOD = "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2, 3), }"


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"", "not a sound .npz"),
        (b"PK\x05\x06" + b"\x00" * 18, "holds nothing"),
        (zipped({"y.npy": npy(GOOD, b"\x00" * 6)}), "holds 'y.npy'; expected"),
        (zipped({"x.npy": npy(GOOD, b"\x00" * 6), "z.npy": b""}), "holds 'x.npy', 'z.npy'"),
        (zipped({"x.npy": npy(GOOD, b"\x00" * 6), "x.npy+": npy(GOOD, b"\x00" * 6)}), "holds 'x.npy', 'x.npy'"),
        (zipped({"x.npy": npy(GOOD, b"\x00" * 6)}, zipfile.ZIP_LZMA), "packed in an unusual way"),
        (zipped({"x.npy": npy(GOOD, b"\x00" * 5)}), "length that its header claims"),
        (zipped({"x.npy": npy(GOOD, b"\x00" * 7)}), "length that its header claims"),
        (
            zipped({"x.npy": npy(GOOD.replace("|u1", "<i8"), struct.pack("<6q", 2**31, *[0] * 5))}),
            "0..2147483648 must fit signed 32 bits",
        ),
        (zipped({"x.npy": npy(GOOD.replace("|u1", "|O"), b"\x00" * 48)}), "must hold integers"),
        (zipped({"x.npy": npy(GOOD.replace("|u1", "<c8"), b"\x00" * 48)}), "must hold integers or real numbers"),
        (zipped({"x.npy": npy(GOOD.replace("False", "__import__('os')"), b"\x00" * 6)}), "must hold integers"),
        (zipped({"x.npy": npy(GOOD.replace("1, 2, 3", "99999999999, 99999999999, 3"))}), "claims shape"),
        (zipped({"x.npy": npy(GOOD.replace("1, 2, 3", "6,"), b"\x00" * 6)}), r"x has shape \(6,\)"),
        (zipped({"x.npy": npy(GOOD.replace("1, 2, 3", "1, 0, 3"))}), "x is empty"),
        (zipped({"x.npy": npy(GOOD, b"\x00" * 6, b"\x03\x00")}), "format 1.0 or 2.0"),
        (zipped({"x.npy": npy("{" * 5000)}), "header of 5001 bytes"),
        (zipped({"x.npy": b"\x93NUM"}), "format 1.0 or 2.0"),
        (zipped({"x.npy": npy(GOOD, b"\x00" * 6), "y.npy": npy(GOOD, b"\x00" * 6)}), r"y is uint8\(1, 2, 3\)"),
        (
            zipped(
                {
                    "x.npy": npy(GOOD, b"\x00" * 6),
                    "y.npy": npy(GOOD.replace("1, 2, 3", "1,").replace("|u1", "|i1"), b"\xff"),
                }
            ),
            "labels -1..-1",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "archive",
)
def test_unsound_archives_are_refused_with_a_sentence(raw: bytes, problem: str) -> None:
    with pytest.raises(ContainerError, match=problem):
        read_bytes(raw)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    shape = "1, 40000, 40000"  # 1.6 GB of zeros in 1.6 MB
    packer, body = zlib.compressobj(9, zlib.DEFLATED, -15), bytearray()
    head, block = npy(GOOD.replace("1, 2, 3", shape)), b"\x00" * (1 << 20)
    body += packer.compress(head)
    crc, size = zlib.crc32(head), len(head)
    for _ in range(1526):
        body += packer.compress(block)
        crc, size = zlib.crc32(block, crc), size + len(block)
    body += packer.flush()
    fixed = struct.pack("<HHHHHIII", 20, 0, 8, 0, 0x21, crc, len(body), size)
    local = b"PK\x03\x04" + fixed + struct.pack("<HH", 5, 0) + b"x.npy" + body
    central = (
        b"PK\x01\x02" + struct.pack("<H", 20) + fixed + struct.pack("<HHHHHII", 5, 0, 0, 0, 0, 0, 0) + b"x.npy"
    )
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)
    with pytest.raises(ContainerError, match="unpacks to 16001.* over the limit"):
        read_bytes(local + central + end)
    # The same bomb with a directory that lies about its size unpacks no further than the lie.
    lie = struct.pack("<HHHHHIII", 20, 0, 8, 0, 0x21, crc, len(body), 1000)
    central = b"PK\x01\x02" + struct.pack("<H", 20) + lie + struct.pack("<HHHHHII", 5, 0, 0, 0, 0, 0, 0) + b"x.npy"
    with pytest.raises(ContainerError):
        read_bytes(local + central + end)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_damaged_archive_never_ends_in_another_exception(draw: st.DataObject) -> None:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, x=data_set().x.values, y=np.arange(3))
    raw = bytearray(buffer.getvalue())
    for _ in range(draw.draw(st.integers(1, 4))):
        raw[draw.draw(st.integers(0, len(raw) - 1))] = draw.draw(st.integers(0, 255))
    raw = raw[: draw.draw(st.integers(len(raw) // 2, len(raw)))]
    try:
        read_bytes(bytes(raw))
    except ContainerError as error:
        assert "\n" not in str(error)


def test_a_missing_archive_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ContainerError, match="cannot read .*No such file"):
        archive.read(tmp_path / "nothing.npz")
    with pytest.raises(ContainerError, match="is a folder, expected a file"):
        archive.read(tmp_path)


def test_real_numbers_pass_through_the_encoder_as_slayer_quantizes_them(tmp_path: Path) -> None:
    x = np.array([[[0.0, 0.5, 9.0, -9.0, 1 / 64]]], np.float32)
    np.savez(tmp_path / "real.npz", x=x)
    found = archive.read(tmp_path / "real.npz", encoder=Encoder(weight=40, bias=36))
    # 1/64 lies halfway between steps of 1/32, and is rounded to the even one: 0.
    assert found.x.values[0, :, 0].tolist() == [2304, 32 * 40 + 2304, 254 * 40 + 2304, -256 * 40 + 2304, 2304]
    assert found.notes == ("2 of 5 values of x lie outside -4.0..3.96875, and the encoder cuts them to it",)
    with pytest.raises(ContainerError, match="x holds real numbers, and this network takes integers"):
        archive.read(tmp_path / "real.npz")
    np.savez(tmp_path / "bad.npz", x=np.array([[[np.nan, np.inf, 0.0]]]))
    with pytest.raises(ContainerError, match="2 of 3 values of x are not finite"):
        archive.read(tmp_path / "bad.npz", encoder=Encoder())


def test_numbers_at_the_ends_of_the_encoder_are_not_called_cut(tmp_path: Path) -> None:
    np.savez(tmp_path / "ends.npz", x=np.array([[[-4.0, 3.96875, 0.0]]]))
    assert archive.read(tmp_path / "ends.npz", encoder=Encoder()).notes == ()
    np.savez(tmp_path / "over.npz", x=np.array([[[-4.02, 3.99, 1e30, 0.0]]]))
    (note,) = archive.read(tmp_path / "over.npz", encoder=Encoder()).notes
    assert note.startswith("3 of 4 values")


def test_integers_for_a_network_with_an_encoder_stay_as_they_are_and_that_is_said(tmp_path: Path) -> None:
    np.savez(tmp_path / "pixels.npz", x=np.array([[[0, 255]]], np.uint8))
    found = archive.read(tmp_path / "pixels.npz", encoder=Encoder())
    assert found.x.values.tolist() == [[[0], [255]]]
    assert found.notes == (
        "x holds integers, which are sent as they are; only real numbers go through the network's encoder",
    )
    assert found.take(slice(1)).notes == found.notes


def test_spikes_kept_as_floating_point_numbers_are_spikes(tmp_path: Path) -> None:
    x = np.array([[[0.0, 1.0, 1.0]]], np.float32)
    np.savez(tmp_path / "spikes.npz", x=x)
    found = archive.read(tmp_path / "spikes.npz")
    assert found.x.values.dtype == np.uint8 and found.x.values.ravel().tolist() == [0, 1, 1]
    np.savez(tmp_path / "graded.npz", x=x * -7)
    assert archive.read(tmp_path / "graded.npz").x.values.ravel().tolist() == [0, -7, -7]
    for wrong in (0.5, 2.0**31):
        np.savez(tmp_path / "wrong.npz", x=x * wrong)
        with pytest.raises(ContainerError, match="x holds real numbers, and this network takes integers"):
            archive.read(tmp_path / "wrong.npz")
    np.savez(tmp_path / "nan.npz", x=x * np.nan)
    with pytest.raises(ContainerError, match="3 of 3 values of x are not finite"):
        archive.read(tmp_path / "nan.npz")


@pytest.mark.parametrize("axes", [(2, 3, 4), (24,), (1, 2, 3, 4), (2, 1, 3, 4)])
def test_an_image_may_come_in_its_axes_or_flat(tmp_path: Path, axes: tuple[int, ...]) -> None:
    np.savez(tmp_path / "image.npz", x=np.arange(24).reshape(1, *axes, 1))
    found = archive.read(tmp_path / "image.npz", shape=(2, 3, 4)).x
    assert found.values.ravel().tolist() == list(range(24))


@pytest.mark.parametrize("axes", [(3, 4, 2), (4, 3, 2), (6, 4), (2, 4, 3)])
def test_an_image_whose_axes_lie_in_another_order_is_refused(tmp_path: Path, axes: tuple[int, ...]) -> None:
    np.savez(tmp_path / "image.npz", x=np.arange(24).reshape(1, *axes, 1))
    with pytest.raises(ContainerError, match="this network reads .2, 3, 4.*transpose x"):
        archive.read(tmp_path / "image.npz", shape=(2, 3, 4))


def test_an_image_without_steps_is_shown_for_as_many_as_told(tmp_path: Path) -> None:
    x = np.arange(2 * 3 * 2 * 2, dtype=np.int64).reshape(2, 3, 2, 2) - 5
    np.savez(tmp_path / "images.npz", x=x)
    found = archive.read(tmp_path / "images.npz", steps=4).x
    assert found.graded and found.values.shape == (2, 4, 12)
    assert all(np.array_equal(found.values[:, step], x.reshape(2, 12)) for step in range(4))
    with pytest.raises(ContainerError, match="shown for 65535 steps it is over the limit"):
        np.savez(tmp_path / "large.npz", x=np.zeros((10, 64, 64), np.uint8))
        archive.read(tmp_path / "large.npz", steps=65535)


def test_graded_messages_are_written_and_read_back(tmp_path: Path) -> None:
    train = SpikeTrain(np.array([[[3, -(2**31)], [0, 2**31 - 1]]]))
    data = DataSet(train, None, 1, "graded")
    archive.write(tmp_path / "graded.npz", data)
    back = archive.read(tmp_path / "graded.npz")
    assert np.array_equal(back.x.values, train.values) and back.digest == data.digest
    flipped = DataSet(SpikeTrain(train.values ^ 1), None, 1, "graded")
    assert flipped.digest != data.digest
