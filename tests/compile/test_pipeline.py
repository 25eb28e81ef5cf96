"""From a file to a Program."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compile.attach_learning import attach_learning, find_method
from compile.errors import RuleViolationError
from compile.pipeline import PASSES, compile_graph, compile_model
from compile.report import LayerRow, layer_rows, summary
from compile.text import parse
from compile.transforms.remove_dead import RemoveDead
from hardware import registry
from hardware.chip.known import LOIHI1, LOIHI2
from hardware.errors import LavaFedError
from hardware.learning import supervised
from hardware.program import Program, Use
from tests.compile.nets import ramp, replace, two_layers


def test_the_weights_of_the_file_are_the_weights_of_the_program(tmp_path: Path) -> None:
    program = compile_model(two_layers(tmp_path / "a.net"))
    assert [c.name for c in program.network.connections] == ["input->hidden", "hidden->readout"]
    for connection, shape in zip(program.network.connections, [(6, 8), (3, 6)], strict=True):
        assert np.array_equal(connection.synapse.weights, ramp(*shape))
    for layer in program.network.layers:
        neuron = layer.neuron
        assert (neuron.current_decay, neuron.voltage_decay, neuron.threshold) == (4096, 123, 80)
        assert not neuron.bias.any()
    assert program.chip == LOIHI2
    assert [(part.layer, part.core, part.first, part.last) for part in program.placement] == [
        ("hidden", 0, 0, 6),
        ("readout", 1, 0, 3),
    ]


def test_the_same_file_gives_the_same_program_wherever_it_lies(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    one = compile_model(two_layers(tmp_path / "a.net"), learn="supervised")
    other = compile_model(two_layers(tmp_path / "elsewhere" / "a.net"), learn="supervised")
    one.save(tmp_path / "one.h5")
    other.save(tmp_path / "other.h5")
    assert (tmp_path / "one.h5").read_bytes() == (tmp_path / "other.h5").read_bytes()
    assert Program.load(tmp_path / "one.h5").digest == one.digest
    assert set(one.provenance) == {"model", "model_sha256", "frontend", "learning_rule"}
    assert str(tmp_path) not in json.dumps(summary(one))


def test_stages_are_told_in_order(tmp_path: Path) -> None:
    stages: list[str] = []
    compile_model(two_layers(tmp_path / "a.net"), learn="supervised", on_stage=stages.append)
    assert stages == [
        "read",
        "name-layers",
        "fold-norms",
        "lower-average",
        "lower-pooling",
        "fold-concat",
        "fold-flatten",
        "absorb-scales",
        "align-skips",
        "quantize",
        "attach-learning",
        "check",
        "place",
    ]


def test_learning_goes_to_the_last_layer_only(tmp_path: Path) -> None:
    path = two_layers(tmp_path / "a.net")
    program = compile_model(path, learn="supervised", learn_options={"rate": -3, "margin": 500})
    method = supervised(rate=-3, margin=500)
    rule, teacher = method.rule, method.teacher
    hidden, readout = program.network.connections
    assert (hidden.rule, readout.rule) == (None, rule)
    assert [layer.teacher for layer in program.network.layers] == [None, teacher]
    assert np.array_equal(readout.synapse.weights, ramp(3, 6)), "learning starts from what was trained"
    fresh = compile_model(path, learn="supervised", fresh=True)
    assert not fresh.network.connections[1].synapse.weights.any()
    assert np.array_equal(fresh.network.connections[0].synapse.weights, ramp(6, 8))
    assert fresh.digest != program.digest


def test_every_connection_into_the_last_layer_learns() -> None:
    from tests.programs import Connection, Layer, Network, cuba, dense

    network = Network(
        2,
        (Layer("a", cuba(2)), Layer("middle", cuba(2)), Layer("b", cuba(2))),
        (
            Connection("input", "a", dense(2, 2)),
            Connection("a", "middle", dense(2, 2)),
            Connection("middle", "b", dense(2, 2)),
            Connection("b", "b", dense(2, 2)),
        ),
    )
    taught = attach_learning(network, supervised(), fresh=True)
    assert [connection.rule is not None for connection in taught.connections] == [False, False, True, True]
    assert [layer.teacher is not None for layer in taught.layers] == [False, False, True]
    assert [bool(c.synapse.weights.any()) for c in taught.connections] == [True, True, False, False]
    kept = attach_learning(network, supervised())
    for before, after in zip(network.connections, kept.connections, strict=True):
        assert np.array_equal(before.synapse.weights, after.synapse.weights)


def test_wrong_wishes_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = two_layers(tmp_path / "a.net")
    with pytest.raises(LavaFedError, match="no learning rule is called 'hebb'; known: .*supervised"):
        compile_model(path, learn="hebb")
    with pytest.raises(LavaFedError, match="'supervised' has no option 'margn'; it has rate, epoch"):
        compile_model(path, learn="supervised", learn_options={"margn": 1})
    with pytest.raises(LavaFedError, match="option 'margin' must be an integer, found True"):
        compile_model(path, learn="supervised", learn_options={"margin": True})
    with pytest.raises(LavaFedError, match="teacher: margin 0 must lie in"):
        compile_model(path, learn="supervised", learn_options={"margin": 0})
    with pytest.raises(LavaFedError, match="need a learning rule; choose one with --learn"):
        compile_model(path, fresh=True)
    with pytest.raises(RuleViolationError, match="Loihi 1 has none; compile for loihi2"):
        compile_model(path, learn="supervised", chip=LOIHI1)
    assert compile_model(path, chip=LOIHI1).chip == LOIHI1
    with pytest.raises(LavaFedError, match="there is no file"):
        compile_model(tmp_path / "none.net")
    monkeypatch.setattr(registry, "find", lambda kind, name: lambda: None)
    with pytest.raises(LavaFedError, match="'odd' does not return a LearningMethod"):
        find_method("odd", {})


def test_the_report(tmp_path: Path) -> None:
    program = compile_model(two_layers(tmp_path / "a.net"), learn="supervised", fresh=True)
    hidden, readout = layer_rows(program)
    assert hidden == LayerRow(
        name="hidden",
        sources=("input",),
        units=6,
        synapses=48,
        cores=1,
        neuron="CUBA, decays 4096 and 123, threshold 80",
        kinds=("dense",),
        weight_bits=(8,),
        exponents=(0,),
        weight_ranges=((-40, 38),),
        delays="",
        plastic=False,
        rule="",
    )
    assert (readout.plastic, readout.rule, readout.weight_ranges) == (True, "2^-7*u0*x1*y1", ((0, 0),))
    report = summary(program)
    assert json.loads(json.dumps(report)) == report
    assert report["digest"] == program.digest
    assert {"what": "cores", "where": "chip", "used": 2, "limit": 128, "evidence": "published"} in report["limits"]
    axons = {"what": "input axons", "where": "core 0 (hidden)", "used": 8, "limit": None, "evidence": "unknown"}
    assert axons in report["limits"]


ONES = {count: " ".join(["1"] * count) for count in (32, 36)}
CONVOLUTIONAL = f"""\
source pixels 1x6x6 graded=true encoder=[64 0 0]
cuba a 1x6x6 threshold=0.5 current_decay=1 voltage_decay=0.5
cuba b 2x4x4 threshold=0.5 current_decay=1 voltage_decay=0.5 bias=0.25 delays=[{ONES[32]}]
cuba c 2x2x2 threshold=0.5 current_decay=1 voltage_decay=0.5
flatten flat 8
cuba d 4 threshold=0.5 current_decay=1 voltage_decay=0.5
average mean 2
edge pixels -> a one-to-one
  {ONES[36]}
