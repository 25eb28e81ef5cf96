"""Neurons: the dynamics of a population."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardware import chip
from hardware.errors import NetworkError
from hardware.spikes import frozen


@dataclass(frozen=True, eq=False)
class Cuba:
    """Current-based leaky integrate-and-fire neurons, as ``lava.proc.lif.models.PyLifModelBitAcc``.

    Each step, with a the synaptic input (see ``hardware.fixed`` for the operations)::

        u = wrap(word(decay(u, current_decay) + align(a)))
        v = saturate(word(decay(v, voltage_decay) + u + (bias_mantissa << bias_exponent)))
        fire where v > align(threshold), and then v = 0

    Attributes
    ----------
    current_decay, voltage_decay : int
        Fractions of 4096 forgotten per step, 0..4096; Lava's ``du`` is ``current_decay - 1``.
    threshold : int
        17-bit mantissa, 0..131071.
    bias_mantissa : int16 array, shape (units,)
        13-bit signed, -4096..4095.
    bias_exponent : int
        Shared, 0..7.
    """

    current_decay: int
    voltage_decay: int
    threshold: int
    bias_mantissa: NDArray[np.int16]
    bias_exponent: int = chip.ALIGN_SHIFT

    def __post_init__(self) -> None:
        """Check every range, and freeze the bias."""
        for name in ("current_decay", "voltage_decay"):
            if not 0 <= getattr(self, name) <= chip.DECAY_UNITY:
                raise NetworkError(f"{name} {getattr(self, name)} must lie in 0..{chip.DECAY_UNITY}")
        if not 0 <= self.threshold <= chip.THRESHOLD_MANTISSA_MAX:
            raise NetworkError(
                f"threshold mantissa {self.threshold} must lie in 0..{chip.THRESHOLD_MANTISSA_MAX} (17 bits)"
            )
        bias, limit = np.asarray(self.bias_mantissa), chip.BIAS_MANTISSA_LIMIT
        if bias.dtype.kind not in "iu" or bias.ndim != 1:
            raise NetworkError(f"bias_mantissa must be an integer vector, found {bias.dtype}{bias.shape}")
        if bias.size and (bias.min() < -limit or bias.max() >= limit):
            raise NetworkError(
                f"bias mantissa {bias.min()}..{bias.max()} must lie in {-limit}..{limit - 1} (13 bits)"
            )
        if not 0 <= self.bias_exponent <= chip.BIAS_EXPONENT_MAX:
            raise NetworkError(f"bias exponent {self.bias_exponent} must lie in 0..{chip.BIAS_EXPONENT_MAX}")
        object.__setattr__(self, "bias_mantissa", frozen(bias.astype(np.int16, copy=False)))

    @property
    def units(self) -> int:
        """Number of neurons."""
        return int(self.bias_mantissa.shape[0])

    @property
    def bias(self) -> NDArray[np.int32]:
        """Effective bias per neuron, shape (units,)."""
        return self.bias_mantissa.astype(np.int32) << self.bias_exponent
