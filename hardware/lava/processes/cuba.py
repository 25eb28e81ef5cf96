"""CUBA neurons beyond Lava's ``LIF``: ``hardware.neurons.cuba.Cuba`` in full."""

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

from hardware.lava.words import align, decay, joined, saturate, wide, word, wrap
from hardware.neurons.cuba import Cuba, Message, Reset


class CubaNeurons(AbstractProcess):
    """A layer of CUBA neurons.

    Parameters
    ----------
    neuron : Cuba
        Their dynamics; its units give the shape of ``a_in``, ``fine_in``, ``s_out``, ``u``, ``v``, ``waiting``.
    """

    def __init__(self, *, neuron: Cuba, name: str) -> None:
        super().__init__(neuron=neuron, name=name)
        shape = (neuron.units,)
        self.a_in = InPort(shape=shape)
        self.fine_in = InPort(shape=shape)
        self.s_out = OutPort(shape=shape)
        self.u = Var(shape=shape, init=0)
        self.v = Var(shape=shape, init=0)
        self.waiting = Var(shape=shape, init=0)


@implements(proc=CubaNeurons, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyCubaNeurons(PyLoihiProcessModel):
    """CubaNeurons on the CPU."""

    a_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32)
    fine_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32)
    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32)
    u: np.ndarray = LavaPyType(np.ndarray, np.int32)
    v: np.ndarray = LavaPyType(np.ndarray, np.int32)
    waiting: np.ndarray = LavaPyType(np.ndarray, np.int32)

    def __init__(self, proc_params: dict) -> None:
        super().__init__(proc_params)
        self._neuron: Cuba = proc_params["neuron"]

    def run_spk(self) -> None:
        """One step."""
        self.s_out.send(self.advance())

    def advance(self) -> np.ndarray:
        """Advance all states by one step; return the messages."""
        neuron = self._neuron
        arriving = joined(self.a_in.recv(), self.fine_in.recv(), neuron.drive)
        u = wrap(word(decay(wide(self.u), neuron.current_decay) + arriving))
        v = saturate(word(decay(wide(self.v), neuron.voltage_decay) + u + wide(neuron.bias)))
        held = self.waiting > 0
        v = np.where(held, self.v, v)
        limit = align(neuron.threshold)
        fires = (v > limit) & ~held & (neuron.message is not Message.VOLTAGE)
        sent = {Message.SPIKE: fires, Message.GRADED: np.where(fires, v, 0), Message.VOLTAGE: v}[neuron.message]
        left = 0 if neuron.reset is Reset.ZERO else v - limit
        self.u = u.astype(np.int32)
        self.v = np.where(fires, left, v).astype(np.int32)
        self.waiting = np.where(fires, neuron.refractory - 1, self.waiting - held).astype(np.int32)
        messages: np.ndarray = sent.astype(np.int32)
        return messages
