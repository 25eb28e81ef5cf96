"""What attackers send instead of what they learned."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from lava_fed.attack.crafted import little_is_enough, min_max
from lava_fed.config.trouble import AttackConfig
from lava_fed.messages.delta import FRACTION_BITS, WeightDelta
from lava_fed.shared import Shared

Craft = Callable[[NDArray[np.float64], int, int, float], NDArray[np.float64]]
"""Given honest changes (devices, weights), devices in all, attackers and a strength: what attackers send."""
_CRAFTED: Mapping[str, Craft] = MappingProxyType({"minmax": min_max, "alie": little_is_enough})
_FACTORS: Mapping[str, float] = MappingProxyType({"sign_flip": -1.0, "scaled": 10.0})
"""What an attacker's own change is multiplied by, unless the config says how hard to push."""


def forge(
    config: AttackConfig,
    deltas: Sequence[WeightDelta],
    attackers: Collection[str],
    shared: Shared,
    number: int,
    seed: int,
) -> list[WeightDelta]:
    """Return what the coordinator reads in a round in which some devices attack.

    Those who send the opposite of what they learned (``sign_flip``) or many times as much (``scaled``) need no one
    else. Others know what all honest devices send, and agree on one change that hides among theirs (``minmax``,
    ``alie``). Nobody sends more than the coordinator would let in: changes stop at the range of a weight.

    Parameters
    ----------
    config : AttackConfig
        ``[attack]``. Labels are flipped in the data, so nothing is forged here for ``label_flip``.
    deltas : sequence of WeightDelta
        What was honestly learned, by everybody who answered.
    attackers : collection of str
        Devices that attack.
    shared : Shared
        What is trained.
    number, seed : int
        Of the round and the run; none of today's attacks draws anything.

    Returns
    -------
    list of WeightDelta
        In the order of ``deltas``.
    """
    del number, seed
    bad = [delta for delta in deltas if delta.device in attackers]
    if not bad or config.kind in ("", "label_flip"):
        return list(deltas)
    if config.kind in _FACTORS:
        usual = _FACTORS[config.kind]
        factor = usual * (config.strength or 1.0) if usual < 0 else (config.strength or usual)
        forged = {delta.device: factor * _flat(delta) for delta in bad}
    else:
        honest = [_flat(delta) for delta in deltas if delta.device not in attackers]
        if not honest:
            return list(deltas)
        change = _CRAFTED[config.kind](np.stack(honest), len(deltas), len(bad), config.strength)
        forged = {delta.device: change for delta in bad}
    return [
        replace(delta, weights=_shaped(forged[delta.device], shared)) if delta.device in forged else delta
        for delta in deltas
    ]


def _flat(delta: WeightDelta) -> NDArray[np.float64]:
    flat: NDArray[np.float64] = np.concatenate(
        [array.ravel() for array in delta.weights.values()], dtype=np.float64
    )
    return flat


def _shaped(change: NDArray[np.float64], shared: Shared) -> dict[str, NDArray[np.int32]]:
    found, start = {}, 0
    for connection in shared.connections:
        targets, sources = connection.shape
        piece = change[start : start + targets * sources].reshape(connection.shape)
        span = (connection.high - connection.low) << FRACTION_BITS
        found[connection.name] = np.rint(np.clip(piece, -span, span)).astype(np.int32)
        start += targets * sources
    return found
