"""``lava-fed compile`` and ``lava-fed inspect``."""

from __future__ import annotations

import numpy as np
import pytest

from cli.compile import parse_options, parse_settings
from cli.quantization import parse_widths
from hardware.errors import LavaFedError
from hardware.program import Program
from tests.cli.conftest import digest_of, write_net


def test_the_table_shows_layers_widths_and_limits(lava_fed, model, tmp_path):
    said = lava_fed("compile", "model.net")
    program = Program.load(tmp_path / "model.h5")
    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[0].startswith("chip          Loihi 2 (")
    assert lines[1] == f"digest        {program.digest}"
    assert lines[-1] == "Wrote model.h5."
    rows = {line.split()[0]: line.split() for line in lines if line.startswith("  ")}
    hidden = program.network.connections[0].synapse.weights
    assert rows["hidden"][:4] == ["hidden", "input", "5", "30"]
    assert f"{hidden.min()}..{hidden.max()}" in rows["hidden"]
    assert ["neurons", "chip", "8", "1,048,576", "<", "0.1", "%", "published"] in [line.split() for line in lines]
    assert "not published" in said.out


def test_json_holds_the_same(lava_fed, model, tmp_path):
    said = lava_fed("compile", "model.net", "-o", "p.h5", "--json")
    assert said.code == 0
    document = said.document
    assert document["digest"] == digest_of(tmp_path / "p.h5")
    assert document["program"] == "p.h5"
    assert document["chip"] == "loihi2"
    assert document["mesh"]["columns"] == {"value": 8, "evidence": "estimate"}
    assert [layer["units"] for layer in document["layers"]] == [5, 3]
    assert all(row["limit"] is None or row["used"] <= row["limit"] for row in document["limits"])
    assert "quantize" in document["stages"]


def test_compiling_twice_gives_the_same_bytes(lava_fed, model, tmp_path):
    lava_fed("compile", "model.net", "-o", "a.h5")
    lava_fed("compile", "model.net", "-o", "b.h5")
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_units_that_cannot_matter_are_left_out_where_asked(lava_fed, tmp_path):
    hidden = np.array([[40, 2], [0, 0], [2, 40], [30, 30]])
    readout = np.array([[40, 40, 2, 0], [2, 2, 40, 0]])  # nothing reaches the second unit, nobody reads the fourth
    write_net(tmp_path / "model.net", hidden, readout)
    assert lava_fed("compile", "model.net", "-o", "all.h5").code == 0
    said = lava_fed("compile", "model.net", "--remove-dead", "-o", "fewer.h5")
    assert said.code == 0
    assert [layer.units for layer in Program.load(tmp_path / "all.h5").network.layers] == [4, 2]
    fewer = Program.load(tmp_path / "fewer.h5").network
    assert [layer.units for layer in fewer.layers] == [2, 2]
    assert fewer.connections[1].synapse.matrix().tolist() == [[40, 2], [2, 40]]


def test_learning_starts_fresh_with_the_options_that_were_set(lava_fed, model, tmp_path):
    said = lava_fed(
        "compile", "model.net", "--learn", "supervised", "--fresh", "--set", "rate=-3", "--set", "margin=500",
        "-o", "l.h5",
    )  # fmt: skip
    assert said.code == 0
    assert "2^-3*u0*x1*y1" in said.out
    program = Program.load(tmp_path / "l.h5")
    (learning,) = program.network.plastic
    assert learning.rule is not None and learning.rule.products[0].exponent == -3
    assert program.network.output.teacher is not None and program.network.output.teacher.margin == 500
    assert not learning.synapse.weights.any()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nowhere.net"], "there is no file nowhere.net"),
        (["model.net", "--chip", "loihi3"], "no chip is called 'loihi3'; known: loihi1, loihi2"),
        (["model.net", "--chip", "mine.toml"], "cannot read the chip file mine.toml"),
        (["model.net", "--board", "nahuku"], "Loihi 2 has no board 'nahuku'"),
        (["model.net", "--learn", "hebb"], "no learning rule is called 'hebb'; known: "),
        (["model.net", "--fresh"], "choose one with --learn"),
        (["model.net", "--learn", "supervised", "--set", "speed=3"], "has no option 'speed'; it has rate, epoch"),
        (["model.net", "--learn", "supervised", "--set", "rate"], "--set 'rate' is not of the form KEY=INTEGER"),
        (["model.net", "--learn", "supervised", "--set", "rate=fast"], "--set rate: 'fast' is not an integer"),
        (["model.net", "--learn", "supervised", "--set", "epoch=64"], "epoch 64 must lie in 1..63"),
        (["model.net", "--learn", "supervised", "--chip", "loihi1"], "Loihi 1"),
        (["model.net", "-o", "model.net"], "model.net is what is read; choose another file to write"),
        (["notes.txt"], "notes.txt"),
    ],
)
def test_mistakes_are_one_sentence_and_write_nothing(lava_fed, model, tmp_path, words, sentence):
    (tmp_path / "notes.txt").write_text("hello")
    before = model.read_bytes()
    said = lava_fed("compile", *words)
    assert (said.code, said.out) == (2, "")
    assert sentence in said.err.splitlines()[-1]
    assert said.err.splitlines()[-1].startswith("Error: ")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.net", "notes.txt"]
    assert model.read_bytes() == before


