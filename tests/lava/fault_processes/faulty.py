"""A process in the middle of a graph that fails in a chosen way."""

import os
import signal
import time

import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.model import PyLoihiProcessModel
from lava.magma.core.model.py.ports import PyInPort, PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.process.ports.ports import InPort, OutPort
from lava.magma.core.process.process import AbstractProcess
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol


class Faulty(AbstractProcess):
    """Passes on what it receives until step 3, and then fails."""

    def __init__(self, *, units: int, fault: str) -> None:
        super().__init__(units=units, fault=fault, name="middle")
        self.a_in = InPort(shape=(units,))
        self.s_out = OutPort(shape=(units,))


@implements(proc=Faulty, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyFaulty(PyLoihiProcessModel):
    a_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32)
    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32)

    def __init__(self, proc_params):
        super().__init__(proc_params)
        self._fault = proc_params["fault"]
        if self._fault == "raise in init":
            raise ValueError("no such constructor")
        if self._fault == "exit in init":
            os._exit(4)

    def run_spk(self) -> None:
        data = self.a_in.recv()
        if self._fault == "raise after sending":
            self.s_out.send(data)
        if self.time_step == 3:
            if self._fault == "raise":
                raise ZeroDivisionError("a fault in the model")
            if self._fault == "raise after sending":
                raise ZeroDivisionError("a fault after the output")
            if self._fault == "wrong shape":
                data = data[1:]
            if self._fault == "exit":
                os._exit(3)
            if self._fault == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            if self._fault == "segfault":
                os.kill(os.getpid(), signal.SIGSEGV)
            if self._fault == "hang":
                time.sleep(1000)
        if self._fault == "slow":
            time.sleep(0.05)
        if self._fault != "raise after sending":
            self.s_out.send(data)
