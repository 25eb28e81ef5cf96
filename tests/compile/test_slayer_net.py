"""Reading `.net` files: what SLAYER writes, what it writes and we refuse, and what nobody should write."""

from __future__ import annotations

import importlib.util
import os
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from compile.errors import UnsupportedLayerError
from compile.frontends import strict_hdf5
from compile.frontends.frontend import find_frontend
from compile.frontends.hdf5_worker import RefusalError, dump
from compile.frontends.slayer_net import SlayerNetFrontend
from compile.graph import CubaPopulation, Flatten, Source
from compile.text import show
from hardware.errors import ContainerError, LavaFedError, NetworkError
from tests.compile.nets import dense, ramp, replace, shaped, two_layers

read = SlayerNetFrontend().read


def lava_dl_nets() -> Path:
    """Return the folder of networks that the lava-dl wheel ships."""
    spec = importlib.util.find_spec("lava")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("lava-dl is not installed")
    return Path(next(iter(spec.submodule_search_locations))).parent / "tests/lava/lib/dl/netx"


def test_integers_become_real_numbers(tmp_path: Path) -> None:
    graph = read(two_layers(tmp_path / "a.net"))
    source, first, second = graph.nodes
    assert isinstance(source, Source) and source.shape == (8,)
    assert isinstance(first, CubaPopulation) and isinstance(second, CubaPopulation)
    assert (first.threshold, first.current_decay, first.voltage_decay) == (80 / 64, 1.0, 123 / 4096)
    assert not first.bias.any()
    for edge, shape in zip(graph.edges, [(6, 8), (3, 6)], strict=True):
        assert edge.weights is not None
        assert np.array_equal(edge.weights * 64, ramp(*shape))


def test_input_and_flatten_carry_the_shape(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.net", "w") as file:
        shaped(file.create_group("layer/0"), b"input", (2, 2, 2))
        shaped(file.create_group("layer/1"), b"flatten", (8, 1, 1))
        dense(file.create_group("layer/2"), ramp(3, 8), bias=[2, -4, 0])
    graph = read(tmp_path / "a.net")
    assert graph.source.shape == (2, 2, 2)
    assert isinstance(graph.nodes[1], Flatten)
    assert graph.populations[0].bias.tolist() == [2 / 64, -4 / 64, 0]


def test_flat_weights_big_endian_and_the_old_exporter(tmp_path: Path) -> None:
    plain = show(read(two_layers(tmp_path / "a.net")))

    def spoil(file: Any) -> None:
        replace(file, "layer/0/weight", ramp(6, 8).reshape(-1).astype(">f8"))
        replace(file, "layer/1/inFeatures", np.array(6, dtype=">i2"))
        replace(file, "layer/1/neuron/type", "LOIHI")
        for key, value in {"wgtExp": 0, "theta": 5120, "tauRho": 0.5, "scaleRho": 10.0}.items():
            file[f"layer/1/neuron/{key}"] = value
        del file["layer/1/neuron/gradedSpike"]
        file["simulation/Ts"] = 1
        file["simulation/tSample"] = 64

    assert show(read(two_layers(tmp_path / "b.net", spoil))) == plain


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("tiny.net", r"layer 0 \(input\) has neurons: an input that encodes is not supported; encode into spikes"),
        ("mnist.net", r"layer 0 \(input\) has neurons"),
        ("gts/pilotnet_lif/network.net", r"layer 0 \(input\) has neurons"),
        ("gts/pilotnet_sdnn/network.net", r"layer 0 \(input\) has neurons"),
        ("gts/pilotnet_sdnn/square_network.net", r"layer 0 \(input\) has neurons"),
        ("gts/ntidigits/ntidigits.net", r"layer 2 \(dense\) has axonal delays"),
    ],
)
def test_the_networks_of_lava_dl_are_refused_by_name(name: str, sentence: str) -> None:
    with pytest.raises(UnsupportedLayerError, match=sentence):
        read(lava_dl_nets() / name)


