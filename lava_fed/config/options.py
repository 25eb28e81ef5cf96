"""Free tables of a config: the options of whatever it names."""

from __future__ import annotations

import difflib
import inspect
import typing
from collections.abc import Mapping, Sequence
from types import UnionType
from typing import Any

from lava_fed.errors import ConfigError


def check_options(
    options: Mapping[str, Any],
    table: str,
    parts: Sequence[tuple[str, type[Any]]],
    *,
    without: Sequence[str] = (),
) -> None:
    """Check that options are among those of the parts that they are for, and of their types.

    Parameters
    ----------
    options : mapping of str to Any
        By name, as a config has them.
    table : str
        Where they stand, as ``"work.options"``.
    parts : sequence of (str, type)
        What is made with them, by its name in configs. Arguments of the constructor are options; where they are
        annotated as plain numbers, texts or booleans, so must the options be.
    without : sequence of str
        Arguments that are no options.

    Raises
    ------
    ConfigError
        Naming the first option that nothing has, or that is of another type.
    """
    known: dict[str, Any] = {}
    for _, part in parts:
        try:
            hints = typing.get_type_hints(part.__init__)
        except NameError:  # a stranger's annotations that only a type checker can read
            hints = {}
        for name, parameter in inspect.signature(part).parameters.items():
            if name not in without and parameter.kind is not parameter.VAR_POSITIONAL:
                known[name] = hints.get(name, Any)
    for key, value in options.items():
        if key not in known:
            names = ", ".join(dict.fromkeys(repr(name) for name, _ in parts))
            raise ConfigError(f"{table}.{key} is no option of {names}; {_hint(key, sorted(known))}")
        allowed = _types(known[key])
        if allowed and type(value) not in allowed and not (float in allowed and type(value) is int):
            kinds = " or ".join(sorted(kind.__name__ for kind in allowed if kind is not type(None)))
            raise ConfigError(f"{table}.{key} is {value!r:.60}, it must be of type {kinds}")


def _hint(key: str, known: list[str]) -> str:
    close = difflib.get_close_matches(key, known, n=1)
    return f"did you mean {close[0]}?" if close else f"there are {', '.join(known) or 'none here'}"


def _types(hint: Any) -> tuple[type, ...]:
    """Return the plain types of an annotation, none where it is anything else."""
    parts = typing.get_args(hint) if typing.get_origin(hint) in (typing.Union, UnionType) else (hint,)
    return parts if all(each in (int, float, bool, str, type(None)) for each in parts) else ()
