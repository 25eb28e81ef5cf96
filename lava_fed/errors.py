"""Errors of the federation."""

from __future__ import annotations

from hardware.errors import LavaFedError


class WireError(LavaFedError):
    """A message that is damaged, hostile, of another version, or meant for another Program."""


class ConfigError(LavaFedError):
    """A federation config that says something it must not."""


class RunError(LavaFedError):
    """A run directory that cannot be written, read or resumed."""
