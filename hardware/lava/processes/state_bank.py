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
    files : list of str or None
        A ``.npy`` file of shape (steps, *shape) that records the Var in every step.
    finals : list of str or None
        A ``.npy`` file of the Var's shape that receives its value after the last step.
    resets : list of int32 array or None
        What the Var becomes after the last step of each sample, in its shape; ``None`` to leave it.
    sample_steps, steps : int
        Steps of one sample, and of all.
    """

    def __init__(
        self,
        *,
        shapes: list[tuple[int, ...]],
        files: list[str | None],
        finals: list[str | None],
        resets: list[np.ndarray | None],
        sample_steps: int,
        steps: int,
    ) -> None:
        super().__init__(
            files=files, finals=finals, resets=resets, sample_steps=sample_steps, steps=steps, name="state bank"
        )
        ports = [RefPort(shape=shape) for shape in shapes]
        ports += [RefPort(shape=(1,)) for _ in range(SLOTS - len(shapes))]
        self.state0, self.state1, self.state2, self.state3, self.state4, self.state5, *ports = ports
        self.state6, self.state7, self.state8, self.state9, self.state10, *ports = ports
        self.state11, self.state12, self.state13, self.state14, self.state15 = ports


@implements(proc=StateBank, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyStateBank(PyLoihiProcessModel):
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
        self._steps = proc_params["steps"]
        self._sample_steps = proc_params["sample_steps"]
        self._resets = proc_params["resets"]
        self._records = [file and np.load(file, mmap_mode="r+") for file in proc_params["files"]]
        self._finals = [file and np.load(file, mmap_mode="r+") for file in proc_params["finals"]]
        self._records_any = any(record is not None for record in self._records)

    def post_guard(self) -> bool:
        """Say whether this step needs the management phase, which costs all processes time."""
        return self._records_any or self.time_step % self._sample_steps == 0 or self.time_step == self._steps

    def run_post_mgmt(self) -> None:
        """Read what is recorded, then reset what a sample leaves behind."""
        last = self.time_step == self._steps
        for slot, (record, final) in enumerate(zip(self._records, self._finals, strict=True)):
            if record is not None or (last and final is not None):
                value = getattr(self, f"state{slot}").read()
                if record is not None:
                    record[self.time_step - 1] = value
                if last and final is not None:
                    final[...] = value
        if self.time_step % self._sample_steps == 0:
            resets = [(slot, value) for slot, value in enumerate(self._resets) if value is not None]
            ports = [(getattr(self, f"state{slot}"), value) for slot, value in resets]
            for port, value in ports:
                port.write(value)
            for port, _ in ports:
                port.wait()
