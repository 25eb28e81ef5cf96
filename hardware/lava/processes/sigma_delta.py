"""Lava's own delta and sigma-delta neurons with a threshold for each unit; Lava's processes have one for all."""

from __future__ import annotations

from lava.magma.core.decorator import implements
from lava.magma.core.process.variable import Var
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol
from lava.proc.sdn.models import PyDeltaModelFixed, PySigmaDeltaModelFixed
from lava.proc.sdn.process import Delta, SigmaDelta


class UnequalDelta(Delta):
    """Lava's ``Delta``, where ``vth`` has the shape of the layer."""

    def __init__(self, *, shape: tuple[int, ...], **parameters: int | bool) -> None:
        super().__init__(shape=shape, **parameters)
        self.vth = Var(shape=shape, init=0)


@implements(proc=UnequalDelta, protocol=LoihiProtocol)
class PyUnequalDelta(PyDeltaModelFixed):
    """UnequalDelta on the CPU: Lava's model as it is."""

    implements_process = None  # the parent's, which the decorator would not replace


class UnequalSigmaDelta(SigmaDelta):
    """Lava's ``SigmaDelta``, where ``vth`` has the shape of the layer."""

    def __init__(self, *, shape: tuple[int, ...], **parameters: int | bool) -> None:
        super().__init__(shape=shape, **parameters)
        self.vth = Var(shape=shape, init=0)


@implements(proc=UnequalSigmaDelta, protocol=LoihiProtocol)
class PyUnequalSigmaDelta(PySigmaDeltaModelFixed):
    """UnequalSigmaDelta on the CPU: Lava's model as it is."""

    implements_process = None  # the parent's, which the decorator would not replace
