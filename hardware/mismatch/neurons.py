"""Neurons whose thresholds and leaks differ from unit to unit."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.chip.widths import DECAY_UNITY, THRESHOLD_MANTISSA_MAX
from hardware.mismatch.effect import Effect
from hardware.mismatch.profile import Variation
from hardware.mismatch.streams import Draws, factors
from hardware.neurons.alif import Adaptation, Alif
from hardware.neurons.cuba import Cuba, Message
from hardware.neurons.neuron import Neuron, PerUnit, spread
from hardware.neurons.resonator import Resonator
from hardware.neurons.sigma_delta import WORD_MAX, Delta, SigmaDelta

Changes = dict[str, Any]


def imperfect_neurons(
    neuron: Neuron, variation: Variation, draws: Draws, where: str
) -> tuple[Neuron, list[Effect]]:
    """Return neurons as an imperfect device has them, each unit with parameters of its own.

    Thresholds of all kinds that have one; the leaks of CUBA and ALIF neurons, of adaptations, and of resonators,
    where the turn per step stays and what is kept of it changes. A decay of 0 or 4096 is no leak: the state keeps
    all or has no memory, so it stays as it is. Relays and sigma decoders have nothing to vary.

    Parameters
    ----------
    neuron : Neuron
        The population.
    variation : Variation
        How far units differ.
    draws : Draws
        Generator of each mechanism.
    where : str
        Name of the layer, for the effects.
    """
    effects: list[Effect] = []
    changes: Changes = {}
    if variation.threshold and _compares(neuron):
        most = WORD_MAX if isinstance(neuron, Delta | SigmaDelta) else THRESHOLD_MANTISSA_MAX
        old = spread(neuron.threshold, neuron.units)  # type: ignore[attr-defined]  # _compares says so
        drawn = factors(draws("threshold"), variation.threshold, old.shape)
        changes["threshold"], effect = _rounded(old, old * drawn, most, "threshold", where)
        effects.append(effect)
    if variation.leak:
        for change, effect in _leaks(neuron, variation.leak, draws, where):
            changes |= change
            effects.append(effect)
    if not changes:
        return neuron, effects
    return dataclasses.replace(neuron, **changes), effects  # type: ignore[type-var]  # each kind is a dataclass


def _compares(neuron: Neuron) -> bool:
    """Say whether a threshold decides what is sent."""
    if isinstance(neuron, Cuba):
        return neuron.message is not Message.VOLTAGE
    return isinstance(neuron, Alif | Resonator | Delta | SigmaDelta)


def _leaks(neuron: Neuron, leak: float, draws: Draws, where: str) -> list[tuple[Changes, Effect]]:
    """Vary every decay constant."""
    found: list[tuple[Changes, Effect]] = []
    if isinstance(neuron, Cuba | Alif):
        for name in ("current_decay", "voltage_decay"):
            value, effect = _decay(getattr(neuron, name), neuron.units, name, leak, draws, where)
            found.append(({name: value}, effect))
    if isinstance(neuron, Resonator):
        found.append(_turn(neuron, leak, draws, where))
    adaptation = getattr(neuron, "adaptation", None)
    if isinstance(adaptation, Adaptation):
        for name in ("threshold_decay", "refractory_decay"):
            value, effect = _decay(getattr(adaptation, name), neuron.units, name, leak, draws, where)
            changed: Changes = {name: value}
            adaptation = dataclasses.replace(adaptation, **changed)
            found.append(({"adaptation": adaptation}, effect))
    return found


def _decay(
    value: PerUnit, units: int, name: str, leak: float, draws: Draws, where: str
) -> tuple[NDArray[np.int32], Effect]:
    old = spread(value, units)
    mechanism = f"leak.{name}"
    wanted = np.where(old == DECAY_UNITY, old, old * factors(draws(mechanism), leak, old.shape))
    return _rounded(old, wanted, DECAY_UNITY, mechanism, where)


def _turn(neuron: Resonator, leak: float, draws: Draws, where: str) -> tuple[Changes, Effect]:
    """Vary what a resonator keeps per step: 1 minus its leak times a factor."""
    sin, cos = (spread(value, neuron.units) for value in (neuron.sin_decay, neuron.cos_decay))
    kept = np.hypot(sin, cos) / DECAY_UNITY
    lost = np.maximum(1 - kept, 0) * factors(draws("leak.turn"), leak, kept.shape)
    ratio = np.divide(np.maximum(1 - lost, 0), kept, out=np.ones_like(kept), where=(kept > 0) & (kept < 1))
    pairs = [_rounded(old, old * ratio, DECAY_UNITY, "leak.turn", where) for old in (sin, cos)]
    (new_sin, of_sin), (new_cos, of_cos) = pairs
    hit = int(np.count_nonzero((new_sin != sin) | (new_cos != cos)))
    clamped = of_sin.clamped + of_cos.clamped + int(np.count_nonzero(lost > 1))
    return {"sin_decay": new_sin, "cos_decay": new_cos}, Effect("leak.turn", where, hit, len(sin), clamped)


def _rounded(
    old: NDArray[np.int32], wanted: NDArray[np.float64], most: int, mechanism: str, where: str
) -> tuple[NDArray[np.int32], Effect]:
    """Round half to even, clamp to 0..most, and count both what changed and what was clamped."""
    whole = np.rint(wanted)
    new = np.clip(whole, 0, most).astype(np.int32)
    hit, clamped = (int(np.count_nonzero(flags)) for flags in (new != old, whole > most))
    return new, Effect(mechanism, where, hit, len(old), clamped)
