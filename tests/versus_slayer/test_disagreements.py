"""What is known of SLAYER and Lava is noted where a network touches it, and only there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from compile.slayer.disagreements import disagreements
from hardware.learning import LearningRule, Teacher
from hardware.network import Connection, Layer, Network
from hardware.neurons.alif import Adaptation, Alif
from hardware.neurons.cuba import Cuba, Message
from hardware.neurons.neuron import Neuron
from hardware.neurons.relay import Relay
from hardware.neurons.resonator import Resonator
from hardware.neurons.sigma_delta import Sigma, SigmaDelta
from hardware.synapses.dense import Dense


def cuba(bias: int = 0, **more: Any) -> Cuba:
    settings = {"current_decay": 100, "voltage_decay": 100, "threshold": 40, **more}
    return Cuba(**settings, bias_mantissa=np.full(1, bias))


def noted(neuron: Neuron, port: str = "", **more: Any) -> tuple[str, ...]:
    """Notes of a network of one unit."""
    connection = Connection("input", "a", Dense(np.array([[2]], np.int16)), more.pop("rule", None), port)
    graded = bool(port) or neuron.kind.startswith("sigma")
    return disagreements(Network(1, (Layer("a", neuron, **more),), (connection,), graded_input=graded))


@pytest.mark.parametrize(
    "neuron",
    [
        cuba(),
        cuba(threshold=4095),
        cuba(message=Message.VOLTAGE, threshold=131071),
        Alif(1, 1, 1, 1, Adaptation(1, 1, 1)),
        Resonator(1, 1, 1, 1),
        SigmaDelta(1, 64),
        Sigma(1),
    ],
)
def test_nothing_is_noted_of_what_all_agree_on(neuron: Neuron) -> None:
    assert noted(neuron) == ()


@pytest.mark.parametrize(
    ("neuron", "port", "said"),
    [
        (cuba(bias=1), "", "one step later; give its own forward pass one silent step first"),
        (cuba(drive=1), "", "one step later"),
        (Resonator(1, 1, 1, 1, drive_imag=3), "", "one step later"),
        (cuba(threshold=4096), "", "single precision"),
        (cuba(current_decay=0, message=Message.VOLTAGE), "", "sums its current over time, as lava-dl's netx"),
        (Relay(1), "", "SLAYER has no relays"),
        (SigmaDelta(1, 63), "", "lifts thresholds of changes below 1/4096"),
        (SigmaDelta(1, 64, bias=1), "", "a bias reaches all of SLAYER's sigma-delta blocks in one step"),
    ],
)
def test_a_known_disagreement_is_noted_with_its_layer(neuron: Neuron, port: str, said: str) -> None:
    (note,) = noted(neuron, port)
    assert note.startswith("layer 'a': ")
    assert said in note


def test_a_sum_of_graded_input_is_noted_as_rounded() -> None:
    sums = cuba(current_decay=0, message=Message.VOLTAGE)
    assert noted(sums, "fine") == (f"{noted(sums)[0]}, not rounded to 1/4096",)


def test_a_drive_beside_graded_input_is_noted() -> None:
    assert any("rounds graded input apart from the drive" in note for note in noted(cuba(drive=1), "fine"))
    assert noted(cuba(), "fine") == ()


def test_learned_weights_are_noted() -> None:
    rule = LearningRule.parse("2^-4*u0*x1*y1", epoch=4, x1_impulse=20, x1_tau=5)
    (note,) = noted(cuba(), rule=rule, teacher=Teacher(margin=3, shift=2))
    assert note == "connection input->a: SLAYER's blocks would round learned weights to even, here they stay"


def test_layers_of_which_the_same_is_known_share_a_note() -> None:
    layers = (Layer("a", cuba(bias=1)), Layer("b", cuba(threshold=4096)), Layer("c", cuba(bias=2)))
    connections = tuple(Connection("input", layer.name, Dense(np.array([[2]], np.int16))) for layer in layers)
    first, second = disagreements(Network(1, layers, connections))
    assert first.startswith("layers 'a', 'c': SLAYER sees the effect of a bias one step later")
    assert second.startswith("layer 'b': SLAYER's single precision")
