"""A TOML table that is read strictly: every key must be known, of its type and in range.

Recipes and configs are read through it; each brings its own kind of error.
"""

from __future__ import annotations

import difflib
import math
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from hardware.errors import LavaFedError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SIZE_LIMIT = 1 << 20
"""Largest file, bytes."""
TEXT_LIMIT = 4096
"""Longest text value, characters."""
OPTIONS_LIMIT = 4096
"""Longest list among options."""


def read_toml(path: Path, kind: str, error: type[LavaFedError]) -> dict[str, Any]:
    """Read a TOML file.

    Parameters
    ----------
    path : Path
        The file.
    kind : str
        What it should be, for errors, for example ``"recipe"``.
    error : type of LavaFedError
        What is raised.

    Raises
    ------
    LavaFedError
        Of the type ``error``, where the file is missing, too large, not UTF-8 or not TOML.
    """
    if path.exists() and not path.is_file():
        raise error(f"the {kind} {path} is not a file")  # reading a pipe might never end
    try:
        with path.open("rb") as file:
            raw = file.read(SIZE_LIMIT + 1)
    except OSError as cause:
        raise error(f"cannot read the {kind} {path}: {cause.strerror or cause}") from cause
    if len(raw) > SIZE_LIMIT:
        raise error(f"the {kind} {path} is over {SIZE_LIMIT} bytes; is it the right file?")
    try:
        return tomllib.loads(raw.decode("utf-8"))
    except UnicodeDecodeError as cause:
        raise error(f"the {kind} {path} is not UTF-8 text; is it the right file?") from cause
    except (ValueError, RecursionError) as cause:  # tomllib lets int() complain about thousands of digits
        raise error(f"the {kind} {path} is not valid TOML: {cause or type(cause).__name__}") from cause


