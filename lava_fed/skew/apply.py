"""From a config to a device's sensor."""

from __future__ import annotations

import numpy as np

from lava_fed.config.devices import SkewConfig
from lava_fed.errors import ConfigError
from lava_fed.learning.samples import Samples
from lava_fed.messages.task import SEED_LIMIT
from lava_fed.skew.motion import SensorGain, SensorTurn
from lava_fed.skew.pictures import Blur, Brightness, Rotation, Translation
from lava_fed.skew.trains import Jitter, Thinning, UnitGain
from lava_fed.skew.transform import Transform
from lava_fed.skew.view import Skewed

TRANSFORMS: tuple[type[Transform], ...] = (
    Rotation,
    Translation,
    Brightness,
    Blur,
    SensorTurn,
    SensorGain,
    Jitter,
    Thinning,
    UnitGain,
)


def transform(name: str, amount: float, index: int, seed: int) -> Transform:
    """Draw a device's transform.

    Parameters
    ----------
    name : str
        Of one of ``TRANSFORMS``.
    amount : float
        How far it may go, in its own unit.
    index : int
        Number of the device.
    seed : int
        Of the run; the same device gets the same draw.

    Raises
    ------
    ConfigError
        Where there is no such transform, or the amount is out of its range.
    """
    for kind in TRANSFORMS:
        if kind.name == name:
            break
    else:
        known = ", ".join(kind.name for kind in TRANSFORMS)
        raise ConfigError(f"devices.skew.transform: no transform is called {name!r}; known: {known}")
    if not 0 <= amount <= kind.most:
        raise ConfigError(
            f"devices.skew.amount {amount:g} must lie in 0..{kind.most:g} for {name!r} ({kind.unit})"
        )
    # the third number keeps this stream apart from that of the partition, which begins alike
    return kind.draw(amount, np.random.default_rng(np.random.SeedSequence([SEED_LIMIT, seed, 1, index])))


def skewed(skew: SkewConfig, samples: Samples, index: int, seed: int) -> Samples:
    """Return a device's samples as its sensor brings them.

    Parameters
    ----------
    skew : SkewConfig
        Name of the transform, empty for none; and its amount.
    samples : Samples
        The device's own.
    index : int
        Number of the device.
    seed : int
        Of the run.

    Raises
    ------
    LavaFedError
        Where there is no such transform, its amount is out of range, or it does not suit these samples.
    """
    if not skew.transform:
        return samples
    return Skewed.of(samples, transform(skew.transform, skew.amount, index, seed))
