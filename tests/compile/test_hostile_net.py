"""Files that nobody should write: one sentence each, no traceback, no memory beyond what the file itself holds."""

from __future__ import annotations

import os
import re
import resource
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compile.frontends import strict_hdf5
from compile.frontends.hdf5_worker import RefusalError, dump
from compile.frontends.slayer_net import SlayerNetFrontend
from compile.frontends.strict_hdf5 import StrictGroup
from hardware.errors import ContainerError, LavaFedError
from tests.compile.nets import conv, dense, ramp, replace, shaped, two_layers

read = SlayerNetFrontend().read


def _soft_link(file: Any) -> None:
    del file["layer/0/weight"]
    file["layer/0/weight"] = h5py.SoftLink("/layer/1/weight")


def _external_link(file: Any) -> None:
    file["layer/0/bias"] = h5py.ExternalLink("/etc/passwd", "/x")


def _external_storage(file: Any) -> None:
    del file["layer/0/weight"]
    file.create_dataset("layer/0/weight", (6, 8), "f4", external=[("secret.bin", 0, h5py.h5f.UNLIMITED)])


def _virtual(file: Any) -> None:
    del file["layer/0/weight"]
    layout = h5py.VirtualLayout((6, 8), "f4")
    layout[:] = h5py.VirtualSource("elsewhere.h5", "x", (6, 8))
    file.create_virtual_dataset("layer/0/weight", layout)


def _bomb(file: Any) -> None:
    del file["layer/0/weight"]
    file.create_dataset("layer/0/weight", (1 << 20, 1 << 20), "f4", chunks=(1024, 1024), compression="gzip")


def _never_written(file: Any) -> None:
    del file["layer/0/weight"]
    file.create_dataset("layer/0/weight", (1 << 20, 1 << 20), "f4")


def _endless_groups(file: Any) -> None:
    file["layer/0/neuron/more"] = file["layer"]


def _same_bytes_again(file: Any) -> None:
    file.create_dataset("layer/0/bias", data=np.zeros(20000, "f4"))
    for index in range(40):
        file[f"layer/0/neuron/x{index}"] = file["layer/0/bias"]


def _attribute(file: Any) -> None:
    file["layer/0/weight"].attrs["scale"] = 2