class Table:
    """One table of a file; each key is taken once, and ``finish`` refuses what nobody took.

    Parameters
    ----------
    content : object
        What TOML found there.
    name : str
        Dotted name of the table, empty for the whole file.
    where : str
        Name of the file, for errors.
    kind : str
        What the file should be, for errors.
    error : type of LavaFedError
        What every method raises where the content is not what it must be.
    """

    def __init__(self, content: object, name: str, where: str, kind: str, error: type[LavaFedError]) -> None:
        self.where = where
        self._name = name
        self._kind = kind
        self._error = error
        if not isinstance(content, Mapping):
            raise error(f"{where}: {name} must be a table, so write [{name}], found {_shown(content)}")
        self._content: Mapping[str, Any] = content
        self._known: list[str] = []
        self._asked: list[str] = []

    def _dotted(self, key: str) -> str:
        return f"{self._name}.{key}" if self._name else key

    def has(self, key: str) -> bool:
        """Say whether the key is given; one that is asked for is allowed, but still to be taken."""
        self._asked.append(key)
        return key in self._content

    @property
    def names(self) -> tuple[str, ...]:
        """Keys that are given, in the order of the file, for tables whose keys are free."""
        for key in self._content:
            if not _is_text(key):
                raise self._error(f"{self.where}: {self._name} has the key {_shown(key)}, it must be a name")
        return tuple(self._content)

    def _take(self, key: str, default: Any, kind: str) -> Any:
        self._known.append(key)
        if key in self._content:
            return self._content[key]
        if default is None:
            given = [name for name in self._content if name not in self._known]
            close = difflib.get_close_matches(key, given, n=1)
            hint = f"; is {self._dotted(close[0])} a slip?" if close else ""
            raise self._error(f"{self.where}: {self._dotted(key)} is missing; it must be {kind}{hint}")
        return default

    def _wrong(self, key: str, value: object, kind: str) -> LavaFedError:
        return self._error(f"{self.where}: {self._dotted(key)} is {_shown(value)}, it must be {kind}")

    def table(self, key: str, *, required: bool = False) -> Table:
        """Take a table inside this one; a missing one counts as empty unless it is required."""
        content = self._take(key, None if required else {}, f"a table, so write [{self._dotted(key)}]")
        return Table(content, self._dotted(key), self.where, self._kind, self._error)

    def text(self, key: str, *, default: str | None = None, choices: tuple[str, ...] = ()) -> str:
        """Take a text, one of ``choices`` where there are any."""
        kind = "one of " + ", ".join(map(repr, choices)) if choices else "a text such as 'name'"
        value = self._take(key, default, kind)
        if value is default:
            return str(value)
        if not isinstance(value, str) or not _is_text(value):
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

    def integers(self, key: str, low: int, high: int, *, most: int) -> tuple[int, ...]:
        """Take a list of at most ``most`` integers, each ``low..high``."""
        kind = f"a list of at most {most} integers in {low}..{high}"
        value = self._take(key, None, kind)
        good = isinstance(value, list) and len(value) <= most
        if not good or not all(type(item) is int and low <= item <= high for item in value):
            raise self._wrong(key, value, kind)
        return tuple(value)

    def has_text(self, key: str) -> bool:
        """Say whether the key is given as a text; one that is asked for is allowed, but still to be taken."""
        return self.has(key) and isinstance(self._content[key], str)

    def has_list(self, key: str) -> bool:
        """Say whether the key is given as a list; one that is asked for is allowed, but still to be taken."""
        return self.has(key) and isinstance(self._content[key], list)

    def texts(self, key: str, *, most: int) -> tuple[str, ...]:
        """Take a list of at most ``most`` different texts, at least one."""
        kind = f"a list of 1..{most} different texts"
        value = self._take(key, None, kind)
        good = isinstance(value, list) and 1 <= len(value) <= most and all(map(_is_text, value))
        if not good or len(set(value)) != len(value):
            raise self._wrong(key, value, kind)
        return tuple(value)

    def groups(self, key: str, low: int, high: int, *, most: int) -> tuple[tuple[int, ...], ...]:
        """Take a list of at most ``most`` lists of at most ``most`` integers, each ``low..high``."""
        kind = f"a list of at most {most} lists of at most {most} integers in {low}..{high}"
        value = self._take(key, None, kind)
        good = isinstance(value, list) and len(value) <= most
        if not good or not all(isinstance(group, list) and len(group) <= most for group in value):
            raise self._wrong(key, value, kind)
        if not all(type(item) is int and low <= item <= high for group in value for item in group):
            raise self._wrong(key, value, kind)
        return tuple(tuple(group) for group in value)

    def options(self) -> Mapping[str, Any]:
        """Take all keys: numbers, booleans, texts or lists of integers, for who knows what they mean."""
        kind = f"a finite number, true or false, a text or a list of at most {OPTIONS_LIMIT} integers"
        found: dict[str, Any] = {}
        for key in sorted(self.names):
            value = self._take(key, None, kind)
            if isinstance(value, list) and len(value) <= OPTIONS_LIMIT and all(map(_is_whole, value)):
                found[key] = tuple(value)
            elif isinstance(value, float):
                if not math.isfinite(value):
                    raise self._wrong(key, value, kind)
                found[key] = value
            elif type(value) is bool or _is_whole(value) or _is_text(value):
                found[key] = value
            else:
                raise self._wrong(key, value, kind)
        return MappingProxyType(found)

    def number(self, key: str, low: float, high: float, *, default: float | None = None) -> float:
        """Take a number ``low..high``; integers count as numbers."""
        kind = f"a number in {low:g}..{high:g}"
        value = self._take(key, default, kind)
        if type(value) not in (int, float) or not low <= value <= high:
            raise self._wrong(key, value, kind)
        return float(value)

    def boolean(self, key: str, *, default: bool | None = None) -> bool:
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
            close = difflib.get_close_matches(key, self._known + self._asked, n=1)
            allowed = known or ", ".join(self._dotted(name) for name in self._known) or "none here"
            hint = f"did you mean {self._dotted(close[0])}?" if close else f"there are {allowed}"
            raise self._error(f"{self.where}: {self._dotted(key)[:120]!r} is not a key of a {self._kind}; {hint}")


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= TEXT_LIMIT and value.isprintable()


def _is_whole(value: object) -> bool:
    return type(value) is int and -(2**63) <= value < 2**63


def _shown(value: object) -> str:
    """Return the beginning of a value as Python writes it."""
    try:
        return f"{value!r:.60}"
    except ValueError:  # Python refuses to write integers of thousands of digits in decimal
        return "far too large"
