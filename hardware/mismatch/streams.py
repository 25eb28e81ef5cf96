"""Random streams of imperfect devices, each on its own."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Draws = Callable[[str], np.random.Generator]
"""Gives the generator of a mechanism, at one place of one device."""
SEED_LIMIT = 1 << 31


def stream(seed: int, device: str, where: str, mechanism: str) -> np.random.Generator:
    """Return the generator of one mechanism at one place of one device.

    A ``numpy.random.SeedSequence`` of the seed and the SHA-256 of the three names. So nothing depends on which
    device is made first, on how many there are, or on which mechanisms a profile has; and a severity changes how
    far the same draws go, not the draws.

    Parameters
    ----------
    seed : int
        0..2^31-1.
    device : str
        Its name.
    where : str
        A layer or connection.
    mechanism : str
        A key of the profile.
    """
    name = "\0".join((device, where, mechanism)).encode()
    words = np.frombuffer(hashlib.sha256(name).digest()[:16], "<u4")
    return np.random.default_rng(np.random.SeedSequence([seed, *(int(word) for word in words)]))


def factors(rng: np.random.Generator, spread: float, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Draw log-normal factors of mean 1.

    ``exp(s * n - s^2 / 2)`` with standard normal n and ``s^2 = ln(1 + spread^2)``.

    Parameters
    ----------
    rng : numpy.random.Generator
        Its normal draws do not depend on the spread.
    spread : float
        Relative standard deviation.
    shape : tuple of int
        Of the result.
    """
    sigma = math.sqrt(math.log1p(spread * spread))
    drawn: NDArray[np.float64] = np.exp(sigma * rng.standard_normal(shape) - sigma * sigma / 2)
    return drawn


def struck(rng: np.random.Generator, share: float, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Draw what is hit, each with probability ``share``; a larger share hits the same ones too."""
    return rng.random(shape) < share
