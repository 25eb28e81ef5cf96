"""The aggregator that a config asks for."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from hardware import registry
from hardware.errors import LavaFedError
from lava_fed.aggregate.aggregator import Aggregator
from lava_fed.aggregate.clip import Clip
from lava_fed.aggregate.composed import Composed
from lava_fed.aggregate.rule import Rule
from lava_fed.aggregate.server.adaptive import Adagrad, Adam, Yogi
from lava_fed.aggregate.server.momentum import Momentum
from lava_fed.aggregate.server.plain import Plain
from lava_fed.aggregate.server.step import ServerStep
from lava_fed.config.aggregate import AggregateConfig
from lava_fed.config.options import check_options
from lava_fed.errors import ConfigError
from lava_fed.shared import Shared

SERVERS: Mapping[str, type[ServerStep]] = MappingProxyType(
    {step.name: step for step in (Plain, Momentum, Adam, Yogi, Adagrad)}
)
KIND = "aggregator"


def build(config: AggregateConfig, shared: Shared, staleness: float = 0.0) -> Aggregator:
    """Return the aggregator of a federation.

    Options are given to every part that knows them: the rule, rules of single connections, the server step.

    Parameters
    ----------
    config : AggregateConfig
        ``[aggregate]``.
    shared : Shared
        What is trained.
    staleness : float
        Exponent by which the age of a change counts.

    Raises
    ------
    LavaFedError
        Where a name, an option or a connection is unknown, a value is out of range, or parts do not go together.
    """
    main = registry.find_class(KIND, config.name, Aggregator)  # type: ignore[type-abstract]
    for name in config.layers:
        if name not in shared.names:
            raise ConfigError(
                f"aggregate.layers: connection {name!r} is not shared here; those that are: "
                f"{', '.join(shared.names)}"
            )
    if config.server not in SERVERS:
        raise ConfigError(f"aggregate.server is {config.server!r}, it must be one of {', '.join(SERVERS)}")
    layers = {name: _rule(rule, name) for name, rule in config.layers.items()}
    server = SERVERS[config.server]
    if not issubclass(main, Rule):
        _check_alone(config)
        _check(config.options, [main])
        made: Aggregator = _made(main, config.options)
        return made
    _check(config.options, [main, *layers.values(), server])
    _check_stepped(config, [layers.get(name, main) for name in shared.names])
    composed: Aggregator = _guarded(
        Composed,
        rule=_made(main, config.options),
        layers=MappingProxyType({name: _made(rule, config.options) for name, rule in layers.items()}),
        server=_made(server, {**config.options, "rate": config.rate}),
        clip=_guarded(Clip, bound=config.clip) if config.clip else None,
        edges=config.edges,
        staleness=staleness,
    )
    _guarded(composed.init, shared=shared)
    return composed


def _rule(name: str, connection: str) -> type[Rule]:
    found = registry.find_class(KIND, name, Aggregator)  # type: ignore[type-abstract]
    if not issubclass(found, Rule):
        raise ConfigError(
            f"aggregate.layers: {name!r}, for connection {connection}, makes whole steps of its own, so it cannot "
            "be used for one connection; name a combining rule"
        )
    return found


def _check_stepped(config: AggregateConfig, rules: list[type[Rule]]) -> None:
    """Refuse a bound or a server step where every change must be taken as it is."""
    if not all(rule.whole for rule in rules):
        return
    plain = AggregateConfig()
    for key in ("server", "rate", "clip"):
        if getattr(config, key) != getattr(plain, key):
            raise ConfigError(
                f"aggregate.{key} is {getattr(config, key)!r}, but changes of rule {rules[0].name!r} are taken as "
                "they are; leave it out, or give some connection another rule in [aggregate.layers]"
            )


def _check_alone(config: AggregateConfig) -> None:
    plain = AggregateConfig(config.name, options=config.options)
    for key in ("server", "rate", "clip", "edges", "layers"):
        if getattr(config, key) != getattr(plain, key):
            raise ConfigError(
                f"aggregate.{key} does not go with {config.name!r}, which makes whole steps of its own; leave it "
                "out"
            )


def _check(options: Mapping[str, Any], parts: list[Any]) -> None:
    check_options(options, "aggregate.options", [(part.name, part) for part in parts], without=("rate",))


def _made(part: type[Any], options: Mapping[str, Any]) -> Any:
    """Make a part with those options that are its own."""
    known = inspect.signature(part).parameters
    return _guarded(part, **{key: value for key, value in options.items() if key in known})


def _guarded(part: Callable[..., Any], **arguments: Any) -> Any:
    """Call something; what it refuses is a mistake in the config."""
    try:
        return part(**arguments)
    except ConfigError:
        raise
    except LavaFedError as error:
        raise ConfigError(f"[aggregate] {error}") from error
