"""``lava-fed energy``: tables and a document that add up, and estimates that say so."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from hardware.chip.board import Board
from hardware.chip.known import LOIHI2
from hardware.counters import Counters
from hardware.energy.amount import total
from hardware.program import Program
from lava_fed.ledger.prices import Prices
from lava_fed.report.numbers import si
from tests.cli.conftest import Said
from tests.hardware.energy.placed import on_cores


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0 J"), (1, "1 J"), (999.4, "999 J"), (999.6, "1 kJ"), (3.44057e-3, "3.44 mJ"), (9.996e-7, "1 uJ"),
     (1e-12, "1 pJ"), (23.6e-12, "23.6 pJ"), (4e-16, "0.4 fJ"), (1e-3, "1 mJ"), (1e-6, "1 uJ")],
)  # fmt: skip
def test_amounts_have_three_digits(value: float, text: str) -> None:
    assert si(value, "J") == text


def test_the_document_adds_up(lava_fed: Callable[..., Said], learner: Path, data: Path) -> None:
    said = lava_fed("energy", str(learner), "-i", str(data), "--model", "loihi1", "--json").document
    whole = said["joules"]
    assert 0 < whole["low"] < whole["value"] < whole["high"]
    for key in ("joules_by_cause", "joules_by_layer", "joules_by_core"):
        assert sum(each["value"] for each in said[key].values()) == pytest.approx(whole["value"], rel=1e-12)
    assert sum(entry["joules"]["value"] for entry in said["entries"]) == pytest.approx(whole["value"], rel=1e-12)
    assert said["joules_of_a_sample"]["value"] == pytest.approx(whole["value"] / said["samples"])
    assert said["program"] == Program.load(learner).digest
    assert said["measured"] is True
    assert said["seconds_of_a_step"]["value"] > 600e-9
    assert "within" in said["model"]["constants"]["joules.spike"]


def test_what_rests_on_estimates_says_so_wherever_it_is_shown(
    lava_fed: Callable[..., Said], learner: Path, data: Path
) -> None:
    said = lava_fed("energy", str(learner), "-i", str(data))
    assert said.code == 0
    assert "model loihi2, estimate" in said.out
    for line in said.out.splitlines():
        if line.startswith(("energy of", "time of")):
            assert line.endswith("estimate)")
    assert "published" not in said.out
    document = lava_fed("energy", str(learner), "-i", str(data), "--json").document
    assert document["model"]["estimate"] is True
    assert document["estimated_share"] == pytest.approx(1)


def test_where_little_rests_on_estimates_it_says_how_much(
    lava_fed: Callable[..., Said], learner: Path, data: Path
) -> None:
    words = ("energy", str(learner), "-i", str(data), "--model", "loihi1")
    share = lava_fed(*words, "--json").document["estimated_share"]
    assert 0 < share < 0.5
    said = lava_fed(*words).out
    assert f"model loihi1, {100 * share:.1f} % of it estimated" in said
    assert not any("estimat" in line for line in said.splitlines() if line.startswith("time of"))


def test_rates_can_be_assumed_without_input(lava_fed: Callable[..., Said], learner: Path) -> None:
    said = lava_fed("energy", str(learner), "--rate", "0.1", "--model", "davies2018")
    assert said.code == 0
    assert "an assumed activity; model davies2018" in said.out
    assert "energy of a step" in said.out
    assert "of a sample" not in said.out
    assert "not counted" in said.out


def test_several_chips_are_timed_as_one_and_it_says_so(
    lava_fed: Callable[..., Said], learner: Path, tmp_path: Path
) -> None:
    program = on_cores(Program.load(learner), {"hidden": [0], "readout": [128]}, LOIHI2)
    replace(program, board=Board.grid(LOIHI2, 2, 1)).save(tmp_path / "two.h5")
    said = lava_fed("energy", "two.h5", "--rate", "0.1").out
    assert "not timed" in said
    assert "crossings to another chip" in said.partition("not counted")[2]
    assert "not timed" not in lava_fed("energy", str(learner), "--rate", "0.1").out


def test_learning_is_counted_where_it_is_asked_for(
    lava_fed: Callable[..., Said], learner: Path, data: Path
) -> None:
    words = ("energy", str(learner), "-i", str(data), "--json")
    quiet, learning = lava_fed(*words).document, lava_fed(*words, "--learning").document
    assert "learning" not in quiet["joules_by_cause"]
    assert learning["joules_by_cause"]["learning"]["value"] > 0


def test_mistakes_are_said_in_a_sentence(lava_fed: Callable[..., Said], learner: Path, data: Path) -> None:
    for words, sentence in [
        ((str(learner),), "give either --input DATA.npz to count events, or --rate"),
        ((str(learner), "-i", str(data), "--rate", "0.5"), "give either --input"),
        ((str(learner), "--rate", "0.5", "--model", "loihi9"), "no energy model is called 'loihi9'"),
        ((str(learner), "--rate", "2"), "--rate"),
    ]:
        said = lava_fed("energy", *words)
        assert said.code == 2
        assert sentence in said.err
        assert "Traceback" not in said.err


def test_a_federation_says_what_each_round_took(
    lava_fed: Callable[..., Said], config: Path, learner: Path, tmp_path: Path
) -> None:
    assert lava_fed("federate", str(config), "--out", "run").code == 0
    result = json.loads((tmp_path / "run" / "result.json").read_text())
    assert len(result["ledger"]["rounds"]) == len(result["rounds"]) == 2
    prices = Prices.of(Program.load(learner))
    assert prices is not None
    for spent, record in zip(result["ledger"]["rounds"], result["rounds"], strict=True):
        counters = [Counters(**device["counters"]) for device in record["devices"]]
        assert spent["joules"]["compute"] == asdict(total(map(prices.compute, counters)))
        assert spent["joules"]["learning"] == asdict(total(map(prices.learning, counters)))
        for unit in ("joules", "seconds"):
            for cause in ("compute", "learning", "radio"):
                assert 0 < spent[unit][cause]["low"] < spent[unit][cause]["value"] < spent[unit][cause]["high"]
    assert (result["ledger"]["model"], result["ledger"]["model_estimated"]) == ("loihi2", True)
    assert (tmp_path / "run" / "ledger.csv").read_text().count("\n") == 1 + 2 * 3
    assert lava_fed("report", "run", "--out", "page.html").code == 0
    page = (tmp_path / "page.html").read_text()
    assert "Energy per round" in page
    assert "the chip&#x27;s part is estimated by the model loihi2" in page
