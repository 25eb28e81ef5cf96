"""Live SLAYER modules: the same graph as their export where there is one, SLAYER's own numbers elsewhere."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import functools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from compile.errors import UnsupportedLayerError
from compile.frontends.slayer_net import SlayerNetFrontend
from compile.frontends.strict_hdf5 import StrictGroup
from compile.graph import Graph
from compile.nodes import Average, Concat
from compile.pipeline import aligned, compile_graph
from compile.slayer.availability import load
from compile.slayer.export import encode_net
from compile.slayer.hooks import hook_of
from compile.slayer.live_module import read_module, weight_hooks
from compile.synapses import PoolWeights, SparseWeights
from compile.text import show
from compile.transforms.fold_norms import FoldNorms
from hardware.emulator.engine import EmulatorBackend
from hardware.errors import ContainerError, LavaFedError
from hardware.neurons.cuba import Message
from hardware.spikes import SpikeTrain

torch = pytest.importorskip("torch")
pytest.importorskip("lava.lib.dl.slayer")
slayer = load()
pytestmark = [pytest.mark.slayer, pytest.mark.filterwarnings("ignore")]

CUBA = {"threshold": 1.0, "current_decay": 0.5, "voltage_decay": 0.1}
ADAPTIVE = {"threshold_step": 0.5, "threshold_decay": 0.2, "refractory_decay": 0.3}
RESONATOR = {"threshold": 0.5, "period": 10, "decay": 0.1}
NEURONS: dict[str, dict[str, Any]] = {
    "cuba": CUBA,
    "alif": CUBA | ADAPTIVE,
    "rf": RESONATOR,
    "rf_iz": RESONATOR,
    "adrf": RESONATOR | ADAPTIVE,
    "adrf_iz": RESONATOR | ADAPTIVE,
    "sigma_delta": {"threshold": 0.2, "activation": torch.nn.functional.relu},
}
SHAPES = {
    "Dense": (6,),
    "Recurrent": (6,),
    "KWTA": (6,),
    "Output": (6,),
    "Affine": (6,),
    "Conv": (2, 7, 6),
    "ConvT": (2, 3, 4),
    "Pool": (2, 5, 6),
    "Unpool": (2, 3, 4),
}
MEAN, SCALE = slayer.neuron.norm.MeanOnlyBatchNorm, slayer.neuron.norm.WgtScaleBatchNorm
VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "delay": {"delay": True},
    "weight norm": {"weight_norm": True},
    "norm": {"neuron": {"norm": MEAN}},
    "scaling norm": {"neuron": {"norm": SCALE}},
    "channels": {"neuron": {"shared_param": False}},
    "graded": {"neuron": {"graded_spike": True}},
}


def block_of(family: str, layer: str, *, neuron: dict[str, Any] | None = None, **options: Any) -> Any:
    kind, parameters = getattr(getattr(slayer.block, family), layer), NEURONS[family] | (neuron or {})
    sizes: dict[str, tuple[Any, ...]] = {
        "Conv": (2, 3, 3),
        "ConvT": (2, 3, 3),
        "Pool": (2,),
        "Unpool": (2,),
        "KWTA": (6, 5, 2),
    }
    if layer in ("Conv", "ConvT"):
        options |= {"stride": 2, "padding": 1}
    return kind(parameters, *sizes.get(layer, (6, 5)), **options)


def ran(block: Any, shape: tuple[int, ...], seed: int = 0) -> Any:
    """Run a block forward in training, so that it draws its parameters and its norms move; set delays up to 9."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for _ in range(3):
            block((torch.rand(2, *shape, 20) > 0.5).float())
    if getattr(block, "delay", None) is not None:
        block.delay.delay.data = torch.rand(block.delay.delay.shape) * 9
    return block.eval()


def scaling(block: Any) -> Any:
    """Let a block's norm halve its input."""
    block.neuron.norm.running_var = torch.tensor([3.9])
    return block


def network(block: Any, shape: tuple[int, ...], *, sigma_delta: bool = False) -> Any:
    """Put the input block before it that its export needs."""
    if sigma_delta:
        first = slayer.block.sigma_delta.Input(NEURONS["sigma_delta"])
    else:
        first = slayer.block.cuba.Input(None, delay_shift=False)
    with torch.no_grad():
        first(torch.zeros(1, *shape, 2))
    return torch.nn.ModuleList([first, block])