HOSTILE: list[tuple[Callable[[Any], None], str]] = [
    (_soft_link, "'/layer/0/weight' is a link to elsewhere"),
    (_external_link, "'/layer/0/bias' is a link to elsewhere"),
    (_external_storage, "'/layer/0/weight' is not stored plainly"),
    (_virtual, "'/layer/0/weight' is not stored plainly"),
    (_bomb, "'/layer/0/weight' is not stored plainly .* without compression or chunks"),
    (_never_written, "'/layer/0/weight' is not stored plainly"),
    (_endless_groups, "members or 8 levels"),
    (_same_bytes_again, "more than the file has left"),
    (_attribute, "'/layer/0/weight' carries attributes"),
    (lambda f: f.create_dataset("extra", data=1), "'/extra' is not known to lava-fed"),
    (lambda f: f.create_dataset("layer/0/gain", data=1), "'/layer/0/gain' is not known"),
    (lambda f: f.create_dataset("layer/0/neuron/gain", data=1), "'/layer/0/neuron/gain' is not known"),
    (lambda f: f.create_group("layer/7"), "'/layer/7' is not known|'/layer/2' is missing"),
    (lambda f: f.__delitem__("layer"), "'/layer' is missing"),
    (lambda f: f.__delitem__("layer/0/weight"), "'/layer/0/weight' is missing"),
    (lambda f: f.__delitem__("layer/0/neuron/vThMant"), "'/layer/0/neuron/vThMant' is missing"),
    (
        lambda f: replace(f, "layer/0/weight", np.full((6, 8), np.nan, "f4")),
        "/layer/0/weight' holds .* not finite",
    ),
    (
        lambda f: replace(f, "layer/0/weight", np.full((6, 8), np.inf, "f4")),
        "/layer/0/weight' holds .* not finite",
    ),
    (
        lambda f: replace(f, "layer/0/weight", np.zeros((6, 9), "f4")),
        r"shape \(6, 9\), expected \(6, 8\)",
    ),
    (
        lambda f: replace(f, "layer/0/weight", np.zeros((6, 8), "c8")),
        "weight' holds values of type complex",
    ),
    (lambda f: replace(f, "layer/0/weight", np.zeros((2, 3, 8))), r"shape \(2, 3, 8\), expected \(6, 8\)"),
    (lambda f: replace(f, "layer/0/weight", np.zeros((6, 8, 1, 1, 1, 1))), "has 6 axes, expected at most 5"),
    (lambda f: replace(f, "layer/0/weight", h5py.Empty("f4")), "'/layer/0/weight' is empty"),
    (lambda f: replace(f, "layer/0/inFeatures", 2**40), "must lie in 1..1048576"),
    (lambda f: replace(f, "layer/0/inFeatures", 8.0), "'/layer/0/inFeatures' holds values of type <f8"),
    (lambda f: replace(f, "layer/0/shape", np.array([7])), r"shape \(7,\) does not hold its 6 outputs"),
    (lambda f: replace(f, "layer/0/shape", np.array([2**62, 4])), "is not 1 to 3 axes of at most"),
    (lambda f: replace(f, "layer/0/shape", np.array([], int)), "is not 1 to 3 axes of at most"),
    (lambda f: replace(f, "layer/0/neuron/iDecay", 4097), "neuron/iDecay 4097 must lie in 0..4096"),
    (lambda f: replace(f, "layer/0/neuron/vDecay", -1), "neuron/vDecay -1 must lie in 0..4096"),
    (lambda f: replace(f, "layer/0/neuron/vThMant", -1), "neuron/vThMant -1 must lie in"),
    (lambda f: f.create_dataset("layer/0/neuron/theta", data=5121), "theta 5121 contradicts vThMant 80"),
    (
        lambda f: f.create_dataset("layer/0/bias", data=np.zeros(5)),
        r"bias has shape \(5,\), expected \(6,\) or \(6,\)",
    ),
    (lambda f: f.create_dataset("simulation/tSample", data=0), "tSample must be above 0"),
    (
        lambda f: replace(f, "layer/0/neuron/type", "CUBA" * 100),
        "neuron/type' is not a short ASCII text",
    ),
    (lambda f: replace(f, "layer/0/neuron/type", "é"), "neuron/type' is not a short ASCII text"),
    (lambda f: replace(f, "layer/0/type", np.array([b"x"], "S99")), "'/layer/0/type' is a text of over 64 bytes"),
    (lambda f: replace(f, "layer/0/type", np.array([b"x", b"y"], "S9")), "texts of shape"),
    (lambda f: replace(f, "layer/0/type", 3), "'/layer/0/type' is not a text"),
    (lambda f: replace(f, "layer/0/neuron", 3), "'/layer/0/neuron' is not a group"),
    (lambda f: replace(f, "layer/0/weight", "text"), "'/layer/0/weight' is not an array"),
]


@pytest.mark.parametrize(("spoil", "sentence"), HOSTILE)
def test_hostile_files_are_refused_with_a_sentence(
    spoil: Callable[[Any], None], sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(ContainerError, match=sentence) as caught:
        read(two_layers(tmp_path / "a.net", spoil))
    assert "\n" not in str(caught.value)


def test_files_that_cannot_be_read_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ContainerError, match=r"none.net: No such file"):
        read(tmp_path / "none.net")
    with pytest.raises(ContainerError, match="is not a regular file"):
        read(tmp_path)
    os.mkfifo(tmp_path / "pipe.net")
    with pytest.raises(ContainerError, match="is not a regular file"):
        read(tmp_path / "pipe.net")
    (tmp_path / "text.net").write_text("no network")
    with pytest.raises(ContainerError, match="is not an HDF5 file"):
        read(tmp_path / "text.net")
    monkeypatch.setattr(strict_hdf5, "SIZE_LIMIT", 100)
    with pytest.raises(ContainerError, match="over the limit of 100"):
        read(two_layers(tmp_path / "a.net"))


