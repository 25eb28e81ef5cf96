"""The random draws of Lava's learning engine.

Lava draws one number per step and generator, shared by all synapses: the x traces of a connection use PCG64
seeded with the rule's seed, the y traces with seed + 2, and both advance twice a step
(``PyLearningConnection.recv_traces``). The draw that rounds weights comes from a generator whose seed is fixed
to 2 and advances once an epoch (``ConnVarRandom``). Impulses are integers here, so the two generators for
impulses (seed + 1, seed + 3) never decide anything.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

THIRD_FACTOR_TAU = np.iinfo(np.uint16).max
"""Third factors sent by neurons still decay with this time constant (``Loihi3FLearningRule``)."""
_ROUNDING_SEED = 2


@dataclass(frozen=True, eq=False)
class Streams:
    """Draws for one call of ``learn``, uniform in [0, 1).

    Attributes
    ----------
    x, y : float64 array, shape (steps + 1,)
        Draw for the decay of x and y traces at step t = 1..steps; index 0 is unused.
    rounding : float64 array, shape (steps + 1,)
        Draw that rounds weights at the k-th epoch's end, k = 1..; long enough for epochs of one step.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    rounding: NDArray[np.float64]

    @classmethod
    def draw(cls, seed: int, steps: int) -> Streams:
        """Draw all numbers that ``steps`` steps can need."""
        return cls(
            x=np.random.default_rng(seed).random(2 * steps + 1)[::2],
            y=np.random.default_rng(seed + 2).random(2 * steps + 1)[::2],
            rounding=np.random.default_rng(_ROUNDING_SEED).random(steps + 1),
        )


def trace_factor(tau: int) -> float:
    """Return ``exp(-1/tau)``, computed as Lava does so that the last bit agrees; 0 for tau 0.

    Lava evaluates ``np.exp(-1 / taus)`` on a column of taus; the same call is made here, because vector and
    scalar implementations of exp may differ in the last bit. So may those of two processors (NumPy has one for
    AVX-512 and one for the rest); a draw falls between the two results once in some 10^15.
    """
    return 0.0 if tau == 0 else float(np.exp(-1 / np.array([[tau], [tau]]))[0, 0])
