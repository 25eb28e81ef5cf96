"""CUBA neurons that turn a readout's errors into third factors: ``hardware.learning.Feedback``."""

from __future__ import annotations

import numpy as np
from lava.magma.core.decorator import implements
from lava.magma.core.model.py.ports import PyInPort, PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.process.ports.ports import InPort, OutPort
from lava.magma.core.process.variable import Var
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol

from hardware.chip.widths import TRACE_MAX
from hardware.lava.call import Anew, Call, Calls
from hardware.lava.processes.cuba import CubaNeurons, PyCubaNeurons
from hardware.lava.words import align, saturate, wide
from hardware.learning import Feedback
from hardware.lesson import Moment
from hardware.neurons.cuba import Cuba


class FeedbackNeurons(CubaNeurons):
    """A layer of CUBA neurons with a feedback beside them.

    Parameters
    ----------
    neuron : Cuba
        Their dynamics; its units give the shape of every port and Var.
    feedback : Feedback
        Its numbers.
    calls : Calls
        Tells the labels.
    """

    def __init__(self, *, neuron: Cuba, feedback: Feedback, calls: Calls, name: str) -> None:
        super().__init__(neuron=neuron, name=name)
        self.proc_params["feedback"], self.proc_params["calls"] = feedback, calls
        shape = (neuron.units,)
        self.error_in = InPort(shape=shape)
        self.y1_out, self.y2_out, self.y3_out = (OutPort(shape=shape) for _ in range(3))
        self.d, self.n = (Var(shape=shape, init=0) for _ in range(2))
        self.y1, self.y2, self.y3 = (Var(shape=shape, init=0) for _ in range(3))


@implements(proc=FeedbackNeurons, protocol=LoihiProtocol)
class PyFeedbackNeurons(Anew, PyCubaNeurons):
    """FeedbackNeurons on the CPU."""

    implements_process = None  # the parent's, which the decorator would not replace

    error_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32)
    y1_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32)
    y2_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32)
    y3_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32)
    d: np.ndarray = LavaPyType(np.ndarray, np.int32)
    n: np.ndarray = LavaPyType(np.ndarray, np.int32)
    y1: np.ndarray = LavaPyType(np.ndarray, np.int32)
    y2: np.ndarray = LavaPyType(np.ndarray, np.int32)
    y3: np.ndarray = LavaPyType(np.ndarray, np.int32)

    def begin(self, call: Call) -> None:
        """Take up the lesson."""
        self._call = call
        self._feedback: Feedback = self.proc_params["feedback"]

    def step(self) -> None:
        """Advance the neurons; hear, count and speak, each in its steps."""
        feedback, moment = self._feedback, self._call.moment(self.time_step)
        sent, error = self.advance(), wide(self.error_in.recv())
        heard = {feedback.lead - 1: error, feedback.lead - 2: -error}.get(moment.to_end)
        if heard is not None:
            self.d = saturate(self.d + heard).astype(np.int32)
        self.n = (self.n + (sent != 0)).astype(np.int32)
        near = np.abs(wide(self.v) - align(self._neuron.threshold)) < align(feedback.window)
        self.y1, self.y2 = (factor.astype(np.int32) for factor in self._factors(moment))
        self.y3 = near.astype(np.int32)
        self.s_out.send(sent)
        self.y1_out.send(self.y1)
        self.y2_out.send(self.y2)
        self.y3_out.send(self.y3)

    def _factors(self, moment: Moment) -> tuple[np.ndarray, np.ndarray]:
        """Return y1 and y2."""
        feedback, error, activity = self._feedback, np.zeros_like(self.n), np.zeros_like(self.n)
        if moment.label >= 0 and moment.to_end == 0:
            open_ = ((self.n > 0) | (self.v > 0)) & (self.n < feedback.most)
            half = (1 << feedback.shift) >> 1
            error = np.where(open_, np.clip((wide(self.d) + half) >> feedback.shift, -TRACE_MAX - 1, TRACE_MAX), 0)
        if moment.label >= 0:
            count = np.minimum(feedback.counts * wide(self.n), TRACE_MAX)
            minus = -self.y2 if feedback.once else -count
            activity = {feedback.lead: count, feedback.lead - 1: minus}.get(moment.to_end, activity)
        return error, activity
