"""A federation's config: what to train, on which data, on which devices, for how long."""

from __future__ import annotations

from lava_fed.config.federation import FederationConfig
from lava_fed.config.reader import load, parse

__all__ = ["FederationConfig", "load", "parse"]
