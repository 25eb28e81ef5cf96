"""The fields of a dataclass as ``key=value`` words.

Numbers keep every bit, vectors stand in brackets, pairs are ``2x1``, an enum is its value; a field at its default
is left out.
"""

from __future__ import annotations

import dataclasses
import re
import typing
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from hardware.errors import NetworkError

_T = TypeVar("_T")
_NOTHING: Mapping[str, Any] = {}


def number(value: float) -> str:
    """Write a number with the fewest digits that read back as the same."""
    return repr(float(value)).removesuffix(".0")


def numbers(values: Iterable[float]) -> str:
    """Write numbers with spaces between."""
    return " ".join(number(value) for value in values)


class Fields:
    """The ``key=value`` words of a line, each to be taken once.

    Parameters
    ----------
    text : str
        The words.
    where : str
        The line, for errors.

    Raises
    ------
    NetworkError
        Where a key occurs twice.
    """

    def __init__(self, text: str, where: str) -> None:
        self.where = where
        self._words: dict[str, str] = {}
        for key, word in re.findall(r"(\w+)=(\[[^\]]*\]|\S+)", text):
            if key in self._words:
                raise NetworkError(f"{where}: {key} is given twice")
            self._words[key] = word

    def take(self, key: str) -> str | None:
        """Return the word of ``key``; ``None`` where it is not given, or was taken."""
        return self._words.pop(key, None)

    def truth(self, key: str) -> bool:
        """Take ``true`` or ``false``; false where it is not given."""
        word = self.take(key)
        if word not in (None, "true", "false"):
            raise NetworkError(f"{self.where}: {key} must be true or false, found {word!r}")
        return word == "true"

    def check_empty(self) -> None:
        """Refuse what nobody took."""
        if self._words:
            raise NetworkError(f"{self.where}: unknown field {', '.join(self._words)}")


def show_fields(value: Any, leave_out: tuple[str, ...] = ()) -> str:
    """Write the fields of a dataclass, each with a space before it, but for ``leave_out``."""
    words = []
    for field in dataclasses.fields(value):
        word = _word(getattr(value, field.name))
        at_default = field.default is not dataclasses.MISSING and word == _word(field.default)
        if field.name not in leave_out and not at_default:
            words.append(f" {field.name}={word}")
    return "".join(words)


def read_fields(
    kind: type[_T], fields: Fields, where: str, arrays: Mapping[str, NDArray[np.generic]] = _NOTHING
) -> _T:
    """Make a dataclass of words.

    Parameters
    ----------
    kind : type
        The dataclass.
    fields : Fields
        Its words are taken.
    where : str
        Layer or edge, for errors.
    arrays : mapping of str to array
        Fields that are not words.

    Raises
    ------
    NetworkError
        Where a field is missing, or its word or value is not what the class takes.
    """
    values: dict[str, Any] = dict(arrays)
    hints = typing.get_type_hints(kind)
    for field in dataclasses.fields(kind):  # type: ignore[arg-type]  # every kind is a dataclass
        if field.name in values:
            continue
        word = fields.take(field.name)
        if word is not None:
            values[field.name] = _value(word, hints[field.name], f"{fields.where}: {where}: {field.name}={word}")
        elif field.default is dataclasses.MISSING:
            raise NetworkError(f"{fields.where}: {where} needs {field.name}=")
    try:
        return kind(**values)
    except NetworkError as error:
        raise NetworkError(f"{where}: {error}") from error


def _word(value: Any) -> str:
    if isinstance(value, Enum):
        word = str(value.value)
    elif value is None or isinstance(value, bool):
        word = str(value).lower()
    elif isinstance(value, tuple):
        word = "x".join(map(str, value))
    elif isinstance(value, np.ndarray):
        word = f"[{numbers(value.ravel())}]"
    else:
        word = number(value)
    return word


def _value(word: str, hint: Any, where: str) -> Any:
    choices: dict[str, Any] = {"true": True, "false": False} if hint is bool else {}
    if isinstance(hint, type) and issubclass(hint, Enum):
        choices = {str(each.value): each for each in hint}
    try:
        if choices:
            return choices[word]
        if typing.get_origin(hint) is tuple:
            first, second = word.split("x")
            return int(first), int(second)
        return int(word) if hint is int else _real(word)
    except (ValueError, KeyError) as error:
        hope = f"; known: {', '.join(choices)}" if choices else ""
        raise NetworkError(f"{where} is not understood{hope}") from error


def _real(word: str) -> float | NDArray[np.float64] | None:
    """Read a number, a vector in brackets or none."""
    if word.startswith("["):
        return np.array([float(part) for part in word.strip("[]").split()])
    return None if word == "none" else float(word)
