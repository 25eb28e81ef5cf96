"""Sends what the host gives, call after call; Lava's ``RingBuffer`` takes all its data when it is made."""

from __future__ import annotations

import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.model import PyLoihiProcessModel
from lava.magma.core.model.py.ports import PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.process.ports.ports import OutPort
from lava.magma.core.process.process import AbstractProcess
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol

from hardware.lava.call import Anew, Call, Calls
from hardware.lava.synapse_processes import driven
from hardware.network import Connection


class Source(AbstractProcess):
    """The host.

    Parameters
    ----------
    units : int
        Units that the host drives.
    calls : Calls
        Tells the messages.
    drives : Connection or None
        The one-to-one connection through which the host drives neurons directly: ``s_out`` then sends what
        reaches them. ``None`` to send the messages themselves.
    """

    def __init__(self, *, units: int, calls: Calls, drives: Connection | None = None) -> None:
        name = "input" if drives is None else f"input of {drives.target}"
        super().__init__(calls=calls, drives=drives, name=name)
        self.s_out = OutPort(shape=(units if drives is None else drives.synapse.targets,))


@implements(proc=Source, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PySource(Anew, PyLoihiProcessModel):
    """Source on the CPU."""

    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32)

    def begin(self, call: Call) -> None:
        """Open the messages."""
        self._messages = call.spikes
        self._drives: Connection | None = self.proc_params["drives"]

    def end(self) -> None:
        """Close them."""
        del self._messages

    def step(self) -> None:
        """Send the messages of this step."""
        sent = self._messages[self.time_step - 1].astype(np.int32)
        self.s_out.send(sent if self._drives is None else driven(self._drives, sent))
