"""``lava-fed compile`` and ``lava-fed inspect``."""

from __future__ import annotations

import numpy as np
import pytest

from cli.compile import parse_settings
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
    assert ["neurons", "chip", "8", "1,048,576", "<", "0.1", "%"] in [line.split() for line in lines]
    assert "not published" in said.out


def test_json_holds_the_same(lava_fed, model, tmp_path):
    said = lava_fed("compile", "model.net", "-o", "p.h5", "--json")
    assert said.code == 0
    document = said.document
    assert document["digest"] == digest_of(tmp_path / "p.h5")
    assert document["program"] == "p.h5"
    assert document["chip"] == "loihi2"
    assert [layer["units"] for layer in document["layers"]] == [5, 3]
    assert all(row["limit"] is None or row["used"] <= row["limit"] for row in document["limits"])
    assert "quantize" in document["stages"]


def test_compiling_twice_gives_the_same_bytes(lava_fed, model, tmp_path):
    lava_fed("compile", "model.net", "-o", "a.h5")
    lava_fed("compile", "model.net", "-o", "b.h5")
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


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
        (["model.net", "--learn", "hebb"], "no learning rule is called 'hebb'; known: supervised"),
        (["model.net", "--fresh"], "choose one with --learn"),
        (["model.net", "--learn", "supervised", "--set", "speed=3"], "has no option 'speed'; it has rate, epoch"),
        (["model.net", "--learn", "supervised", "--set", "rate"], "--set 'rate' is not of the form KEY=INTEGER"),
        (["model.net", "--learn", "supervised", "--set", "rate=fast"], "--set rate: 'fast' is not an integer"),
        (["model.net", "--learn", "supervised", "--set", "epoch=64"], "epoch 64 must lie in 1..63"),
        (["model.net", "--learn", "supervised", "--chip", "loihi1"], "Loihi 1"),
        (["model.net", "-o", "model.net"], "model.net is the model itself; choose another output with -o"),
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


def test_a_layer_that_the_graph_cannot_express_is_named(lava_fed, tmp_path):
    write_net(tmp_path / "conv.net", np.zeros((2, 3)), kind=b"pool")
    said = lava_fed("compile", "conv.net")
    assert (said.code, said.out) == (2, "")
    assert "pool" in said.err


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
