"""The supervised delta rule for a readout, with its teacher."""

from __future__ import annotations

from hardware.learning.methods.method import OUTPUT, LearningMethod, Needs
from hardware.learning.rule import LearningRule
from hardware.learning.teacher import Teacher


def supervised(
    *,
    rate: int = -7,
    epoch: int = 16,
    x1_impulse: int = 8,
    x1_tau: int = 31,
    margin: int = 4096,
    shift: int = 6,
    rest: int = 0,
) -> LearningMethod:
    """Return the supervised three-factor rule ``2^rate * u0 * x1 * y1`` with its hinge teacher.

    The defaults suit samples of 32 steps whose hidden units fire some 8 times, and a readout of about 100 inputs.

    Parameters
    ----------
    rate : int
        Exponent of the learning rate. A product of two 7-bit factors is first shifted right by 3, so the
        weight change is ``x1 * y1 * 2^(rate - 3)``, stochastically rounded.
    epoch : int
        Steps between updates; a sample must last a whole number of epochs.
    x1_impulse, x1_tau : int
        The presynaptic trace.
    margin, shift, rest : int
        The teacher.
    """
    return LearningMethod(
        name="supervised",
        title="a readout that moves against its error",
        source="Widrow, Hoff: Adaptive Switching Circuits (1960), with a squared hinge as its error",
        rules={
            OUTPUT: LearningRule.parse(f"2^{rate}*u0*x1*y1", epoch=epoch, x1_impulse=x1_impulse, x1_tau=x1_tau)
        },
        needs=Needs.LABELS,
        teachers={OUTPUT: Teacher(margin=margin, shift=shift, rest=rest)},
    )
