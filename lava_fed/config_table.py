"""A TOML table that is read strictly: every key must be known, of its type and in range."""

from __future__ import annotations

import difflib
import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lava_fed.errors import ConfigError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SIZE_LIMIT = 1 << 20
"""Largest config file, bytes."""
TEXT_LIMIT = 4096
"""Longest text value, characters."""


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises
    ------
    ConfigError
        Where the file is missing, too large, not UTF-8 or not TOML.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise ConfigError(f"cannot read the config {path}: {error.strerror or error}") from error
    if len(raw) > SIZE_LIMIT:
        raise ConfigError(f"the config {path} is over {SIZE_LIMIT} bytes; is it the right file?")
    try:
        return tomllib.loads(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ConfigError(f"the config {path} is not UTF-8 text; is it the right file?") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"the config {path} is not valid TOML: {error or type(error).__name__}") from error


class Table:
    """One table of a config; each key is taken once, and ``finish`` refuses what nobody took.

    Parameters
    ----------
    content : object
        What TOML found there.
    name : str
        Dotted name of the table, empty for the whole file.
    where : str
        Name of the file, for errors.
    """

    def __init__(self, content: object, name: str, where: str) -> None:
        self.where = where
        self._name = name
        if not isinstance(content, Mapping):
            raise ConfigError(f"{where}: {name} must be a table, so write [{name}], found {content!r:.60}")
        self._content: Mapping[str, Any] = content
        self._known: list[str] = []

    def _dotted(self, key: str) -> str:
        return f"{self._name}.{key}" if self._name else key

    def has(self, key: str) -> bool:
        """Say whether the key is given."""
        return key in self._content

    def _take(self, key: str, default: Any, kind: str) -> Any:
        self._known.append(key)
        if key in self._content:
            return self._content[key]
        if default is None:
            given = [name for name in self._content if name not in self._known]
            close = difflib.get_close_matches(key, given, n=1)
            hint = f"; is {self._dotted(close[0])} a slip?" if close else ""
            raise ConfigError(f"{self.where}: {self._dotted(key)} is missing; it must be {kind}{hint}")
        return default

    def _wrong(self, key: str, value: object, kind: str) -> ConfigError:
        return ConfigError(f"{self.where}: {self._dotted(key)} is {value!r:.60}, it must be {kind}")

    def table(self, key: str, *, required: bool = False) -> Table:
        """Take a table inside this one; a missing one counts as empty unless it is required."""
        content = self._take(key, None if required else {}, f"a table, so write [{self._dotted(key)}]")
        return Table(content, self._dotted(key), self.where)

    def text(self, key: str, *, default: str | None = None, choices: tuple[str, ...] = ()) -> str:
        """Take a text, one of ``choices`` where there are any."""
        kind = "one of " + ", ".join(map(repr, choices)) if choices else "a text such as 'name'"
        value = self._take(key, default, kind)
        if value is default:
            return str(value)
        if not isinstance(value, str) or not 0 < len(value) <= TEXT_LIMIT or not value.isprintable():
            raise self._wrong(key, value, kind)
        if choices and value not in choices:
            close = difflib.get_close_matches(value, choices, n=1)
            raise self._wrong(key, value, kind + (f"; did you mean {close[0]!r}?" if close else ""))
        return value

    def integer(self, key: str, low: int, high: int, *, default: int | None = None) -> int:
        """Take an integer ``low..high``."""
        kind = f"an integer in {low}..{high}"
        value = self._take(key, default, kind)
        if type(value) is not int or not low <= value <= high:
            raise self._wrong(key, value, kind)
        return value

    def number(self, key: str, low: float, high: float, *, default: float | None = None) -> float:
        """Take a finite number ``low..high``."""
        kind = f"a number in {low:g}..{high:g}"
        value = self._take(key, default, kind)
        if type(value) not in (int, float) or not math.isfinite(value) or not low <= value <= high:
            raise self._wrong(key, value, kind)
        return float(value)

    def boolean(self, key: str, *, default: bool) -> bool:
        """Take true or false."""
        value = self._take(key, default, "true or false")
        if type(value) is not bool:
            raise self._wrong(key, value, "true or false")
        return value

    def finish(self, known: str = "") -> None:
        """Refuse keys that were not taken.

        Parameters
        ----------
        known : str
            What is allowed here, in words, where that is shorter than a list.
        """
        for key in self._content:
            if key in self._known:
                continue
            close = difflib.get_close_matches(key, self._known, n=1)
            allowed = known or ", ".join(self._dotted(name) for name in self._known) or "none here"
            hint = f"did you mean {self._dotted(close[0])}?" if close else f"there are {allowed}"
            raise ConfigError(
                f"{self.where}: {self._dotted(key)[:120]!r} is not a key of a federation config; {hint}"
            )
