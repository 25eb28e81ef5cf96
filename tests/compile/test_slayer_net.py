"""Reading `.net` files: what SLAYER writes, and what of it we refuse."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from compile.errors import UnsupportedLayerError
from compile.frontends.frontend import find_frontend
from compile.frontends.slayer_net import SlayerNetFrontend
from compile.graph import Graph
from compile.neurons import AlifModel, CubaModel, ResonatorModel
from compile.nodes import Average, Flatten
from compile.pipeline import compile_model
from compile.synapses import ConvWeights, DenseWeights, PoolWeights, SparseWeights
from compile.text import show
from compile.transforms.fold_norms import FoldNorms
from hardware.encoder import Encoder
from hardware.errors import ContainerError, LavaFedError, NetworkError
from hardware.neurons.cuba import Message
from tests.compile.nets import NEURON, conv, dense, ramp, replace, shaped, two_layers

read = SlayerNetFrontend().read
SIGMA_DELTA = {"type": "SDNN", "activation": "relu", "vThMant": 13}
RESONATOR = {"type": "RF_PHASE", "sinDecay": 2000, "cosDecay": 3000, "vThMant": 30, "gradedSpike": True}
ADAPTIVE = {"thDecay": 1024, "refDecay": 2048, "vThStep": 32}


@pytest.fixture
def net(tmp_path: Path) -> Callable[..., Path]:
    """Write a file of blocks, each filled by a function."""

    def write(*blocks: Callable[[Any], None]) -> Path:
        with h5py.File(tmp_path / "a.net", "w") as file:
            for index, fill in enumerate(blocks):
                fill(file.create_group(f"layer/{index}"))
        return tmp_path / "a.net"

    return write


Write = Callable[..., Path]


def image(*shape: int) -> Callable[[Any], None]:
    return lambda group: shaped(group, b"input", shape)


def model_of(graph: Graph, index: int = -1) -> Any:
    """Return a population's equations, with its norms folded into them."""
    return FoldNorms()(graph).populations[index].model


def lava_dl_nets() -> Path:
    """Return the folder of networks that the lava-dl wheel ships."""
    spec = importlib.util.find_spec("lava")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("lava-dl is not installed")
    return Path(next(iter(spec.submodule_search_locations))).parent / "tests/lava/lib/dl/netx"


def test_integers_become_real_numbers(tmp_path: Path) -> None:
    graph = read(two_layers(tmp_path / "a.net"))
    assert graph.source.shape == (8,) and not graph.source.graded
    for population in graph.populations:
        model = population.model
        assert isinstance(model, CubaModel)
        assert (model.threshold, model.current_decay, model.voltage_decay) == (80 / 64, 1.0, 123 / 4096)
        assert (model.bias, model.drive, model.refractory, model.message) == (0, 0, 1, Message.SPIKE)
    for edge, shape in zip(graph.edges, [(6, 8), (3, 6)], strict=True):
        assert edge.weights is not None
        assert np.array_equal(edge.weights.weights * 64, ramp(*shape))


def test_input_and_flatten_carry_the_shape(net: Write) -> None:
    path = net(
        image(2, 2, 2),
        lambda g: shaped(g, b"flatten", (8, 1, 1)),
        lambda g: dense(g, ramp(3, 8), bias=[2, -4, 0]),
    )
    graph = read(path)
    assert graph.source.shape == (2, 2, 2)
    assert isinstance(graph.nodes[1], Flatten)
    assert model_of(graph).bias.tolist() == [2 / 64, -4 / 64, 0]


