"""The example networks of lava-dl's wheel, layer by layer, on the emulator and in SLAYER's neurons."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from compile.pipeline import compile_model
from compile.slayer.availability import availability
from compile.slayer.forward import quantized_forward
from hardware.emulator.engine import EmulatorBackend
from hardware.spikes import SpikeTrain

if not availability().ok:
    pytest.skip(availability().reason, allow_module_level=True)

pytestmark = pytest.mark.slayer
STEPS = 8


@pytest.mark.parametrize(
    ("net", "layers"),
    [
        ("mnist.net", 4),
        ("tiny.net", 3),
        ("gts/ntidigits/ntidigits.net", 4),
        ("gts/pilotnet_lif/network.net", 10),
        ("gts/pilotnet_sdnn/network.net", 9),
        ("gts/pilotnet_sdnn/square_network.net", 5),
    ],
)
def test_every_layer_is_equal(net: str, layers: int) -> None:
    spec = importlib.util.find_spec("lava")
    assert spec is not None and spec.submodule_search_locations
    nets = Path(next(iter(spec.submodule_search_locations))).parent / "tests/lava/lib/dl/netx"
    program = compile_model(nets / net)
    rng, inputs = np.random.default_rng(0), program.network.inputs
    walk = np.cumsum(rng.uniform(-0.2, 0.2, (1, STEPS, inputs)), axis=1)
    encoder = program.network.encoder
    spikes = SpikeTrain((rng.random(walk.shape) < 0.3).astype(np.uint8) if encoder is None else encoder(walk))
    oracle = quantized_forward(program, spikes)
    with EmulatorBackend().load(program) as session:
        found = session.run(spikes).spikes
    assert len(oracle) == layers
    for name, trace in oracle.items():
        np.testing.assert_array_equal(found[name], trace, err_msg=name)
    assert sum(bool(trace.any()) for trace in oracle.values()) >= layers - 1
