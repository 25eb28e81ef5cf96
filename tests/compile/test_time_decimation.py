"""SLAYER's TimeDecimation block: the host takes the mean, and what follows equals SLAYER's own forward pass."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from compile.errors import UnsupportedLayerError
from compile.nir_export import to_nir
from compile.pipeline import compile_graph
from compile.report import takes
from compile.slayer.availability import load
from compile.slayer.forward import quantized_forward
from compile.slayer.live_module import read_module
from compile.text import parse, show
from hardware.emulator.engine import EmulatorBackend
from hardware.encoder import Encoder
from hardware.errors import ContainerError, NetworkError
from hardware.program import Program
from hardware.spikes import SpikeTrain
from lava_fed.data import archive

torch = pytest.importorskip("torch")
pytest.importorskip("lava.lib.dl.slayer")
slayer = load()
pytestmark = [pytest.mark.slayer, pytest.mark.filterwarnings("ignore")]

NEURONS: dict[str, dict[str, Any]] = {
    "cuba": {"threshold": 0.4, "current_decay": 0.5, "voltage_decay": 0.1},
    "alif": {
        "threshold": 0.4,
        "current_decay": 0.5,
        "voltage_decay": 0.1,
        "threshold_step": 0.25,
        "threshold_decay": 0.2,
        "refractory_decay": 0.3,
    },
    "rf": {"threshold": 0.5, "period": 10, "decay": 0.1},
    "sigma_delta": {"threshold": 0.05, "activation": torch.nn.functional.relu},
}
VECTOR, IMAGE = (6,), (2, 5, 6)
LAYERS: dict[str, tuple[tuple[int, ...], tuple[int, ...], dict[str, Any]]] = {
    "Dense": (VECTOR, (6, 7), {"weight_scale": 3}),
    "Recurrent": (VECTOR, (6, 7), {"weight_scale": 3}),
    "Conv": (IMAGE, (2, 3, 3), {"padding": 1, "stride": 2, "weight_scale": 3}),
    "ConvT": (IMAGE, (2, 3, 2), {"stride": 2, "weight_scale": 3}),
}


def mean(factor: int) -> Any:
    return slayer.block.cuba.TimeDecimation(factor)


def block_of(family: str, layer: str = "Dense", *sizes: int) -> Any:
    _, usual, options = LAYERS[layer]
    return getattr(getattr(slayer.block, family), layer)(dict(NEURONS[family]), *(sizes or usual), **options)


def stack(*blocks: Any) -> Any:
    return torch.nn.Sequential(*blocks).eval()


def answer(module: Any, values: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """What SLAYER's own forward pass makes of (samples, steps, units), as (samples, steps, units)."""
    given = np.moveaxis(values, 1, 2).reshape(len(values), *shape, -1).astype(np.float32)
    with torch.no_grad():
        made = module(torch.from_numpy(given)).numpy()
    return np.moveaxis(made.reshape(len(values), -1, made.shape[-1]), 1, 2)


def ours(program: Program, values: NDArray[Any], late: int = 0) -> NDArray[Any]:
    """What the emulator makes of it, ``late`` steps later; SLAYER's neurons on the same integers agree."""
    assert program.network.encoder is not None
    messages = program.network.encoder(values)
    train = SpikeTrain(np.pad(messages, ((0, 0), (0, late), (0, 0))))
    with EmulatorBackend().load(program) as session:
        sent = session.run(train).spikes
    for name, trace in quantized_forward(program, train).items():
        assert np.array_equal(sent[name], trace), name
    return sent[program.network.output.name][:, late:]


def spikes_of(shape: tuple[int, ...], steps: int, seed: int = 0) -> NDArray[np.uint8]:
    made: NDArray[np.uint8] = (np.random.default_rng(seed).random((2, steps, *shape)) < 0.4).astype(np.uint8)
    return made.reshape(2, steps, -1)


