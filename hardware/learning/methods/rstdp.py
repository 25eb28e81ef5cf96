"""Reward-modulated spike-timing dependent plasticity."""

from __future__ import annotations

from hardware.learning.methods.method import OUTPUT, LearningMethod, Needs
from hardware.learning.reward import Reward
from hardware.learning.rule import LearningRule


def rstdp(
    *,
    rate: int = -4,
    rise: int = -3,
    fall: int = 0,
    fade: int = -5,
    epoch: int = 1,
    x1_impulse: int = 64,
    x1_tau: int = 4,
) -> LearningMethod:
    """Return R-STDP: a tag keeps who fired before its target until the reward turns it into weight.

    ``dt = 2^rise * y0 * x1 - 2^fall * x0 - 2^fade * u0 * t`` and ``dw = 2^rate * u0 * t * y1``, with y1 the reward
    at the sample's end, so the weight changes by ``t * reward * 2^(rate - 5)``.

    STDP's loss cannot read a trace of the target here: with three factors, y1 to y3 are what the unit sends. So
    each spike of a source costs the tag the same, which is what spikes without any relation to the target's would
    cost on average.

    Parameters
    ----------
    rate, rise, fall, fade : int
        Exponents of the weight's change, the tag's gain and loss, and its decay.
    epoch : int
        Steps between updates. The engine takes negative third factors for 0 in an epoch in which the target fired,
        so a punishment has no effect on units that fire in the last epoch: end samples with quiet steps.
    x1_impulse, x1_tau : int
        The presynaptic trace.
    """
    return LearningMethod(
        name="rstdp",
        title="STDP gathers in a tag until the reward comes",
        source="Izhikevich: Solving the Distal Reward Problem through Linkage of STDP and Dopamine Signaling "
        "(2007); Frémaux, Gerstner: Neuromodulated Spike-Timing-Dependent Plasticity (2016)",
        rules={
            OUTPUT: LearningRule.parse(
                f"2^{rate}*u0*t*y1",
                dt=f"2^{rise}*y0*x1 - 2^{fall}*x0 - 2^{fade}*u0*t",
                epoch=epoch,
                x1_impulse=x1_impulse,
                x1_tau=x1_tau,
            )
        },
        needs=Needs.REWARDS,
        teachers={OUTPUT: Reward()},
    )
