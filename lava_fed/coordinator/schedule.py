"""What a config says of single rounds."""

from __future__ import annotations

from lava_fed.config import FederationConfig
from lava_fed.messages.task import HALVINGS_LIMIT


def halvings(config: FederationConfig, number: int) -> int:
    """Return how often learning is halved in round ``number``, counted from 1."""
    return min(sum(number >= begin for begin in config.rounds.halve_at), HALVINGS_LIMIT - 1)


def judged(config: FederationConfig, number: int) -> bool:
    """Say whether the weights after round ``number`` are judged; those of a task's last round always are."""
    last = config.tasks.rounds_each if config.tasks.split else config.rounds.count
    return number % config.judge.every == 0 or number % last == 0
