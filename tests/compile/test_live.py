"""From a live SLAYER module to a Program; needs SLAYER."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import lava_fed
from compile.pipeline import compile_model
from compile.slayer import availability
from compile.slayer.export import export_net


def module() -> Any:
    if not availability.availability().ok:
        pytest.skip("SLAYER is not installed")
    slayer = availability.load()
    import torch

    torch.manual_seed(1)
    neuron = {"threshold": 1.0, "current_decay": 1.0, "voltage_decay": 0.25}
    blocks = torch.nn.ModuleList(
        [slayer.block.cuba.Dense(neuron, 6, 5, weight_scale=2), slayer.block.cuba.Dense(neuron, 5, 3)]
    )
    hidden = blocks[0](torch.ones(1, 6, 4))
    blocks[1](hidden)
    return blocks


def test_a_live_module_is_the_same_program_as_its_file(tmp_path: Path) -> None:
    blocks = module()
    stages: list[str] = []
    live = lava_fed.compile_module(blocks, on_stage=stages.append)
    export_net(blocks, tmp_path / "a.net")
    assert live.digest == compile_model(tmp_path / "a.net").digest
    assert live.network.connections[0].synapse.weights.any()
    assert live.provenance == {
        "model": "ModuleList",
        "frontend": "slayer-module",
        "weights_quantized_by": "quantize_8bit",
    }
    assert stages[:2] == ["read", "name-layers"]


def test_the_provenance_names_every_quantization_hook_that_was_found() -> None:
    blocks = module()
    from lava.lib.dl.slayer.utils.quantize import quantize_hook_fx

    blocks[1].synapse.pre_hook_fx = quantize_hook_fx
    found = lava_fed.compile_module(blocks).provenance["weights_quantized_by"]
    assert found == "quantize_8bit, quantize_hook_fx(num_bits=8)"


def test_a_live_module_can_be_made_to_learn() -> None:
    program = lava_fed.compile_module(module(), learn="supervised", fresh=True)
    (connection,) = program.network.plastic
    assert connection.target == "readout"
    assert not connection.synapse.weights.any()
    assert program.provenance["learning_rule"] == "supervised"