edge a -> b conv shape=2x1x3x3
  1 0.5 0
  0 0.25 1
  1 1 1
  0 0 0
  -1 0.5 1
  1 1 -0.5
edge b -> c pool stride=2x2
  1 1
  1 1
edge c -> flat
edge flat -> d dense
  1 1 1 1 1 1 1 1
  1 0 1 0 1 0 1 0
  -1 0 1 0 1 0 1 0
  0 0 0 0 0 0 0 0.5
edge d -> mean
"""


def test_a_graph_compiles_like_a_file() -> None:
    stages: list[str] = []
    program = compile_graph(parse(CONVOLUTIONAL), provenance={"model": "by hand"}, on_stage=stages.append)
    assert [layer.name for layer in program.network.layers] == ["encoder", "conv1", "pool1", "readout", "average"]
    assert stages == [*(step.name for step in PASSES), "quantize", "check", "place"]
    assert program.provenance == {"model": "by hand"}
    rows = {row.name: row for row in layer_rows(program)}
    assert rows["conv1"].kinds == ("convolution 3x3 stride 1",)
    assert rows["conv1"].synapses == 2 * 16 * 9
    assert rows["conv1"].delays == "axons 1..1"
    assert rows["pool1"].kinds == ("convolution 2x2 stride 2 2 groups",)
    assert rows["encoder"].kinds == ("one to one, fine",)
    assert rows["average"].neuron == "relay"
    assert summary(program)["inputs"] == {
        "name": "input",
        "units": 36,
        "shape": [1, 6, 6],
        "takes": "real numbers",
    }


def test_what_cannot_learn_is_named() -> None:
    with pytest.raises(LavaFedError, match="layer 'average' cannot learn: its neurons are of kind relay"):
        compile_graph(parse(CONVOLUTIONAL), learn="supervised")
    ends_in_pooling = CONVOLUTIONAL[: CONVOLUTIONAL.index("edge c -> flat")]
    for line in CONVOLUTIONAL.splitlines(keepends=True):
        if line.startswith(("flatten", "average", "cuba d")):
            ends_in_pooling = ends_in_pooling.replace(line, "")
    with pytest.raises(LavaFedError, match="conv1->readout: its rule uses tags or delays, and the synapses of a"):
        compile_graph(parse(ends_in_pooling), learn="rstdp")
    (learned,) = compile_graph(parse(ends_in_pooling), learn="supervised", fresh=True).network.plastic
    assert (learned.name, learned.synapse.kind) == ("conv1->readout", "convolution")
    assert not learned.synapse.weights.any()


@pytest.mark.parametrize("name", ["rstdp", "soel", "stdp", "supervised"])
def test_a_method_for_the_last_layer_is_attached_to_it(tmp_path: Path, name: str) -> None:
    program = compile_model(two_layers(tmp_path / "a.net"), learn=name)
    (learned,) = program.network.plastic
    method = find_method(name, {})
    assert (learned.target, learned.rule) == ("readout", method.rule)
    assert program.network.output.teacher == method.teacher


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("direct_feedback", "for hidden, output, feedback connections, and .* compile sizes such as 784-512-10"),
        ("eprop", "for hidden, output connections, and a compiled model learns in those to its last layer only"),
        ("prototypes", "for prototypes connections, .* build a network for it, as docs/rules.md shows"),
    ],
)
def test_a_method_for_other_layers_is_refused_with_what_to_do(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(LavaFedError, match=message):
        compile_model(two_layers(tmp_path / "a.net"), learn=name)


def test_options_that_a_frontend_does_not_have_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LavaFedError, match="is read without options, found dt; leave them out"):
        compile_model(two_layers(tmp_path / "a.net"), options={"dt": "1"})


@pytest.mark.parametrize(("net", "cores"), [("pilotnet_lif", 26), ("pilotnet_sdnn", 13)])
def test_the_networks_of_lava_dl_fit_a_chip(net: str, cores: int) -> None:
    spec = importlib.util.find_spec("lava")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("lava-dl is not installed")
    nets = Path(next(iter(spec.submodule_search_locations))).parent / "tests/lava/lib/dl/netx"
    program = compile_model(nets / "gts" / net / "network.net")
    assert Use("cores", "chip", cores, 128) in program.utilization
    with pytest.raises(RuleViolationError, match="the input sends numbers|needs programmable neurons"):
        compile_model(nets / "gts" / net / "network.net", chip=LOIHI1)


def test_further_passes_run_after_the_usual_ones(tmp_path: Path) -> None:
    def silence(file: Any) -> None:
        weights = ramp(6, 8)
        weights[2:4] = 0
        replace(file, "layer/0/weight", weights.astype(np.float32))

    path = two_layers(tmp_path / "a.net", silence)
    stages: list[str] = []
    smaller = compile_model(path, also=[RemoveDead()], on_stage=stages.append)
    assert [layer.units for layer in smaller.network.layers] == [4, 3]
    assert [layer.units for layer in compile_model(path).network.layers] == [6, 3]
    assert stages[stages.index("quantize") - 1] == "remove-dead"