@pytest.mark.parametrize("part", [9, 96, 1000, 5000, -1])
def test_truncated_files_are_refused(part: int, tmp_path: Path) -> None:
    data = two_layers(tmp_path / "a.net").read_bytes()
    (tmp_path / "a.net").write_bytes(data[:part])
    with pytest.raises(ContainerError, match=r"a\.net"):
        read(tmp_path / "a.net")


def test_flipped_bits_never_get_past_as_an_exception_of_hdf5(tmp_path: Path) -> None:
    data = two_layers(tmp_path / "a.net").read_bytes()
    rng = np.random.default_rng(1)
    refused = 0
    for _ in range(8):
        spoilt = bytearray(data)
        for index in rng.integers(0, 2000, size=3):
            spoilt[index] ^= 1 << int(rng.integers(8))
        (tmp_path / "a.net").write_bytes(spoilt)
        try:
            read(tmp_path / "a.net")
        except LavaFedError as error:
            refused += 1
            assert "\n" not in str(error)
    assert refused > 1


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "HDF5 crashed or did not end on it"),
        ("while True: pass", r"HDF5 (did not finish|crashed or did not end)"),
        ("raise MemoryError('no room')", "the reading process failed .*no room"),
    ],
    ids=["crash", "loop", "exception"],
)
def test_a_child_that_crashes_or_loops_becomes_a_sentence(
    body: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strict_hdf5, "_CHILD", body)
    monkeypatch.setattr(strict_hdf5, "DEADLINE", 2.0)
    with pytest.raises(ContainerError, match=sentence):
        read(two_layers(tmp_path / "a.net"))


def test_one_byte_makes_hdf5_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = bytearray(two_layers(tmp_path / "a.net").read_bytes())
    size_of_free_space = data.index(b"GCOL") + 73
    assert data[size_of_free_space] == 15
    data[size_of_free_space] = 0
    (tmp_path / "a.net").write_bytes(data)
    body = (
        "import sys, json; sys.path[:] = json.loads(sys.argv[1])\n"
        "from compile.frontends import hdf5_worker\n"
        "hdf5_worker.CPU_SECONDS = 1\n"
        "sys.exit(hdf5_worker.main())"
    )
    monkeypatch.setattr(strict_hdf5, "_CHILD", body)
    with pytest.raises(ContainerError, match=r"a\.net is damaged: HDF5 crashed or did not end on it"):
        read(tmp_path / "a.net")


def test_one_byte_makes_hdf5_ask_for_gigabytes(tmp_path: Path) -> None:
    data = bytearray(two_layers(tmp_path / "a.net").read_bytes())
    pointer = data.index(b"\x04\x00\x00\x00\xe0\x1e\x00\x00\x00\x00\x00\x00")
    data[pointer + 3] = 128  # the text of a neuron's type now claims 2 GiB
    (tmp_path / "a.net").write_bytes(data)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    with pytest.raises(ContainerError, match=r"a\.net: it is damaged or not a valid HDF5 file"):
        read(tmp_path / "a.net")
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss <= max(before, 400_000), "kilobytes"


def test_nothing_beyond_the_file_is_opened(tmp_path: Path) -> None:
    (tmp_path / "secret.bin").write_bytes(bytes(192))
    data = two_layers(tmp_path / "a.net", _external_storage).read_bytes()
    with pytest.raises(RefusalError):
        dump(data)


