"""What a config's table of data opens."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from hardware.chip.known import LOIHI2
from hardware.encoder import Encoder
from hardware.errors import ContainerError, LavaFedError
from hardware.network import Connection, Layer, Network
from hardware.neurons.cuba import Cuba
from hardware.program import Program
from hardware.spikes import SpikeTrain
from hardware.synapses.dense import Dense
from lava_fed.config.data import DataConfig
from lava_fed.data import archive, registry
from lava_fed.data.dataset import DataSet
from lava_fed.data.har import FILE, Windows
from lava_fed.data.images import Images
from lava_fed.data.nmnist import Recordings
from lava_fed.data.owners import Owners
from lava_fed.data.rated import Rated
from lava_fed.data.sets import open_set
from lava_fed.data.speech_commands import Utterances
from lava_fed.data.steps import with_steps
from lava_fed.errors import ConfigError
from lava_fed.learning.samples import Samples, labels_of


def program(encoder: Encoder | None = None) -> Program:
    layer = Layer("out", Cuba(4096, 128, 80, np.zeros(10, np.int16)))
    into = Connection("input", "out", Dense(np.zeros((10, 64), np.int16)))
    return Program(Network(64, (layer,), (into,), encoder is not None, encoder), LOIHI2)


def family(folder: Path) -> None:
    """Write a folder as those of MNIST are, of 5 and 3 images of 2 x 2 pixels."""
    for name, count in (("train", 5), ("t10k", 3)):
        images = np.arange(count * 4, dtype=np.uint8).reshape(count, 2, 2)
        (folder / f"{name}-images-idx3-ubyte").write_bytes(
            struct.pack(">BBBBIII", 0, 0, 8, 3, count, 2, 2) + images.tobytes()
        )
        labels = bytes(range(count))
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(struct.pack(">BBBBI", 0, 0, 8, 1, count) + labels)


def test_digits_become_spikes_when_they_are_taken(tmp_path: Path) -> None:
    config = DataConfig(name="digits", train="device", test="test", steps=16)
    train, test = open_set(config, tmp_path, program())
    assert isinstance(train, Rated) and (len(train), len(test)) == (1137, 360)
    assert train.take(slice(None)).digest == registry.load("digits", "device", 16).digest
    longer = with_steps(train, 20).only(slice(2, 4)).take(slice(None))
    assert longer.x.values.shape == (2, 20, 64) and longer.classes == 10
    assert np.array_equal(longer.x.values[:, :16], train.take(slice(2, 4)).x.values)


def test_a_folder_of_images_is_cut_and_shown_for_as_long_as_wanted(tmp_path: Path) -> None:
    (tmp_path / "small").mkdir()
    family(tmp_path / "small")
    train, test = open_set(DataConfig(folder="small", limit=2), tmp_path, program())
    assert isinstance(train, Images) and (len(train), len(test)) == (2, 3) and train.classes == 5
    assert train.take(slice(None)).x.values.shape == (2, 16, 5)
    shown, _ = open_set(DataConfig(folder="small", steps=9), tmp_path, program())
    spikes = shown.take(slice(None)).x.values
    assert spikes.shape == (5, 9, 5) and not spikes[:, 4:].any() and spikes[:, :4, -1].any()
    with pytest.raises(LavaFedError, match="samples of 5 steps leave none to show an image, because 5 are for"):
        with_steps(train, 5)


def test_windows_of_motion_come_from_the_folder_that_is_named(tmp_path: Path) -> None:
    np.savez(
        tmp_path / FILE,
        half_q=np.zeros((4, 64, 9), np.int16),
        y=np.arange(1, 5, dtype=np.uint8),
        subject=np.array([1, 2, 1, 3], np.uint8),
        is_train=np.array([True, False, True, True]),
    )
    train, test = open_set(DataConfig(name="uci_har", folder="."), tmp_path, program())
    assert isinstance(train, Windows) and train.y.tolist() == [0, 2, 3] and len(test) == 1
    assert train.owners is not None and list(train.owners.parts()) == ["subject-1", "subject-3"]
    short, _ = open_set(DataConfig(name="uci_har", folder=".", steps=20), tmp_path, program())
    assert np.array_equal(short.take(slice(None)).x.values, train.take(slice(None)).x.values[:, :20])


def test_utterances_and_recordings_last_as_long_as_wanted() -> None:
    levels = np.random.default_rng(0).integers(0, 90, (2, 49, 40)).astype(np.uint8)
    said = Utterances(levels, np.arange(2), np.array([7, 11]), np.zeros(2, int), ("a", "b"))
    assert said.owners.names == ("speaker-07", "speaker-11") and said.classes == 2
    short = with_steps(said, 30).take(slice(None))
    assert np.array_equal(short.x.values, said.take(slice(None)).x.values[:, :30])
    assert short.owners is not None and with_steps(said, 30).digest != said.digest
    events = np.array([[0, 0, 1, 10_499], [0, 0, 1, 10_500], [9, 9, 0, 335_999], [3, 3, 0, 336_000]], np.int32)
    seen = Recordings((events,), np.zeros(1, np.int32), "t")
    coarse, fine = (with_steps(seen, steps).take(slice(None)).x.values[0] for steps in (16, 64))
    assert np.argwhere(coarse.any(axis=1)).ravel().tolist() == [0, 15]
    assert np.argwhere(fine.any(axis=1)).ravel().tolist() == [1, 2, 63]


def test_archives_keep_their_owners(tmp_path: Path) -> None:
    made = DataSet(
        SpikeTrain(np.eye(3, dtype=np.uint8)[:, :, np.newaxis]),
        np.array([0, 1, 1]),
        2,
        "made",
        owners=Owners(("b", "a"), np.array([1, 0, 1], np.int32)),
    )
    for name in ("train.npz", "test.npz"):
        archive.write(tmp_path / name, made)
    train, _ = open_set(DataConfig(train="train.npz", test="test.npz"), tmp_path, program())
    assert train.owners is not None and train.owners.parts().keys() == {"a", "b"}
    assert train.owners.parts()["a"].tolist() == [0, 2]
    with pytest.raises(LavaFedError, match="train.npz are spikes already, so they cannot last for 9 steps"):
        with_steps(train, 9)


@pytest.mark.parametrize(
    ("owner", "problem"),
    [
        (np.zeros(2, int), r"owner is int64\(2,\), expected 3 integers or texts"),
        (np.zeros(3), r"owner is float64\(3,\), expected 3 integers or texts"),
        (np.array([0, -1, 2]), "owners are numbered from 0, found -1"),
        (np.array(["a", "b/c", "d"]), "device name 'b/c' must have 1..63 letters"),
        (np.array(["a", "", "d"]), "device name '' must have"),
        (np.array(["a" * 100] * 3), "array owner must hold integers or texts .*found values of type '<U100'"),
        (np.array([b"a", b"b", b"c"]), "array owner must hold integers or texts"),
    ],
)
def test_owners_that_cannot_be_are_said(tmp_path: Path, owner: np.ndarray, problem: str) -> None:  # type: ignore[type-arg]  # of any type
    np.savez(tmp_path / "x.npz", x=np.zeros((3, 2, 4), np.uint8), y=np.zeros(3, int), owner=owner)
    with pytest.raises(LavaFedError, match=problem):
        archive.read(tmp_path / "x.npz")


def test_texts_that_are_none_are_said(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    np.savez(path, x=np.zeros((1, 2, 4), np.uint8), owner=np.array([0x7FFFFFFF], np.uint32).view("<U1"))
    with pytest.raises(ContainerError, match="owner holds what is no text"):
        archive.read(path)
    np.savez(path, x=np.zeros((1, 2, 4), np.uint8), y=np.array(["a"]))
    with pytest.raises(ContainerError, match="array y must hold integers or real numbers .*'<U1'"):
        archive.read(path)


def test_owners_by_number_are_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", x=np.zeros((3, 2, 4), np.uint8), owner=np.array([12, 3, 12], np.uint8))
    found = archive.read(tmp_path / "x.npz").owners
    assert found is not None and found.names == ("owner-03", "owner-12") and found.index.tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        (
            DataConfig(name="mnist"),
            "no data set is called 'mnist'; known: digits, nmnist, speech_commands, uci_har",
        ),
        (DataConfig(name="uci_har"), "'uci_har' is read from your files; say where they are with data.folder"),
        (
            DataConfig(name="digits", folder="here", train="device"),
            "comes with this package; leave data.folder out",
        ),
        (DataConfig(name="digits", train="train", steps=4), "has no split 'train'"),
        (DataConfig(folder="nowhere"), "nowhere holds no file train-images-idx3-ubyte.gz"),
        (DataConfig(train="a.npz", test="b.npz"), "a.npz"),
    ],
)
def test_slips_are_said(tmp_path: Path, config: DataConfig, problem: str) -> None:
    with pytest.raises(LavaFedError, match=problem):
        open_set(config, tmp_path, program())


def test_samples_without_labels_are_said() -> None:
    bare: Samples = DataSet(SpikeTrain(np.zeros((1, 1, 1), np.uint8)), None, 1, "bare")
    with pytest.raises(LavaFedError, match="bare has no labels; add an array y to the archive"):
        labels_of(bare)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"pixels": np.full((2, 3, 3), 17, np.uint8)}, "bytes 0..16 of shape"),
        ({"pixels": np.zeros((2, 9), np.uint8)}, "of shape .samples, rows, columns."),
        ({"y": np.zeros(3, int)}, "expected 2 labels"),
        ({"y": np.array([0, 10])}, "labels 0..10 must lie in 0..9"),
        ({"steps": 0}, "0 steps must lie in 1..65535"),
    ],
)
def test_images_that_do_not_fit_are_refused(change: dict[str, object], problem: str) -> None:
    sound = {"pixels": np.zeros((2, 3, 3), np.uint8), "y": np.array([0, 9]), "classes": 10, "title": "t"}
    with pytest.raises(LavaFedError, match=problem):
        Rated(**(sound | {"white": 16, "steps": 4} | change))  # type: ignore[arg-type]  # of any type


def test_plain_data_sets_do_not_suit_an_encoder(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'uci_har' is plain spikes, and the Program's input block encodes real"):
        open_set(DataConfig(name="uci_har", folder="."), tmp_path, program(Encoder()))
