"""A layer's neurons as a Lava process: Lava's own wherever it computes what the layer says, else one of ours.

Lava checks no range and falls back silently; a layer is checked where it is made, and each of Lava's processes is
given the very integers that its model shall compute with.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from hardware.chip import widths
from hardware.lava.call import Calls
from hardware.lava.third_factor_processes import feedback_process, readout_process
from hardware.learning import Feedback, ThirdFactor
from hardware.learning.feedback import ERROR
from hardware.neurons.alif import Alif
from hardware.neurons.cuba import Cuba, Message, Reset
from hardware.neurons.neuron import ALIGNED, FINE, Neuron, PerUnit, spread
from hardware.neurons.readout import Readout
from hardware.neurons.relay import Relay
from hardware.neurons.resonator import IMAGINARY, REAL, Firing, Resonator
from hardware.neurons.sigma_delta import Activation, Delta, Sigma, SigmaDelta

_PORTS = {ALIGNED: "a_in", FINE: "fine_in", REAL: "a_real_in", IMAGINARY: "a_imag_in", ERROR: "error_in"}
_VARS = {"u": ("u", "i"), "re": ("real",), "im": ("imag",)}
_ANY_PERIOD = 8.0


def neurons_process(
    name: str,
    neuron: Neuron,
    used: frozenset[str] = frozenset(),
    *,
    teacher: ThirdFactor | None = None,
    calls: Calls | None = None,
) -> Any:
    """Return the process of a layer, from rest.

    Parameters
    ----------
    name : str
        The layer's.
    neuron : Neuron
        Its dynamics.
    used : frozenset of str
        Ports at which anything arrives.
    teacher : ThirdFactor or None
        Computes its third factors.
    calls : Calls
        Tells labels, to neurons that ask.

    Returns
    -------
    lava AbstractProcess
        With ``s_out``, with ``y1_out`` and so on for third factors that it sends itself, and a port and a Var for
        what ``port`` and ``state`` name.
    """
    makers: dict[type, Callable[[], Any]] = {
        Cuba: lambda: _cuba(name, cast(Cuba, neuron), fine=FINE in used),
        Alif: lambda: _alif(name, cast(Alif, neuron), fine=FINE in used),
        Resonator: lambda: _resonator(name, cast(Resonator, neuron)),
        Delta: lambda: _delta(name, cast(Delta, neuron)),
        SigmaDelta: lambda: _sigma_delta(name, cast(SigmaDelta, neuron)),
        Sigma: lambda: _sigma(name, neuron),
        Relay: lambda: _relay(name, cast(Relay, neuron)),
        Readout: lambda: readout_process(name, cast(Readout, neuron), cast(Calls, calls)),
    }
    if isinstance(teacher, Feedback):
        return feedback_process(name, cast(Cuba, neuron), teacher, cast(Calls, calls))
    return makers[type(neuron)]()


def port(process: Any, neuron: Neuron, name: str) -> Any:
    """Return the process's port for input that a connection sends to ``name``; empty for the neuron's first."""
    return getattr(process, _PORTS[name or neuron.ports[0]])


def state(process: Any, name: str) -> Any:
    """Return the Var of a state, or ``None`` where the process has none because the state never changes."""
    return next((getattr(process, var) for var in _VARS.get(name, (name,)) if hasattr(process, var)), None)


def axon_process(name: str, delays: NDArray[np.uint8]) -> Any:
    """Return the process that holds a layer's messages back."""
    from hardware.lava.processes.axon import Axon

    return Axon(delays=delays, name=f"axons of {name}")


def _cuba(name: str, neuron: Cuba, *, fine: bool) -> Any:
    from lava.proc.lif.process import LIF

    from hardware.lava.processes.cuba import CubaNeurons

    plain = neuron.message is Message.SPIKE and neuron.reset is Reset.ZERO and neuron.refractory == 1
    shared = _shared(neuron.current_decay, neuron.voltage_decay, neuron.threshold)
    if fine or not plain or not shared or not _zero(neuron.drive):
        return CubaNeurons(neuron=neuron, name=name)
    return LIF(
        shape=(neuron.units,),
        du=neuron.current_decay - 1,
        dv=neuron.voltage_decay,
        vth=neuron.threshold,
        bias_mant=neuron.bias_mantissa.astype(np.int32),
        bias_exp=neuron.bias_exponent,
        name=name,
    )


