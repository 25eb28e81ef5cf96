"""What neurons that send changes can reach: delta encoders, sigma-delta units, sigma decoders."""

from __future__ import annotations

from collections.abc import Mapping

from hardware.neurons.sigma_delta import Activation, Delta, Sigma, SigmaDelta
from hardware.ranges.interval import NOTHING, WORD, Interval
from hardware.ranges.layer_range import LayerRange, over_units

Arriving = Mapping[str, Interval]


def of_sigma(neuron: Sigma, arriving: Arriving) -> LayerRange:
    """Bound sigma decoders: a sum without end may reach any word, unless nothing ever arrives."""
    sigma, inner = _summed(arriving[neuron.ports[0]])
    return LayerRange(arriving, {"sigma": sigma}, sigma, inner)


def of_sigma_delta(neuron: SigmaDelta, arriving: Arriving) -> LayerRange:
    """Bound sigma-delta units: the sum as a sigma decoder's, then as ``_changes`` says."""
    sigma, inner = _summed(arriving[neuron.ports[0]])
    inner["x"] = sigma + over_units(neuron.bias)
    x = inner["x"].word()
    if neuron.activation is Activation.RELU:
        x = Interval(max(x.low, 0), max(x.high, 0))
    states, message, more = _changes(neuron, x)
    return LayerRange(arriving, {"sigma": sigma, **states}, message, inner | more)


def of_delta(neuron: Delta, arriving: Arriving) -> LayerRange:
    """Bound delta encoders, as ``_changes`` says."""
    shifted = arriving[neuron.ports[0]].scaled(neuron.input_shift)
    states, message, more = _changes(neuron, shifted.word())
    return LayerRange(arriving, states, message, {"x": shifted, **more})


def _summed(arriving: Interval) -> tuple[Interval, dict[str, Interval]]:
    sigma = NOTHING if arriving == NOTHING else WORD
    return sigma, {"sigma": sigma + arriving}


def _changes(neuron: Delta | SigmaDelta, x: Interval) -> tuple[dict[str, Interval], Interval, dict[str, Interval]]:
    """Bound ``d = x - act + residue`` and what follows from it.

    A residue is a d that was not sent. Plain: then |d| < threshold. Cumulative: the error before d and after it
    both lie below the threshold, as a message resets it, so |d| <= 2 * (threshold - 1); a d of 0, which is sent
    as nothing, leaves an error that lay below. So d is a change of x and such a residue. That holds as long as
    neither d nor the error leaves 32 bits or is -2^31, whose magnitude is itself and below every threshold. Else
    each may be any word.
    """
    limit = max(over_units(neuron.threshold).high - 1, 0)
    act, error = x | NOTHING, NOTHING
    residue = Interval(-limit, limit)
    inner = {}
    if neuron.cumulative:
        error, residue = residue, Interval(-2 * limit, 2 * limit)
    d = inner["d"] = x - act + residue
    if neuron.cumulative:
        inner["error"] = error + d
    if all(value.largest <= WORD.high for value in inner.values()):
        residue = (d | NOTHING).within(residue)
    else:
        d = residue = WORD
        error = WORD if neuron.cumulative else NOTHING
        inner = {"d": x - act + WORD, "magnitude": Interval(0, WORD.largest)}
        if neuron.cumulative:
            inner["error"] = WORD + WORD
    message = (d | NOTHING).scaled(-neuron.output_shift)
    return {"act": act, "residue": residue, "error": error}, message, inner
