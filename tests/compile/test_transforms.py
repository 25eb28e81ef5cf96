"""Each pass as text in and text out."""

from __future__ import annotations

import pytest

from compile.passes import Pass, run_passes
from compile.pipeline import PASSES
from compile.text import parse, show
from compile.transforms.fold_flatten import FoldFlatten
from compile.transforms.name_layers import NameLayers

NEURON = "threshold=1 current_decay=1 voltage_decay=0"

FOLD_BEFORE = f"""\
source in 1x1x2
flatten f1 2
flatten f2 2
cuba a 1 {NEURON} bias=[0]
flatten f3 1
cuba b 1 {NEURON} bias=[0.5]
edge in -> f1
edge f1 -> f2
edge f2 -> a
  1 -2
edge a -> f3
edge f3 -> b
  3
edge b -> a
  4
"""
FOLD_AFTER = f"""\
source in 2
cuba a 1 {NEURON} bias=[0]
cuba b 1 {NEURON} bias=[0.5]
edge in -> a
  1 -2
edge a -> b
  3
edge b -> a
  4
"""
NAME_BEFORE = f"""\
source in 1
flatten readout 1
cuba x 1 {NEURON} bias=[0]
cuba input 1 {NEURON} bias=[0]
cuba hidden1 1 {NEURON} bias=[0]
edge in -> readout
edge readout -> x
  1
edge x -> input
  2
edge input -> hidden1
  3
"""
NAME_AFTER = f"""\
source input 1
flatten readout_ 1
cuba hidden1 1 {NEURON} bias=[0]
cuba hidden2 1 {NEURON} bias=[0]
cuba readout 1 {NEURON} bias=[0]
edge input -> readout_
edge readout_ -> hidden1
  1
edge hidden1 -> hidden2
  2
edge hidden2 -> readout
  3
"""
ONE_HIDDEN_NAMED = f"""\
source input 1
cuba hidden 1 {NEURON} bias=[0]
cuba readout 1 {NEURON} bias=[0]
edge input -> hidden
  1
edge hidden -> readout
  1
"""
ONE_HIDDEN = f"""\
source s 1
cuba p 1 {NEURON} bias=[0]
cuba q 1 {NEURON} bias=[0]
edge s -> p
  1
edge p -> q
  1
"""


@pytest.mark.parametrize(
    ("step", "before", "after"),
    [
        (FoldFlatten(), FOLD_BEFORE, FOLD_AFTER),
        (FoldFlatten(), FOLD_AFTER, FOLD_AFTER),
        (NameLayers(), NAME_BEFORE, NAME_AFTER),
        (NameLayers(), ONE_HIDDEN, ONE_HIDDEN_NAMED),
    ],
    ids=["fold", "fold-again", "name-all", "one-hidden"],
)
def test_pass(step: Pass, before: str, after: str) -> None:
    graph = parse(before)
    assert show(step(graph)) == after
    assert show(graph) == before, "a pass must leave its input as it was"
    assert show(step(step(graph))) == after, "a pass that ran has nothing left to do"


def test_a_source_read_both_ways_is_not_reshaped_without_a_flatten() -> None:
    text = f"source s 3x1x1\ncuba p 1 {NEURON} bias=[0]\nedge s -> p\n  1 1 1\n"
    assert show(FoldFlatten()(parse(text))) == text


def test_the_runner_reports_each_pass_with_what_it_made() -> None:
    seen: list[tuple[str, str]] = []
    final = run_passes(parse(FOLD_BEFORE), PASSES, between=lambda name, graph: seen.append((name, show(graph))))
    assert [name for name, _ in seen] == ["fold-flatten", "name-layers"]
    assert seen[0][1] == FOLD_AFTER
    assert seen[1][1] == show(final)


def test_passes_are_values() -> None:
    assert FoldFlatten() == FoldFlatten()
    assert NameLayers(readout="class") != NameLayers()
    assert show(NameLayers(hidden="h", readout="class")(parse(ONE_HIDDEN))).count("class") == 2
    assert all(isinstance(step, Pass) for step in PASSES)
