"""Spike-timing dependent plasticity of pairs of spikes."""

from __future__ import annotations

from hardware.learning.methods.method import OUTPUT, LearningMethod, Needs
from hardware.learning.rule import LearningRule


def stdp(
    *,
    rise: int = -4,
    fall: int = -4,
    epoch: int = 1,
    x1_impulse: int = 64,
    x1_tau: int = 10,
    y1_impulse: int = 64,
    y1_tau: int = 10,
) -> LearningMethod:
    """Return pair-based STDP, ``2^rise * y0 * x1 - 2^fall * x0 * y1``.

    A source that fires k steps before its target gains about ``2^rise * x1_impulse * exp(-k / x1_tau)``; one that
    fires k steps after it loses ``2^fall * y1_impulse * exp(-k / y1_tau)``. What is sent in step t arrives in
    step t + 1, so a spike that makes its target fire comes at least one step before it.

    Parameters
    ----------
    rise, fall : int
        Exponents of gain and loss.
    epoch : int
        Steps between updates. With 1 every pair counts; in a longer epoch the chip remembers only the last
        spike of either side, and reads the traces in its step.
    x1_impulse, x1_tau, y1_impulse, y1_tau : int
        Traces of sources and targets.
    """
    return LearningMethod(
        name="stdp",
        title="who fires before the target gains, who fires after it loses",
        source="Bi, Poo: Synaptic Modifications in Cultured Hippocampal Neurons (1998); "
        "Song, Miller, Abbott: Competitive Hebbian learning through spike-timing-dependent plasticity (2000)",
        rules={
            OUTPUT: LearningRule.parse(
                f"2^{rise}*y0*x1 - 2^{fall}*x0*y1",
                epoch=epoch,
                x1_impulse=x1_impulse,
                x1_tau=x1_tau,
                y1_impulse=y1_impulse,
                y1_tau=y1_tau,
                two_factor=True,
            )
        },
        needs=Needs.NOTHING,
    )
