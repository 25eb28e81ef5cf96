"""Neurons in words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hardware.neurons.alif import Adaptation, Alif
from hardware.neurons.cuba import Cuba, Message, Reset
from hardware.neurons.description import describe
from hardware.neurons.neuron import Neuron
from hardware.neurons.relay import Relay
from hardware.neurons.resonator import Firing, Resonator
from hardware.neurons.sigma_delta import Activation, Delta, Sigma, SigmaDelta

TWO = np.array([3, 5])
RISING = Adaptation(9, 10, TWO)


def cuba(**more: Any) -> Cuba:
    return Cuba(4096, 123, 80, np.array(more.pop("bias", [0, 0]), np.int16), **more)


@pytest.mark.parametrize(
    ("neuron", "words"),
    [
        (cuba(), "CUBA, decays 4096 and 123, threshold 80"),
        (cuba(bias=[0, 1], bias_exponent=2), "CUBA, decays 4096 and 123, threshold 80, bias x 2^2"),
        (cuba(drive=TWO, refractory=4), "CUBA, decays 4096 and 123, threshold 80, drive 3..5, refractory 4"),
        (
            cuba(message=Message.GRADED),
            "CUBA, decays 4096 and 123, threshold 80, sends its voltage where it fires",
        ),
        (cuba(message=Message.VOLTAGE), "CUBA, decays 4096 and 123, threshold 80, sends its voltage"),
        (cuba(reset=Reset.SUBTRACT), "CUBA, decays 4096 and 123, threshold 80, threshold taken off"),
        (
            Alif(2, 1, TWO, 7, RISING, bias=-1, graded=True),
            "ALIF, decays 1 and 3..5, threshold 7 rising by 9, falling by 10 and 3..5, bias -1, sends voltages",
        ),
        (Resonator(2, 1, 2, TWO), "RF, sine 1 and cosine 2, threshold 3..5"),
        (
            Resonator(2, 1, 2, 7, Firing.IZHIKEVICH, RISING, drive_imag=4, graded=True),
            "ADRF-IZ, sine 1 and cosine 2, threshold 7 rising by 9, falling by 10 and 3..5, drive imag 4, "
            "sends its state",
        ),
        (Delta(2, 6, cumulative=True), "delta encoder, threshold 6, cumulative error"),
        (SigmaDelta(2, 6, TWO, Activation.UNIT), "sigma-delta, unit, threshold 6, bias 3..5"),
        (Sigma(2), "sigma decoder"),
        (Relay(2), "relay"),
        (Relay(2, binary=True), "relay, plain spikes"),
    ],
)
def test_each_kind_of_neuron_is_named_with_its_integers(neuron: Neuron, words: str) -> None:
    assert describe(neuron) == words