def exported(module: Any) -> Graph:
    from compile.frontends.hdf5_worker import dump

    return SlayerNetFrontend().graph_of(StrictGroup(*dump(encode_net(module)), "", "a.net"), Path("a.net"))


def spikes(graph: Graph, values: NDArray[Any]) -> NDArray[Any]:
    """Run messages of shape (steps, units) on the emulator and return the last layer's."""
    with EmulatorBackend().load(compile_graph(graph, passes=aligned(1))) as session:
        return next(reversed(session.run(SpikeTrain(values[None])).spikes.values()))[0]


EXPORTABLE = [
    (family, layer, variant)
    for family in NEURONS
    for layer in ("Dense", "Conv", "ConvT", "Pool", "Unpool", "Recurrent", "Output")
    for variant in VARIANTS
    if (family == "sigma_delta" or layer != "Output")
    and (layer == "Dense" or family in ("cuba", "alif", "sigma_delta"))
    and not (family == "sigma_delta" and (layer == "Recurrent" or variant in ("channels", "graded")))
    and not (layer == "Output" and variant in ("delay", "scaling norm", "norm"))
    and not (family not in ("cuba", "alif", "sigma_delta") and "norm" in variant and variant != "weight norm")
    and not (layer == "Recurrent" and variant in ("delay", "scaling norm"))
    and not (family == "adrf_iz" and variant == "delay")
    and not (layer in ("ConvT", "Unpool") and variant == "channels")
]
"""What SLAYER can build, run where it must, and export with nothing dropped."""


@pytest.mark.parametrize(("family", "layer", "variant"), EXPORTABLE)
def test_a_live_block_reads_as_its_export(family: str, layer: str, variant: str) -> None:
    shape = SHAPES[layer]
    options = copy.deepcopy(VARIANTS[variant])
    if variant == "channels" and len(shape) == 3 and layer == "Pool":
        shape = (2, 6, 6)
    block = block_of(family, layer, **options)
    with contextlib.suppress(RuntimeError, TypeError):  # SLAYER cannot run adrf_iz, nor images with own channels
        block = ran(block, shape)
    if variant == "scaling norm" and layer not in ("Pool", "Unpool"):
        block.neuron.norm.running_var.clamp_(2.0**-5, 2.0**5)
    net = network(block, shape, sigma_delta=family == "sigma_delta")
    assert show(read_module(net)) == show(exported(net))


@pytest.mark.parametrize("family", ["cuba", "alif"])
@pytest.mark.parametrize("layer", ["Recurrent", "KWTA"])
@pytest.mark.parametrize("norm", [None, MEAN])
def test_blocks_that_feed_themselves_spike_as_slayers_forward_pass(family: str, layer: str, norm: Any) -> None:
    """One silent bin goes before SLAYER's input, because its neurons see their first input in their first step."""
    block = ran(block_of(family, layer, neuron={"norm": norm, "threshold": 0.5}), (6,))
    if norm is not None:
        block.neuron.norm.running_mean = torch.tensor([-0.25, 0.125, 0.0, -0.5, 0.25])
    values = np.random.default_rng(3).integers(0, 2, (30, 6))
    given = torch.from_numpy(np.pad(values, ((1, 0), (0, 0))).T[None].astype(np.float32))
    fresh = copy.deepcopy(block)
    for name in ("current_state", "voltage_state", "threshold_state", "refractory_state"):
        if hasattr(fresh.neuron, name):
            setattr(fresh.neuron, name, torch.zeros(3))
    with torch.no_grad():
        expected = fresh(given)[0].T.numpy()[1:]
    assert expected.any()
    assert np.array_equal(spikes(read_module(block), values), expected)


def test_winner_take_all_has_slayers_competition() -> None:
    block = block_of("cuba", "KWTA", neuron={"threshold": 40.0})
    graph = read_module(block)
    own = graph.edges[1].weights
    assert own is not None and np.array_equal(own.weights, 1.5 * np.eye(5) - 1)
    q = block.neuron.quantize_8bit(torch.tensor(40.0 * (5 - 2 * 2) / 5 / 64))
    assert graph.populations[0].model.drive == float(q) == 0.125  # type: ignore[attr-defined]