def every_layer(path: Path) -> Path:
    """Write a file with every type of layer, delays, biases and four types of neurons."""
    resonator = {"type": "RF_PHASE", "sinDecay": 2000, "cosDecay": 3000, "vThMant": 30, "gradedSpike": False}
    adaptive = {"thDecay": 300, "refDecay": 400, "vThStep": 20}
    alif = {"type": "ALIF", "iDecay": 4096, "vDecay": np.full(3, 100), "vThMant": 80} | adaptive
    with h5py.File(path, "w") as file:
        shaped(file.create_group("layer/0"), b"input", (2, 4, 4), neuron={"type": "CUBA", **_plain()})
        file["layer/0/weight"] = np.array([76.0], "f4")
        conv(file.create_group("layer/1"), np.full((3, 2, 3, 3, 1), 4), (3, 4, 4), padding=1, neuron=alif)
        file["layer/1/delay"] = np.array([0.0, 3.0, 1.0])
        conv(file.create_group("layer/2"), np.full((1, 1, 2, 2), 64), (3, 2, 2), kind=b"pool", stride=2)
        conv(file.create_group("layer/3"), np.full((1, 1, 2, 2), 64), (3, 4, 4), kind=b"unpool", stride=2)
        conv(file.create_group("layer/4"), np.full((3, 2, 1, 1), 8), (2, 4, 4), kind=b"convT", bias=[2, 4])
        shaped(file.create_group("layer/5"), b"flatten", (32,))
        dense(file.create_group("layer/6"), ramp(4, 32) + 1j * ramp(4, 32), neuron=resonator)
        dense(file.create_group("layer/7"), ramp(6, 4))
        replace(file, "layer/7/type", np.array([b"dense_rec"], "S10"))
        file["layer/7/weight_rec"] = np.zeros((6, 6), "f4")
        shaped(file.create_group("layer/8"), b"average", (3,))
    return path


def _plain() -> dict[str, Any]:
    return {"iDecay": 4096, "vDecay": 123, "vThMant": 80, "refDelay": 2, "messageBits": 8}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], bytes]:
    """What the child process makes of a good file with every type of layer."""
    return dump(every_layer(tmp_path_factory.mktemp("net") / "a.net").read_bytes())