def test_flat_weights_big_endian_and_the_old_exporter(tmp_path: Path) -> None:
    plain = show(read(two_layers(tmp_path / "a.net")))

    def spoil(file: Any) -> None:
        replace(file, "layer/0/weight", ramp(6, 8).reshape(-1).astype(">f8"))
        replace(file, "layer/1/weight", ramp(3, 6).reshape(3, 6, 1, 1, 1).astype(">i2"))
        replace(file, "layer/1/inFeatures", np.array([6], dtype=">i2"))
        replace(file, "layer/1/neuron/type", "LOIHI")
        for key, value in {"wgtExp": 0, "theta": 5120, "tauRho": 0.5, "scaleRho": 10.0}.items():
            file[f"layer/1/neuron/{key}"] = value
        del file["layer/1/neuron/gradedSpike"]
        file["simulation/Ts"] = 1
        file["simulation/tSample"] = 64

    assert show(read(two_layers(tmp_path / "b.net", spoil))) == plain


@pytest.mark.parametrize(
    ("name", "units"),
    [
        ("tiny.net", [768, 768, 864, 36]),
        ("mnist.net", [784, 784, 512, 512, 10]),
        ("gts/pilotnet_lif/network.net", [39600, 39600, 76032, 26460, 8064, 5632, 2560, 2560, 100, 50, 10, 1]),
        ("gts/pilotnet_sdnn/network.net", [9900, 9900, 18816, 6048, 5632, 2560, 2560, 100, 50, 10, 1]),
        ("gts/pilotnet_sdnn/square_network.net", [3267, 3267, 6144, 1764, 1024, 256]),
        ("gts/ntidigits/ntidigits.net", [64, 64, 256, 256, 242, 11]),
    ],
)
def test_every_network_of_lava_dl_is_read(name: str, units: list[int]) -> None:
    assert [node.units for node in read(lava_dl_nets() / name).nodes] == units


def test_an_input_block_with_neurons_tells_the_host_how_to_encode(net: Write) -> None:
    def encoding(group: Any) -> None:
        shaped(group, b"input", (4,), neuron=NEURON)
        group["weight"], group["bias"] = np.array([76.0], "f4"), np.float32(-64)

    graph = read(net(encoding, lambda g: dense(g, ramp(2, 4))))
    assert graph.source.encoder == Encoder(76, -64) and graph.source.graded
    assert [node.name for node in graph.nodes] == ["input", "input0", "dense1"]
    assert graph.edges[0].weights is not None and graph.edges[0].weights.kind == "one-to-one"
    delta = read(net(lambda g: shaped(g, b"input", (4,), neuron=SIGMA_DELTA), lambda g: dense(g, ramp(2, 4))))
    assert delta.source.encoder == Encoder(64, 0, 6) and model_of(delta, 0).kind == "delta"
    assert model_of(delta, 0).threshold == 13 / 64


def test_sigma_delta_units_first_make_the_input_graded(net: Write) -> None:
    decoder = SIGMA_DELTA | {"sigma_output": True, "messageBits": 16}
    path = net(
        lambda g: dense(g, ramp(4, 4), neuron=SIGMA_DELTA | {"activation": "identity"}, bias=[2, 4, 6, 8]),
        lambda g: dense(g, ramp(2, 4), neuron=decoder),
    )
    graph = read(path)
    assert graph.source.graded and graph.source.encoder == Encoder()
    assert [model_of(graph, index).kind for index in (0, 1)] == ["sigma_delta", "sigma"]
    assert model_of(graph, 0).activation.value == "unit"
    assert model_of(graph, 0).bias.tolist() == [2 / 64, 4 / 64, 6 / 64, 8 / 64]


def test_a_bias_that_slayers_sigma_output_does_not_have_is_refused(net: Write) -> None:
    decoder = SIGMA_DELTA | {"sigma_output": True, "messageBits": 16}
    with pytest.raises(
        UnsupportedLayerError, match=r"layer 0 \(dense\): a norm or bias of sigma units is not known"
    ):
        read(net(lambda g: dense(g, ramp(2, 4), neuron=decoder, bias=[2, 4])))


