"""Bounds of learning neurons: readouts, and what computes third factors beside other neurons."""

from __future__ import annotations

from collections.abc import Mapping

from hardware.chip.widths import TRACE_MAX
from hardware.learning.feedback import ERROR, Feedback
from hardware.learning.teacher import Teacher
from hardware.learning.third_factor import ThirdFactor
from hardware.neurons.readout import Readout
from hardware.ranges.interval import NOTHING, WORD, Interval
from hardware.ranges.layer_range import PLAIN, LayerRange

_ERROR = Interval(-TRACE_MAX, TRACE_MAX)
_FACTOR = Interval(-TRACE_MAX - 1, TRACE_MAX)


def of_readout(neuron: Readout, arriving: Mapping[str, Interval]) -> LayerRange:
    """Bound a readout: its sum, which is its score, and the errors that it sends."""
    into = arriving[neuron.ports[0]]
    m = _summed(into)
    return LayerRange(arriving, {"m": m, "e": _ERROR}, m | Interval(0, TRACE_MAX), {"m": m + into})


def of_third_factor(
    given: ThirdFactor, port: str, arriving: Mapping[str, Interval]
) -> tuple[dict[str, Interval], dict[str, Interval]]:
    """Bound what is kept for third factors.

    Parameters
    ----------
    given : ThirdFactor
        Of a layer.
    port : str
        First port of its neurons.
    arriving : mapping of str to Interval
        What arrives, by port.

    Returns
    -------
    states, intermediates : dict of str to Interval
        As in ``LayerRange``.
    """
    if isinstance(given, Teacher):
        into = arriving.get(port, NOTHING)
        m = _summed(into)
        return {"m": m, "y1": _ERROR}, {"m": m + into}
    if isinstance(given, Feedback):
        error = arriving.get(ERROR, NOTHING)
        both = error | (NOTHING - error)
        d = _summed(both)
        states = {"d": d, "n": Interval(0, WORD.high), "y1": _FACTOR, "y2": _ERROR, "y3": PLAIN}
        return states, {"d": d + both}
    return {"y1": _FACTOR}, {}


def _summed(into: Interval) -> Interval:
    """Bound a saturating sum over any number of steps."""
    return Interval(WORD.low if into.low else 0, WORD.high if into.high else 0).saturated()
