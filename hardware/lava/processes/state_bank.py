"""Reads Vars of other processes in bulk; sets them to rest between samples."""

from __future__ import annotations

import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.model import PyLoihiProcessModel
from lava.magma.core.model.py.ports import PyRefPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.process.ports.ports import RefPort
from lava.magma.core.process.process import AbstractProcess
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol

from hardware.lava.call import Anew, Call, Calls

SLOTS = 16
"""Ports of one bank; those without a Var stay unconnected."""


class StateBank(AbstractProcess):
    """Holds the reins of up to ``SLOTS`` Vars, in the management phase after learning.

    In that phase nothing else runs, so a value read is the value at the end of the step. Lava's own
    ``Var.get`` moves one element a message; a RefPort moves the whole array.

    Parameters
    ----------
    shapes : list of tuple of int
        Shapes of the Vars to connect to ``state0``, ``state1``, ...
    records : list of str
        Output of a call, of shape (steps, *shape), that records the Var in every step where the call wants it.
    finals : list of str or None
        Output of a call, of the Var's shape, that receives its value after the last step.
    resets : list of int32 array or None
        What the Var becomes after the last step of each sample, in its shape; ``None`` to leave it.
    calls : Calls
        Tells the files and how long a sample is.
    """

    def __init__(
        self,
        *,
        shapes: list[tuple[int, ...]],
        records: list[str],
        finals: list[str | None],
        resets: list[np.ndarray | None],
        calls: Calls,
    ) -> None:
        super().__init__(records=records, finals=finals, resets=resets, calls=calls, name="state bank")
        ports = [RefPort(shape=shape) for shape in shapes]
        ports += [RefPort(shape=(1,)) for _ in range(SLOTS - len(shapes))]
        self.state0, self.state1, self.state2, self.state3, self.state4, self.state5, *ports = ports
        self.state6, self.state7, self.state8, self.state9, self.state10, *ports = ports
        self.state11, self.state12, self.state13, self.state14, self.state15 = ports


@implements(proc=StateBank, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyStateBank(Anew, PyLoihiProcessModel):
    """StateBank on the CPU."""

    state0: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, np.int32)
    state1: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, np.int32)
    state2: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, np.int32)
    state3: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, np.int32)
    state4: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, np.int32)
    state5: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, np.int32)
    state6: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, np.int32)
    state7: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, np.int32)
    state8: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, np.int32)
    state9: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, np.int32)
    state10: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, np.int32)
    state11: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, np.int32)
    state12: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, np.int32)
    state13: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, np.int32)
    state14: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, np.int32)
    state15: PyRefPort = LavaPyType(PyRefPort.VEC_DENSE, np.int32)

    def __init__(self, proc_params: dict) -> None:
        super().__init__(proc_params)
        resets = enumerate(proc_params["resets"])
        self._resets = [(slot, value) for slot, value in resets if value is not None]

    def begin(self, call: Call) -> None:
        """Open the files."""
        self._steps, self._sample_steps = call.steps, call.sample_steps
        self._records = _wanted(call, self.proc_params["records"])
        self._finals = _wanted(call, self.proc_params["finals"])

    def end(self) -> None:
        """Close them."""
        self._records, self._finals = [], []

    def step(self) -> None:
        """Wait for the management phase."""

    def post_guard(self) -> bool:
        """Say whether this step needs the management phase, which costs all processes time."""
        return bool(self._records) or self.time_step % self._sample_steps == 0

    def run_post_mgmt(self) -> None:
        """Read what is recorded, then reset what a sample leaves behind."""
        for slot, record in self._records:
            record[self.time_step - 1] = getattr(self, f"state{slot}").read()
        if self.time_step == self._steps:
            for slot, final in self._finals:
                final[...] = getattr(self, f"state{slot}").read()
        if self.time_step % self._sample_steps == 0:
            for slot, value in self._resets:
                getattr(self, f"state{slot}").write(value)
            for slot, _ in self._resets:
                getattr(self, f"state{slot}").wait()


def _wanted(call: Call, names: list[str | None]) -> list[tuple[int, np.ndarray]]:
    opened = [(slot, None if name is None else call.output(name)) for slot, name in enumerate(names)]
    return [(slot, file) for slot, file in opened if file is not None]
