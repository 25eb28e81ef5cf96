"""Lava's own delayed synapses with sums in 32-bit words; Lava's model sums 64 bits before the exponent."""

from __future__ import annotations

import numpy as np
from lava.magma.core.decorator import implements
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol
from lava.proc.dense.models import PyDelayDenseModelBitAcc
from lava.proc.dense.process import DelayDense


class WordDelayDense(DelayDense):
    """Lava's ``DelayDense`` for graded messages and a negative exponent."""


@implements(proc=WordDelayDense, protocol=LoihiProtocol)
class PyWordDelayDense(PyDelayDenseModelBitAcc):
    """WordDelayDense on the CPU."""

    implements_process = None  # the parent's, which the decorator would not replace

    def calc_act(self, s_in: np.ndarray) -> np.ndarray:
        """Sum for each delay, as Lava does, and keep the low 32 bits."""
        return super().calc_act(s_in).astype(np.int32)
