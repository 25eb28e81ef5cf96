"""Units that pass on what they get: ``hardware.neurons.relay.Relay``."""

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


class RelayUnits(AbstractProcess):
    """A layer of relays.

    Parameters
    ----------
    units : int
        Number of units; shape of ``a_in`` and ``s_out``.
    binary : bool
        Send 1 for any input but 0.
    """

    def __init__(self, *, units: int, binary: bool, name: str) -> None:
        super().__init__(binary=binary, name=name)
        self.a_in = InPort(shape=(units,))
        self.s_out = OutPort(shape=(units,))


@implements(proc=RelayUnits, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyRelayUnits(PyLoihiProcessModel):
    """RelayUnits on the CPU."""

    a_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32)
    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32)

    def __init__(self, proc_params: dict) -> None:
        super().__init__(proc_params)
        self._binary = proc_params["binary"]

    def run_spk(self) -> None:
        """Send what has arrived in the same step."""
        arriving = self.a_in.recv().astype(np.int32)
        self.s_out.send((arriving != 0).astype(np.int32) if self._binary else arriving)