@pytest.mark.parametrize("family", ["rf", "rf_iz", "adrf"])
@pytest.mark.parametrize("layer", ["Conv", "Pool", "Unpool", "ConvT"])
def test_resonators_in_images_are_read_though_slayer_cannot_export_them(family: str, layer: str) -> None:
    shape = SHAPES[layer]
    block = ran(block_of(family, layer, delay=True, neuron={"threshold": 0.1}), shape)
    values = np.random.default_rng(5).integers(0, 2, (40, int(np.prod(shape))))
    given = torch.from_numpy(values.T.reshape(1, *shape, -1).astype(np.float32))
    with torch.no_grad():
        expected = block(given)[0].reshape(-1, 40).T.numpy()
    assert expected.any()
    assert np.array_equal(spikes(read_module(block, shape), values), expected)


def test_norms_of_resonators_drive_both_parts() -> None:
    block = ran(block_of("rf", "Dense", neuron={"norm": SCALE}), (6,))
    block.neuron.real_norm.running_mean = torch.tensor([0.25, -0.5, 0, 0, 0])
    block.neuron.imag_norm.running_mean = torch.tensor([0, 0, 0, 0.125, 0])
    block.neuron.real_norm.running_var, block.neuron.imag_norm.running_var = (
        torch.tensor([3.9]),
        torch.tensor([0.9]),
    )
    read = read_module(block)
    found = [(norm.into, norm.scale) for norm in read.populations[0].norms]
    assert found == [("drive_real", 0.5), ("drive_imag", 1.0)]
    graph = FoldNorms()(read)
    model: Any = graph.populations[0].model
    assert model.drive_real.tolist() == [-0.125, 0.25, 0, 0, 0]
    assert model.drive_imag.tolist() == [0, 0, 0, -0.125, 0]
    real, imag = (edge.weights for edge in graph.edges)
    plain = [block.synapse.real, block.synapse.imag]
    for weights, layer, factor in zip((real, imag), plain, (0.5, 1.0), strict=True):
        used = layer.pre_hook_fx(layer.weight).detach().numpy().reshape(5, 6)
        assert weights is not None and np.array_equal(weights.weights, used * factor)


def test_what_the_export_of_sigma_delta_units_drops_is_kept() -> None:
    neuron = {"cum_error": True, "threshold": 0.3, "activation": torch.nn.Identity()}
    block = block_of("sigma_delta", "Dense", neuron=neuron)
    block.neuron.set_bias(torch.arange(5) / 8)
    model: Any = read_module(block).populations[0].model
    assert model.cumulative and model.activation.value == "unit" and model.threshold == 19 / 64
    assert model.bias.tolist() == [0, 0.125, 0.25, 0.375, 0.5]
    relu = block_of("sigma_delta", "Dense", neuron={"activation": torch.nn.ReLU()})
    assert read_module(relu).populations[0].model.activation.value == "relu"  # type: ignore[attr-defined]
    with pytest.raises(UnsupportedLayerError, match="neither relu nor the identity"):
        read_module(block_of("sigma_delta", "Dense", neuron={"activation": torch.tanh}))


@pytest.mark.parametrize("dynamics", [True, False])
def test_affine_blocks_send_voltages(dynamics: bool) -> None:
    net = network(block_of("cuba", "Affine", dynamics=dynamics), (6,))
    graph = read_module(net)
    assert graph.populations[0].model.message is Message.VOLTAGE  # type: ignore[attr-defined]
    assert show(graph) == show(exported(net))


POOLS = [
    ("Pool", (2, 6, 4), {"kernel_size": 2}, PoolWeights),
    ("Pool", (3, 5, 7), {"kernel_size": 2}, SparseWeights),
    ("Pool", (2, 6, 6), {"kernel_size": 3, "stride": 1, "padding": 1}, SparseWeights),
    ("Pool", (2, 8, 6), {"kernel_size": (1, 2), "stride": 2}, PoolWeights),
    ("Pool", (2, 4, 4), {"kernel_size": 2, "dilation": 2, "padding": 1, "stride": 2}, SparseWeights),
    ("Unpool", (2, 3, 4), {"kernel_size": 2}, PoolWeights),
    ("Unpool", (2, 3, 4), {"kernel_size": 3, "stride": 1, "padding": 1}, SparseWeights),
    ("Unpool", (3, 2, 2), {"kernel_size": (3, 2), "stride": (3, 1)}, PoolWeights),
]


