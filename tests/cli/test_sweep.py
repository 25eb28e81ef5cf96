"""``lava-fed sweep``, ``lava-fed compare``, ``lava-fed presets`` and settings on the command line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.federation_config import make_program
from lava_fed.config import load
from lava_fed.presets import find_preset, names
from tests.cli.conftest import Said, digest_of

Call = Callable[..., Said]
SHORT = ("--set", "run.baselines=false")


@pytest.fixture
def finished(lava_fed: Call, config: Path, tmp_path: Path) -> Path:
    """A run of one round."""
    assert lava_fed("federate", "config.toml", "--out", "run", *SHORT, "--set", "rounds.count=1").code == 0
    return tmp_path / "run"


def test_settings_on_the_command_line_take_the_place_of_the_configs(
    lava_fed: Call, config: Path, tmp_path: Path
) -> None:
    said = lava_fed("federate", "config.toml", "--out", "run", *SHORT, "--set", "rounds.count=1", "--json")
    assert said.code == 0, said.err
    assert len(said.document["rounds"]) == 1 and said.document["baselines"] is None
    stored = load(tmp_path / "run" / "config.toml")
    assert stored.rounds.count == 1 and not stored.run.baselines and stored.run.seed == 3


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "give a CONFIG.toml or --preset NAME"),
        (("config.toml", "--preset", "digits"), "give a CONFIG.toml or --preset NAME"),
        (("--preset", "digitz"), "no preset is called 'digitz'; there are asynchronous,"),
        (("--preset", "mnist-dirichlet"), "needs MNIST's four files; say where they are with --data FOLDER"),
        (("--preset", "digits", "--data", "x"), "brings its own data; leave --data out"),
        (("config.toml", "--set", "rounds.count"), "'rounds.count' is not a setting"),
        (("config.toml", "--set", "rounds.cuont=3"), "'rounds.cuont' is not a key"),
        (("config.toml", "--set", "rounds.count=two"), "rounds.count is 'two', it must be an integer"),
    ],
)
def test_slips_are_told_before_anything_is_written(
    lava_fed: Call, config: Path, tmp_path: Path, words: tuple[str, ...], sentence: str
) -> None:
    for command in ("federate", "sweep"):
        said = lava_fed(command, *words, "--out", "run")
        assert (said.code, said.out) == (2, "")
        assert sentence in said.err.splitlines()[-1]
        assert not (tmp_path / "run").exists()


def test_a_sweep_runs_every_combination_and_goes_on_where_it_ended(
    lava_fed: Call, config: Path, tmp_path: Path
) -> None:
    words = ("sweep", "config.toml", "--seeds", "1-2", "--set", "rounds.passes=1,2", *SHORT, "--out", "sweep")
    said = lava_fed(*words, "--workers", "2", "--json")
    assert said.code == 0, said.err
    runs = [tmp_path / run for run in said.document["runs"]]
    assert [str(run.relative_to(tmp_path)) for run in runs] == [
        f"sweep/rounds.passes={passes}/seed-{seed}" for passes in (1, 2) for seed in (1, 2)
    ]
    results = [(run / "result.json").read_bytes() for run in runs]
    assert len(set(results)) == 4
    # One run lost, one cut off after its first round: both come back to the same bytes; the others stay untouched.
    shutil.rmtree(runs[0])
    for name in ("rounds/0002.h5", "result.json", "final.h5", "ledger.csv"):
        (runs[1] / name).unlink()
    times = [(run / "result.json").stat().st_mtime_ns for run in runs[2:]]
    assert lava_fed(*words).code == 0
    assert [(run / "result.json").read_bytes() for run in runs] == results
    assert [(run / "result.json").stat().st_mtime_ns for run in runs[2:]] == times

    (tmp_path / "sweep" / "cut").mkdir()
    shutil.copy(runs[0] / "setup.h5", tmp_path / "sweep" / "cut" / "setup.h5")
    said = lava_fed("compare", "sweep", "-o", "page.html")
    assert said.code == 0, said.err
    assert "1 runs are not finished, so they are left out: sweep/cut is the first." in said.out
    assert "<svg" in (tmp_path / "page.html").read_text()
    groups = lava_fed("compare", "sweep", "--json").document["groups"]
    assert [group["settings"] for group in groups] == [{"rounds.passes": 1}, {"rounds.passes": 2}]
    for group, found in zip(groups, (results[:2], results[2:]), strict=True):
        expected = [json.loads(result)["accuracy"] for result in found]
        assert [run["accuracy"] for run in group["runs"]] == expected
        assert group["accuracy"]["mean"] == pytest.approx(sum(expected) / 2)
    assert groups[1]["ahead"]["count"] == 2 and groups[0]["joules"]["mean"] > 0


def test_a_run_that_fails_is_named_and_the_others_are_finished(
    lava_fed: Call, config: Path, tmp_path: Path
) -> None:
    said = lava_fed("sweep", "config.toml", "--set", "devices.minimum=2,9", *SHORT, "--out", "sweep")
    assert (said.code, said.out) == (2, "")
    assert "run devices.minimum=9/seed-1: " in said.err and "1 of 2 runs are finished" in said.err
    assert (tmp_path / "sweep" / "devices.minimum=2" / "seed-1" / "result.json").exists()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            lambda result: result.pop("ledger"),
            "run/result.json is not the result of a run: 'ledger'; run it again",
        ),
        (lambda result: result.update(rounds=[]), "is not the result of a run: no round was judged"),
        (
            lambda result: result["rounds"][0].update(accuracy="x"),
            "is not the result of a run: 'x' is not an accuracy",
        ),
        (lambda result: result.update(rounds=3), "is not the result of a run"),
    ],
)
def test_a_result_that_says_nonsense_is_named(
    lava_fed: Call, finished: Path, change: Callable[[dict[str, Any]], object], sentence: str
) -> None:
    path = finished / "result.json"
    kept = path.read_text()
    result = json.loads(kept)
    change(result)
    path.write_text(json.dumps(result))
    said = lava_fed("compare", "run")
    path.write_text(kept)
    assert (said.code, said.out) == (2, "") and sentence in said.err.splitlines()[-1]
    for text in ("[" * 100_000, "nothing", "", "[1]"):
        path.write_text(text)
        said = lava_fed("compare", "run")
        assert said.code == 2 and "run/result.json is not the result of a run" in said.err.splitlines()[-1]
    path.write_text(kept)
    assert lava_fed("compare", "run").code == 0


def test_compare_without_runs(lava_fed: Call, tmp_path: Path) -> None:
    said = lava_fed("compare", ".")
    assert (said.code, said.out) == (2, "")
    assert "holds no run; make some with: lava-fed sweep" in said.err


@pytest.mark.parametrize("name", names())
def test_the_program_of_every_preset_can_be_made_twice_the_same(name: str, tmp_path: Path) -> None:
    for path in ("one.h5", "two.h5"):
        make_program(find_preset(name), tmp_path / path)
    assert digest_of(tmp_path / "one.h5") == digest_of(tmp_path / "two.h5")


def test_presets_are_listed_and_can_be_written(lava_fed: Call, tmp_path: Path) -> None:
    assert [each["name"] for each in lava_fed("presets", "--json").document["presets"]] == list(names())
    assert lava_fed("presets", "digits", "-o", "mine").code == 0
    assert load(tmp_path / "mine" / "federation.toml").program_path.is_file()
    said = lava_fed("presets", "digits", "-o", "mine")
    assert said.code == 2 and "exists already; choose another folder" in said.err
    assert "give both NAME and --out FOLDER" in lava_fed("presets", "digits").err
    ran = lava_fed("federate", "mine/federation.toml", *SHORT, "--set", "rounds.count=1", "--out", "one", "--json")
    same = lava_fed("federate", "--preset", "digits", *SHORT, "--set", "rounds.count=1", "--out", "two", "--json")
    assert (ran.code, same.code) == (0, 0)
    assert (tmp_path / "one" / "result.json").read_bytes() == (tmp_path / "two" / "result.json").read_bytes()
