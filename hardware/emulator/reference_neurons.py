"""The specification of neurons: one step of one unit, a function a kind.

Each takes the unit's parameters, its state by name (which it changes) and what arrived at each port, and returns
the message that the unit sends; 0 is none. Formulas are those of the docstrings in ``hardware.neurons``.
"""

from __future__ import annotations

from hardware.fixed import align, decay, joined, saturate, word, wrap
from hardware.neurons.alif import Adaptation, Alif
from hardware.neurons.cuba import Cuba, Message, Reset
from hardware.neurons.neuron import ALIGNED, FINE, Neuron, PerUnit
from hardware.neurons.relay import Relay
from hardware.neurons.resonator import IMAGINARY, REAL, Firing, Resonator
from hardware.neurons.sigma_delta import Activation, Delta, Sigma, SigmaDelta

State = dict[str, int]
Ports = dict[str, int]


def advance(neuron: Neuron, unit: int, state: State, arrived: Ports) -> int:
    """Advance one unit of any kind by one step.

    Parameters
    ----------
    neuron : Neuron
        The population.
    unit : int
        Which of it.
    state : dict of str to int
        The unit's state, changed in place.
    arrived : dict of str to int
        Synaptic input of this step by port, 32-bit words.

    Returns
    -------
    int
        The message, 0 for none.
    """
    if isinstance(neuron, Cuba):
        return _cuba(neuron, unit, state, arrived)
    if isinstance(neuron, Alif):
        return _alif(neuron, unit, state, arrived)
    if isinstance(neuron, Resonator):
        return _resonator(neuron, unit, state, arrived)
    a = arrived[neuron.ports[0]]
    if isinstance(neuron, Relay):
        return int(a != 0) if neuron.binary else a
    return _sigma_delta(neuron, unit, state, a)


def _of(value: PerUnit, unit: int) -> int:
    return value if isinstance(value, int) else int(value[unit])


def _current(neuron: Cuba | Alif, unit: int, state: State, arrived: Ports) -> int:
    """Let the current decay, and add what arrived at both ports."""
    kept = decay(state["u"], _of(neuron.current_decay, unit))
    return wrap(word(kept + joined(arrived[ALIGNED], arrived[FINE], _of(neuron.drive, unit))))


def _voltage(neuron: Cuba | Alif, unit: int, state: State) -> int:
    """Let the voltage decay, and add current and bias."""
    kept = decay(state["v"], _of(neuron.voltage_decay, unit))
    bias = _of(neuron.bias, unit)
    return saturate(word(kept + state["u"] + bias))


def _cuba(neuron: Cuba, unit: int, state: State, arrived: Ports) -> int:
    state["u"] = _current(neuron, unit, state, arrived)
    if state["waiting"]:
        state["waiting"] -= 1
        return 0
    v = state["v"] = _voltage(neuron, unit, state)
    if neuron.message is Message.VOLTAGE:
        return v
    threshold = align(_of(neuron.threshold, unit))
    if v <= threshold:
        return 0
    state["v"] = v - threshold if neuron.reset is Reset.SUBTRACT else 0
    state["waiting"] = neuron.refractory - 1
    return v if neuron.message is Message.GRADED else 1


def _alif(neuron: Alif, unit: int, state: State, arrived: Ports) -> int:
    state["u"] = _current(neuron, unit, state, arrived)
    state["v"] = _voltage(neuron, unit, state)
    _relax(neuron.adaptation, align(_of(neuron.threshold, unit)), unit, state)
    if word(state["v"] - state["r"]) < state["theta"]:
        return 0
    _adapt(neuron.adaptation, state)
    return state["v"] if neuron.graded else 1


def _relax(adaptation: Adaptation, rest: int, unit: int, state: State) -> None:
    """Let the threshold fall back towards ``rest``, and the refractory state towards 0."""
    above = decay(word(state["theta"] - rest), _of(adaptation.threshold_decay, unit))
    state["theta"] = word(above + rest)
    state["r"] = decay(state["r"], _of(adaptation.refractory_decay, unit))


def _adapt(adaptation: Adaptation, state: State) -> None:
    """Raise refractory state and threshold after a spike."""
    state["r"] = word(state["r"] + 2 * state["theta"])
    state["theta"] = word(state["theta"] + align(adaptation.threshold_step))


def _resonator(neuron: Resonator, unit: int, state: State, arrived: Ports) -> int:
    re, im, threshold = state["re"], state["im"], align(_of(neuron.threshold, unit))
    sin, cos = 4096 - _of(neuron.sin_decay, unit), 4096 - _of(neuron.cos_decay, unit)
    into_re = word(align(arrived[REAL])) + _of(neuron.drive_real, unit)
    into_im = word(align(arrived[IMAGINARY])) + _of(neuron.drive_imag, unit)
    state["re"] = saturate(decay(re, cos) - decay(im, sin) + into_re)
    state["im"] = saturate(decay(re, sin) + decay(im, cos) + into_im)
    if neuron.adaptation is not None:
        _relax(neuron.adaptation, threshold, unit, state)
    by_phase = neuron.firing is Firing.PHASE
    compared = state["re"] if by_phase else state["im"]
    if word(compared - state["r"]) < state["theta"] or (by_phase and not (state["im"] >= 0 > im)):
        return 0
    if neuron.adaptation is not None:
        _adapt(neuron.adaptation, state)
    elif not by_phase:
        state["re"], state["im"] = 0, threshold - 1
    return compared if neuron.graded else 1


def _sigma_delta(neuron: Neuron, unit: int, state: State, a: int) -> int:
    if isinstance(neuron, Delta):
        return _delta(neuron, unit, state, word(a << neuron.input_shift))
    sigma = state["sigma"] = word(state["sigma"] + a)
    if isinstance(neuron, Sigma):
        return sigma
    if not isinstance(neuron, SigmaDelta):
        raise TypeError(f"{neuron.kind} neurons have no specification")
    x = word(sigma + _of(neuron.bias, unit))
    return _delta(neuron, unit, state, max(x, 0) if neuron.activation is Activation.RELU else x)


def _delta(neuron: Delta | SigmaDelta, unit: int, state: State, x: int) -> int:
    """Send the change of ``x`` where it is large enough, and keep what was not sent."""
    d = word(x - state["act"] + state["residue"])
    compared = d
    if neuron.cumulative:
        compared = state["error"] = word(state["error"] + d)
    sent = d if _magnitude(compared) >= _of(neuron.threshold, unit) else 0
    if _magnitude(sent) > 0:
        state["error"] = 0
    state["act"], state["residue"] = x, word(d - sent)
    return sent >> neuron.output_shift


def _magnitude(value: int) -> int:
    """Absolute value in 32 bits, where that of -2^31 is -2^31 itself."""
    return word(abs(value))
