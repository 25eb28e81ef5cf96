"""Errors of the compiler, beside those of the hardware."""

from __future__ import annotations

from hardware.errors import LavaFedError, NetworkError


class UnsupportedLayerError(LavaFedError):
    """A model that uses something the compiler cannot express; the message names layer, feature and remedy."""


class RuleViolationError(NetworkError):
    """A network that breaks a design rule of the chip; the message names layer, used, limit and remedy."""


class RecipeError(LavaFedError):
    """A training recipe that is not valid; the message names the key and what it may be."""
