"""Neurons laid out flat for the kernels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hardware.chip.widths import ALIGN_SHIFT, DECAY_UNITY
from hardware.emulator import tables as t
from hardware.neurons.alif import Adaptation, Alif
from hardware.neurons.cuba import Cuba, Message, Reset
from hardware.neurons.neuron import Neuron
from hardware.neurons.readout import Readout
from hardware.neurons.relay import Relay
from hardware.neurons.resonator import Firing, Resonator
from hardware.neurons.sigma_delta import Activation, Delta, Sigma, SigmaDelta

_ALIKE = {
    t.ALIKE_CURRENT_DECAY: t.CURRENT_DECAY,
    t.ALIKE_VOLTAGE_DECAY: t.VOLTAGE_DECAY,
    t.ALIKE_THRESHOLD: t.THRESHOLD,
    t.ALIKE_DRIVE: t.DRIVE,
}
_MESSAGES = {Message.SPIKE: t.SPIKE, Message.GRADED: t.GRADED, Message.VOLTAGE: t.VOLTAGE}


def fill_neuron(row: NDArray[np.int64], parameters: NDArray[np.int32], neuron: Neuron) -> None:
    """Write what the kernels know about a population.

    Parameters
    ----------
    row : int64 array, shape (LAYER_COLUMNS,)
        Its row of the layer table.
    parameters : int32 array, shape (PARAMETER_ROWS, units)
        Its columns of the parameter table.
    neuron : Neuron
        The population, of any kind.

    Raises
    ------
    TypeError
        Where no kernel knows the kind.
    """
    if isinstance(neuron, Cuba | Alif):
        _fill_integrator(row, parameters, neuron)
    elif isinstance(neuron, Resonator):
        _fill_resonator(row, parameters, neuron)
    elif isinstance(neuron, Delta | SigmaDelta):
        parameters[t.THRESHOLD] = neuron.threshold
        row[[t.OUT_SHIFT, t.CUMULATIVE]] = neuron.output_shift, neuron.cumulative
        if isinstance(neuron, Delta):
            row[[t.KIND, t.IN_SHIFT]] = t.DELTA, neuron.input_shift
        else:
            row[[t.KIND, t.RECTIFIES]] = t.SIGMA_DELTA, neuron.activation is Activation.RELU
            parameters[t.BIAS] = neuron.bias
    elif isinstance(neuron, Sigma):
        row[t.KIND] = t.SIGMA
    elif isinstance(neuron, Relay):
        row[[t.KIND, t.BINARY]] = t.RELAY, neuron.binary
    elif isinstance(neuron, Readout):
        row[t.KIND] = t.READOUT
    else:
        raise TypeError(f"the emulator has no kernel for {neuron.kind} neurons")
    shared = parameters[list(_ALIKE.values())]
    row[t.UNIFORM] = np.all(shared == shared[:, :1])
    row[list(_ALIKE)] = shared[:, 0]


def _fill_integrator(row: NDArray[np.int64], parameters: NDArray[np.int32], neuron: Cuba | Alif) -> None:
    parameters[t.CURRENT_DECAY] = neuron.current_decay
    parameters[t.VOLTAGE_DECAY] = neuron.voltage_decay
    parameters[t.THRESHOLD] = neuron.threshold
    parameters[t.THRESHOLD] <<= ALIGN_SHIFT
    parameters[t.BIAS] = neuron.bias
    parameters[t.DRIVE] = neuron.drive
    if isinstance(neuron, Alif):
        row[[t.KIND, t.MESSAGE]] = t.ALIF, t.GRADED if neuron.graded else t.SPIKE
        _fill_adaptation(row, parameters, neuron.adaptation)
    else:
        row[[t.KIND, t.MESSAGE]] = t.CUBA, _MESSAGES[neuron.message]
        row[[t.REFRACTORY, t.SUBTRACT]] = neuron.refractory, neuron.reset is Reset.SUBTRACT


def _fill_resonator(row: NDArray[np.int64], parameters: NDArray[np.int32], neuron: Resonator) -> None:
    parameters[t.SIN] = neuron.sin_decay
    parameters[t.COS] = neuron.cos_decay
    for turn in (t.SIN, t.COS):
        parameters[turn] = DECAY_UNITY - parameters[turn]
    parameters[t.THRESHOLD] = neuron.threshold
    parameters[t.THRESHOLD] <<= ALIGN_SHIFT
    parameters[t.DRIVE_REAL] = neuron.drive_real
    parameters[t.DRIVE_IMAG] = neuron.drive_imag
    row[[t.KIND, t.MESSAGE]] = t.RESONATOR, t.GRADED if neuron.graded else t.SPIKE
    row[[t.BY_PHASE, t.ADAPTS]] = neuron.firing is Firing.PHASE, neuron.adaptation is not None
    if neuron.adaptation is not None:
        _fill_adaptation(row, parameters, neuron.adaptation)


def _fill_adaptation(row: NDArray[np.int64], parameters: NDArray[np.int32], adaptation: Adaptation) -> None:
    row[t.STEP] = adaptation.threshold_step << ALIGN_SHIFT
    parameters[t.THRESHOLD_DECAY] = adaptation.threshold_decay
    parameters[t.REFRACTORY_DECAY] = adaptation.refractory_decay
