"""A federation that is known by a name."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import Any

from hardware.toml_table import Table
from lava_fed.config.reader import KIND
from lava_fed.errors import ConfigError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ENDING = ".toml"


@dataclass(frozen=True)
class Preset:
    """A shipped config with the recipe of its Program.

    Attributes
    ----------
    name, title : str
        Identifier; what it shows, in one line.
    network : str
        Sizes of the network that knows nothing yet, such as ``"784-32-10"``.
    learn : str
        Learning rule that it is compiled for; empty where devices train off the chip.
    options, numbers : mapping
        How the network begins, as texts; numbers of the learning rule.
    data : str
        What folder the user must give, in words; empty where none is needed.
    document : mapping
        The config, as TOML gives it.
    """

    name: str
    title: str
    network: str
    learn: str
    options: Mapping[str, str]
    numbers: Mapping[str, int]
    data: str
    document: Mapping[str, Any]

    @classmethod
    def read(cls, name: str, document: Mapping[str, Any], where: str) -> Preset:
        """Take the table ``[preset]`` out of a config."""
        rest = dict(document)
        table = Table(rest.pop("preset", {}), "preset", where, KIND, ConfigError)
        options = table.table("options").options()
        numbers = table.table("numbers").options()
        found = cls(
            name=name,
            title=table.text("title"),
            network=table.text("network"),
            learn=table.text("learn", default=""),
            options=MappingProxyType({key: str(value) for key, value in options.items()}),
            numbers=numbers,
            data=table.text("data", default=""),
            document=MappingProxyType(rest),
        )
        table.finish()
        return found


def names() -> tuple[str, ...]:
    """Return the names of all presets, sorted."""
    files = resources.files("lava_fed.presets").iterdir()
    return tuple(sorted(file.name.removesuffix(ENDING) for file in files if file.name.endswith(ENDING)))


def find_preset(name: str) -> Preset:
    """Return a preset by name.

    Raises
    ------
    ConfigError
        Where there is no such preset.
    """
    if name not in names():
        raise ConfigError(f"no preset is called {name!r:.60}; there are {', '.join(names())}")
    return Preset.read(name, tomllib.loads(_text(name)), f"preset {name}")


def config_text(name: str) -> str:
    """Return a preset as the text of a config, without the recipe of its Program.

    Raises
    ------
    ConfigError
        Where there is no such preset.
    """
    preset = find_preset(name)
    recipe, _, config = _text(name).partition("\n\n")
    if not recipe.startswith("[preset]"):
        raise ConfigError(f"preset {name} must begin with its table [preset] and an empty line")
    return f"# {preset.title}.\n\n{config}"


def _text(name: str) -> str:
    return resources.files("lava_fed.presets").joinpath(name + ENDING).read_text(encoding="utf-8")
