"""How far imperfect devices are from the perfect one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Outcome:
    """One device at one severity.

    Attributes
    ----------
    severity : float
        Factor on its profile.
    device : str
        Its name.
    accuracy : float or None
        Share of samples labelled rightly, 0..1; ``None`` without labels.
    agreement : float or None
        Share of samples that it labels as the perfect device does, 0..1; ``None`` where the output is one unit.
    deviation : float
        Mean distance of its scores from the perfect device's, by the mean magnitude of those; 0 is equal.
    clamped : int
        Values that stand at the end of their range.
    """

    severity: float
    device: str
    accuracy: float | None
    agreement: float | None
    deviation: float
    clamped: int


@dataclass(frozen=True)
class Level:
    """All devices at one severity.

    Attributes
    ----------
    severity : float
        Factor on the profile.
    mean, spread, low, high : float
        Of what is looked at, over the devices; ``spread`` is the standard deviation.
    """

    severity: float
    mean: float
    spread: float
    low: float
    high: float


def outcome(
    severity: float,
    device: str,
    clamped: int,
    scores: NDArray[np.int64],
    perfect: NDArray[np.int64],
    labels: NDArray[np.integer[Any]] | None,
) -> Outcome:
    """Judge a device.

    Parameters
    ----------
    severity, device, clamped
        As in ``Outcome``.
    scores, perfect : int64 array, shape (samples, units)
        What the output layer says (``RunResult.scores``) on this device, and on the perfect one.
    labels : integer array, shape (samples,), or None
        Labels, where they are known.
    """
    winners = scores.argmax(axis=1)
    distance, scale = float(np.abs(scores - perfect).mean()), float(np.abs(perfect).mean())
    return Outcome(
        severity,
        device,
        None if labels is None else float(np.mean(winners == labels)),
        float(np.mean(winners == perfect.argmax(axis=1))) if scores.shape[1] > 1 else None,
        distance / scale if scale else distance,
        clamped,
    )


def levels(outcomes: Sequence[Outcome], what: str) -> list[Level]:
    """Sum up devices by severity, in the order in which severities come first.

    Parameters
    ----------
    outcomes : sequence of Outcome
        At least one.
    what : str
        ``"accuracy"``, ``"agreement"`` or ``"deviation"``; it must be known of every device.
    """
    found = []
    for severity in dict.fromkeys(each.severity for each in outcomes):
        values = np.array([getattr(each, what) for each in outcomes if each.severity == severity], np.float64)
        ends = float(values.min()), float(values.max())
        found.append(Level(severity, float(values.mean()), float(values.std()), *ends))
    return found