def test_convolutions_keep_strides_groups_and_channel_biases(net: Write) -> None:
    kernel = ramp(4, 18).reshape(4, 2, 3, 3)
    graph = read(
        net(
            image(4, 5, 5),
            lambda g: conv(g, kernel[..., None], (4, 3, 3), stride=2, padding=1, groups=2, bias=[2, 4, 6, 8]),
            lambda g: conv(g, kernel[:, :1], (1, 7, 7), kind=b"convT", stride=2),
        )
    )
    forward, back = (edge.weights for edge in graph.edges)
    assert isinstance(forward, ConvWeights) and isinstance(back, ConvWeights)
    assert np.array_equal(forward.weights * 64, kernel)
    assert (forward.stride, forward.padding, forward.groups, forward.transposed) == ((2, 2), (1, 1), 2, False)
    assert back.transposed and graph.populations[1].shape == (1, 7, 7)
    assert model_of(graph, 0).bias.tolist() == list(np.repeat([2, 4, 6, 8], 9) / 64)


def test_pooling_that_fits_stays_pooling_and_odd_images_list_their_synapses(net: Write) -> None:
    kernel = np.full((1, 1, 2, 2), 64)

    def pooled(*shapes: tuple[int, int, int], kind: bytes = b"pool") -> Any:
        return (
            read(net(image(*shapes[0]), lambda g: conv(g, kernel, shapes[1], kind=kind, stride=2)))
            .edges[0]
            .weights
        )

    assert isinstance(pooled((2, 4, 4), (2, 2, 2)), PoolWeights)
    up = pooled((2, 2, 2), (2, 4, 4), kind=b"unpool")
    assert isinstance(up, PoolWeights) and up.unpool
    odd = pooled((1, 3, 2), (1, 2, 1))
    assert isinstance(odd, SparseWeights)
    assert odd.source_of.tolist() == [0, 1, 2, 3, 4, 5] and odd.target_of.tolist() == [0, 0, 0, 0, 1, 1]
    assert set(odd.weights) == {1.0}


def test_recurrent_blocks_read_themselves_and_their_bias_drives_the_current(net: Write) -> None:
    """SLAYER runs them step by step and keeps the current that its norm has shifted."""

    def recurrent(group: Any) -> None:
        dense(group, ramp(3, 4), bias=[2, 4, 6])
        replace(group, "type", np.array([b"dense_rec"], "S10"))
        group["weight_rec"] = ramp(3, 3).astype("f4")

    graph = read(net(recurrent))
    own = graph.edges[1]
    assert (own.source, own.target) == ("dense_rec0", "dense_rec0")
    assert own.weights is not None and np.array_equal(own.weights.weights * 64, ramp(3, 3))
    assert model_of(graph).drive.tolist() == [2 / 64, 4 / 64, 6 / 64] and model_of(graph).bias == 0


def test_adaptive_and_resonating_neurons(net: Write) -> None:
    alif = {"type": "ALIF", "iDecay": 2048, "vDecay": np.array([1024, 0]), "vThMant": 96, "gradedSpike": True}
    model = model_of(read(net(lambda g: dense(g, ramp(2, 4), neuron=alif | ADAPTIVE, bias=[4, 8]))))
    assert isinstance(model, AlifModel)
    assert (model.threshold, model.threshold_step, model.graded) == (1.5, 0.5, True)
    assert (model.threshold_decay, model.refractory_decay, model.current_decay) == (0.25, 0.5, 0.5)
    assert np.asarray(model.voltage_decay).tolist() == [0.25, 0]
    assert np.asarray(model.drive).tolist() == [4 / 64, 8 / 64] and model.bias == 0
    for kind in ("RF_PHASE", "RF_IZHIKEVICH", "ADRF_PHASE", "ADRF_IZHIKEVICH"):
        neuron = RESONATOR | {"type": kind} | (ADAPTIVE if kind.startswith("AD") else {})
        graph = read(net(lambda g, n=neuron: dense(g, ramp(2, 4) + 2j * ramp(2, 4), neuron=n)))
        model = model_of(graph)
        assert isinstance(model, ResonatorModel) and model.graded
        assert (model.sin_decay, model.cos_decay) == (2000 / 4096, 3000 / 4096)
        assert model.firing.name == kind.split("_")[1]
        assert model.threshold_step == (0.5 if kind.startswith("AD") else None)
        real, imag = graph.edges
        assert (real.port, imag.port) == ("", "imag") and real.weights is not None and imag.weights is not None
        assert np.array_equal(2 * real.weights.weights, imag.weights.weights)


