"""Plugins by entry point: ours register the same way as a stranger's."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Any, TypeVar

from hardware.errors import LavaFedError

Base = TypeVar("Base")

GROUPS = {
    "backend": "lava_fed.backends",
    "frontend": "lava_fed.frontends",
    "aggregator": "lava_fed.aggregators",
    "learning rule": "lava_fed.learning_rules",
    "codec": "lava_fed.codecs",
    "trainer": "lava_fed.trainers",
}


def names(kind: str) -> list[str]:
    """Return the registered names of a kind, sorted.

    Parameters
    ----------
    kind : str
        A key of ``GROUPS``.
    """
    return sorted({entry.name for entry in entry_points(group=GROUPS[kind])})


def find(kind: str, name: str) -> Any:
    """Import and return the object registered as ``name``.

    Raises
    ------
    LavaFedError
        Where the name is not registered, registered twice, or its package does not import.
    """
    found: list[EntryPoint] = [entry for entry in entry_points(group=GROUPS[kind]) if entry.name == name]
    targets = {entry.value for entry in found}
    if not found:
        raise LavaFedError(f"no {kind} is called {name!r}; known: {', '.join(names(kind)) or 'none'}")
    if len(targets) > 1:
        raise LavaFedError(f"{kind} {name!r} is registered by {', '.join(sorted(targets))}; uninstall one of them")
    try:
        return found[0].load()
    except (ImportError, AttributeError) as error:
        raise LavaFedError(f"{kind} {name!r} ({found[0].value}) does not load: {error}") from error


def find_class(kind: str, name: str, base: type[Base]) -> type[Base]:
    """Import and return the class registered as ``name``; see ``find``.

    Raises
    ------
    LavaFedError
        As ``find``, and where what is registered is no class derived from ``base``.
    """
    found = find(kind, name)
    if not isinstance(found, type) or not issubclass(found, base):
        raise LavaFedError(f"{kind} {name!r} is no class derived from {base.__name__}; mend or uninstall it")
    return found