@pytest.mark.parametrize(("factor", "steps"), [(2, 40), (4, 61), (16, 250), (64, 700)])
@pytest.mark.parametrize(("family", "layer"), [("cuba", "Dense"), ("alif", "Conv")])
def test_the_mean_of_spikes_arrives_with_nothing_lost(family: str, layer: str, factor: int, steps: int) -> None:
    torch.manual_seed(factor)
    shape = LAYERS[layer][0]
    module = stack(mean(factor), block_of(family, layer))
    values = spikes_of(shape, steps)
    expected = answer(module, values, shape)
    assert expected.shape[1] == -(-steps // factor) and 0 < expected.mean() < 1
    assert np.array_equal(ours(compile_graph(read_module(module, shape)), values), expected)


@pytest.mark.parametrize("family", ["cuba", "alif"])
@pytest.mark.parametrize("layer", LAYERS)
def test_every_layer_may_follow(family: str, layer: str) -> None:
    torch.manual_seed(3)
    shape = LAYERS[layer][0]
    module = stack(mean(4), block_of(family, layer))
    values = spikes_of(shape, 90)
    expected = answer(module, values, shape)
    assert expected.any()
    got = ours(compile_graph(read_module(module, shape)), values)
    if layer == "Recurrent":  # SLAYER's own recurrent neurons see their first input in their first step
        silent = np.zeros((2, 4, values.shape[2]), np.uint8)
        module[1].neuron.current_state = module[1].neuron.voltage_state = torch.zeros(3)
        expected = answer(module, np.concatenate([silent, values], axis=1), shape)[:, 1:]
    assert np.array_equal(got, expected)


@pytest.mark.parametrize("layer", ["Dense", "Conv"])
def test_sigma_delta_blocks_sum_the_means(layer: str) -> None:
    torch.manual_seed(5)
    shape = LAYERS[layer][0]
    module = stack(mean(4), block_of("sigma_delta", layer))
    values = spikes_of(shape, 43)
    expected = answer(module, values, shape) * 4096
    assert expected.any() and np.array_equal(expected, np.rint(expected))
    assert np.array_equal(ours(compile_graph(read_module(module, shape)), values, late=1), expected)


@pytest.mark.parametrize("factor", [4, 64])
@pytest.mark.parametrize("family", ["cuba", "sigma_delta"])
@pytest.mark.parametrize("affine", [{}, {"weight": 0.75, "bias": 0.25}])
def test_an_input_block_may_follow_and_quantizes_the_mean(
    family: str, factor: int, affine: dict[str, float]
) -> None:
    torch.manual_seed(6)
    neuron = NEURONS[family] | {"threshold": 0.1}
    first = getattr(slayer.block, family).Input(neuron, **affine)
    if family == "cuba":
        first.delay_shift = False
    module = stack(mean(factor), first, block_of(family))
    rng = np.random.default_rng(1)
    levels = np.repeat(rng.normal(0.2, 0.8, (2, 30, 6)), factor, axis=1)[:, :-1]
    real = np.rint((levels + rng.normal(0, 0.3, levels.shape)) * 256) / 256
    changes = family == "sigma_delta"
    expected = answer(module, real, VECTOR) * (4096 if changes else 1)
    assert 0.03 < np.count_nonzero(expected) / expected.size < 0.97
    graph = read_module(module, 6)
    assert graph.source.encoder is not None
    assert (graph.source.encoder.decimate, graph.source.encoder.grid) == (factor, 32)
    assert np.array_equal(ours(compile_graph(graph), real, late=int(changes)), expected)


def test_flatten_and_an_input_block_without_neurons_may_come_first_and_means_multiply() -> None:
    torch.manual_seed(7)
    dense = block_of("cuba", "Dense", 60, 5)
    silent = slayer.block.cuba.Input(None, delay_shift=False)
    module = stack(silent, mean(2), slayer.block.cuba.Flatten(), mean(4), dense)
    graph = read_module(module, IMAGE)
    assert graph.source.encoder == Encoder(decimate=8, grid=4096) and graph.source.shape == IMAGE
    values = spikes_of(IMAGE, 163)
    expected = answer(module, values, IMAGE)
    assert expected.any() and np.array_equal(ours(compile_graph(graph), values), expected)


def test_a_window_of_one_step_changes_nothing() -> None:
    source = read_module(stack(mean(1), block_of("cuba"))).source
    assert not source.graded and source.encoder is None


def test_the_layer_behind_says_how_large_the_input_is() -> None:
    assert read_module(stack(mean(4), block_of("cuba"))).source.shape == (6,)
    with pytest.raises(UnsupportedLayerError, match=r"block 1 \(conv\) does not say how large the input is; pass"):
        read_module(stack(mean(4), block_of("cuba", "Conv")))


def test_program_text_and_tables_keep_it(tmp_path: Path) -> None:
    graph = read_module(stack(mean(4), block_of("cuba")))
    assert "source input 6 graded=true encoder=[64 0 0 4 4096]\n" in show(graph)
    again = parse(show(graph))
    assert again.source == graph.source
    program = compile_graph(graph)
    program.save(tmp_path / "mean.lfp")
    loaded = Program.load(tmp_path / "mean.lfp")
    assert loaded.network.encoder == Encoder(decimate=4, grid=4096) and loaded.digest == program.digest
    assert takes(loaded) == "spikes or real numbers, the mean of every 4 steps"
    with pytest.raises(UnsupportedLayerError, match="is the mean of every 4 steps, which NIR does not know"):
        to_nir(graph)


@pytest.mark.parametrize("kind", [np.uint8, np.int64, np.bool_, np.float32])
def test_an_archive_of_any_type_gives_a_step_for_each_window(tmp_path: Path, kind: type) -> None:
    program = compile_graph(read_module(stack(mean(4), block_of("cuba"))))
    values = spikes_of(VECTOR, 11)
    np.savez(tmp_path / "x.npz", x=np.moveaxis(values, 1, 2).astype(kind))
    data = archive.read(tmp_path / "x.npz", encoder=program.network.encoder)
    padded = np.pad(values, ((0, 0), (0, 1), (0, 0))).astype(np.int64)
    assert data.x.graded and data.x.steps == 3
    assert np.array_equal(data.x.values, padded.reshape(2, 3, 4, 6).sum(axis=2) * 1024)


def test_counts_are_numbers_and_images_are_shown_before_the_mean(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", x=np.array([[3, 0]]))
    shown = archive.read(tmp_path / "x.npz", encoder=Encoder(decimate=4, grid=4096), steps=5)
    assert shown.x.values.tolist() == [[[3 * 4096, 0], [3 * 1024, 0]]]
    np.savez(tmp_path / "x.npz", x=np.full((1, 1, 4), 1e9))
    with pytest.raises(ContainerError, match=r"input 1e\+09..1e\+09 must lie in -524288..524288"):
        archive.read(tmp_path / "x.npz", encoder=Encoder(decimate=4, grid=4096))


def test_resonators_cannot_read_means() -> None:
    with pytest.raises(UnsupportedLayerError, match=r"block 1 \(dense\) has resonators, which read plain spikes"):
        read_module(stack(mean(4), block_of("rf")))


def test_a_mean_behind_other_blocks_is_refused_with_a_remedy() -> None:
    first, second = block_of("cuba", "Dense", 6, 6), block_of("cuba")
    sentence = (
        r"block 1 \(decimation\) takes means over time behind other blocks.*the mean of every 4 steps of the"
    )
    for blocks in ([first, mean(4), second], [first, mean(4)]):
        with pytest.raises(UnsupportedLayerError, match=sentence):
            read_module(stack(*blocks))
    neurons = slayer.block.cuba.Input(NEURONS["cuba"])
    with pytest.raises(UnsupportedLayerError, match=sentence):
        read_module(stack(neurons, mean(4), second), 6)


def test_windows_over_64_steps_are_refused() -> None:
    for means in ([mean(128)], [mean(16), mean(8)]):
        with pytest.raises(UnsupportedLayerError, match="makes windows of 128 steps, over the limit of 64"):
            read_module(stack(*means, block_of("cuba")))


def test_a_skip_may_not_pass_a_mean() -> None:
    dense = [block_of("cuba", "Dense", n, 6) for n in (6, 12)]
    silent = slayer.block.cuba.Input(None, delay_shift=False)
    blocks = [silent, mean(4), *dense]
    with pytest.raises(
        UnsupportedLayerError, match=r"skip \(0, 3\) passes block 1 \(decimation\).*begin at block 1"
    ):
        read_module(stack(*blocks), 6, skips=[(0, 3)])
    graph = read_module(stack(*blocks), 6, skips=[(1, 3)])
    values = spikes_of(VECTOR, 50)
    with torch.no_grad():
        given = blocks[1](torch.from_numpy(np.moveaxis(values, 1, 2).astype(np.float32)))
        made = dense[1](torch.cat([dense[0](given), given], dim=1)).numpy()
    assert made.any() and np.array_equal(ours(compile_graph(graph), values), np.moveaxis(made, 1, 2))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"decimate": 3}, "decimate 3 must be a power of two in 1..64"),
        ({"decimate": 128}, "decimate 128 must be a power of two in 1..64"),
        ({"decimate": 0}, "decimate 0 must be"),
        ({"decimate": True}, "decimate True must be"),
        ({"grid": 64}, "grid 64 must be 32 or 4096 steps per unit"),
        ({"grid": 4096, "bias": 2}, "weight 64, bias 2 and divide 0 need the grid of 32"),
        ({"grid": 4096, "divide": 6}, "weight 64, bias 0 and divide 6 need the grid of 32"),
    ],
)
def test_encoders_that_make_no_sense_are_refused(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(NetworkError, match=sentence):
        Encoder(**options)


def test_a_mean_needs_an_axis_of_steps() -> None:
    with pytest.raises(NetworkError, match=r"the mean over 4 steps needs input of shape \(..., steps, units\)"):
        Encoder(decimate=4)(np.zeros(5))


def test_what_lies_beyond_the_grid_is_counted_by_windows() -> None:
    coarse = Encoder(decimate=2)
    assert coarse.range == (-4.0, 3.96875)
    assert coarse.beyond(np.array([[9.0, 8.0], [0.0, 8.0], [-9.0, -8.0], [1.0, -8.0]])) == 3
    assert Encoder(decimate=2, grid=4096).beyond(np.full((2, 2), 9.0)) == 0
