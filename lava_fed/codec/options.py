"""Options of codecs, checked where a codec is made."""

from __future__ import annotations

from typing import Any

from lava_fed.errors import ConfigError


def check_whole(codec: str, option: str, value: Any, low: int, high: int) -> None:
    """Check that an option is an integer of ``low..high``.

    Raises
    ------
    ConfigError
        Where it is not.
    """
    if type(value) is not int or not low <= value <= high:
        raise ConfigError(f"codec {codec}: {option} = {value!r} must be a whole number of {low}..{high}")


def check_number(codec: str, option: str, value: Any, low: float, high: float) -> None:
    """Check that an option is a number from ``low`` to ``high``.

    Raises
    ------
    ConfigError
        Where it is not.
    """
    if type(value) not in (int, float) or not low <= value <= high:
        raise ConfigError(f"codec {codec}: {option} = {value!r} must be a number from {low:g} to {high:g}")


def check_choice(codec: str, option: str, value: Any, *known: str) -> None:
    """Check that an option is one of some words.

    Raises
    ------
    ConfigError
        Where it is not.
    """
    if value not in known:
        raise ConfigError(f"codec {codec}: {option} = {value!r} is unknown; known: {', '.join(known)}")