@pytest.mark.parametrize(("layer", "shape", "sizes", "kind"), POOLS)
def test_pooling_sums_what_slayers_synapse_sums_even_where_it_mixes_channels(
    layer: str, shape: tuple[int, ...], sizes: dict[str, Any], kind: type
) -> None:
    block = getattr(slayer.block.cuba, layer)(CUBA, **sizes, weight_scale=0.5)
    graph = read_module(block, shape)
    assert isinstance(graph.edges[0].weights, kind)
    weights = block.synapse.weight
    weights.data = torch.round(torch.rand_like(weights) * 64) / 32
    eye = torch.eye(int(np.prod(shape))).reshape(-1, *shape, 1)
    with torch.no_grad():
        expected = block.synapse(eye).reshape(len(eye), -1).T.numpy()
    values = np.eye(len(eye), dtype=np.int64)
    graph = read_module(block, shape)
    probe = dataclasses.replace(graph.populations[0].model, current_decay=1.0, threshold=2000.0)
    plain = dataclasses.replace(graph.populations[0], model=probe)
    program = compile_graph(dataclasses.replace(graph, nodes=(graph.nodes[0], plain)))
    with EmulatorBackend().load(program) as session:
        result = session.run(SpikeTrain(np.pad(values, ((0, 1), (0, 0)))[None]), probes=["readout.u"])
    got = result.probes["readout.u"][0][1:].T / 4096
    assert np.array_equal(got, expected)


def test_pooling_that_slayer_cannot_run_is_refused() -> None:
    with pytest.raises(UnsupportedLayerError, match="SLAYER's own forward pass cannot share out"):
        read_module(slayer.block.cuba.Pool(CUBA, 2, stride=1), (2, 4, 4))


def test_hooks_are_named_by_what_they_do() -> None:
    block = block_of("cuba", "Dense")
    assert hook_of(block.synapse) == "quantize_8bit"
    quantize = slayer.utils.quantize_hook_fx
    assert hook_of(block_of("cuba", "Dense", pre_hook_fx=quantize).synapse) == "quantize_hook_fx(num_bits=8)"
    four = functools.partial(quantize, num_bits=4)
    assert hook_of(block_of("cuba", "Dense", pre_hook_fx=four).synapse) == "quantize_hook_fx(num_bits=4)"
    wrapped = block_of(
        "cuba", "Dense", pre_hook_fx=lambda x, descale=False: block.neuron.quantize_8bit(x, descale)
    )
    assert hook_of(wrapped.synapse) == "quantize_8bit"
    assert hook_of(block_of("cuba", "Dense", pre_hook_fx=None).synapse) == "none"
    assert hook_of(block_of("cuba", "Dense", pre_hook_fx=lambda x: x).synapse) == "none"
    assert hook_of(block_of("cuba", "Dense", pre_hook_fx=lambda x: torch.round(x * 8) / 8).synapse) == "custom"
    net = network(ran(block_of("rf", "Conv"), SHAPES["Conv"]), SHAPES["Conv"])
    assert weight_hooks(net) == {"conv1": "quantize_8bit"}


def test_each_hook_gives_the_weights_that_its_forward_pass_uses() -> None:
    weights = torch.tensor([[5.3, -6.1, 0.017, 0.05, -0.2, 8.5]]).repeat(5, 1).reshape(5, 6, 1, 1, 1)
    rows = {
        "default": [254, -256, 2, 4, -12, 254],
        "wide": [340, -390, 2, 4, -12, 510],
        "none": [339.2, -390.4, 1.088, 3.2, -12.8, 544],
    }
    hooks = {"default": {}, "wide": {"pre_hook_fx": slayer.utils.quantize_hook_fx}, "none": {"pre_hook_fx": None}}
    for name, options in hooks.items():
        block = block_of("cuba", "Dense", **options)
        block.synapse.weight.data = weights.clone()
        read = read_module(block).edges[0].weights
        assert read is not None and np.allclose(read.weights[0] * 64, rows[name], atol=1e-4), name


