"""Configs that are shipped: whole federations by a name."""

from __future__ import annotations

from lava_fed.presets.preset import Preset, config_text, find_preset, names

__all__ = ["Preset", "config_text", "find_preset", "names"]
