"""A deep network, trained by gradient, equals SLAYER's own forward pass in every block."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from compile.pipeline import compile_model
from compile.slayer.availability import load
from compile.slayer.export import export_net
from hardware.emulator.engine import EmulatorBackend
from hardware.program import Program
from hardware.spikes import SpikeTrain
from lava_fed import compile_module

torch = pytest.importorskip("torch")
pytest.importorskip("lava.lib.dl.slayer")
slayer = load()
pytestmark = [pytest.mark.slayer, pytest.mark.filterwarnings("ignore")]

STEPS = 110
SHAPE = (2, 7, 5)


@pytest.fixture(scope="module")
def trained() -> Iterator[tuple[Any, Any]]:
    """Blocks after some steps of training, and real numbers for them."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(8)
        blocks = made()
        values = torch.rand(3, *SHAPE, STEPS) * 2 - 0.5
        optimizer = torch.optim.Adam(blocks.parameters(), lr=0.004)
        for _ in range(4):
            optimizer.zero_grad()
            error = (through(blocks, values)[-1].mean(-1) - 0.3).square().mean()
            error.backward()
            optimizer.step()
        blocks.eval()
        yield blocks, values


def made() -> Any:
    """Every kind of block between an input that encodes and a readout of voltages."""

    def cuba(**more: Any) -> dict[str, Any]:
        return {"threshold": 1.0, "current_decay": 0.4, "voltage_decay": 0.2, "requires_grad": True, **more}

    alif = {"threshold_step": 0.25, "threshold_decay": 0.3, "refractory_decay": 0.4}
    norm = slayer.neuron.norm.MeanOnlyBatchNorm
    block, adaptive = slayer.block.cuba, slayer.block.alif
    return torch.nn.ModuleList(
        [
            block.Input(cuba(), weight=1.5, bias=0.25),
            block.Conv(cuba(), 2, 4, (3, 2), stride=(2, 1), padding=1, weight_scale=5, weight_norm=True),
            block.Pool(cuba(), 2, delay=True),
            block.ConvT(cuba(), 4, 2, (2, 3), stride=2, groups=2, weight_scale=4),
            block.Flatten(),
            block.Dense(cuba(norm=norm), 56, 10, weight_scale=3, delay=True),
            adaptive.Recurrent(cuba(**alif), 10, 8, weight_scale=2),
            block.Affine(cuba(), 8, 3, weight_norm=True),
        ]
    )


def through(blocks: Any, values: Any) -> list[Any]:
    """Answers of all blocks."""
    out = []
    for block in blocks:
        values = block(values)
        out.append(values)
    return out


@pytest.mark.parametrize("way", ["file", "live module"])
def test_every_block_of_a_trained_network_is_equal(trained: tuple[Any, Any], way: str, tmp_path: Path) -> None:
    blocks, values = trained
    with torch.no_grad():
        through(blocks, torch.cat([values, values[:1]]))  # another batch size: states go back to rest
        own = through(blocks, values)
    program = compiled(blocks, way, tmp_path / "deep.net")
    assert program.network.encoder is not None
    given = np.moveaxis(values.numpy().reshape(len(values), -1, STEPS), 1, 2)
    with EmulatorBackend().load(program) as session:
        traces = session.run(SpikeTrain(program.network.encoder(given))).spikes
    layers = program.network.layers
    answers = [a for block, a in zip(blocks, own, strict=True) if type(block).__name__ != "Flatten"]
    assert len(layers) == len(answers)
    for layer, answer in zip(layers[:-1], answers[:-1], strict=True):
        ours, theirs = by_unit(traces[layer.name]), answer.numpy().reshape(len(values), -1, STEPS)
        assert 0.02 < theirs.mean() < 0.98, layer.name
        np.testing.assert_array_equal(ours[..., :-1], theirs[..., 1:], layer.name)  # its blocks take a step
    voltages = answers[-1].numpy().reshape(len(values), -1, STEPS) * 4096  # an affine block takes none
    np.testing.assert_array_equal(by_unit(traces[layers[-1].name]), voltages)


def compiled(blocks: Any, way: str, path: Path) -> Program:
    if way == "live module":
        return compile_module(blocks)
    export_net(blocks, path)
    return compile_model(path)


def by_unit(trace: NDArray[Any]) -> NDArray[np.int64]:
    return np.moveaxis(trace.astype(np.int64), 1, 2)
