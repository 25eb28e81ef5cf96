"""Passes a sample's reward on as a layer's third factor: ``hardware.learning.Reward``."""

from __future__ import annotations

import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.model import PyLoihiProcessModel
from lava.magma.core.model.py.ports import PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.process.ports.ports import OutPort
from lava.magma.core.process.process import AbstractProcess
from lava.magma.core.process.variable import Var
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol

from hardware.lava.call import Anew, Call, Calls


class Rewarder(AbstractProcess):
    """Sends the reward in a sample's last step.

    Parameters
    ----------
    units : int
        Units of the rewarded layer; shape of ``y1_out`` and ``y1``.
    calls : Calls
        Tells the rewards.
    """

    def __init__(self, *, units: int, calls: Calls, name: str) -> None:
        super().__init__(calls=calls, name=name)
        self.y1_out = OutPort(shape=(units,))
        self.y1 = Var(shape=(units,), init=0)


@implements(proc=Rewarder, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyRewarder(Anew, PyLoihiProcessModel):
    """Rewarder on the CPU."""

    y1_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32)
    y1: np.ndarray = LavaPyType(np.ndarray, np.int32)

    def begin(self, call: Call) -> None:
        """Take up the rewards."""
        self._call = call

    def step(self) -> None:
        """Speak in the last step."""
        moment = self._call.moment(self.time_step)
        self.y1 = np.full_like(self.y1, moment.reward if moment.to_end == 0 else 0)
        self.y1_out.send(self.y1)
