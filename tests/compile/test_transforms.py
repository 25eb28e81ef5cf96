"""Each pass as text in and text out."""

from __future__ import annotations

import re

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
cuba a 1 {NEURON}
flatten f3 1
cuba b 1 {NEURON} bias=0.5
edge in -> f1
edge f1 -> f2
edge f2 -> a dense
  1 -2
edge a -> f3
edge f3 -> b dense
  3
edge b -> a dense
  4
"""
FOLD_AFTER = f"""\
source in 1x1x2
cuba a 1 {NEURON}
cuba b 1 {NEURON} bias=0.5
edge in -> a dense
  1 -2
edge a -> b dense
  3
edge b -> a dense
  4
"""
IMAGE_BEFORE = f"""\
source in 1x2x2
cuba c 1x2x2 {NEURON}
flatten f 4
resonator r 1 threshold=1 sin_decay=0 cos_decay=1
edge in -> c conv shape=1x1x1x1
  2
edge c -> c conv shape=1x1x1x1
  -1
edge c -> f
edge f -> r dense port=imag
  1 2 3 4
"""
IMAGE_AFTER = f"""\
source in 1x2x2
cuba c 1x2x2 {NEURON}
resonator r 1 threshold=1 sin_decay=0 cos_decay=1
edge in -> c conv shape=1x1x1x1
  2
edge c -> c conv shape=1x1x1x1
  -1
edge c -> r dense port=imag
  1 2 3 4
"""
NAME_BEFORE = f"""\
source in 1
flatten readout 1
cuba x 1 {NEURON}
cuba input 1 {NEURON}
cuba hidden1 1 {NEURON}
edge in -> readout
edge readout -> x dense
  1
edge x -> input dense
  2
edge input -> hidden1 dense
  3
"""
NAME_AFTER = f"""\
source input 1
flatten readout_ 1
cuba hidden1 1 {NEURON}
cuba hidden2 1 {NEURON}
cuba readout 1 {NEURON}
edge input -> readout_
edge readout_ -> hidden1 dense
  1
edge hidden1 -> hidden2 dense
  2
edge hidden2 -> readout dense
  3
"""
ONE_HIDDEN_NAMED = f"""\
source input 1
cuba hidden 1 {NEURON}
cuba readout 1 {NEURON}
edge input -> hidden dense
  1
edge hidden -> readout dense
  1
"""
ONE_HIDDEN = f"""\
source s 1
cuba p 1 {NEURON}
cuba q 1 {NEURON}
edge s -> p dense
  1
edge p -> q dense
  1
"""
ROLES = f"""\
source s 1x2x2
cuba a 1x2x2 {NEURON}
cuba b 1x2x2 {NEURON}
cuba c 1x1x1 {NEURON}
cuba d 1x2x2 {NEURON}
cuba e 4 {NEURON}
relay f 4
cuba g 4 {NEURON}
cuba h 4 {NEURON}
cuba i 4 {NEURON}
average j 1
edge s -> a one-to-one
  1 1 1 1
edge b -> b one-to-one
  1 1 1 1
edge a -> b conv shape=1x1x1x1
  1
edge b -> c pool
  1 1
  1 1
edge c -> d pool unpool=true
  1 1
  1 1
edge d -> e dense
  1 0 0 0
  1 0 0 0
  1 0 0 0
  1 0 0 0
edge e -> f one-to-one
  1 1 1 1
edge f -> g one-to-one
  1 1 1 1
edge g -> h sparse
  0 1 2
edge h -> i sparse
  0 1 2
edge i -> j
"""
ROLE_NAMES = {
    "s": "input",
    "a": "encoder",
    "b": "conv1",
    "c": "pool1",
    "d": "unpool1",
    "e": "dense1",
    "f": "relay1",
    "g": "affine1",
    "h": "sparse1",
    "i": "readout",
    "j": "average",
}


def renamed(text: str, names: dict[str, str]) -> str:
    """Replace whole words."""
    return re.sub(r"\b[a-z]\b", lambda match: names[match[0]], text)


@pytest.mark.parametrize(
    ("step", "before", "after"),
    [
        (FoldFlatten(), FOLD_BEFORE, FOLD_AFTER),
        (FoldFlatten(), FOLD_AFTER, FOLD_AFTER),
        (FoldFlatten(), IMAGE_BEFORE, IMAGE_AFTER),
        (NameLayers(), NAME_BEFORE, NAME_AFTER),
        (NameLayers(), ONE_HIDDEN, ONE_HIDDEN_NAMED),
        (NameLayers(), ROLES, renamed(ROLES, ROLE_NAMES)),
    ],
    ids=["fold", "fold-again", "fold-image", "name-all", "one-hidden", "roles"],
)
def test_pass(step: Pass, before: str, after: str) -> None:
    graph = parse(before)
    assert show(step(graph)) == after
    assert show(graph) == before, "a pass must leave its input as it was"
    assert show(step(step(graph))) == after, "a pass that ran has nothing left to do"


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