@pytest.mark.parametrize(
    ("drop", "sentence"),
    [
        (
            ["layer/0/neuron", "layer/0/weight", "layer/0/bias"],
            r"layer 3 \(dense\) has no neuron",
        ),
        (["layer/0/neuron", "layer/0/weight", "layer/0/bias", "layer/3"], ""),
    ],
)
def test_the_dense_layers_of_mnist(drop: list[str], sentence: str, tmp_path: Path) -> None:
    with h5py.File(lava_dl_nets() / "mnist.net") as old, h5py.File(tmp_path / "mnist.net", "w") as file:
        for key in old:
            old.copy(key, file)
        for key in drop:
            del file[key]
    if sentence:
        with pytest.raises(UnsupportedLayerError, match=sentence):
            read(tmp_path / "mnist.net")
    else:
        graph = read(tmp_path / "mnist.net")
        assert [node.units for node in graph.nodes] == [784, 512, 512]
        weights = graph.edges[0].weights
        assert weights is not None and set(np.unique(weights * 64) % 2) == {0.0}


def _conv(file: Any) -> None:
    replace(file, "layer/1/type", np.array([b"conv"], "S10"))


def _many_decays(file: Any) -> None:
    replace(file, "layer/0/neuron/iDecay", np.full(6, 4096))


FEATURES: list[tuple[Callable[[Any], None], str]] = [
    (_conv, r"layer 1 \(conv\): this layer type is not supported; use dense layers"),
    (_many_decays, r"layer 0 \(dense\) has its own iDecay for each neuron.*train it with shared_param=True"),
    (lambda f: replace(f, "layer/1/type", np.array([b"kwta"], "S10")), r"layer 1 \(kwta\): this layer type"),
    (lambda f: replace(f, "layer/1/neuron/type", "ALIF"), r"layer 1 \(dense\) has ALIF neurons"),
    (
        lambda f: replace(f, "layer/1/neuron/gradedSpike", True),
        "gradedSpike is 1; graded spikes",
    ),
    (lambda f: f.create_dataset("layer/1/neuron/messageBits", data=8), "messageBits is 8; graded"),
    (lambda f: f.create_dataset("layer/1/neuron/weight_exp", data=2.0), "WgtScaleBatchNorm"),
    (lambda f: f.create_dataset("layer/1/neuron/wgtExp", data=1), "wgtExp is 1; weight exponents"),
    (lambda f: replace(f, "layer/0/neuron/refDelay", 2), "refDelay is 2; only a refractory delay of 1"),
    (lambda f: f.create_dataset("layer/0/delay", data=np.zeros(6, "f4")), "axonal delays.*delay=False"),
    (lambda f: f.create_dataset("layer/0/weight_rec", data=np.zeros((6, 6))), "recurrent weights"),
    (lambda f: f.create_dataset("simulation/Ts", data=2), "Ts is 2"),
    (lambda f: f.__delitem__("layer/1/neuron"), r"layer 1 \(dense\) has no neuron"),
]


