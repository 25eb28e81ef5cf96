"""What an adaptive threshold can reach, with its refractory state."""

from __future__ import annotations

from dataclasses import dataclass

from hardware.chip.widths import ALIGN_SHIFT
from hardware.neurons.alif import Adaptation
from hardware.ranges.interval import NOTHING, Interval, integrated
from hardware.ranges.layer_range import over_units, product


@dataclass(frozen=True)
class Steps:
    """Parts of a ``LayerRange`` that come from an adaptation."""

    intermediates: dict[str, Interval]
    decays: dict[str, int]


def adapted(adaptation: Adaptation, rest: Interval, compared: Interval) -> tuple[Interval, Interval, Steps]:
    """Bound theta and r of neurons that fire where ``compared - r >= theta``.

    theta begins at rest, decays toward it from above and rises by a step that is not negative, so it never lies
    below rest >= 0; thus r >= 0 too. A spike needs theta + r <= V, the greatest value compared; so after it
    theta <= V + step and r <= 2 * V. Without a spike both only fall. So 32 bits are never left. What decay leaves
    of a spike every step bounds both as well, by ``integrated``.

    Parameters
    ----------
    adaptation : Adaptation
        The constants.
    rest : Interval
        Thresholds at rest, at the scale of the state.
    compared : Interval
        Voltage, or part of a resonator.
    """
    step, top = adaptation.threshold_step << ALIGN_SHIFT, compared.high
    slow, slow_r = over_units(adaptation.threshold_decay), over_units(adaptation.refractory_decay)
    fires = top >= rest.low
    theta = r = NOTHING
    if fires:
        risen = integrated(slow, Interval(0, step)).high
        theta = Interval(0, min(rest.high + risen, top + step))
        most = 2 * min(theta.high, top)
        r = Interval(0, min(integrated(slow_r, Interval(0, most)).high, 2 * top))
    theta = Interval(rest.low, max(theta.high, rest.high))
    above = Interval(0, theta.high - rest.low)
    steps = Steps(
        {
            "margin": compared - r,
            "theta": Interval(rest.low, theta.high + step),
            "r": Interval(0, r.high + 2 * theta.high),
        },
        {"theta": product(above, slow), "r": product(r, slow_r)},
    )
    return theta, r, steps