def test_refractory_delays_graded_spikes_and_channels_of_their_own(net: Write) -> None:
    neuron = NEURON | {"refDelay": 5, "gradedSpike": True, "iDecay": np.array([4096, 0]), "messageBits": 24}
    model = model_of(read(net(image(1, 2, 2), lambda g: conv(g, np.ones((2, 1, 1, 1)), (2, 2, 2), neuron=neuron))))
    assert (model.refractory, model.message) == (5, Message.GRADED)
    assert model.current_decay.tolist() == [1, 1, 1, 1, 0, 0, 0, 0]


def test_affine_blocks_show_their_voltage_and_blocks_without_neurons_sum_their_current(net: Write) -> None:
    affine = NEURON | {"vThMant": (1 << 18) - 1}
    model = model_of(read(net(lambda g: dense(g, ramp(2, 4), neuron=affine))))
    assert model.message is Message.VOLTAGE and model.voltage_decay == 123 / 4096
    model = model_of(read(net(lambda g: dense(g, ramp(2, 4), neuron=None, bias=[2, 4]))))
    assert (model.message, model.current_decay, model.voltage_decay) == (Message.VOLTAGE, 0, 1)
    assert model.bias.tolist() == [2 / 64, 4 / 64]


def delayed(delays: Any) -> Callable[[Any], None]:
    def fill(group: Any) -> None:
        dense(group, ramp(2, 4))
        group["delay"] = delays

    return fill


def test_delays_belong_to_axons_or_to_synapses(net: Write) -> None:
    assert axons(read(net(delayed(np.array([3.0, 62.0]))))) == [3, 62]
    assert axons(read(net(delayed(np.float32(7))))) == [7, 7]
    assert axons(read(net(delayed(np.zeros(2))))) is None

    def channels(group: Any) -> None:
        conv(group, np.ones((2, 1, 1, 1)), (2, 1, 3))
        group["delay"] = np.array([1.0, 63.0])

    assert axons(read(net(image(1, 1, 3), channels))) == [1, 1, 1, 63, 63, 63]
    for given, expected in (
        (np.arange(8.0).reshape(2, 4), [[0, 1, 2, 3], [4, 5, 6, 7]]),
        (np.arange(4), 2 * [[0, 1, 2, 3]]),
    ):
        weights = read(net(delayed(given))).edges[0].weights
        assert isinstance(weights, DenseWeights) and weights.delays is not None
        assert weights.delays.tolist() == expected


def axons(graph: Graph) -> list[int] | None:
    delays = graph.populations[-1].delays
    return None if delays is None else delays.tolist()


@pytest.mark.parametrize(
    ("delays", "sentence"),
    [
        (np.array([3.5, 1]), "whole numbers of steps"),
        (np.array([64.0, 1]), r"delays 1..64 must lie in 0..63; train it with a max_delay of at most 63"),
        (np.array([-1.0, 1]), "delays -1..1 must lie in 0..63"),
        (np.arange(3.0), "3 delays for 2 channels of 2 units"),
        (np.zeros((4, 2)), r"delays have shape \(4, 2\)"),
        (np.full((2, 4), 64), "must lie in 0..63"),
    ],
)
def test_delays_that_the_chip_does_not_have_are_refused(delays: Any, sentence: str, net: Write) -> None:
    with pytest.raises(LavaFedError, match=rf"layer 0 \(dense\).*{sentence}"):
        read(net(delayed(delays)))