CHIP = """\
name = "mine"
title = "My chip"
like = "loihi2"
[figures]
neurons_per_core = { value = 4 }
cores = { value = 2, evidence = "published", source = "a data sheet" }
columns = { value = 2 }
cores_per_tile = { value = 1 }
rows = { value = 1 }
[boards.pair]
title = "My pair"
columns = 2
rows = 1
"""


def test_a_chip_and_a_board_of_the_users_own(lava_fed, model, tmp_path):
    (tmp_path / "mine.toml").write_text(CHIP)
    said = lava_fed("compile", "model.net", "--chip", "mine.toml", "--board", "pair", "-o", "p.h5")
    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[0].startswith("chip          My chip (figures: ")
    assert lines[1] == "board         My pair (2 chips, estimate)"
    rows = [line.split() for line in lines]
    assert ["cores", "board", "3", "4", "75.0", "%", "published"] in rows
    assert any(row[:1] == ["neurons"] and row[-5:] == ["4", "75.0", "%", "an", "estimate"] for row in rows)
    (tmp_path / "mine.toml").unlink()
    program = Program.load(tmp_path / "p.h5")
    assert (program.chip.title, program.chip.neurons_per_core) == ("My chip", 4)
    assert program.board is not None and program.board.title == "My pair"
    assert lava_fed("inspect", "p.h5", "--json").document["board"] == "pair"


def test_all_broken_rules_are_listed(lava_fed, model, tmp_path):
    (tmp_path / "mine.toml").write_text(CHIP + '[sources]\na = "b"\n')
    words = ("compile", "model.net", "--chip", "mine.toml", "--learn", "supervised")
    said = lava_fed(*words)
    assert said.code == 2
    assert "needs 3 cores, over the 2 of My chip" in said.err.splitlines()[-1]
    assert said.err.splitlines()[-1].endswith("or with --board pair")
    less = CHIP.replace("[boards.pair]", "programmable_neurons = { value = false }\n[boards.pair]")
    (tmp_path / "mine.toml").write_text(less)
    said = lava_fed(*words)
    last = said.err.splitlines()[-3:]
    assert last[0].startswith("(1) layer 'readout' has a teacher")
    assert last[1].startswith("(2) the network needs 3 cores")
    assert last[2].startswith("Error: 2 design rules of My chip are broken, each named above; it fits with --chip")
    document = lava_fed(*words, "--json").document
    assert [(each["rule"], each["used"], each["limit"]) for each in document["violations"]] == [
        ("a taught layer needs programmable neurons", None, None),
        ("cores of the network fit the board", 3, 2),
    ]
    assert document["fits"] == ["--chip loihi2"]
    assert not (tmp_path / "model.h5").exists()


def test_a_layer_that_the_graph_cannot_express_is_named(lava_fed, tmp_path):
    write_net(tmp_path / "gated.net", np.zeros((2, 3)), kind=b"gate")
    said = lava_fed("compile", "gated.net")
    assert (said.code, said.out) == (2, "")
    assert "gate" in said.err


def test_a_truncated_model_is_one_sentence(lava_fed, model, tmp_path):
    (tmp_path / "half.net").write_bytes(model.read_bytes()[:1500])
    said = lava_fed("compile", "half.net")
    assert (said.code, said.out) == (2, "")
    assert "half.net" in said.err.splitlines()[-1]


def test_settings():
    assert parse_settings([]) == {}
    assert parse_settings(["a=1", "b=-2"]) == {"a": 1, "b": -2}
    with pytest.raises(LavaFedError, match="a occurs twice"):
        parse_settings(["a=1", "a=2"])
    with pytest.raises(LavaFedError, match="KEY=INTEGER"):
        parse_settings(["=1"])


