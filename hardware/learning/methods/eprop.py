"""Learning of hidden layers by eligibility traces, as in e-prop."""

from __future__ import annotations

from hardware.learning.feedback import Feedback
from hardware.learning.methods.method import HIDDEN, OUTPUT, LearningMethod, Needs
from hardware.learning.rule import LearningRule, Rounding
from hardware.neurons.readout import Readout


def eprop(
    *,
    rate: int = -6,
    readout_rate: int = -7,
    rise: int = 0,
    fade: int = -7,
    x1_impulse: int = 64,
    x1_tau: int = 8,
    epoch: int = 16,
    margin: int = 4096,
    rest: int = -4096,
    error_shift: int = 6,
    shift: int = 9,
    most: int = 8,
    lead: int = 3,
    window: int = 1024,
    limit: int = 128,
) -> LearningMethod:
    """Return e-prop: tags gather which inputs could have moved a unit, and a late error turns them to weight.

    Hidden layers: ``dt = 2^rise * u0 * x1 * y3 - 2^fade * u0 * t`` and ``dw = 2^rate * u0 * t * y1``, evaluated
    in each step. y3 is 1 while the unit is within ``window`` of its threshold (the pseudo-derivative), y1 is the
    readout's error through random feedback, sent once, in the sample's last step. So an input counts that came
    long before the error, when x1 has long faded. The readout learns by ``2^readout_rate * u0 * x1 * y1``.

    The defaults are for the blank networks that ``direct_feedback`` learns in, of samples of 16 steps.

    Parameters
    ----------
    rate, rise, fade : int
        Exponents of the weight's change, the tag's gain and its decay; ``x1 * y3`` is first shifted right by 3.
    readout_rate : int
        Exponent of the readout's change.
    x1_impulse, x1_tau : int
        The presynaptic trace of hidden layers; the readout's has an impulse of 8 and does not fade.
    epoch : int
        Steps between updates of the readout; a sample must last as long.
    margin, rest, error_shift, lead : int
        Of ``Readout``, with ``rest`` for its ceiling.
    shift, most, window : int
        Of ``Feedback``.
    limit : int
        Learned weights lie in -limit..limit-1.
    """
    return LearningMethod(
        name="eprop",
        title="hidden units remember in tags who moved them until an error comes",
        source="Bellec and others: A solution to the learning dilemma for recurrent networks of spiking neurons "
        "(2020), with random feedback; the tag holds the eligibility, and no adaptation is counted in",
        rules={
            HIDDEN: LearningRule.parse(
                f"2^{rate}*u0*t*y1",
                dt=f"2^{rise}*u0*x1*y3 - 2^{fade}*u0*t",
                epoch=1,
                x1_impulse=x1_impulse,
                x1_tau=x1_tau,
                rounding=Rounding.INDEPENDENT,
                weight_limit=limit,
            ),
            OUTPUT: LearningRule.parse(
                f"2^{readout_rate}*u0*x1*y1",
                epoch=epoch,
                x1_impulse=8,
                x1_tau=4095,
                rounding=Rounding.INDEPENDENT,
                weight_limit=limit,
            ),
        },
        needs=Needs.LABELS,
        teachers={HIDDEN: Feedback(shift, most, lead, window=window)},
        readout=Readout(1, margin, error_shift, rest, lead),
    )