@pytest.mark.parametrize(("exponent", "factor"), [(2.0, 0.25), (-3.0, 8.0), (0.0, 1.0)])
def test_a_norm_that_scales_divides_weights_and_bias(exponent: float, factor: float, net: Write) -> None:
    def fill(group: Any) -> None:
        dense(group, ramp(2, 4), bias=[4, 8])
        group["neuron/weight_exp"] = np.array([exponent], "f4")

    graph = read(net(fill))
    (norm,) = graph.populations[0].norms
    assert (norm.into, norm.scale) == ("bias", factor)
    assert np.asarray(norm.shift).tolist() == [4 / 64 * factor, 8 / 64 * factor]
    kept, folded = graph.edges[0].weights, FoldNorms()(graph).edges[0].weights
    assert kept is not None and np.array_equal(kept.weights, ramp(2, 4) / 64)
    assert folded is not None and np.array_equal(folded.weights, ramp(2, 4) / 64 * factor)
    assert np.asarray(model_of(graph).bias).tolist() == [4 / 64 * factor, 8 / 64 * factor]


def test_averages_group_units_and_end_the_network(net: Write) -> None:
    graph = read(net(lambda g: dense(g, ramp(6, 4)), lambda g: shaped(g, b"average", (3, 1, 1))))
    assert isinstance(graph.nodes[-1], Average) and graph.nodes[-1].units == 3
    with pytest.raises(ContainerError, match=r"layer 1 \(average\): 4 groups do not divide the 6 units"):
        read(net(lambda g: dense(g, ramp(6, 4)), lambda g: shaped(g, b"average", (4,))))
    with pytest.raises(LavaFedError, match="nothing may follow"):
        read(
            net(
                lambda g: dense(g, ramp(6, 4)),
                lambda g: shaped(g, b"average", (3,)),
                lambda g: dense(g, ramp(2, 3)),
            )
        )


@pytest.mark.parametrize(
    "weights",
    [[[0, 0], [0, 0]], [[300, 10]], [[256, 10]], [[-4, -8]], [[-256, -2]], [[-2, -4]], [[254, -256]], [[510, 2]]],
    ids=str,
)
def test_what_netx_gets_wrong_silently_is_kept_exactly(weights: list[list[int]], net: Write) -> None:
    """All zero, all positive beyond 255, all negative down to a power of two: what acts is what was exported."""
    synapse = compile_model(net(lambda g: dense(g, weights))).network.connections[0].synapse
    assert (synapse.weights.astype(int) << synapse.exponent).tolist() == weights


@pytest.mark.parametrize(
    ("weights", "worst"),
    [([[300, -2]], "the worst is 300"), ([[301, 10]], "301"), ([[3.5, 10]], "the worst is 3.5")],
)
def test_weights_that_no_exponent_makes_fit_are_named(weights: list[list[int]], worst: str, net: Write) -> None:
    with pytest.raises(NetworkError, match=rf"layer 'readout': 1 of 2 weight values.*-256..254.*{worst}"):
        compile_model(net(lambda g: dense(g, weights)))


FEATURES: list[tuple[Callable[[Any], None], str]] = [
    (lambda f: replace(f, "layer/1/type", np.array([b"kwta"], "S10")), r"layer 1 \(kwta\): this layer type"),
    (lambda f: replace(f, "layer/1/type", np.array([b"concat"], "S10")), r"layer 1 \(concat\).*the live module"),
    (lambda f: replace(f, "layer/1/neuron/type", "SRM"), r"layer 1 \(dense\) has SRM neurons.*CUBA, LOIHI, ALIF"),
    (lambda f: f.create_dataset("layer/1/neuron/weight_exp", data=4.0), r"weight_exp \(WgtScaleBatchNorm\) is 4"),
    (lambda f: f.create_dataset("layer/1/neuron/weight_exp", data=0.5), "is 0.5; SLAYER limits it to -3..3"),
    (lambda f: f.create_dataset("layer/1/neuron/wgtExp", data=1), "wgtExp is 1; weight exponents"),
    (lambda f: f.create_dataset("simulation/Ts", data=2), "Ts is 2"),
    (lambda f: f.create_group("layer/2"), r"layer 2 is empty, as SLAYER exports .*KWTA.*compile the live module"),
]