@pytest.fixture
def float_model(tmp_path):
    """A model whose weights lie on no grid."""
    rng = np.random.default_rng(3)
    write_net(tmp_path / "float.net", 20 * rng.normal(size=(5, 6)), 20 * rng.normal(size=(3, 5)))
    return tmp_path / "float.net"


def test_a_float_model_is_refused_with_the_option_that_rounds_it(lava_fed, float_model):
    said = lava_fed("compile", "float.net")
    assert (said.code, said.out) == (2, "")
    assert "layer 'hidden': 30 of 30 weight values are not integers" in said.err
    assert "--bits 8" in said.err.splitlines()[-1]


def test_a_float_model_is_rounded_to_the_bits_that_were_asked_for(lava_fed, float_model, tmp_path):
    said = lava_fed("compile", "float.net", "--bits", "4", "--json")
    assert said.code == 0
    program = Program.load(tmp_path / "float.h5")
    for connection in program.network.connections:
        assert connection.synapse.grid.bits == 4
        assert not np.any(connection.synapse.weights % 32)
    assert program.provenance["quantization"] == "4 bits per channel, max, mixed sign"
    assert "calibration" not in program.provenance
    quantization = said.document["quantization"]
    assert quantization["scheme"] == program.provenance["quantization"]
    assert [layer["bits"] for layer in quantization["layers"]] == [[4], [4]]
    assert [layer["counts"]["weights"] for layer in quantization["layers"]] == [0, 0]


def test_the_table_of_rounding_counts_what_met_its_limit(lava_fed, float_model, data):
    said = lava_fed(
        "compile", "float.net", "--bits", "3", "--calibrate", "data.npz", "--method", "percentile", "--percentile",
        "50", "--per", "layer", "--sign", "auto",
    )  # fmt: skip
    assert said.code == 0
    lines = said.out.splitlines()
    assert "Rounded to 3 bits per layer, percentile 50, sign by weights" in lines
    (hidden,) = [line.split() for line in lines if line.startswith("  hidden") and "%" in line]
    assert 0 < float(hidden[3]) < 100
    assert int(hidden[5]) > 0
    assert "Without --calibrate" not in said.out
    assert any(line.startswith("calibration") and "data" in line for line in lines)


def test_several_widths_are_compared_and_the_narrowest_of_the_best_is_taken(lava_fed, float_model, data, tmp_path):
    said = lava_fed("compile", "float.net", "--bits", "1-8", "--calibrate", "data.npz", "--json")
    assert said.code == 0
    rows = said.document["accuracy_by_bits"]
    assert [row["bits"] for row in rows] == [8, 7, 6, 5, 4, 3, 2, 1]
    best = max(row["accuracy"] for row in rows)
    chosen = min(row["bits"] for row in rows if row["accuracy"] == best)
    program = Program.load(tmp_path / "float.h5")
    assert {connection.synapse.grid.bits for connection in program.network.connections} == {chosen}
    ran = lava_fed("run", "float.h5", "--input", "data.npz", "--json")
    assert ran.document["accuracy"] == pytest.approx(best)
    table = lava_fed("compile", "float.net", "--bits", "1-8", "--calibrate", "data.npz").out
    assert "Accuracy by bits on data.npz" in table
    assert f"  {chosen} *" in table


def test_cores_are_placed_by_the_rates_of_calibration_data(lava_fed, model, data, tmp_path):
    said = lava_fed(
        "compile", "model.net", "--calibrate", "data.npz", "--place", "greedy", "--seed", "7", "--json"
    )
    assert said.code == 0
    program = Program.load(tmp_path / "model.h5")
    assert program.provenance["placement"] == "greedy, seed 7, rates measured over 384 steps"
    traffic, cores = said.document["traffic"], said.document["cores"]
    assert traffic["measured"] is True
    assert traffic["bound"] <= traffic["found"] == sum(core["traffic"] for core in cores)
    ran = lava_fed("run", "model.h5", "--input", "data.npz", "--json").document["counters"]
    assert traffic["messages"] == pytest.approx(ran["spikes"]["hidden"] / 384)
    assert [core["layers"] for core in cores] == [["hidden"], ["readout"]]
    plain = lava_fed("compile", "model.net")
    assert "Rates are assumed: every unit sends in every step, which no run can exceed." in plain.out
    assert "placement" not in Program.load(tmp_path / "model.h5").provenance


