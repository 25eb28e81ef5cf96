"""NIR through the whole compiler, run on the emulator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compile.frontends.nir_frontend import NirFrontend, read_nir
from compile.nir_export import write_nir
from compile.passes import run_passes
from compile.pipeline import aligned, compile_graph, compile_model
from compile.quantize.post_training import quantize_post_training
from hardware.emulator.engine import EmulatorSession
from hardware.program import Program
from hardware.spikes import SpikeTrain
from tests.compile import float_run
from tests.nir.record import GOLDEN
from tests.nir.simulators import CASES
from tests.nir.test_export import everything, spikes

PASSES = aligned(NirFrontend.spiking_steps)


def ran(program: Program, inputs: Any) -> dict[str, Any]:
    train = SpikeTrain(inputs.reshape(1, len(inputs), -1))
    return {name: sent[0] for name, sent in EmulatorSession(program).run(train).spikes.items()}


def test_integers_through_nir_and_back_run_alike(tmp_path: Path) -> None:
    graph = everything()
    inputs = spikes(graph)
    write_nir(graph, tmp_path / "everything.nir")
    direct = ran(compile_graph(graph, passes=PASSES), inputs)
    back = ran(compile_model(tmp_path / "everything.nir"), inputs)
    assert len(direct) == 5
    for (name, sent), found in zip(direct.items(), back.values(), strict=True):
        assert sent.any(), name
        np.testing.assert_array_equal(found, sent)


SPIKING = [name for name, case in CASES.items() if "readout" not in name and case.options.get("reset") != "hold"]


@pytest.mark.parametrize("name", SPIKING)
def test_a_simulators_export_fires_on_the_chip_as_its_real_numbers_do(name: str) -> None:
    """With 8-bit weights; tolerance: 5 % of all steps and neurons of the last layer differ."""
    with np.load(GOLDEN / f"{name}.npz") as recorded:
        inputs = recorded["inputs"].reshape(len(recorded["inputs"]), -1)
    graph = run_passes(read_nir(GOLDEN / f"{name}.nir", CASES[name].options), PASSES)
    program = compile_graph(graph, passes=(), quantizer=lambda real: (quantize_post_training(real)[0], {}))
    last = graph.populations[-1].name
    real = float_run.run(graph, inputs)[last]
    sent = ran(program, inputs)[last]
    assert real.any()
    assert (sent != real).mean() <= 0.05


def test_a_programs_provenance_says_how_time_was_read() -> None:
    program = compile_model(
        GOLDEN / "snntorch_leaky.nir",
        options={"simulator": "snntorch", "dt": "1e-4"},
        quantizer=lambda real: (quantize_post_training(real)[0], {}),
    )
    assert program.provenance["frontend"] == "nir"
    assert program.provenance["nir_dt"] == "0.0001"
    assert program.provenance["nir_reset"] == "late"
