"""Readouts that learn over a frozen backbone: the network, the course, tables and page."""

from __future__ import annotations

import dataclasses
import io
import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from benchmarks.__main__ import main
from benchmarks.readouts import nmnist, speech
from benchmarks.readouts.backbone import compact, counts, file_of, input_counts, joined, recipe_of
from benchmarks.readouts.bound import logistic
from benchmarks.readouts.course import READOUT, Course, learn, with_readout
from benchmarks.readouts.study import DATA, FORMAT
from compile.pipeline import compile_model
from hardware.chip.known import LOIHI2
from hardware.emulator.engine import EmulatorBackend
from hardware.lava.cpu import LavaBackend
from hardware.learning.rule import Rounding
from hardware.network import Connection, Layer, Network
from hardware.neurons.cuba import Cuba
from hardware.program import Program
from hardware.spikes import SpikeTrain
from hardware.synapses.dense import Dense
from lava_fed.data.dataset import DataSet
from lava_fed.data.nmnist import Recordings

COURSE = Course(classes=2, margin=1024, shift=4, anneal=(0, 1), epoch=8, x1_impulse=8, x1_tau=100)


def backbone() -> Program:
    """Pass four inputs on, one to one, into a last layer that the device shall not keep."""
    neurons = [Cuba(4096, 4096, 10, np.zeros(units, np.int16)) for units in (4, 3)]
    network = Network(
        inputs=4,
        layers=(Layer("hidden", neurons[0]), Layer("output", neurons[1])),
        connections=(
            Connection("input", "hidden", Dense((np.eye(4) * 20).astype(np.int16))),
            Connection("hidden", "output", Dense(np.full((3, 4), 6, np.int16))),
        ),
    )
    return Program(network, LOIHI2)


def samples(count: int = 40) -> DataSet:
    """Let inputs 0 and 1 fire for class 0, and 2 and 3 for class 1."""
    rng = np.random.default_rng(0)
    y = (np.arange(count) % 2).astype(np.int32)
    favoured = np.repeat(np.stack([1 - y, y], axis=1), 2, axis=1)[:, np.newaxis]
    x = rng.random((count, 16, 4)) < 0.1 + 0.5 * favoured
    return DataSet(SpikeTrain(x.astype(np.uint8)), y, 2, "two classes")


def test_a_readout_takes_the_place_of_the_last_layer_and_knows_nothing() -> None:
    old = backbone()
    network = with_readout(old, COURSE).network
    assert [layer.name for layer in network.layers] == ["hidden", READOUT]
    assert network.connections[0] is old.network.connections[0]
    assert [connection.name for connection in network.plastic] == [f"hidden->{READOUT}"]
    assert network.plastic[0].synapse.weights.shape == (2, 4)
    assert not network.plastic[0].synapse.weights.any()


def test_what_is_learned_is_a_pure_function_of_the_seed_and_costs_what_was_counted() -> None:
    data, heard = samples(), []

    def run(seed: int) -> Any:
        return learn(backbone(), COURSE, data, {"same": data}, seed, lambda *told: heard.append(told))

    first = run(1)
    assert first["accuracy"]["same"][-1] == 1.0
    assert first == run(1)
    assert heard[:2] == [(1, first["accuracy"]["same"][0]), (2, 1.0)]
    assert first["learning_updates"] == {f"hidden->{READOUT}": 2 * 4 * 16 / 8}
    assert first["spikes"]["input"] == data.x.total() / len(data)
    assert 1 < first["spikes"][READOUT] <= 6, "two scores in the last step, and before it perhaps errors"
    assert 0 < first["joules"]["low"] <= first["joules"]["value"] <= first["joules"]["high"]


def test_spikes_are_counted_by_unit_and_sample() -> None:
    data = samples(8)
    fired = data.x.values.sum(axis=1, dtype=np.int64)
    assert np.array_equal(input_counts(data), fired)
    late = data.x.values[:, -1]
    assert np.array_equal(counts(backbone(), data, "hidden"), fired - late), "what comes last arrives too late"


def test_parts_are_joined_in_order() -> None:
    both = joined([samples(4), samples(6)])
    assert len(both) == 10
    assert both.labels.tolist() == [0, 1] * 5
    assert np.array_equal(both.x.values[4:], samples(6).x.values)


def test_floats_separate_what_is_separate() -> None:
    data = samples()
    found = logistic(input_counts(data), data.labels, {"same": (input_counts(data), data.labels)})
    assert found == {"same": 1.0}


def test_a_compact_file_holds_the_same_numbers() -> None:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file["layer/0/weight"] = np.array([[2.0, -254.0]], np.float32)
        file["layer/0/neuron/vThMant"] = 80
    with h5py.File(io.BytesIO(compact(buffer.getvalue()))) as file:
        assert file["layer/0/weight"].dtype == np.int16
        assert file["layer/0/weight"][...].tolist() == [[2, -254]]
        assert file["layer/0/neuron/vThMant"][()] == 80


@pytest.mark.parametrize("study", [speech.STUDY, nmnist.STUDY], ids=lambda study: study.name)
def test_the_backbone_that_is_kept_is_that_of_its_recipe(study: Any) -> None:
    recipe = recipe_of(study.name)
    network = compile_model(file_of(study.name)).network
    assert tuple(layer.units for layer in network.layers[:-1]) == recipe.model.hidden
    assert file_of(study.name).stat().st_size < 300_000
    for layer in network.layers:
        assert isinstance(layer.neuron, Cuba)
        assert layer.neuron.threshold == recipe.model.threshold * 64