@pytest.mark.parametrize(("spoil", "sentence"), FEATURES)
def test_what_the_graph_cannot_express_is_named(
    spoil: Callable[[Any], None], sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(UnsupportedLayerError, match=sentence):
        read(two_layers(tmp_path / "a.net", spoil))


def test_blocks_that_do_not_fit_their_neurons_are_refused(net: Write) -> None:
    complex_weights = ramp(2, 4) + 1j * ramp(2, 4)
    with pytest.raises(ContainerError, match=r"layer 0 \(dense\): complex weights lead to CUBA neurons"):
        read(net(lambda g: dense(g, complex_weights)))
    with pytest.raises(ContainerError, match="its RF_PHASE neurons need complex weights"):
        read(net(lambda g: dense(g, ramp(2, 4), neuron=RESONATOR)))
    with pytest.raises(UnsupportedLayerError, match="Affine block of RF_PHASE neurons"):
        read(net(lambda g: dense(g, complex_weights, neuron=RESONATOR | {"vThMant": (1 << 18) - 1})))
    with pytest.raises(UnsupportedLayerError, match="activation 'tanh' is not known"):
        read(net(lambda g: dense(g, ramp(2, 4), neuron=SIGMA_DELTA | {"activation": "tanh"})))
    with pytest.raises(UnsupportedLayerError, match=r"layer 0 \(conv\) comes first.*an Input block before it"):
        read(net(lambda g: conv(g, np.ones((1, 1, 1, 1)), (1, 2, 2))))
    with pytest.raises(UnsupportedLayerError, match=r"layer 1 \(conv\) has no neuron"):
        read(net(image(1, 2, 2), lambda g: conv(g, np.ones((1, 1, 1, 1)), (1, 2, 2), neuron=None)))
    with pytest.raises(
        UnsupportedLayerError, match=r"layer 0 \(input\) has RF_PHASE neurons, which have no plain"
    ):
        read(net(lambda g: shaped(g, b"input", (4,), neuron=RESONATOR), lambda g: dense(g, ramp(2, 4))))

    def recurrent(group: Any) -> None:
        delayed(np.array([1.0, 0.0]))(group)
        replace(group, "type", np.array([b"dense_rec"], "S10"))
        group["weight_rec"] = np.ones((2, 2))

    with pytest.raises(UnsupportedLayerError, match="would also delay what it sends itself"):
        read(net(recurrent))


def test_layers_in_an_order_that_means_nothing(net: Write) -> None:
    last = lambda group: dense(group, ramp(2, 4))  # noqa: E731
    with pytest.raises(UnsupportedLayerError, match=r"layer 0 \(flatten\) comes first"):
        read(net(lambda g: shaped(g, b"flatten", (4,)), last))
    with pytest.raises(UnsupportedLayerError, match=r"layer 1 \(input\): an input after other layers"):
        read(net(last, lambda g: shaped(g, b"input", (4,))))
    with pytest.raises(UnsupportedLayerError, match="reads an image of shape 1x2x2.*put a Flatten block"):
        read(net(image(1, 2, 2), last))
    with pytest.raises(ContainerError, match=r"layer 1 \(flatten\) makes 5 units of the 4"):
        read(net(image(4), lambda g: shaped(g, b"flatten", (5,)), last))
    with pytest.raises(ContainerError, match=r"layer 1 \(dense\) reads 4 units, the layer before it has 5"):
        read(net(image(5), last))
    with pytest.raises(UnsupportedLayerError, match=r"a\.net: it holds no layer of neurons"):
        read(net(image(5)))


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