def _alif(name: str, neuron: Alif, *, fine: bool) -> Any:
    """Return ``ATRLIF``, which multiplies its decays by 4096 and adds 1 to that of the current, or ours."""
    from lava.proc.atrlif.process import ATRLIF

    from hardware.lava.processes.alif import AlifNeurons

    change = neuron.adaptation
    decays = neuron.current_decay, neuron.voltage_decay, change.threshold_decay, change.refractory_decay
    mantissa, exponent = _split(spread(neuron.bias, neuron.units))
    exact = np.array_equal(mantissa << exponent, spread(neuron.bias, neuron.units))
    if fine or neuron.graded or not _zero(neuron.drive) or not exact or not _shared(*decays, neuron.threshold):
        return AlifNeurons(neuron=neuron, name=name)
    return ATRLIF(
        shape=(neuron.units,),
        delta_i=(neuron.current_decay - 1) / widths.DECAY_UNITY,
        delta_v=neuron.voltage_decay / widths.DECAY_UNITY,
        delta_theta=change.threshold_decay / widths.DECAY_UNITY,
        delta_r=change.refractory_decay / widths.DECAY_UNITY,
        theta=neuron.rest["theta"],
        theta_0=neuron.threshold,
        theta_step=change.threshold_step,
        bias_mant=mantissa,
        bias_exp=exponent,
        name=name,
    )


def _split(bias: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Split biases into the largest mantissas of 13 bits that fit, and exponents of 3."""
    exponent = np.zeros_like(bias)
    for _ in range(widths.BIAS_EXPONENT_MAX):
        mantissa = bias >> exponent
        exponent += (mantissa < -widths.BIAS_MANTISSA_LIMIT) | (mantissa >= widths.BIAS_MANTISSA_LIMIT)
    limit = widths.BIAS_MANTISSA_LIMIT
    return np.clip(bias >> exponent, -limit, limit - 1), exponent


def _resonator(name: str, neuron: Resonator) -> Any:
    """Return ``RF`` or ``RF_IZ`` with the exact sine and cosine, which they derive from a period, or ours."""
    from lava.proc.rf.process import RF
    from lava.proc.rf_iz.process import RF_IZ

    from hardware.lava.processes.resonator import ResonatorNeurons

    shared = _shared(neuron.sin_decay, neuron.cos_decay, neuron.threshold)
    driven = not _zero(neuron.drive_real) or not _zero(neuron.drive_imag)
    if neuron.adaptation is not None or neuron.graded or driven or not shared:
        return ResonatorNeurons(neuron=neuron, name=name)
    process = (RF if neuron.firing is Firing.PHASE else RF_IZ)(
        shape=(neuron.units,),
        period=_ANY_PERIOD,
        alpha=0.0,
        state_exp=widths.ALIGN_SHIFT,
        decay_bits=widths.DECAY_BITS,
        vth=neuron.threshold,
        name=name,
    )
    process.sin_decay.init, process.cos_decay.init = neuron.sin_decay, neuron.cos_decay
    return process


def _delta(name: str, neuron: Delta) -> Any:
    from lava.proc.sdn.process import Delta as LavaDelta

    from hardware.lava.processes.sigma_delta import UnequalDelta

    process = (LavaDelta if _shared(neuron.threshold) else UnequalDelta)(
        shape=(neuron.units,),
        vth=0,
        cum_error=neuron.cumulative,
        spike_exp=neuron.input_shift - neuron.output_shift,
        state_exp=neuron.output_shift,
    )
    process.vth.init = neuron.threshold
    return _named(process, name)


def _sigma_delta(name: str, neuron: SigmaDelta) -> Any:
    from lava.proc.sdn.process import ActivationMode
    from lava.proc.sdn.process import SigmaDelta as LavaSigmaDelta

    from hardware.lava.processes.sigma_delta import UnequalSigmaDelta

    process = (LavaSigmaDelta if _shared(neuron.threshold) else UnequalSigmaDelta)(
        shape=(neuron.units,),
        vth=0,
        act_mode=ActivationMode.RELU if neuron.activation is Activation.RELU else ActivationMode.UNIT,
        cum_error=neuron.cumulative,
        state_exp=neuron.output_shift,
    )
    process.vth.init, process.bias.init = neuron.threshold, neuron.bias
    return _named(process, name)


def _sigma(name: str, neuron: Neuron) -> Any:
    from lava.proc.sdn.process import Sigma as LavaSigma

    return _named(LavaSigma(shape=(neuron.units,)), name)


def _relay(name: str, neuron: Relay) -> Any:
    from hardware.lava.processes.relay import RelayUnits

    return RelayUnits(units=neuron.units, binary=neuron.binary, name=name)


def _named(process: Any, name: str) -> Any:
    """Name a process whose constructor takes no name."""
    process.name = name
    process.proc_params.overwrite("name", name)
    return process


def _shared(*values: PerUnit) -> bool:
    return all(isinstance(value, int) for value in values)


def _zero(value: PerUnit) -> bool:
    return isinstance(value, int) and value == 0