@pytest.mark.skipif(not (DATA / "nmnist_small").is_dir(), reason="the small N-MNIST is not here")
def test_a_hundred_labels_of_an_event_camera_teach_most_digits() -> None:
    second = Recordings.read(DATA / "nmnist_small", "train").only(slice(nmnist.HALF, None))
    held = {"held out": second.only(slice(100, 200))}
    program = compile_model(file_of("nmnist"))
    found = learn(program, nmnist.COURSE, second.only(slice(100)), held, 1, lambda *_: None)
    assert found["accuracy"]["held out"][-1] > 0.6


@pytest.mark.lava
def test_on_lava_the_readout_learns_the_same_weights() -> None:
    if not LavaBackend().availability().ok:
        pytest.skip(LavaBackend().availability().reason)
    shared = dataclasses.replace(COURSE, rounding=Rounding.SHARED)
    program, data = with_readout(backbone(), shared), samples(6)
    found = []
    for backend in (EmulatorBackend(), LavaBackend()):
        with backend.load(program) as session:
            sent = session.learn(data.x, data.labels, seed=1, anneal=1, after=6).spikes[READOUT]
            found.append((session.weights()[f"hidden->{READOUT}"], sent))
    (weights, sent), (on_lava, sent_on_lava) = found
    assert weights.any()
    assert np.array_equal(weights, on_lava)
    assert np.array_equal(sent, sent_on_lava)


def run_of(study: str, **more: Any) -> dict[str, Any]:
    tests = speech.SPLITS if study == "speech" else nmnist.TESTS
    return {
        "seed": 1,
        "samples": 5,
        "passes": 2,
        "accuracy": {name: [0.5, 0.8] for name in tests},
        "spikes": {"input": 100.4, "hidden": 10.0},
        "synaptic_operations": {"input->hidden": 1234.0},
        "learning_updates": {"hidden->learned": 20.0},
        "joules": {"value": 2e-6, "low": 1e-6, "high": 3e-6},
        **more,
    }


def found_by(study: str) -> dict[str, Any]:
    each = {"test": 0.25, "validation": 0.5, "held out": 0.75}
    common = {"format": FORMAT, "backbone": {"sha256": "0", "accuracy": each}}
    if study == "speech":
        worse = run_of(study, seed=2, accuracy={name: [0.6, 0.7] for name in speech.SPLITS})
        return {
            **common,
            "samples": {"train": 1800, "validation": 600, "test": 600},
            "float_readout": each,
            "float_readout_without_backbone": each,
            "runs": {"independent": [run_of(study), worse], "shared": [run_of(study)]},
        }
    floats = {"hidden": dict.fromkeys(nmnist.TESTS, 0.9), "input": dict.fromkeys(nmnist.TESTS, 0.6)}
    runs = [run_of(study, labelled=n, fold=0, floats=floats) for n in nmnist.LABELLED]
    return {**common, "samples": {"held out": 500, "test": 100}, "runs": runs}


@pytest.mark.parametrize("study", [speech.STUDY, nmnist.STUDY], ids=lambda study: study.name)
def test_every_row_is_as_wide_as_its_header(study: Any) -> None:
    for table in study.tables(found_by(study.name)):
        assert table.rows
        assert {len(row) for row in table.rows} == {len(table.header)}, table.title


def test_the_worst_seed_decides_about_the_bar() -> None:
    accuracy, passes, _ = speech.tables(found_by("speech"))
    assert accuracy.rows[0][1] == "75.0 % (70.0 to 80.0)"
    assert "under it" in accuracy.notes[1]
    assert accuracy.rows[1][1] == "80.0 % (80.0 to 80.0)"
    assert passes.rows[1:] == (("independent, 2", "60.0", "70.0"), ("shared, 1", "50.0", "80.0"))


def test_a_page_gets_tables_and_picture_from_results_that_were_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept, page = tmp_path / "found.json", tmp_path / "readouts.md"
    kept.write_text(json.dumps(found_by("nmnist")))
    words = ["nmnist", "--json", str(kept), "--from-json", "--page", str(page)]
    assert main(words) == 2
    assert "has no place for results" in " ".join(capsys.readouterr().err.split())
    mark = "<!-- nmnist: written by python -m benchmarks nmnist -->"
    page.write_text(f"before\n{mark}\nold\n<!-- end of nmnist -->\nafter\n")
    pytest.importorskip("matplotlib")
    assert main(words) == 0
    text = page.read_text()
    assert text.startswith(f"before\n{mark}\n### Digits of N-MNIST\n")
    assert text.endswith("(readouts-nmnist.svg)\n<!-- end of nmnist -->\nafter\n")
    assert "old" not in text
    assert "| 400 | 80.0 % (80.0 to 80.0) |" in text
    assert (tmp_path / "readouts-nmnist.svg").stat().st_size < 100_000


def test_results_that_are_missing_or_of_another_version_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["speech", "--from-json"]) == 2
    assert main(["speech", "--from-json", "--json", "none.json"]) == 2
    Path("old.json").write_text('{"format": 0}')
    assert main(["speech", "--from-json", "--json", "old.json"]) == 2
    assert main(["speech", "--data", "."]) == 2
    said = " ".join(capsys.readouterr().err.split())
    for sentence in (
        "name them with --json",
        "none.json cannot be read",
        "no results of format 1",
        "holds no file",
    ):
        assert sentence in said
