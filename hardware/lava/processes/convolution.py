"""Lava's own convolution in wider integers, with the exponent that Lava's model takes and ignores."""

from __future__ import annotations

import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.ports import PyInPort, PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.process.ports.ports import OutPort
from lava.magma.core.process.variable import Var
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol
from lava.proc.conv.models import AbstractPyConvModel
from lava.proc.conv.process import Conv
from lava.proc.conv.utils import signed_clamp


class WideConv(Conv):
    """Lava's ``Conv`` for sums beyond 32 bits, sizes beyond 8 bits, exponents and targets cut short.

    Its sums pass through 64-bit floating point, which holds them exactly: 32 bits of message, 8 of weight and
    13 of kernel.

    Parameters
    ----------
    target_shape : (int, int, int)
        Width, height and channels that are kept of the image.
    """

    def __init__(self, *, target_shape: tuple[int, int, int], **parameters: object) -> None:
        super().__init__(**parameters)
        self.a_out = OutPort(shape=target_shape)
        self.a_buf = Var(shape=target_shape, init=0)


@implements(proc=WideConv, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyWideConv(AbstractPyConvModel):
    """WideConv on the CPU: Lava's model with other types."""

    s_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32)
    a_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32)
    a_buf: np.ndarray = LavaPyType(np.ndarray, np.int32)
    weight: np.ndarray = LavaPyType(np.ndarray, np.int64)
    kernel_size: np.ndarray = LavaPyType(np.ndarray, np.int32)
    stride: np.ndarray = LavaPyType(np.ndarray, np.int32)
    padding: np.ndarray = LavaPyType(np.ndarray, np.int32)
    dilation: np.ndarray = LavaPyType(np.ndarray, np.int32)
    groups: np.ndarray = LavaPyType(np.ndarray, np.int32)

    def clamp_precision(self, x: np.ndarray) -> np.ndarray:
        """Keep the low 24 bits as a signed number, then apply the exponent in 32."""
        width, height, _ = self.a_buf.shape
        low, exponent = signed_clamp(x, bits=24).astype(np.int32)[:width, :height], int(self.weight_exp.item())
        return np.left_shift(low, exponent) if exponent > 0 else np.right_shift(low, -exponent)
