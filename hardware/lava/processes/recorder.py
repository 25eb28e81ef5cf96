"""Writes what it receives to files, and how far the simulation has come."""

from __future__ import annotations

import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.model import PyLoihiProcessModel
from lava.magma.core.model.py.ports import PyInPort, PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.process.ports.ports import InPort, OutPort
from lava.magma.core.process.process import AbstractProcess
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol

from hardware.lava.call import Anew, Call, Calls

SLOTS = 8
"""Ports of one recorder; those without a name stay unconnected. Each process costs time in every step, so few
processes with many ports are better than many with one."""


class Recorder(AbstractProcess):
    """Records messages.

    ``chain_in`` and ``chain_out`` connect recorders one to the next, for Lava runs only what is connected.

    Parameters
    ----------
    shapes : list of tuple of int
        Shapes of what arrives at ``s_in0``, ``s_in1``, ..., at most ``SLOTS``.
    names : list of str
        Output of a call for each, of shape (steps, *shape).
    calls : Calls
        Tells the files.
    progress : str
        File whose second 64-bit integer is set to the number of steps done.
    """

    def __init__(self, *, shapes: list[tuple[int, ...]], names: list[str], calls: Calls, progress: str) -> None:
        super().__init__(shapes=shapes, names=names, calls=calls, progress=progress, name="recorder")
        ports = [InPort(shape=shape) for shape in shapes]
        ports += [InPort(shape=(1,)) for _ in range(SLOTS - len(shapes))]
        self.chain_in, self.chain_out = InPort(shape=(1,)), OutPort(shape=(1,))
        self.s_in0, self.s_in1, self.s_in2, self.s_in3, self.s_in4, self.s_in5, self.s_in6, self.s_in7 = ports


@implements(proc=Recorder, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyRecorder(Anew, PyLoihiProcessModel):
    """Recorder on the CPU."""

    s_in0: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32)
    s_in1: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32)
    s_in2: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32)
    s_in3: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32)
    s_in4: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32)
    s_in5: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32)
    s_in6: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32)
    s_in7: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32)

    chain_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32)
    chain_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32)

    def __init__(self, proc_params: dict) -> None:
        super().__init__(proc_params)
        self._progress = np.memmap(proc_params["progress"], dtype=np.int64, mode="r+", shape=(2,))

    def begin(self, call: Call) -> None:
        """Open the files."""
        self._records = [call.output(name) for name in self.proc_params["names"]]

    def end(self) -> None:
        """Close them."""
        self._records = []

    def step(self) -> None:
        """Write what has arrived, in the order of the chain."""
        self.chain_in.recv()
        for slot, record in enumerate(self._records):
            record[self.time_step - 1] = getattr(self, f"s_in{slot}").recv()
        self._progress[1] = self.time_step
        self.chain_out.send(np.zeros(1, np.int32))
