"""FedProx on a parabola, in closed form: what is left of a device's noise after some steps against its pull.

A device minimizes ``curvature / 2 * w^2 + noise * w + mu / 2 * w^2`` from ``w = 0``, the global weight, by
gradient descent: ``w <- w - rate * ((curvature + mu) * w + noise)``. What is left of the noise is a sum of powers
of ``keep = 1 - rate * (curvature + mu)``.
"""

from __future__ import annotations


def lasting(mu: float, curvature: float, rate: float, steps: int) -> float:
    """Return the variance that noise of variance 1 leaves where it stays the same in every step.

    ``((1 - keep^steps) / (curvature + mu))^2``: of imperfections that a device always has.

    Parameters
    ----------
    mu, curvature : float
        Pull of FedProx; second derivative of the loss.
    rate : float
        Of learning.
    steps : int
        Local steps.

    Examples
    --------
    >>> lasting(0.0, 1.0, 1.0, 1), lasting(9.0, 1.0, 0.01, 10_000)
    (1.0, 0.01)
    """
    pull = curvature + mu
    if pull == 0:
        return float((rate * steps) ** 2)
    return float(((1 - (1 - rate * pull) ** steps) / pull) ** 2)


def fresh(mu: float, curvature: float, rate: float, steps: int) -> float:
    """Return the variance that noise of variance 1 leaves where each step draws it anew.

    ``rate^2 * (1 - keep^(2 steps)) / (1 - keep^2)``: of samples in random order, of rounding at random.

    Parameters
    ----------
    mu, curvature, rate, steps
        As of ``lasting``.

    Examples
    --------
    >>> fresh(0.0, 0.0, 0.5, 8)
    2.0
    """
    keep = (1 - rate * (curvature + mu)) ** 2
    if keep == 1:
        return float(rate**2 * steps)
    return float(rate**2 * (1 - keep**steps) / (1 - keep))
