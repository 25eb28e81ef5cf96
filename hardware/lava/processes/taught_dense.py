"""Lava's own ``LearningDense``, whose processes live on from call to call."""

from __future__ import annotations

from lava.magma.core.decorator import implements
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol
from lava.proc.dense.models import PyLearningDenseModelBitApproximate
from lava.proc.dense.process import LearningDense

from hardware.lava.taught import Taught


class TaughtDense(LearningDense):
    """Lava's ``LearningDense`` with two more parameters: ``calls``, and ``learned_range`` of the weights."""


@implements(proc=TaughtDense, protocol=LoihiProtocol)
class PyTaughtDense(Taught, PyLearningDenseModelBitApproximate):
    """TaughtDense on the CPU."""

    implements_process = None  # the parent's, which the decorator would not replace

    def step(self) -> None:
        """Advance by one step, as Lava does."""
        PyLearningDenseModelBitApproximate.run_spk(self)
