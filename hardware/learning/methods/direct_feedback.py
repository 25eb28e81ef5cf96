"""Whole-network learning by errors that a readout sends to every hidden layer directly."""

from __future__ import annotations

from hardware.learning.feedback import Feedback
from hardware.learning.methods.method import FEEDBACK, HIDDEN, OUTPUT, LearningMethod, Needs
from hardware.learning.rule import Graded, LearningRule, Rounding
from hardware.neurons.readout import Readout

SLOWEST = 4095
"""Time constant of traces that should last a whole sample, steps."""


def direct_feedback(
    *,
    rate: int = -7,
    epoch: int = 16,
    margin: int = 4096,
    rest: int = -4096,
    error_shift: int = 6,
    shift: int = 8,
    most: int = 11,
    lead: int = 3,
    fixed: int = 0,
    once: int = 0,
    limit: int = 128,
) -> LearningMethod:
    """Return direct feedback alignment for all layers, with feedback that learns too.

    A ``Readout`` sums what the last hidden layer sends and computes a squared hinge, one class against the rest.
    It sends its errors e over connections B to every hidden layer, whose ``Feedback`` makes of them one third
    factor y1 a unit. With n the spikes of a source in the sample, all at a sample's end and rounded at random::

        into the readout:        w += 2^rate * n * e
        into a hidden layer:     w += 2^rate * n * y1
        B, unless it is fixed:   w += 2^rate * n * e, with n of the hidden unit

    So B and the readout's own weights take the same steps and come to be alike, whatever B was: each synapse knows
    only what its two ends know. Annealing (``Session.learn``) halves e, and with it every rate.

    The defaults suit samples of 16 steps with input in the first 11, and hidden units that fire about once.

    Parameters
    ----------
    rate : int
        Exponent of the learning rate.
    epoch : int
        Steps between updates; a sample must last as long.
    margin, rest, error_shift : int
        Input that the label's unit must reach and no other may exceed, and the right shift from what is missing to
        the error.
    shift : int
        Right shift from summed errors to a hidden unit's third factor.
    most : int
        Spikes in a sample from which on a hidden unit's weights rest.
    lead : int
        Steps from the readout's errors to a sample's end.
    fixed : int
        1 keeps B as it begins; with 0 it learns.
    once : int
        1 lets B learn from errors of both signs by one count of spikes; it matters where hidden units still fire
        after the readout's word, as those of a second hidden layer do.
    limit : int
        Learned weights lie in -limit..limit-1.
    """
    slow = LearningRule.parse(
        f"2^{rate}*u0*x1*y1",
        epoch=epoch,
        x1_impulse=8,
        x1_tau=SLOWEST,
        rounding=Rounding.INDEPENDENT,
        weight_limit=limit,
    )
    rules = {HIDDEN: slow, OUTPUT: slow}
    if not fixed:
        rules[FEEDBACK] = LearningRule.parse(
            f"2^{rate + 1}*x0*x1*y2",  # half of a message is what x1 takes
            epoch=1,
            x1_impulse=0,
            x1_tau=SLOWEST,
            graded=Graded.OVERWRITE,
            rounding=Rounding.INDEPENDENT,
            weight_limit=limit,
        )
    return LearningMethod(
        name="direct_feedback",
        title="all layers, by a readout's errors sent to each directly",
        source="Nokland: Direct Feedback Alignment Provides Learning in Deep Neural Networks (2016); Kolen, "
        "Pollack: Backpropagation without weight transport (1994); Webster, Choi, Ahn: Learning the "
        "connections in direct feedback alignment (2021)",
        rules=rules,
        needs=Needs.LABELS,
        teachers={HIDDEN: Feedback(shift=shift, most=most, lead=lead, counts=8, once=once)},
        readout=Readout(1, margin=margin, shift=error_shift, ceiling=rest, lead=lead),
    )