def test_rounding_a_model_that_is_exact_keeps_its_integers(lava_fed, model, tmp_path):
    lava_fed("compile", "model.net", "-o", "exact.h5")
    lava_fed("compile", "model.net", "-o", "rounded.h5", "--bits", "8")
    exact, rounded = (Program.load(tmp_path / name).network for name in ("exact.h5", "rounded.h5"))
    for one, other in zip(exact.connections, rounded.connections, strict=True):
        assert np.array_equal(one.synapse.weights, other.synapse.weights)
    assert [layer.neuron.threshold for layer in exact.layers] == [
        layer.neuron.threshold for layer in rounded.layers
    ]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--steps", "4"], "--steps tells how to show the calibration data, which needs --calibrate DATA.npz"),
        (["--calibrate", "nowhere.npz"], "nowhere.npz"),
        (["--place", "magic"], "no placement is called 'magic'; known: linear, greedy, search"),
        (["--seed", "-1"], "the seed of a placement is -1, expected 0 or more"),
        (["--per", "layer", "--sign", "auto"], "--per, --sign tells how to round"),
        (["--bits", "9"], "--bits '9' is not a width 1..8, a range such as 1-8, or a list such as 8,6,4"),
        (["--bits", "0-4"], "is not a width 1..8"),
        (["--bits", "4-2"], "is not a width 1..8"),
        (["--bits", "x"], "is not a width 1..8"),
        (["--bits", "1-8"], "--bits 1-8 compares widths by accuracy, which needs --calibrate DATA.npz"),
        (["--bits", "8", "--steps", "4"], "--steps tells how to show the calibration data"),
        (["--bits", "8", "--method", "best"], "--method 'best' is not one of max, percentile, mse"),
        (["--bits", "8", "--per", "unit"], "--per 'unit' is not one of layer, channel"),
        (["--bits", "8", "--sign", "both"], "--sign 'both' is not one of mixed, excitatory, inhibitory, auto"),
        (["--bits", "8", "--percentile", "99"], "--percentile belongs to --method percentile"),
        (["--bits", "8", "--method", "percentile", "--percentile", "0"], "percentile 0 must lie above 0"),
        (["--bits", "8", "--sign", "inhibitory"], "weights are not inhibitory; quantize with mixed signs"),
        (["--bits", "8", "--calibrate", "nowhere.npz"], "nowhere.npz"),
        (["--option", "dt=1"], "dt"),
        (["--option", "dt"], "--option 'dt' is not of the form KEY=VALUE"),
    ],
)
def test_mistakes_in_rounding_are_one_sentence(lava_fed, model, data, words, sentence):
    said = lava_fed("compile", "model.net", *words)
    assert (said.code, said.out) == (2, "")
    assert sentence in said.err.splitlines()[-1]


def test_calibration_data_must_be_the_models_input_with_labels(lava_fed, model, tmp_path):
    np.savez(tmp_path / "narrow.npz", x=np.zeros((2, 5, 4), np.uint8))
    np.savez(tmp_path / "bare.npz", x=np.zeros((2, 6, 4), np.uint8))
    said = lava_fed("compile", "model.net", "--bits", "8", "--calibrate", "narrow.npz")
    assert "narrow.npz has 5 units, the model reads 6" in said.err
    said = lava_fed("compile", "model.net", "--bits", "1-8", "--calibrate", "bare.npz")
    assert "bare.npz has no labels, so there is no accuracy to compare" in said.err


def test_widths():
    assert parse_widths("8") == (8,)
    assert parse_widths("1-8") == (8, 7, 6, 5, 4, 3, 2, 1)
    assert parse_widths("2,8,2-3") == (8, 3, 2)
    assert parse_options(["a=b=c", "d="]) == {"a": "b=c", "d": ""}


def test_inspect_shows_a_model_as_the_program_it_would_become(lava_fed, model, program):
    of_model, of_program = lava_fed("inspect", "model.net"), lava_fed("inspect", "program.h5")
    assert of_model.code == of_program.code == 0
    assert of_model.out == of_program.out
    assert (
        lava_fed("inspect", "model.net", "--json").document["digest"]
        == lava_fed("inspect", "program.h5", "--json").document["digest"]
        == digest_of(program)
    )


def test_inspect_refuses_damage(lava_fed, program, tmp_path):
    data = bytearray(program.read_bytes())
    data[-20] ^= 1
    (tmp_path / "bad.h5").write_bytes(data)
    said = lava_fed("inspect", "bad.h5")
    assert (said.code, said.out) == (2, "")
    assert said.err == "Error: bad.h5 is damaged: its checksum does not match; copy it again\n"
    assert lava_fed("inspect", str(tmp_path)).err.endswith("is a folder, expected a Program or a model file\n")
