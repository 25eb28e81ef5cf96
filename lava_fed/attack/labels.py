"""Labels that an attacker turns round."""

from __future__ import annotations

from lava_fed.errors import ConfigError
from lava_fed.learning.samples import Samples


def flipped(samples: Samples) -> Samples:
    """Return samples whose labels count from the other end."""
    raise ConfigError(f"{samples.title}: labels cannot be flipped yet")
