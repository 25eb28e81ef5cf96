"""Units that sum a sample's input, say it, and send how wrong they were: ``hardware.neurons.readout.Readout``."""

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

from hardware.lava.call import Anew, Call, Calls
from hardware.lava.words import hinge, nearest, saturate, wide
from hardware.neurons.readout import Readout


class ReadoutUnits(AbstractProcess):
    """A layer of readout units.

    Parameters
    ----------
    neuron : Readout
        Their numbers; its units give the shape of ``a_in``, ``s_out``, ``y1_out``, ``m`` and ``e``.
    calls : Calls
        Tells the labels.
    """

    def __init__(self, *, neuron: Readout, calls: Calls, name: str) -> None:
        super().__init__(neuron=neuron, calls=calls, name=name)
        shape = (neuron.units,)
        self.a_in = InPort(shape=shape)
        self.s_out = OutPort(shape=shape)
        self.y1_out = OutPort(shape=shape)
        self.m = Var(shape=shape, init=0)
        self.e = Var(shape=shape, init=0)


@implements(proc=ReadoutUnits, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyReadoutUnits(Anew, PyLoihiProcessModel):
    """ReadoutUnits on the CPU."""

    a_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32)
    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32)
    y1_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32)
    m: np.ndarray = LavaPyType(np.ndarray, np.int32)
    e: np.ndarray = LavaPyType(np.ndarray, np.int32)

    def begin(self, call: Call) -> None:
        """Take up the lesson."""
        self._call = call
        self._neuron: Readout = self.proc_params["neuron"]

    def step(self) -> None:
        """Sum the input; say in their steps how wrong it was, and what it was."""
        neuron, moment = self._neuron, self._call.moment(self.time_step)
        self.m = saturate(wide(self.m) + self.a_in.recv()).astype(np.int32)
        if moment.label >= 0 and moment.to_end == neuron.lead:
            error = hinge(self.m, moment.label, neuron.margin, neuron.ceiling, neuron.shift)
            self.e = nearest(error, moment.anneal).astype(np.int32)
        nothing = np.zeros_like(self.m)
        messages = {neuron.lead: np.maximum(self.e, 0), neuron.lead - 1: np.maximum(-self.e, 0), 0: self.m}
        self.s_out.send(messages.get(moment.to_end, nothing))
        self.y1_out.send(self.e if moment.to_end == 0 else nothing)
