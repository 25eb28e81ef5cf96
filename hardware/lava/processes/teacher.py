"""Computes a layer's third factor from labels: ``hardware.learning.Teacher`` as a Lava process."""

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
from hardware.learning import Teacher


class ErrorReadout(AbstractProcess):
    """Sums the synaptic input of a sample and sends a graded error in its last step.

    Parameters
    ----------
    units : int
        Units of the taught layer; shape of ``a_in``, ``y1_out``, ``m`` and ``y1``.
    teacher : Teacher
        Its numbers.
    calls : Calls
        Tells the labels.
    """

    def __init__(self, *, units: int, teacher: Teacher, calls: Calls, name: str) -> None:
        super().__init__(teacher=teacher, calls=calls, name=name)
        self.a_in = InPort(shape=(units,))
        self.y1_out = OutPort(shape=(units,))
        self.m = Var(shape=(units,), init=0)
        self.y1 = Var(shape=(units,), init=0)


@implements(proc=ErrorReadout, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyErrorReadout(Anew, PyLoihiProcessModel):
    """ErrorReadout on the CPU, in integers only."""

    a_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32)
    y1_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32)
    m: np.ndarray = LavaPyType(np.ndarray, np.int32)
    y1: np.ndarray = LavaPyType(np.ndarray, np.int32)

    def begin(self, call: Call) -> None:
        """Take up the lesson."""
        self._call = call
        self._teacher: Teacher = self.proc_params["teacher"]

    def step(self) -> None:
        """Sum the input; speak in a labelled sample's last step."""
        teacher, moment = self._teacher, self._call.moment(self.time_step)
        self.m = saturate(wide(self.m) + self.a_in.recv()).astype(np.int32)
        self.y1 = np.zeros_like(self.m)
        if moment.label >= 0 and moment.to_end == 0:
            error = hinge(self.m, moment.label, teacher.margin, teacher.rest, teacher.shift)
            if teacher.trigger:
                error = np.sign(error) * np.where(np.abs(error) < teacher.trigger, 0, teacher.trigger)
            self.y1 = nearest(error, moment.anneal).astype(np.int32)
        self.y1_out.send(self.y1)
