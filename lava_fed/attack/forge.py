"""What attackers send instead of what they learned."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from lava_fed.config.trouble import AttackConfig
from lava_fed.delta import WeightDelta
from lava_fed.errors import ConfigError
from lava_fed.shared import Shared


def forge(
    config: AttackConfig,
    deltas: Sequence[WeightDelta],
    attackers: Collection[str],
    shared: Shared,
    number: int,
    seed: int,
) -> list[WeightDelta]:
    """Return what the coordinator reads in a round, where some devices attack."""
    del attackers, shared, number, seed
    if config.kind not in ("", "label_flip"):
        raise ConfigError(f"attack {config.kind!r} cannot be made yet")
    return list(deltas)
