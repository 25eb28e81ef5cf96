"""Values of a JSON document, checked as they are read."""

from __future__ import annotations

from typing import Any, TypeVar

from hardware.errors import LavaFedError

Value = TypeVar("Value")


def exactly(entry: dict[str, Any], *keys: str) -> dict[str, Any]:
    """Return ``entry`` if it has these keys alone.

    Raises
    ------
    LavaFedError
        Naming one that is missing or unknown.
    """
    if set(entry) != set(keys):
        wrong = min(set(entry) ^ set(keys))
        raise LavaFedError(f"{'unknown' if wrong in entry else 'missing'} key {wrong!r}")
    return entry


def typed(item: Any, kind: type[Value], name: str) -> Value:
    """Return ``item`` if it is of a type.

    Raises
    ------
    LavaFedError
        With its name, where it is not.
    """
    if type(item) is not kind:
        raise LavaFedError(
            f"{name} must be {'a text' if kind is str else f'of type {kind.__name__}'}, found {item!r}"
        )
    return item


def integers(entry: dict[str, Any]) -> dict[str, int]:
    """Return ``entry`` if all its values are integers.

    Raises
    ------
    LavaFedError
        Naming the one that is not.
    """
    for key, value in entry.items():
        typed(value, int, key)
    return entry
