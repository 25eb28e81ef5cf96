"""Resonators beyond Lava's ``RF`` processes: ``hardware.neurons.resonator.Resonator`` in full."""

from __future__ import annotations

import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.model import PyLoihiProcessModel
from lava.magma.core.model.py.ports import PyInPort, PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.process.ports.ports import InPort, OutPort
from lava.magma.core.process.process import AbstractProcess
from lava.magma.core.process.variable import Var
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol

from hardware.lava.adaptive import advance
from hardware.lava.words import align, saturate, turn, wide
from hardware.neurons.resonator import Firing, Resonator


class ResonatorNeurons(AbstractProcess):
    """A layer of resonators.

    Parameters
    ----------
    neuron : Resonator
        Their dynamics; its units give the shape of ``a_real_in``, ``a_imag_in``, ``s_out`` and the states.
    """

    def __init__(self, *, neuron: Resonator, name: str) -> None:
        super().__init__(neuron=neuron, name=name)
        shape = (neuron.units,)
        self.a_real_in = InPort(shape=shape)
        self.a_imag_in = InPort(shape=shape)
        self.s_out = OutPort(shape=shape)
        self.real = Var(shape=shape, init=0)
        self.imag = Var(shape=shape, init=0)
        self.theta = Var(shape=shape, init=neuron.rest["theta"])
        self.r = Var(shape=shape, init=0)


@implements(proc=ResonatorNeurons, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyResonatorNeurons(PyLoihiProcessModel):
    """ResonatorNeurons on the CPU."""

    a_real_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32)
    a_imag_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32)
    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32)
    real: np.ndarray = LavaPyType(np.ndarray, np.int32)
    imag: np.ndarray = LavaPyType(np.ndarray, np.int32)
    theta: np.ndarray = LavaPyType(np.ndarray, np.int32)
    r: np.ndarray = LavaPyType(np.ndarray, np.int32)

    def __init__(self, proc_params: dict) -> None:
        super().__init__(proc_params)
        self._neuron: Resonator = proc_params["neuron"]

    def run_spk(self) -> None:
        """One step."""
        neuron = self._neuron
        x, y = align(self.a_real_in.recv()), align(self.a_imag_in.recv())
        re, im, sin, cos = wide(self.real), wide(self.imag), neuron.sin_decay, neuron.cos_decay
        real = saturate(turn(re, cos) - turn(im, sin) + x + wide(neuron.drive_real))
        imag = saturate(turn(re, sin) + turn(im, cos) + y + wide(neuron.drive_imag))
        phase = neuron.firing is Firing.PHASE
        compared = real if phase else imag
        allowed = (imag >= 0) & (im < 0) if phase else True
        limit = align(neuron.threshold)
        if neuron.adaptation is None:
            fires = (compared >= limit) & allowed
        else:
            old = wide(self.theta), wide(self.r)
            fires, theta, r = advance(neuron.adaptation, neuron.threshold, compared, *old, allowed)
            self.theta, self.r = theta.astype(np.int32), r.astype(np.int32)
        sent = np.where(fires, compared if neuron.graded else 1, 0)
        if neuron.adaptation is None and not phase:
            real, imag = np.where(fires, 0, real), np.where(fires, limit - 1, imag)
        self.real, self.imag = real.astype(np.int32), imag.astype(np.int32)
        self.s_out.send(sent.astype(np.int32))