def test_reading_changes_nothing_and_sees_weights_that_changed_since_the_last_pass() -> None:
    block = ran(block_of("cuba", "Dense", weight_norm=True, delay=True, neuron={"norm": SCALE}), (6,))
    block.synapse.weight_g.data *= 1.7
    before = {key: value.clone() for key, value in block.state_dict().items()}
    read = FoldNorms()(read_module(block)).edges[0].weights
    assert all(torch.equal(value, before[key]) for key, value in block.state_dict().items())
    assert block.synapse.weight_norm_enabled
    with torch.no_grad():
        block(torch.zeros(1, 6, 2))
        used = block.synapse.pre_hook_fx(block.synapse.weight) / block.neuron.norm.std(
            block.neuron.norm.running_var
        )
    assert read is not None and np.array_equal(read.weights, used.numpy().reshape(5, 6))


def test_masked_synapses_are_zero() -> None:
    mask = torch.eye(5, 6)
    read = read_module(block_of("cuba", "Dense", mask=mask)).edges[0].weights
    assert read is not None and not read.weights[mask.numpy() == 0].any() and read.weights.any()


def test_dense_blocks_read_images_as_a_whole_or_pixel_by_pixel() -> None:
    whole = slayer.block.cuba.Dense(CUBA, (4, 3, 2), 5)
    graph = read_module(whole)
    assert [node.shape for node in graph.nodes] == [(2, 3, 4), (24,), (5, 1, 1)]
    pixels = read_module(slayer.block.cuba.Dense(CUBA, 2, 5), (2, 3, 4))
    assert pixels.populations[0].shape == (5, 3, 4)
    assert pixels.edges[0].weights is not None and pixels.edges[0].weights.kind == "conv"


def test_modules_are_found_in_blocks_layers_and_sequentials_and_averages_end_them() -> None:
    class Owner(torch.nn.Module):  # type: ignore[misc]
        def __init__(self, name: str, blocks: Any) -> None:
            super().__init__()
            setattr(self, name, blocks)

    blocks = [block_of("cuba", "Dense"), slayer.block.cuba.Dense(CUBA, 5, 4), slayer.block.cuba.Average(2)]
    expected = show(read_module(torch.nn.ModuleList(blocks)))
    for module in (
        torch.nn.Sequential(*blocks),
        Owner("blocks", torch.nn.ModuleList(blocks)),
        Owner("layers", torch.nn.Sequential(*blocks)),
    ):
        assert show(read_module(module)) == expected
    last = read_module(torch.nn.ModuleList(blocks)).nodes[-1]
    assert isinstance(last, Average) and last.units == 2


def test_skips_join_channels_as_torch_cat() -> None:
    conv = slayer.block.cuba.Conv
    torch.manual_seed(2)
    blocks = torch.nn.ModuleList(
        [conv({**CUBA, "threshold": 0.2}, n, m, 3, padding=1) for n, m in ((1, 2), (2, 2), (4, 1))]
    )
    blocks.skips = [(0, 2)]
    graph = read_module(blocks, (1, 4, 4))
    joined = graph.node("concat2")
    assert isinstance(joined, Concat) and joined.shape == (4, 4, 4)
    assert [edge.source for edge in graph.into("concat2")] == ["conv1", "conv0"]
    values = np.random.default_rng(1).integers(0, 2, (25, 16))
    with torch.no_grad():
        first = blocks[0](torch.from_numpy(values.T.reshape(1, 1, 4, 4, 25).astype(np.float32)))
        second = blocks[1](first)
        expected = blocks[2](torch.cat([second, first], dim=1))[0].reshape(16, 25).T.numpy()
    assert expected.any()
    assert np.array_equal(spikes(graph, values), expected)


def test_skips_between_sigma_delta_blocks_meet_in_the_same_step() -> None:
    """SLAYER computes the whole stack in one bin, so what skips a block must wait for what does not."""
    torch.manual_seed(4)
    blocks = torch.nn.ModuleList(
        [
            slayer.block.sigma_delta.Input(NEURONS["sigma_delta"]),
            *(slayer.block.sigma_delta.Dense(NEURONS["sigma_delta"], n, 4, weight_scale=2) for n in (3, 4, 8)),
        ]
    )
    real = np.random.default_rng(2).integers(-64, 65, (12, 3)) / 32
    with torch.no_grad():
        first = blocks[1](blocks[0](torch.from_numpy(real.T[None].astype(np.float32))))
        expected = (blocks[3](torch.cat([blocks[2](first), first], dim=1))[0].T.numpy() * 4096).astype(int)
    assert expected.any()
    graph = read_module(blocks, 3, skips=[(1, 3)])
    encoder = graph.source.encoder
    assert encoder is not None
    messages = np.pad(encoder(real), ((0, 3), (0, 0)), mode="edge")
    assert np.array_equal(spikes(graph, messages)[3:], expected)


