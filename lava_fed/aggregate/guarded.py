"""What a config asks of its rules, against what they can do."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from lava_fed.aggregate.aggregator import Aggregator
from lava_fed.aggregate.composed import Composed
from lava_fed.aggregate.edges import groups
from lava_fed.aggregate.krum import MultiKrum
from lava_fed.aggregate.rule import Robust
from lava_fed.errors import ConfigError


def check_in_time(aggregator: Aggregator, buffer: int) -> None:
    """Check that no rule gets old changes that it could not tell from new ones.

    Parameters
    ----------
    aggregator : Aggregator
        What combines changes.
    buffer : int
        ``asynchronous.buffer``: 0 where changes are always of the present version.

    Raises
    ------
    ConfigError
        Naming the rule.
    """
    if not buffer or not isinstance(aggregator, Composed):
        return
    for rule in (aggregator.rule, *aggregator.layers.values()):
        if rule.whole:
            raise ConfigError(
                f"asynchronous.buffer is {buffer}, but rule {rule.name!r} must know which rows were free when a "
                "device began; take rounds (asynchronous.buffer = 0), or another rule"
            )


def check_guarded(aggregator: Aggregator, devices: Sequence[str], replies: int) -> None:
    """Check that robust rules can stand as many attackers, or keep as many changes, as ``aggregate.options`` say.

    A single round with lost answers may have fewer; this is about those where nothing goes wrong.

    Parameters
    ----------
    aggregator : Aggregator
        What combines changes.
    devices : sequence of str
        All devices.
    replies : int
        Changes of a round or version at most.

    Raises
    ------
    ConfigError
        Naming the rule, how many changes it needs, how many it gets.
    """
    if not isinstance(aggregator, Composed):
        return
    heard, whom = replies, "a round has"
    if aggregator.edges:
        smallest = min(len(group) for group in groups(devices, aggregator.edges).values())
        heard, whom = min(replies, smallest), "an edge hears"
    for rule in (aggregator.rule, *aggregator.layers.values()):
        if isinstance(rule, MultiKrum) and (rule.keep or 0) > heard:
            raise ConfigError(
                f"aggregate.options.keep is {rule.keep}, but {whom} {heard} changes; keep so many at most, or "
                "leave it out for all but the attackers"
            )
        if isinstance(rule, Robust) and rule.attackers and rule.most(heard) < rule.attackers:
            needed = next(devices for devices in count(1) if rule.most(devices) >= rule.attackers)
            raise ConfigError(
                f"aggregate.options.attackers is {rule.attackers}, and rule {rule.name!r} needs {needed} changes "
                f"to stand so many, but {whom} {heard}; lower it, let more devices take part, or leave it out for "
                "as many as can be stood"
            )
