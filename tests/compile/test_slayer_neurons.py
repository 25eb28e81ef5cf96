"""Limits of the parameters of SLAYER's neurons."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from compile.errors import UnsupportedLayerError
from compile.frontends.slayer_net import SlayerNetFrontend
from compile.graph import Graph
from compile.neurons import CubaModel
from hardware.errors import ContainerError
from tests.compile.nets import NEURON, two_layers

ALIF: dict[str, Any] = NEURON | {"type": "ALIF", "thDecay": 1024, "refDecay": 2048, "vThStep": 32}


@pytest.fixture
def read(tmp_path: Path) -> Callable[[dict[str, Any]], Graph]:
    """Read a network whose second block has the given neuron."""

    def reader(neuron: dict[str, Any]) -> Graph:
        def fill(file: Any) -> None:
            del file["layer/1/neuron"]
            for key, value in neuron.items():
                file.create_dataset(f"layer/1/neuron/{key}", data=value)

        return SlayerNetFrontend().read(two_layers(tmp_path / "a.net", fill))

    return reader


@pytest.mark.parametrize("steps", [1, 2, 63])
def test_cuba_neurons_keep_their_refractory_delay(read: Callable[..., Graph], steps: int) -> None:
    model = read(NEURON | {"refDelay": steps}).populations[-1].model
    assert isinstance(model, CubaModel) and model.refractory == steps


@pytest.mark.parametrize("steps", [2, 63])
def test_adaptive_neurons_have_no_refractory_delay_to_keep(read: Callable[..., Graph], steps: int) -> None:
    assert read(ALIF).populations[-1].model.kind == "alif"
    with pytest.raises(UnsupportedLayerError, match=f"layer 1 .*refDelay is {steps}; ALIF neurons only know"):
        read(ALIF | {"refDelay": steps})


@pytest.mark.parametrize("steps", [0, -1, 64, 2**40])
def test_refractory_delays_out_of_range_are_refused(read: Callable[..., Graph], steps: int) -> None:
    with pytest.raises(ContainerError, match=f"neuron/refDelay {steps} must lie in 1..63"):
        read(NEURON | {"refDelay": steps})
