"""The codec that a config names."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, Protocol

from hardware.registry import find
from lava_fed.codec.codec import Codec
from lava_fed.errors import ConfigError


class UplinkTable(Protocol):
    """The part of ``[uplink]`` that makes a codec."""

    @property
    def codec(self) -> str:
        """Registered name."""

    @property
    def options(self) -> Mapping[str, Any]:
        """Of that codec, by name."""


def build(uplink: UplinkTable) -> Codec:
    """Return the codec of ``[uplink]``.

    Raises
    ------
    ConfigError
        Where it has no such option.
    LavaFedError
        Where no codec has the name, or an option is out of its range.
    """
    kind: type[Codec] = find("codec", uplink.codec)
    known = sorted(inspect.signature(kind).parameters)
    for name in uplink.options:
        if name not in known:
            raise ConfigError(
                f"uplink.options.{name}: codec {uplink.codec!r} has no such option; "
                + (f"it has {', '.join(known)}" if known else "it has none")
            )
    return kind(**uplink.options)