def _places(tree: dict[str, Any], place: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = []
    for key, member in tree.items():
        found.append((*place, key))
        if "group" in member:
            found += _places(member["group"], (*place, key))
    return found


def _changed(tree: dict[str, Any], place: tuple[str, ...], member: dict[str, Any] | None) -> dict[str, Any]:
    key, *rest = place
    copy = dict(tree)
    if rest:
        copy[key] = {"group": _changed(tree[key]["group"], tuple(rest), member)}
    elif member is None:
        del copy[key]
    else:
        copy[key] = member
    return copy


NUMBERS = st.one_of(
    st.sampled_from([0, -1, 1, 2, 3, 63, 64, 4097, 2**31, 2**62, -(2**62), 0.5, 1e300, -1e300]),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
)
WORDS = ["input", "dense", "conv", "pool", "average", "CUBA", "SDNN", "ALIF", "RF_IZHIKEVICH", "relu", "", "x y"]


@st.composite
def members(draw: st.DrawFn) -> tuple[str, Any]:
    """Draw a member of a file: a text, a group, nothing, or a small array of any type and shape."""
    kind = draw(st.sampled_from(["text", "group", "none", "array", "array", "array"]))
    if kind == "text":
        return kind, draw(st.sampled_from(WORDS))
    if kind == "group":
        return kind, draw(st.sampled_from(["", "real", "type", "0"]))
    shape = tuple(draw(st.lists(st.sampled_from([0, 1, 2, 3, 4, 6]), max_size=6)))
    dtype = np.dtype(draw(st.sampled_from(["<i8", "<i2", "|u1", "|b1", "<f4", "<f8", "<f2"])))
    with np.errstate(all="ignore"):
        value = np.array(draw(NUMBERS)).astype(dtype)
    return kind, np.full(shape, np.nan_to_num(value) if dtype.kind == "f" else value, dtype)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_change_of_a_good_files_structure_is_read_or_refused_with_one_sentence(
    tree: tuple[dict[str, Any], bytes], data: st.DataObject
) -> None:
    """Behind the child process, which the other tests cover: one member missing, added, or something else."""
    good, body = tree
    place = data.draw(st.sampled_from(_places(good)))
    if data.draw(st.booleans()):
        place = (
            *place[:-1],
            data.draw(st.sampled_from(["bias", "delay", "weight", "neuron", "shape", "extra", "9"])),
        )
    kind, value = data.draw(members())
    member: dict[str, Any] | None = None
    if kind == "text":
        member = {"text": value}
    elif kind == "group":
        member = {"group": {value: {"text": "x"}} if value else {}}
    elif kind == "array":
        member = {"dtype": value.dtype.str, "shape": list(value.shape), "start": len(body)}
        body = body + value.tobytes()
    missing = place not in _places(good)
    spoilt = good if member is None and missing else _changed(good, place, member)
    tracemalloc.start()
    try:
        graph = SlayerNetFrontend().graph_of(StrictGroup(spoilt, body, "", "a.net"), Path("a.net"))
        assert graph.populations
    except LavaFedError as error:
        assert "\n" not in str(error) and 20 < len(str(error)) < 400
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 100 * len(body) + 500_000, "bytes"


def test_a_file_with_every_type_of_layer_is_read(tmp_path: Path) -> None:
    graph = read(every_layer(tmp_path / "a.net"))
    kinds = [node.model.kind for node in graph.populations]
    assert kinds == ["cuba", "alif", "cuba", "cuba", "cuba", "resonator", "cuba"]


HUGE: list[tuple[Callable[[Any], None], str]] = [
    (lambda f: replace(f, "layer/0/shape", np.array([2, 1 << 13, 1 << 12])), "axes of at most 1048576 units"),
    (lambda f: replace(f, "layer/0/shape", np.array([2, -4, -4])), "is not 1 to 3 axes"),
    (lambda f: replace(f, "layer/1/padding", np.array([1 << 19, 1])), "is not what its kernel makes"),
    (
        lambda f: replace(f, "layer/1/stride", np.array([0, 1])),
        r"stride \[0, 1\] must be one or two integers in 1",
    ),
    (
        lambda f: replace(f, "layer/1/dilation", np.array([1, -1])),
        "dilation .* must be one or two integers in 1",
    ),
    (lambda f: replace(f, "layer/1/kernelSize", np.array([1 << 20, 3])), "weights have shape .*expected"),
    (lambda f: replace(f, "layer/1/groups", 0), "groups 0 must lie in 1"),
    (lambda f: replace(f, "layer/1/groups", 5), "5 groups do not divide 2 input and 3 output channels"),
    (
        lambda f: replace(f, "layer/2/padding", np.array([1 << 19, 1 << 19])),
        "layer . .(un)?pool.*(would list|cannot share out)",
    ),
    (
        lambda f: replace(f, "layer/3/stride", np.array([1 << 20, 1 << 20])),
        "layer . .(un)?pool.*(would list|cannot share out)",
    ),
    (
        lambda f: replace(f, "layer/7/weight_rec", np.zeros((5, 6))),
        r"weights have shape \(5, 6\), expected \(6, 6\)",
    ),
]


@pytest.mark.parametrize(("spoil", "sentence"), HUGE)
def test_sizes_are_checked_before_they_are_used(
    spoil: Callable[[Any], None], sentence: str, tmp_path: Path
) -> None:
    path = every_layer(tmp_path / "a.net")
    with h5py.File(path, "a") as file:
        spoil(file)
    said = ""
    tracemalloc.start()
    try:
        read(path)
    except LavaFedError as error:
        said = str(error)
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert re.search(sentence, said) and "\n" not in said
    assert peak < 20 * path.stat().st_size + 500_000, "bytes"


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    flips=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), max_size=6),
    keep=st.one_of(st.just(1.0), st.floats(0, 1)),
)
def test_flipped_and_missing_bytes_give_a_sentence(
    flips: list[tuple[float, int]], keep: float, tmp_path: Path
) -> None:
    data = bytearray(every_layer(tmp_path / "a.net").read_bytes())
    for place, mask in flips:
        data[int(place * len(data))] ^= mask
    (tmp_path / "a.net").write_bytes(data[: int(keep * len(data))])
    try:
        read(tmp_path / "a.net")
    except LavaFedError as error:
        assert "\n" not in str(error)


def test_a_small_file_cannot_ask_for_more_units_than_a_chip_has(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.net", "w") as file:
        shaped(file.create_group("layer/0"), b"input", (1, 1024, 1024))
        for index in (1, 2):
            group = file.create_group(f"layer/{index}")
            conv(group, np.ones((1, 1, 1, 1)), (1, 1024, 1024))
    with pytest.raises(ContainerError, match=r"layer 2 \(conv\) has 1048576 units, 3145728 with those before it"):
        read(tmp_path / "a.net")