@pytest.mark.parametrize(("spoil", "sentence"), FEATURES)
def test_what_the_graph_cannot_express_is_named(
    spoil: Callable[[Any], None], sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(UnsupportedLayerError, match=sentence):
        read(two_layers(tmp_path / "a.net", spoil))


def test_layers_in_an_order_that_means_nothing(tmp_path: Path) -> None:
    def make(*layers: Callable[[Any], None]) -> Path:
        with h5py.File(tmp_path / "a.net", "w") as file:
            for index, fill in enumerate(layers):
                fill(file.create_group(f"layer/{index}"))
        return tmp_path / "a.net"

    last = lambda group: dense(group, ramp(2, 4))  # noqa: E731
    with pytest.raises(UnsupportedLayerError, match=r"layer 0 \(flatten\) comes first"):
        read(make(lambda g: shaped(g, b"flatten", (4,)), last))
    with pytest.raises(UnsupportedLayerError, match=r"layer 1 \(input\): an input after other layers"):
        read(make(last, lambda g: shaped(g, b"input", (4,))))
    with pytest.raises(UnsupportedLayerError, match="reads an image of shape 1x2x2.*put a Flatten block"):
        read(make(lambda g: shaped(g, b"input", (1, 2, 2)), last))
    with pytest.raises(ContainerError, match=r"layer 1 \(flatten\) makes 5 units of the 4"):
        read(make(lambda g: shaped(g, b"input", (4,)), lambda g: shaped(g, b"flatten", (5,)), last))
    with pytest.raises(ContainerError, match=r"layer 1 \(dense\) reads 4 units, the layer before it has 5"):
        read(make(lambda g: shaped(g, b"input", (5,)), last))
    with pytest.raises(UnsupportedLayerError, match="no dense layer"):
        read(make(lambda g: shaped(g, b"input", (5,))))


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
    (_bomb, "'/layer/0/weight' is not stored plainly"),
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
    (lambda f: replace(f, "layer/0/weight", np.zeros((2, 3, 8))), "has 3 axes, expected at most 2"),
    (lambda f: replace(f, "layer/0/weight", h5py.Empty("f4")), "'/layer/0/weight' is empty"),
    (lambda f: replace(f, "layer/0/inFeatures", 2**40), "must lie in 1..16777216"),
    (lambda f: replace(f, "layer/0/inFeatures", 8.0), "'/layer/0/inFeatures' holds values of type <f8"),
    (lambda f: replace(f, "layer/0/shape", np.array([7])), r"shape \(7,\) does not hold its 6 outputs"),
    (lambda f: replace(f, "layer/0/shape", np.array([2**62, 4])), "is not 1 to 3 axes of at most"),
    (lambda f: replace(f, "layer/0/shape", np.array([], int)), "is not 1 to 3 axes of at most"),
    (lambda f: replace(f, "layer/0/neuron/iDecay", 4097), "neuron/iDecay 4097 must lie in 0..4096"),
    (lambda f: replace(f, "layer/0/neuron/vDecay", -1), "neuron/vDecay -1 must lie in 0..4096"),
    (lambda f: replace(f, "layer/0/neuron/vThMant", -1), "neuron/vThMant -1 must lie in"),
    (lambda f: f.create_dataset("layer/0/neuron/theta", data=5121), "theta 5121 contradicts vThMant 80"),
    (lambda f: f.create_dataset("layer/0/bias", data=np.zeros(5)), r"bias has shape \(5,\), expected \(6,\)"),
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


def test_frontends_are_found_by_content_and_by_name(tmp_path: Path) -> None:
    assert find_frontend(two_layers(tmp_path / "a.net")).name == "slayer"
    assert find_frontend(two_layers(tmp_path / "a.h5")).name == "slayer"
    (tmp_path / "a.txt").write_text("hello")
    with pytest.raises(LavaFedError, match=r"a.txt is not a model .* lava-dl SLAYER network \(\.net\)"):
        find_frontend(tmp_path / "a.txt")
    with pytest.raises(LavaFedError, match="there is no file"):
        find_frontend(tmp_path / "b.net")


def test_the_file_is_closed_after_reading(tmp_path: Path) -> None:
    path = two_layers(tmp_path / "a.net")
    read(path)
    two_layers(path)


def test_odd_weights_reach_the_quantizer_which_names_them(tmp_path: Path) -> None:
    from compile.pipeline import compile_model

    weights = ramp(6, 8).astype(np.float32)
    weights[2, 3] = 3.5
    weights[0, 0] = 300
    path = two_layers(tmp_path / "a.net", lambda f: replace(f, "layer/0/weight", weights))
    with pytest.raises(NetworkError, match="layer 'hidden': 2 of 48 weight values .* the worst is 300"):
        compile_model(path)
