"""Exports of snnTorch, Norse, Sinabs and SpikingJelly fire as the simulator that made them.

Tolerance: the same spikes in every step, where no voltage comes within 1e-5 of its threshold (checked here too);
voltages that are read out within 1e-6. Before quantization, in 64-bit arithmetic beside the simulators' 32-bit.
"""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from compile.frontends.nir_frontend import read_nir
from tests.nir.float_simulator import run
from tests.nir.record import GOLDEN, MARGIN
from tests.nir.simulators import CASES, made


@pytest.mark.parametrize("name", CASES)
def test_a_recorded_export_fires_as_its_simulator_did(name: str) -> None:
    with np.load(GOLDEN / f"{name}.npz") as recorded:
        inputs, outputs = recorded["inputs"], recorded["outputs"]
    graph = read_nir(GOLDEN / f"{name}.nir", CASES[name].options)
    ran = run(graph, inputs)
    assert ran.margin > MARGIN
    assert outputs.any()
    sent = ran.sent[graph.populations[-1].name]
    if "readout" in name:
        np.testing.assert_allclose(sent, outputs, atol=1e-6, rtol=0)
    else:
        np.testing.assert_array_equal(sent, outputs)


@pytest.mark.filterwarnings("ignore")  # the simulators', about each other
@pytest.mark.parametrize("name", CASES)
def test_an_export_made_now_fires_as_its_simulator(name: str) -> None:
    case = CASES[name]
    if importlib.util.find_spec(case.simulator) is None:
        pytest.skip(f"{case.simulator} is not installed; the recorded export is tested above")
    with np.load(GOLDEN / f"{name}.npz") as recorded:
        seed = int(recorded["seed"])
    exported, inputs, outputs = made(case, seed)
    graph = read_nir(exported, case.options)
    np.testing.assert_allclose(run(graph, inputs).sent[graph.populations[-1].name], outputs, atol=1e-6, rtol=0)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("snntorch_leaky", {}),
        ("snntorch_leaky", {"simulator": "snntorch", "reset": "subtract"}),
        ("norse_lif", {"simulator": "norse", "synapse": "euler"}),
        ("sinabs_lif", {"simulator": "sinabs", "leak": "euler"}),
        ("spikingjelly_if_soft", {"simulator": "spikingjelly"}),
    ],
)
def test_reading_an_export_as_another_simulators_makes_other_spikes(name: str, options: dict[str, str]) -> None:
    with np.load(GOLDEN / f"{name}.npz") as recorded:
        inputs, outputs = recorded["inputs"], recorded["outputs"]
    graph = read_nir(GOLDEN / f"{name}.nir", options)
    assert (run(graph, inputs).sent[graph.populations[-1].name] != outputs).any()