@pytest.mark.parametrize(
    ("make", "shape", "sentence"),
    [
        (lambda: torch.nn.Linear(3, 3), None, "Linear is no SLAYER network.*attribute blocks or layers"),
        (lambda: torch.nn.Sequential(torch.nn.ReLU()), None, "block 0 is a ReLU, not one of SLAYER's blocks"),
        (lambda: block_of("cuba", "Conv"), None, r"pass input_shape=\(channels, height, width\)"),
        (lambda: block_of("cuba", "Conv"), (3, 4, 4), r"block 0 \(conv\).*2 .*channels"),
        (lambda: block_of("cuba", "Dense"), 7, "reads 6 units, the layer before it has 7"),
        (lambda: block_of("cuba", "Dense", delay=True), None, "has not drawn its delays; run it forward once"),
        (
            lambda: block_of("cuba", "Dense", neuron={"shared_param": False}),
            None,
            "has not drawn the parameters of its channels; run it forward once",
        ),
        (lambda: block_of("cuba", "Dense", neuron={"scale": 32}), None, "scale of 32; only SLAYER's usual 64"),
        (lambda: block_of("rf", "KWTA"), None, "winner-take-all among resonators, which SLAYER itself cannot run"),
        (lambda: block_of("rf", "Recurrent"), None, "recurrent resonators, which SLAYER itself cannot run"),
        (
            lambda: ran(block_of("cuba", "Recurrent", delay=True), (6,)),
            None,
            "would also delay what it sends itself.*delay=False",
        ),
        (
            lambda: scaling(block_of("cuba", "KWTA", neuron={"norm": SCALE})),
            None,
            "WgtScaleBatchNorm in a recurrent block",
        ),
        (lambda: block_of("cuba", "Dense", neuron={"norm": torch.nn.Identity}), None, "its norm is a Identity"),
        (
            lambda: slayer.block.rf.Input({**RESONATOR}, weight=1.0),
            (4,),
            "has resonators, which have no plain input",
        ),
    ],
)
def test_what_cannot_be_read_is_named_with_a_remedy(make: Any, shape: Any, sentence: str) -> None:
    with pytest.raises(LavaFedError, match=sentence) as caught:
        read_module(make(), shape)
    assert "\n" not in str(caught.value)


def test_skips_that_lead_nowhere_or_change_the_time_are_refused() -> None:
    blocks = torch.nn.ModuleList([slayer.block.cuba.Dense(CUBA, n, 4) for n in (4, 4, 8)])
    for pair in ((0, 1), (2, 1), (0, 3), (-1, 2)):
        with pytest.raises(UnsupportedLayerError, match="must lead from a block to one at least two further on"):
            read_module(blocks, skips=[pair])
    blocks[1] = slayer.block.cuba.Dense(CUBA, 4, 4, delay_shift=False)
    with pytest.raises(UnsupportedLayerError, match=r"block 1 \(dense\).*must have delay_shift=True"):
        read_module(blocks, skips=[(0, 2)])
    images = torch.nn.ModuleList([slayer.block.cuba.Conv(CUBA, 1, 1, 3, padding=p) for p in (1, 0, 0)])
    with pytest.raises(UnsupportedLayerError, match=r"block 2 \(conv\) joins shapes"):
        read_module(images, (1, 6, 6), skips=[(0, 2)])


def test_an_input_block_with_another_hook_is_refused() -> None:
    first = slayer.block.cuba.Input(CUBA, weight=1.0, bias=0.5)
    net = torch.nn.ModuleList([first, block_of("cuba", "Dense")])
    graph = read_module(net, 6)
    assert graph.source.encoder is not None and (graph.source.encoder.weight, graph.source.encoder.bias) == (
        64,
        32,
    )
    first.pre_hook_fx = slayer.utils.quantize_hook_fx
    with pytest.raises(UnsupportedLayerError, match="its input is quantized by quantize_hook_fx"):
        read_module(net, 6)


def test_an_input_that_does_not_fit_is_an_error_of_the_block() -> None:
    with pytest.raises(ContainerError, match="input_shape .* must be 1 to 3 positive axes"):
        read_module(block_of("cuba", "Dense"), (0, 3))
