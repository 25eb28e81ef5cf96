"""What is exported to NIR comes back with the same spikes, or is refused by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from compile.errors import UnsupportedLayerError
from compile.frontends.nir_frontend import read_nir
from compile.graph import Graph
from compile.nir_export import to_nir, write_nir
from compile.quantize import quantize
from compile.text import parse, show
from tests.nir.float_simulator import run
from tests.nir.record import GOLDEN
from tests.nir.simulators import CASES

EVERYTHING = """
source in 2x6x6
cuba conv 3x4x4 threshold=0.5 current_decay=1 voltage_decay=0.125 bias={bias} delays={delays}
cuba pool 3x2x2 threshold=0.75 current_decay=0.25 voltage_decay=0.125 bias=0.0625 reset=subtract
flatten flat 12
cuba dense 4 threshold=1 current_decay=1 voltage_decay=0 drive=0.25 reset=subtract
cuba side 4 threshold=[0.5 1 0.5 0.25] current_decay=0.5 voltage_decay=[0.5 0.25 1 0.75] drive=[0 0.5 0 0.25]
cuba out 2 threshold=0 current_decay=0.5 voltage_decay=0.25 message=voltage
edge in -> conv conv shape=3x2x3x3
{kernel}
edge conv -> pool pool stride=2x2
  0.5 0.5
  0.5 0.5
edge pool -> flat
edge flat -> dense dense
{matrix}
edge dense -> side one-to-one
  0.5 1 0.25 1.5
edge side -> side one-to-one
  -0.5 0 0.25 0
edge side -> out sparse
  0 0 1
  1 0 0.5
  3 1 -1
"""


def everything() -> Graph:
    rng = np.random.default_rng(3)

    def rows(count: int, width: int) -> str:
        values = rng.integers(-16, 24, (count, width)) / 32
        return "\n".join("  " + " ".join(f"{value:g}" for value in row) for row in values)

    bias = "[" + " ".join(f"{value / 64:g}" for value in np.repeat([2, -3, 5], 16)) + "]"
    delays = "[" + " ".join(str(value) for value in rng.integers(0, 4, 48)) + "]"
    return parse(EVERYTHING.format(bias=bias, delays=delays, kernel=rows(18, 3), matrix=rows(4, 12)))


def spikes(graph: Graph, seed: int = 0) -> Any:
    return (np.random.default_rng(seed).random((40, graph.source.units)) < 0.4).astype(np.uint8)


def test_every_exportable_part_comes_back_as_it_was(tmp_path: Path) -> None:
    graph = everything()
    inputs = spikes(graph)
    before = run(graph, inputs).sent
    assert all(sent.any() for sent in before.values())
    write_nir(graph, tmp_path / "everything.nir")
    back = read_nir(tmp_path / "everything.nir")
    after = run(back, inputs).sent
    assert set(after) == set(before)
    for name in before:
        np.testing.assert_array_equal(after[name], before[name], err_msg=name)


def test_a_step_of_any_length_changes_nothing(tmp_path: Path) -> None:
    graph = everything()
    for dt in (1.0, 1e-3, 0.7e-4):
        write_nir(graph, tmp_path / "everything.nir", dt)
        assert show(read_nir(tmp_path / "everything.nir")) == show(read_nir(to_nir(graph)))


@pytest.mark.parametrize(
    "name", [name for name in CASES if name != "snntorch_synaptic" and "recurrent" not in name]
)
def test_what_a_simulator_exported_comes_back_from_our_export(name: str) -> None:
    graph = read_nir(GOLDEN / f"{name}.nir", CASES[name].options)
    back = read_nir(to_nir(graph))
    with np.load(GOLDEN / f"{name}.npz") as recorded:
        first, second = run(graph, recorded["inputs"]), run(back, recorded["inputs"])
    last = graph.populations[-1].name
    np.testing.assert_allclose(second.sent[last], first.sent[last], atol=1e-12, rtol=0)


eighths = st.integers(-64, 64).map(lambda value: value / 64)
decays = st.integers(1, 4096).map(lambda value: value / 4096)


@settings(max_examples=60, deadline=None)
@given(st.data(), st.integers(1, 4), st.integers(1, 4), st.sampled_from(["zero", "subtract"]))
def test_integers_of_a_quantized_model_survive_the_round_trip(
    data: st.DataObject, a: int, b: int, reset: str
) -> None:
    def row(count: int, values: st.SearchStrategy[float]) -> str:
        return " ".join(repr(value) for value in data.draw(st.lists(values, min_size=count, max_size=count)))

    matrix = "\n".join("  " + row(a, eighths) for _ in range(b))
    current = data.draw(st.one_of(st.just(1.0), decays))
    text = (
        f"source input {a}\n"
        f"cuba out {b} threshold={data.draw(st.integers(1, 400)) / 64} current_decay={current!r} "
        f"voltage_decay={data.draw(decays)!r} bias=[{row(b, eighths)}] reset={reset}\n"
        f"edge input -> out dense\n{matrix}\n"
    )
    graph = parse(text)
    back = read_nir(to_nir(graph))
    assert show(back) == show(graph)
    assert quantize(back).layers[0].neuron.kind == "cuba"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("alif out 1 threshold=1 threshold_step=0.5 current_decay=1 voltage_decay=0.5 threshold_decay=0.5 "
         "refractory_decay=0.5", "layer 'out' has alif neurons"),
        ("resonator out 1 threshold=1 sin_decay=0.5 cos_decay=0.5", "layer 'out' has resonator neurons"),
        ("sigma_delta out 1 threshold=1", "layer 'out' has sigma_delta neurons"),
        ("relay out 1 binary=true", "layer 'out' has relay neurons"),
        ("cuba out 1 threshold=1 current_decay=1 voltage_decay=0.5 refractory=3", "a refractory delay of 3"),
        ("cuba out 1 threshold=1 current_decay=1 voltage_decay=0.5 message=graded", "graded spikes"),
        ("cuba out 1 threshold=1 current_decay=0.5 voltage_decay=0", "never forgets its voltage"),
        ("cuba out 1 threshold=1 current_decay=0 voltage_decay=0.5", "never forgets its current"),
    ],
)  # fmt: skip
def test_neurons_that_nir_does_not_know_are_refused_by_name(text: str, message: str) -> None:
    with pytest.raises(UnsupportedLayerError, match=message):
        to_nir(parse(f"source in 1\n{text}\nedge in -> out dense\n  1\n"))


def test_a_delay_for_each_synapse_is_refused_by_name() -> None:
    cuba = "cuba out 1 threshold=1 current_decay=1 voltage_decay=0.5"
    with pytest.raises(UnsupportedLayerError, match="edge in->out has a delay for each synapse"):
        to_nir(parse(f"source in 2\n{cuba}\nedge in -> out dense\n  1 1\n  delays\n  0 1\n"))
