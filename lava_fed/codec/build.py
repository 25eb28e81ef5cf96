"""The codec that a config names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from hardware.registry import find_class
from lava_fed.codec.codec import Codec
from lava_fed.config.options import check_options


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
        Where it has no such option, or one is of another type.
    LavaFedError
        Where no codec has the name, or an option is out of its range.
    """
    kind = find_class("codec", uplink.codec, Codec)  # type: ignore[type-abstract]
    check_options(uplink.options, "uplink.options", [(uplink.codec, kind)])
    return kind(**uplink.options)
