"""What neurons that integrate a current can reach: CUBA, and those with an adaptive threshold."""

from __future__ import annotations

from collections.abc import Mapping

from hardware.chip.widths import ALIGN_SHIFT
from hardware.neurons.alif import Alif
from hardware.neurons.cuba import Cuba, Message, Reset
from hardware.neurons.neuron import ALIGNED, FINE
from hardware.ranges.adaptation import adapted
from hardware.ranges.interval import NOTHING, Interval, integrated
from hardware.ranges.layer_range import CURRENT, PLAIN, LayerRange, aligned, over_units, product

Arriving = Mapping[str, Interval]


def of_cuba(neuron: Cuba, arriving: Arriving) -> LayerRange:
    """Bound CUBA neurons.

    The current is bounded as ``_current`` says, and v before the reset by ``integrated`` with u + bias as input:
    saturation and pauses only bring it nearer to 0, and so does a reset, to 0 or, as v exceeds the threshold, to
    v - threshold > 0. After the reset to 0 nothing above the threshold is left, so v before it is at most what
    one step adds to the threshold. Where the threshold is taken off, the same holds with the larger of threshold
    and v - threshold.
    """
    u, inner = _current(neuron, arriving)
    decays, threshold = over_units(neuron.voltage_decay), aligned(neuron.threshold)
    into = u + over_units(neuron.bias)
    kept = before = integrated(decays, into).saturated()
    if neuron.message is not Message.VOLTAGE:
        left = threshold.high
        if neuron.reset is Reset.SUBTRACT:
            left = max(left, before.high - threshold.low)
        kept = Interval(before.low, min(before.high, left))
        before = _advanced(kept, decays, into).saturated().within(before)
        kept = Interval(kept.low, min(kept.high, max(before.high, 0)))
    inner["v"] = _advanced(kept, decays, into)
    message = {Message.SPIKE: PLAIN, Message.VOLTAGE: before}.get(neuron.message, Interval(0, max(before.high, 0)))
    pauses = Interval(0, 0 if neuron.message is Message.VOLTAGE else neuron.refractory - 1)
    states = {"u": u, "v": kept, "waiting": pauses}
    products = {"u": product(u, over_units(neuron.current_decay)), "v": product(kept, decays)}
    return LayerRange(arriving, states, message, inner, products)


def of_alif(neuron: Alif, arriving: Arriving) -> LayerRange:
    """Bound neurons with an adaptive threshold.

    Current and voltage as those of CUBA neurons that nothing resets; threshold and refractory state as
    ``adapted`` says. It fires only where v >= theta + r >= 0, so a message is not negative.
    """
    u, inner = _current(neuron, arriving)
    decays, into = over_units(neuron.voltage_decay), u + over_units(neuron.bias)
    v = integrated(decays, into).saturated()
    inner["v"] = _advanced(v, decays, into)
    theta, r, more = adapted(neuron.adaptation, aligned(neuron.threshold), v)
    products = {"u": product(u, over_units(neuron.current_decay)), "v": product(v, decays), **more.decays}
    return LayerRange(
        arriving,
        {"u": u, "v": v, "theta": theta, "r": r},
        Interval(0, v.high) if neuron.graded else PLAIN,
        inner | more.intermediates,
        products,
    )


def _current(neuron: Cuba | Alif, arriving: Arriving) -> tuple[Interval, dict[str, Interval]]:
    """Bound the current, and what comes before it.

    Where ``integrated`` stays in (-2^23, 2^23] nothing ever turns. Where one turn always leads back there, that is
    the bound. Else u is followed step by step, its ends moved out to powers of two so that this ends, at 32 bits
    at the latest as each step is cut to them; two steps more narrow it.
    """
    plain, fine = arriving.get(ALIGNED, NOTHING), arriving.get(FINE, NOTHING)
    drive = over_units(neuron.drive)
    wide = plain.scaled(2 * ALIGN_SHIFT) + fine + drive.scaled(ALIGN_SHIFT)
    joined = wide.toward_zero(ALIGN_SHIFT)
    inner = {"fine": wide, "joined": joined} if FINE in arriving else {"joined": joined}
    decays = over_units(neuron.current_decay)
    u = integrated(decays, joined)
    if u.wrapped() != u:
        u = CURRENT
        while (after := _turned(u, decays, joined)) not in u:
            u = (u | after).widened()
        for _ in range(2):
            u = (_turned(u, decays, joined) | NOTHING).within(u)
    inner["u"] = _advanced(u, decays, joined)
    return u, inner


def _turned(u: Interval, decays: Interval, joined: Interval) -> Interval:
    return _advanced(u, decays, joined).word().wrapped()


def _advanced(state: Interval, decays: Interval, into: Interval) -> Interval:
    """Let a state decay, and add what comes in."""
    return state.decayed(decays) + into
