"""Adaptive neurons beyond Lava's ``ATRLIF``: ``hardware.neurons.alif.Alif`` in full."""

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
from hardware.lava.words import decay, joined, saturate, wide, word, wrap
from hardware.neurons.alif import Alif


class AlifNeurons(AbstractProcess):
    """A layer of adaptive neurons.

    Parameters
    ----------
    neuron : Alif
        Their dynamics; its units give the shape of ``a_in``, ``fine_in``, ``s_out`` and the states.
    """

    def __init__(self, *, neuron: Alif, name: str) -> None:
        super().__init__(neuron=neuron, name=name)
        shape = (neuron.units,)
        self.a_in = InPort(shape=shape)
        self.fine_in = InPort(shape=shape)
        self.s_out = OutPort(shape=shape)
        self.u = Var(shape=shape, init=0)
        self.v = Var(shape=shape, init=0)
        self.theta = Var(shape=shape, init=neuron.rest["theta"])
        self.r = Var(shape=shape, init=0)


@implements(proc=AlifNeurons, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyAlifNeurons(PyLoihiProcessModel):
    """AlifNeurons on the CPU."""

    a_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32)
    fine_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32)
    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32)
    u: np.ndarray = LavaPyType(np.ndarray, np.int32)
    v: np.ndarray = LavaPyType(np.ndarray, np.int32)
    theta: np.ndarray = LavaPyType(np.ndarray, np.int32)
    r: np.ndarray = LavaPyType(np.ndarray, np.int32)

    def __init__(self, proc_params: dict) -> None:
        super().__init__(proc_params)
        self._neuron: Alif = proc_params["neuron"]

    def run_spk(self) -> None:
        """One step."""
        neuron = self._neuron
        arriving = joined(self.a_in.recv(), self.fine_in.recv(), neuron.drive)
        u = wrap(word(decay(wide(self.u), neuron.current_decay) + arriving))
        v = saturate(word(decay(wide(self.v), neuron.voltage_decay) + u + wide(neuron.bias)))
        fires, theta, r = advance(neuron.adaptation, neuron.threshold, v, wide(self.theta), wide(self.r))
        self.u, self.v = u.astype(np.int32), v.astype(np.int32)
        self.theta, self.r = theta.astype(np.int32), r.astype(np.int32)
        self.s_out.send(np.where(fires, v if neuron.graded else 1, 0).astype(np.int32))
