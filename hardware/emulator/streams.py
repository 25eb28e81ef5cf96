"""The random draws of learning: those of Lava's engine, and those of independent rounding.

Lava draws one number per step and generator, shared by all synapses: the x traces of a connection use PCG64
seeded with the rule's seed, the y traces with seed + 2, and both advance twice a step
(``PyLearningConnection.recv_traces``). The draw that rounds weights comes from a generator whose seed is fixed
to 2 and advances once an epoch (``ConnVarRandom``). Impulses are integers here, so the two generators for
impulses (seed + 1, seed + 3) never decide anything.

Independent rounding is ours: a hash of seed, connection, epoch and synapse, so that a draw depends on nothing that
was drawn before, and kernels may skip synapses and take several at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

THIRD_FACTOR_TAU = np.iinfo(np.uint16).max
"""Third factors sent by neurons still decay with this time constant (``Loihi3FLearningRule``)."""
_ROUNDING_SEED = 2
WORD, LONG = (1 << 32) - 1, (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15
WEYL, FIRST_MIX, SECOND_MIX = 0x9E3779B1, 0x7FEB352D, 0x846CA68B
"""Odd factors of independent rounding: the golden ratio, and those of Wellons' 32-bit hash ``lowbias32``."""


@dataclass(frozen=True, eq=False)
class Streams:
    """Draws for one call of ``learn``, uniform in [0, 1).

    Attributes
    ----------
    x, y : float64 array, shape (steps + 1,)
        Draw for the decay of x and y traces at step t = 1..steps after those before; index 0 is unused.
    seed : int
        What they were drawn from; independent rounding goes on from it.
    rounding : float64 array, shape (before + steps + 1,)
        Draw that rounds weights at the k-th epoch's end, k = 1.., with those before; long enough for epochs of one
        step, or empty where no rule shares it.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    rounding: NDArray[np.float64]
    seed: int

    @classmethod
    def draw(cls, seed: int, steps: int, before: int = 0, *, shared: bool = True) -> Streams:
        """Draw all numbers that steps ``before + 1`` to ``before + steps`` of a seed's stream can need."""
        return cls(
            x=_every_other(seed, steps, before),
            y=_every_other(seed + 2, steps, before),
            rounding=np.random.default_rng(_ROUNDING_SEED).random(before + steps + 1 if shared else 0),
            seed=seed,
        )


def _every_other(seed: int, steps: int, before: int) -> NDArray[np.float64]:
    """Draw as x and y traces do: a number takes one step of the generator, and every second one counts."""
    generator = np.random.PCG64(seed)
    generator.advance(2 * before)
    return np.random.Generator(generator).random(2 * steps + 1)[::2]


def synapse_key(seed: int, connection: int) -> int:
    """Return what the draws of a connection's synapses begin from, 64 bits.

    Parameters
    ----------
    seed : int
        Seed of the call of ``learn``, 0..2^31-1.
    connection : int
        Number among the network's connections.
    """
    return _scattered(seed << 32 | connection)


def synapse_draw(key: int, epoch: int, synapse: int) -> tuple[int, int, int]:
    """Return what is added to the sums of a synapse's weight, delay and tag before their fraction is cut off.

    Parameters
    ----------
    key : int
        Of ``synapse_key``.
    epoch : int
        Epochs closed so far in this seed's stream, this one included.
    synapse : int
        ``target * sources + source``; of a convolution, the place of the weight among all of them.

    Returns
    -------
    tuple of int
        Three numbers, 0..127.
    """
    state = _scattered((key + epoch * GOLDEN) & LONG)
    draw = (synapse * WEYL + state) & WORD
    draw = ((draw ^ draw >> 16) * FIRST_MIX) & WORD
    draw ^= state >> 32
    draw = ((draw ^ draw >> 15) * SECOND_MIX) & WORD
    return draw >> 25, draw >> 18 & 127, draw >> 11 & 127


def _scattered(state: int) -> int:
    """Scatter the bits of a 64-bit number (the last steps of SplitMix64, Steele et al., OOPSLA 2014)."""
    state = ((state ^ state >> 30) * 0xBF58476D1CE4E5B9) & LONG
    state = ((state ^ state >> 27) * 0x94D049BB133111EB) & LONG
    return state ^ state >> 31


def trace_factor(tau: int) -> float:
    """Return ``exp(-1/tau)``, computed as Lava does so that the last bit agrees; 0 for tau 0.

    Lava evaluates ``np.exp(-1 / taus)`` on a column of taus; the same call is made here, because vector and
    scalar implementations of exp may differ in the last bit. So may those of two processors (NumPy has one for
    AVX-512 and one for the rest); a draw falls between the two results once in some 10^15.
    """
    return 0.0 if tau == 0 else float(np.exp(-1 / np.array([[tau], [tau]]))[0, 0])
