"""Relays that only scale, at the edges of what may be absorbed."""

from __future__ import annotations

from compile.text import parse, show
from compile.transforms.absorb_scales import AbsorbScales

CIRCLE = """\
source input 1
relay held 1
cuba out 1 threshold=1 current_decay=1 voltage_decay=0
edge held -> held one-to-one
  0.5
edge held -> out dense
  1
edge input -> out dense
  1
"""


def test_a_relay_that_reads_only_itself_stays() -> None:
    assert show(AbsorbScales()(parse(CIRCLE))) == CIRCLE


def test_the_same_relay_behind_the_input_is_absorbed() -> None:
    after = AbsorbScales()(parse(CIRCLE.replace("held -> held", "input -> held")))
    assert [node.name for node in after.nodes] == ["input", "out"]
    (edge,) = after.edges
    assert edge.weights is not None and edge.weights.weights.tolist() == [[1.5]]
