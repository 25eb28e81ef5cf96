"""``lava-fed rules``."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

import hardware.registry
from compile.attach_learning import find_method

OURS = {"direct_feedback", "eprop", "prototypes", "rstdp", "soel", "stdp", "supervised"}
STRANGER = """
from hardware.learning import LearningRule
from hardware.learning.methods.method import OUTPUT, LearningMethod, Needs

def hebb(*, rate: int = -5) -> LearningMethod:
    rule = LearningRule.parse(f"2^{rate}*y0*x1", epoch=1, x1_impulse=30, x1_tau=7)
    return LearningMethod("hebb", "what fires together", "Hebb (1949)", {OUTPUT: rule}, Needs.NOTHING)

def pair():
    return 1, 2
"""


def test_every_rule_has_a_source_and_a_cost(lava_fed):
    said = lava_fed("rules", "--json")
    assert (said.code, said.err) == (0, "")
    assert set(said.document) >= OURS
    for name in OURS:
        method = said.document[name]
        assert method["source"]
        assert method["needs"] == {"rstdp": "rewards", "stdp": "nothing"}.get(name, "labels")
        assert set(method["cost"]) == set(method["rules"])
    assert said.document["stdp"]["rules"] == {"output": {"dw": "2^-4*y0*x1 - 2^-4*x0*y1"}}
    # two traces of 7 bits, a weight of 8 bits and a sign; two products in each step
    assert said.document["stdp"]["cost"]["output"] == {
        "source_bits": 7,
        "target_bits": 7,
        "unit_bits": 0,
        "synapse_bits": 9,
        "products": 2,
        "epoch": 1,
        "connection_draws": 3,
        "synapse_draws": 0,
    }
    # a tag has 8 bits and a sign, too; the third factor y1 has 8, and so has the reward that is sent
    reward = said.document["rstdp"]["cost"]["output"]
    assert (reward["synapse_bits"], reward["target_bits"], reward["unit_bits"]) == (18, 8, 8)


def test_the_tables_say_the_same(lava_fed):
    said = lava_fed("rules")
    assert (said.code, said.err) == (0, "")
    words = " ".join(said.out.split())
    for part in ("rewards", "Bi, Poo", "2^-4*y0*x1 - 2^-4*x0*y1", "3 + 0/synapse"):
        assert part in words


def test_one_rule_shows_its_options_and_who_sends_its_third_factor(lava_fed):
    said = lava_fed("rules", "supervised")
    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[0] == "supervised: a readout that moves against its error"
    assert "output dw            2^-7*u0*x1*y1" in lines
    assert any(line.startswith("output third factor  Teacher(margin=4096, shift=6, rest=0") for line in lines)
    assert "options              rate=-7, epoch=16, x1_impulse=8, x1_tau=31, margin=4096, shift=6, rest=0" in lines
    document = lava_fed("rules", "supervised", "--json").document["supervised"]
    assert document["options"]["rate"] == -7
    assert document["third_factors"]["output"]["kind"] == "teacher"


def test_an_unknown_rule_is_one_sentence(lava_fed):
    said = lava_fed("rules", "hebb")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("Error: no learning rule is called 'hebb'; known: ")
    assert said.err.count("\n") == 1


def test_a_plugin_that_does_not_load_is_listed_not_raised(lava_fed, monkeypatch: pytest.MonkeyPatch):
    broken = EntryPoint("broken", "no.such.module:rule", "lava_fed.learning_rules")
    ours = hardware.registry.entry_points
    monkeypatch.setattr(
        hardware.registry,
        "entry_points",
        lambda group: [*ours(group=group), *([broken] if group == broken.group else [])],
    )
    said = lava_fed("rules", "--json")
    assert said.code == 0
    assert "no.such.module" in said.document["broken"]["error"]
    assert "learning rule 'broken' (no.such.module:rule) does not load" in lava_fed("rules").out


def test_a_strangers_rule_is_a_rule_like_ours(tmp_path: Path):
    info = tmp_path / "stranger-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: stranger\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        "[lava_fed.learning_rules]\nhebb = stranger:hebb\npair = stranger:pair\n"
    )
    (tmp_path / "stranger.py").write_text(STRANGER)

    def call(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "cli", "rules", *words],
            env={"PYTHONPATH": f"{tmp_path}:{Path(__file__).parents[2]}"},
            capture_output=True,
            text=True,
            check=False,
        )

    shown = call("hebb")
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.startswith("hebb: what fires together\nsource")
    assert "options         rate=-5" in shown.stdout
    assert call("pair").stderr == "Error: learning rule 'pair' does not return a LearningMethod\n"


def test_a_rule_that_cannot_be_read_is_shown_with_a_caret_above_the_sentence(lava_fed, model):
    said = lava_fed("compile", model.name, "--learn", "supervised", "--set", "rate=-9", "-o", "learner.h5")
    assert said.code == 2
    assert said.err.splitlines()[-3:] == [
        "  2^-9*u0*x1*y1",
        "  ^",
        "Error: learning rule: exponent -9 must lie in -7..8",
    ]


def test_the_document_has_every_rule_and_cost():
    text = (Path(__file__).parents[2] / "docs" / "rules.md").read_text()
    for name in OURS:
        method = find_method(name, {})
        for role, cost in method.cost().items():
            sums = ", ".join(f"`{change} = {sum_}`" for change, sum_ in method.rules[role].texts.items())
            bits = f"{cost.synapse_bits} | {cost.source_bits} | {cost.target_bits} | {cost.unit_bits}"
            work = f"{cost.products} | {cost.epoch} | {cost.connection_draws} + {cost.synapse_draws}"
            assert f"| `{name}` | {role} | {sums} | {bits} | {work} |" in text
