"""Error-triggered learning of a readout: nothing is sent, and nothing learned, while errors are small."""

from __future__ import annotations

from hardware.learning.methods.method import OUTPUT, LearningMethod, Needs
from hardware.learning.rule import LearningRule
from hardware.learning.teacher import Teacher


def soel(
    *,
    rate: int = -7,
    epoch: int = 16,
    x1_impulse: int = 8,
    x1_tau: int = 31,
    margin: int = 4096,
    shift: int = 5,
    rest: int = 0,
    trigger: int = 32,
) -> LearningMethod:
    """Return the rule ``2^rate * u0 * x1 * y1`` whose third factor is -trigger, 0 or trigger.

    As ``supervised``, but a unit says only in which direction it is wrong, and says nothing where it is wrong by
    less than ``trigger * 2^shift``, 1024 by default. Each unit needs one teaching spike of one size, and those get
    fewer as it learns.

    Parameters
    ----------
    rate : int
        Exponent of the learning rate; the weight changes by ``x1 * y1 * 2^(rate - 3)``, stochastically rounded.
    epoch : int
        Steps between updates; a sample must last a whole number of epochs.
    x1_impulse, x1_tau : int
        The presynaptic trace.
    margin, shift, rest, trigger : int
        The teacher.
    """
    return LearningMethod(
        name="soel",
        title="a readout that is told the direction of its error, where that is large",
        source="Stewart, Orchard, Shrestha, Neftci: Online Few-Shot Gesture Learning on a Neuromorphic Processor "
        "(2020)",
        rules={
            OUTPUT: LearningRule.parse(f"2^{rate}*u0*x1*y1", epoch=epoch, x1_impulse=x1_impulse, x1_tau=x1_tau)
        },
        needs=Needs.LABELS,
        teachers={OUTPUT: Teacher(margin=margin, shift=shift, rest=rest, trigger=trigger)},
    )
