"""Which units can never send: each kind of neuron where nothing but its own constants drives it."""

from __future__ import annotations

import pytest

from compile.text import parse
from compile.transforms.remove_dead import RemoveDead

GRAPH = """
source input 1
{neuron}
cuba out 1 threshold=1 current_decay=1 voltage_decay=0
edge input -> a dense
  0
edge a -> out dense
  1
edge input -> out dense
  1
"""
CUBA = "cuba a 1 threshold=1 current_decay=1 voltage_decay=0"
ALIF = "alif a 1 threshold=1 threshold_step=1 current_decay=1 voltage_decay=0 threshold_decay=0 refractory_decay=0"
RESONATOR = "resonator a 1 threshold=1 sin_decay=0 cos_decay=0"
SIGMA_DELTA = "sigma_delta a 1 threshold=0"


@pytest.mark.parametrize(
    ("neuron", "sends"),
    [
        (CUBA, False),
        (CUBA + " bias=-0.25", False),
        (CUBA + " bias=0.25", True),
        (CUBA + " drive=0.25", True),
        (CUBA + " message=graded bias=-0.25", False),
        (CUBA + " message=voltage", False),
        (CUBA + " message=voltage bias=-0.25", True),
        (CUBA + " message=voltage bias=0.25", True),
        (ALIF, False),
        (ALIF + " bias=-0.25", False),
        (ALIF + " bias=0.25", True),
        (ALIF + " drive=0.25", True),
        (ALIF.replace("threshold=1", "threshold=0"), True),
        (RESONATOR, False),
        (RESONATOR + " drive_real=0.25", True),
        (RESONATOR + " drive_imag=-0.25", True),
        (RESONATOR.replace("threshold=1", "threshold=0"), True),
        (SIGMA_DELTA, False),
        (SIGMA_DELTA + " bias=-0.25", False),
        (SIGMA_DELTA + " bias=0.25", True),
        (SIGMA_DELTA + " bias=-0.25 activation=unit", True),
        (SIGMA_DELTA + " bias=0.25 activation=unit", True),
    ],
)
def test_a_layer_without_input_stays_only_where_its_constants_can_make_it_send(neuron: str, sends: bool) -> None:
    after = RemoveDead()(parse(GRAPH.format(neuron=neuron)))
    assert ("a" in [node.name for node in after.populations]) == sends


@pytest.mark.parametrize("bias", [-0.25, 0.25])
def test_units_are_judged_one_by_one(bias: float) -> None:
    text = GRAPH.replace("dense\n  0", "dense\n  0\n  0").replace("dense\n  1\nedge", "dense\n  1 1\nedge")
    neuron = f"cuba a 2 threshold=1 current_decay=1 voltage_decay=0 bias=[{bias} 0.5]"
    (kept, _) = RemoveDead()(parse(text.format(neuron=neuron))).populations
    assert kept.units == (2 if bias > 0 else 1)
