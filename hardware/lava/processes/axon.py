"""Holds messages back: ``hardware.network.Layer.delays``, which Lava's neurons lack."""

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


class Axon(AbstractProcess):
    """Delays the messages of each unit by its own number of steps.

    Parameters
    ----------
    delays : uint8 array, shape (units,)
        Steps; 0 passes a message on in the same step. Column k of ``held`` is sent in k + 1 steps.
    """

    def __init__(self, *, delays: np.ndarray, name: str) -> None:
        super().__init__(delays=delays, name=name)
        self.s_in = InPort(shape=delays.shape)
        self.s_out = OutPort(shape=delays.shape)
        self.held = Var(shape=(*delays.shape, max(int(delays.max()), 1)), init=0)


@implements(proc=Axon, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyAxon(PyLoihiProcessModel):
    """Axon on the CPU."""

    s_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32)
    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32)
    held: np.ndarray = LavaPyType(np.ndarray, np.int32)

    def __init__(self, proc_params: dict) -> None:
        super().__init__(proc_params)
        self._delays = proc_params["delays"].astype(np.int64)

    def run_spk(self) -> None:
        """Send what is due, take in what has come."""
        sent = self.s_in.recv().astype(np.int32)
        due = np.where(self._delays == 0, sent, self.held[:, 0])
        held = np.zeros_like(self.held)
        held[:, :-1] = self.held[:, 1:]
        late = np.flatnonzero(self._delays)
        held[late, self._delays[late] - 1] = sent[late]
        self.held = held
        self.s_out.send(due.astype(np.int32))
