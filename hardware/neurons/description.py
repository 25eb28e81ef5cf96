"""Neurons in a few words, for tables."""

from __future__ import annotations

import numpy as np

from hardware.neurons.alif import Adaptation, Alif
from hardware.neurons.cuba import Cuba, Message, Reset
from hardware.neurons.neuron import Neuron, PerUnit
from hardware.neurons.readout import Readout
from hardware.neurons.relay import Relay
from hardware.neurons.resonator import Firing, Resonator
from hardware.neurons.sigma_delta import Delta, SigmaDelta


def describe(neuron: Neuron) -> str:
    """Name the model and the integers that the chip holds; a range stands for one value a unit.

    Examples
    --------
    >>> describe(Cuba(4096, np.array([8, 9]), 80, np.zeros(2, np.int16)))
    'CUBA, decays 4096 and 8..9, threshold 80'
    """
    if isinstance(neuron, Cuba):
        parts = _cuba(neuron)
    elif isinstance(neuron, Alif):
        decays = f"decays {_word(neuron.current_decay)} and {_word(neuron.voltage_decay)}"
        parts = [
            "ALIF",
            decays,
            *_adaptive(neuron.threshold, neuron.adaptation),
            *_constants(neuron, "bias", "drive"),
        ]
        parts += ["sends voltages"] * neuron.graded
    elif isinstance(neuron, Resonator):
        parts = _resonator(neuron)
    elif isinstance(neuron, Delta | SigmaDelta):
        title = "delta encoder" if isinstance(neuron, Delta) else f"sigma-delta, {neuron.activation.value}"
        parts = [title, f"threshold {_word(neuron.threshold)}"]
        parts += _constants(neuron, "bias") if isinstance(neuron, SigmaDelta) else []
        parts += ["cumulative error"] * neuron.cumulative
    elif isinstance(neuron, Relay):
        parts = ["relay", "plain spikes"] if neuron.binary else ["relay"]
    elif isinstance(neuron, Readout):
        parts = ["readout", f"margin {neuron.margin} and {neuron.ceiling}", f"shift {neuron.shift}"]
        parts += [f"errors {neuron.lead} steps before a sample's end"]
    else:
        parts = [f"{neuron.kind} decoder" if neuron.kind == "sigma" else neuron.kind]
    return ", ".join(parts)


def _cuba(neuron: Cuba) -> list[str]:
    parts = [
        "CUBA",
        f"decays {_word(neuron.current_decay)} and {_word(neuron.voltage_decay)}",
        f"threshold {_word(neuron.threshold)}",
    ]
    if neuron.bias_mantissa.any():
        parts.append(f"bias x 2^{neuron.bias_exponent}")
    parts += _constants(neuron, "drive")
    if neuron.refractory > 1:
        parts.append(f"refractory {neuron.refractory}")
    if neuron.message is not Message.SPIKE:
        parts.append("sends its voltage" + (" where it fires" if neuron.message is Message.GRADED else ""))
    if neuron.reset is not Reset.ZERO:
        parts.append("threshold taken off")
    return parts


def _resonator(neuron: Resonator) -> list[str]:
    name = ("AD" if neuron.adaptation else "") + "RF" + ("-IZ" if neuron.firing is Firing.IZHIKEVICH else "")
    turn = f"sine {_word(neuron.sin_decay)} and cosine {_word(neuron.cos_decay)}"
    if neuron.adaptation is None:
        rest = [f"threshold {_word(neuron.threshold)}"]
    else:
        rest = _adaptive(neuron.threshold, neuron.adaptation)
    return [
        name,
        turn,
        *rest,
        *_constants(neuron, "drive_real", "drive_imag"),
        *["sends its state"] * neuron.graded,
    ]


def _adaptive(threshold: PerUnit, adaptation: Adaptation) -> list[str]:
    back = f"{_word(adaptation.threshold_decay)} and {_word(adaptation.refractory_decay)}"
    return [f"threshold {_word(threshold)} rising by {adaptation.threshold_step}", f"falling by {back}"]


def _constants(neuron: Neuron, *names: str) -> list[str]:
    values = {name: getattr(neuron, name) for name in names}
    return [f"{name.replace('_', ' ')} {_word(value)}" for name, value in values.items() if np.any(value)]


def _word(value: PerUnit) -> str:
    low, high = int(np.min(value)), int(np.max(value))
    return str(low) if low == high else f"{low}..{high}"
