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

STATE_MAX = (1 << 23) - 1
"""The accumulator saturates here, in both directions."""
FACTOR_MAX = 127
"""Largest magnitude of a third factor."""


class ErrorReadout(AbstractProcess):
    """Sums the synaptic input of a sample and sends a graded error in its last step.

    Parameters
    ----------
    units : int
        Units of the taught layer; shape of ``a_in``, ``y_out``, ``m`` and ``y1``.
    margin, rest, shift : int
        See ``hardware.learning.Teacher``.
    labels : int32 array, shape (samples,)
        The unit that should win; -1 teaches nothing.
    sample_steps : int
        Steps of one sample.
    """

    def __init__(
        self, *, units: int, margin: int, rest: int, shift: int, labels: np.ndarray, sample_steps: int, name: str
    ) -> None:
        super().__init__(
            units=units, margin=margin, rest=rest, shift=shift, labels=labels, sample_steps=sample_steps, name=name
        )
        self.a_in = InPort(shape=(units,))
        self.y_out = OutPort(shape=(units,))
        self.m = Var(shape=(units,), init=0)
        self.y1 = Var(shape=(units,), init=0)


@implements(proc=ErrorReadout, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyErrorReadout(PyLoihiProcessModel):
    """ErrorReadout on the CPU, in integers only."""

    a_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32)
    y_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32)
    m: np.ndarray = LavaPyType(np.ndarray, np.int32)
    y1: np.ndarray = LavaPyType(np.ndarray, np.int32)

    def __init__(self, proc_params: dict) -> None:
        super().__init__(proc_params)
        self._margin = proc_params["margin"]
        self._rest = proc_params["rest"]
        self._shift = proc_params["shift"]
        self._labels = proc_params["labels"]
        self._sample_steps = proc_params["sample_steps"]

    def run_spk(self) -> None:
        """One step; the sum of two 24-bit numbers fits into 32 bits."""
        self.m = np.clip(self.m + self.a_in.recv(), -STATE_MAX, STATE_MAX).astype(np.int32)
        self.y1 = np.zeros_like(self.m)
        sample, rest = divmod(self.time_step, self._sample_steps)
        if rest == 0 and self._labels[sample - 1] >= 0:
            label = self._labels[sample - 1]
            self.y1 = -np.clip((self.m - self._rest) >> self._shift, 0, FACTOR_MAX)
            self.y1[label] = np.clip((self._margin - self.m[label]) >> self._shift, 0, FACTOR_MAX)
        self.y_out.send(self.y1)
