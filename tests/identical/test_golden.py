"""Golden files, recorded from Lava once and kept for ever; a missing one fails."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hardware import container
from hardware.backend import Backend
from hardware.emulator.engine import EmulatorBackend
from hardware.emulator.reference import ReferenceBackend
from hardware.program import Program
from hardware.spikes import SpikeTrain

HERE = Path(__file__).parent
NAMES = [
    "two-layers",
    "a-layer-that-drives-itself-and-a-way-round",
    "three-factors",
    "two-terms-one-decays-the-weight",
    "every-fourth-epoch",
    "an-adaptive-threshold",
    "phase-resonators-fixed",
    "izhikevich-resonators-fixed",
    "from-delta-over-a-sigma-delta-convolution-to-sigma",
    "delays-on-both-ways-of-a-loop-and-two-connections-of-other-delays-into-one-layer",
    "voltages-read-at-the-fine-port",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("backend", [EmulatorBackend(), ReferenceBackend()], ids=lambda backend: backend.name)
def test_the_emulators_repeat_what_lava_did(name: str, backend: Backend) -> None:
    program = Program.load(HERE / f"{name}.program.h5")
    header, trace = container.read(HERE / f"{name}.trace.h5", "golden trace")
    assert program.digest == header["digest"]
    spikes, probes = SpikeTrain(trace["input"]), [key[7:] for key in trace if key.startswith("probes/")]
    assert len(probes) >= 4
    with backend.load(program) as session:
        if program.network.plastic:
            result = session.learn(spikes, trace["labels"], seed=header["seed"], probes=probes)
            for connection, weights in session.weights().items():
                np.testing.assert_array_equal(weights, trace[f"after/{connection}"])
        else:
            result = session.run(spikes, probes=probes)
    for layer, values in result.spikes.items():
        np.testing.assert_array_equal(values, trace[f"spikes/{layer}"], err_msg=layer)
    for probe in probes:
        np.testing.assert_array_equal(result.probes[probe], trace[f"probes/{probe}"], err_msg=probe)


def test_no_golden_file_is_left_out() -> None:
    assert sorted(path.name for path in HERE.glob("*.h5")) == sorted(
        f"{name}.{part}.h5" for name in NAMES for part in ("program", "trace")
    )
