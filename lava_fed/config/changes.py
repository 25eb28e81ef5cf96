"""Single settings that are changed on the way into a config, as ``rounds.count=3``."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from typing import Any

from lava_fed.errors import ConfigError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_WORD = re.compile(r"(?:[A-Za-z_]|\.{0,2}/)[A-Za-z0-9_./>-]*")
LENGTH_LIMIT = 10_000
"""Longest change, characters."""


def split(text: str) -> tuple[str, str]:
    """Take a change apart into its key and its value, both as texts.

    Raises
    ------
    ConfigError
        Where it is not of the form ``table.key=value``.
    """
    key, equals, value = text.partition("=")
    if not equals or not key.strip() or not value.strip() or len(text) > LENGTH_LIMIT or not text.isprintable():
        raise ConfigError(f"{text!r:.80} is not a setting; write it as table.key=value, such as rounds.count=3")
    return key.strip(), value.strip()


def values(text: str) -> list[Any]:
    """Read one or more values that are separated by commas, each as TOML has it; bare words are texts.

    Examples
    --------
    >>> values("1, 2.5"), values("median,krum"), values("[[0, 1], [2]]")
    ([1, 2.5], ['median', 'krum'], [[[0, 1], [2]]])
    """
    found = _toml(f"x = [{text}]")
    if found is not None:
        return list(found["x"])
    pieces = [piece.strip() for piece in text.split(",")]
    read = [_toml(f"x = {piece}") for piece in pieces]
    if not all(value is not None or _WORD.fullmatch(piece) for value, piece in zip(read, pieces, strict=True)):
        raise ConfigError(f'{text!r:.80} is no value; write numbers, true, false, "texts" or [lists], as in TOML')
    return [piece if value is None else value["x"] for value, piece in zip(read, pieces, strict=True)]


def changed(document: Mapping[str, Any], key: str, value: Any) -> dict[str, Any]:
    """Return a document with one setting changed; the document itself stays as it is.

    Parameters
    ----------
    document : mapping
        Tables as TOML gives them.
    key : str
        Dotted, each part bare or quoted, as ``aggregate.layers."a->b"``.
    value : Any
        What it is set to.

    Raises
    ------
    ConfigError
        Where the key is not one, or leads through what is no table.
    """
    path = _path(key)
    result = dict(document)
    table: dict[str, Any] = result
    for name in path[:-1]:
        inner = table.get(name, {})
        if not isinstance(inner, Mapping):
            raise ConfigError(f"{key!r:.80} is no setting: {name!r:.40} is a value, not a table")
        table[name] = dict(inner)
        table = table[name]
    table[path[-1]] = value
    return result


def apply(document: Mapping[str, Any], texts: tuple[str, ...] | list[str]) -> dict[str, Any]:
    """Return a document with changes of the form ``table.key=value`` made one after the other.

    Raises
    ------
    ConfigError
        Where a change is not of that form, or has several values.
    """
    result = dict(document)
    for text in texts:
        key, written = split(text)
        found = values(written)
        if len(found) != 1:
            raise ConfigError(
                f"{text!r:.80} has {len(found)} values; give one, or a [list] where the key takes one"
            )
        result = changed(result, key, found[0])
    return result


def _path(key: str) -> list[str]:
    found = _toml(f"{key} = 0")
    path = []
    inner: Any = found
    while isinstance(inner, dict) and len(inner) == 1:
        ((name, inner),) = inner.items()
        path.append(name)
    if len(path) < 2 or inner != 0:
        raise ConfigError(f"{key!r:.80} is no key; write table.key, and quote what is not a plain word")
    return path


def _toml(line: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(line)
    except (ValueError, RecursionError):
        return None
